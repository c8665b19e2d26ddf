import pytest

from pipeline.text.mask import mask_contact
from schemas.letter import Sender

PHONE = "13800001234"


@pytest.mark.parametrize(
    "written",
    [
        "13800001234",
        "138 0000 1234",
        "138-0000-1234",
        "１３８００００１２３４",
        "+86 13800001234",
        "138 00001234",
    ],
)
def test_the_senders_phone_is_masked_however_it_is_written(written: str) -> None:
    text = f"请回电{written},谢谢。"
    for given in (PHONE, "+86 138-0000-1234", "0086" + PHONE):
        masked = mask_contact(text, Sender(phone=given))
        assert "138****1234" in masked
        assert "00001234" not in masked.replace(" ", "").replace("-", "")
        assert masked.startswith("请回电")
        assert masked.endswith(",谢谢。")


def test_the_senders_mail_is_masked() -> None:
    text = "邮箱 Zhang.San@Example.CN 或 zhang.san＠example.cn"
    assert (
        mask_contact(text, Sender(email="zhang.san@example.cn")) == "邮箱 Z***@example.cn 或 z***@example.cn"
    )


def test_a_handle_counts_where_it_is_a_contact() -> None:
    assert mask_contact(f"电话{PHONE}", Sender(handle=PHONE)) == "电话138****1234"
    assert mask_contact("abc@d.cn", Sender(handle="abc@d.cn")) == "a**@d.cn"
    assert mask_contact("用户 wx_12 来信", Sender(handle="wx_12")) == "用户 wx_12 来信"


def test_what_belongs_to_the_matter_stays() -> None:
    text = "被投诉的店电话 13900005678,住幸福路12号,身高138,单价0000"
    assert mask_contact(text, Sender(phone=PHONE)) == text
    assert mask_contact(text, Sender()) == text
    assert mask_contact("打110", Sender(phone="110")) == "打110"


def test_a_land_line() -> None:
    assert mask_contact("座机0571-88880000", Sender(phone="057188880000")) == "座机057****0000"
    assert mask_contact("座机 8888 0000", Sender(phone="88880000")) == "座机 88****00"
