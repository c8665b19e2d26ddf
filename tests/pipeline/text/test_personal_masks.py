"""Whose personal data is, how an order shows it, and what holds of any text. All texts are our own writing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.mask import mask_contact, names_in
from pipeline.text.personal import Finding, find
from schemas.letter import Sender


@pytest.mark.parametrize(
    "text",
    [
        "老板电话13900005678",
        "物业经理的手机是13900005678",
        "该店电话028-88880000",
        "我打了物业电话028-88880000没人接",
        "拨打028-88880000一直占线",
        "一个自称银行的号码13900005678打来",
        "13900005678给我打了几十个骚扰电话",
        "被举报人：某某装饰公司，电话13900005678",
        "医保局咨询电话88880000",
        "派出所值班电话 028-88880000",
        "骗子让我汇到6222020000000000000",
        "已发到市长信箱mayor@example.gov.cn",
        "公司邮箱hr@example.cn",
        "工头叫张大山，电话13900001111，欠我工资",
        "邻居天天打麻将，他电话13900001111",
        "接到13900001111的推销电话",
        "医保局（0571-88880000、88880001）无人接听",
        "打了县电信局的维修电话5242666",
        "公司负责人：钱多多，电话：13900001111",
    ],
)
def test_what_belongs_to_the_matter_stays(text: str) -> None:
    assert {each.whose for each in find(text)} == {"matter"}
    assert mask_contact(text, Sender()) == text


@pytest.mark.parametrize(
    "text",
    [
        "物业一直不管,我的电话13800001234",
        "公司不发工资，请联系我13800001234",
        "街道不处理,联系电话:13800001234",
        "老板跑路了。13800001234",
        "医院乱收费,望回电13800001234",
        "社区没人管，请拨打13800001234",
        "幸福路路灯不亮,手机13800001234",
    ],
)
def test_a_contact_given_to_be_called_is_the_writers(text: str) -> None:
    assert [each.whose for each in find(text)] == ["person"]
    assert "138****1234" in mask_contact(text, Sender())


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("家庭住址：幸福路12号阳光花园3栋2单元501室", "家庭住址：幸福路***"),
        ("住址:城东街道幸福路12号，电话13800001234", "住址:城东街道幸福路***，电话138****1234"),
        ("我叫张伟，家住阳光花园3栋2单元501室", "我叫张*，家住阳光花园3栋2单元***"),
        ("我家住阳光花园3栋2单元501室，楼上漏水", "我家住阳光花园3栋2单元501室，楼上漏水"),
        ("阳光花园3栋2单元501室开麻将馆", "阳光花园3栋2单元501室开麻将馆"),
        ("地址：幸福路12号的烧烤店", "地址：幸福路12号的烧烤店"),
        ("事发地点幸福路12号门前", "事发地点幸福路12号门前"),
    ],
)
def test_the_writers_door_is_hidden_and_the_place_of_the_matter_stays(text: str, masked: str) -> None:
    assert mask_contact(text, Sender()) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫欧阳明月，", "我叫欧阳**，"),
        ("身份证11010519491231002X", "身份证11****************"),
        ("卡号6222 0200 0000 0000 000", "卡号************ 000"),
        ("我的车川A12345", "我的车川A*****"),
        ("邮箱zhang.san@example.cn", "邮箱z***@example.cn"),
        ("座机88880000", "座机88****00"),
        ("座机6234567", "座机62***67"),
        ("我叫张小明。张小明敬请处理", "我叫张**。张**敬请处理"),
    ],
)
def test_how_an_order_shows_it(text: str, masked: str) -> None:
    assert mask_contact(text, Sender()) == masked


def test_the_senders_given_name_is_hidden_wherever_it_stands() -> None:
    assert mask_contact("经办人说张小明的材料不全", Sender(name="张小明")) == "经办人说张**的材料不全"
    assert mask_contact("高兴地看到路修好了", Sender(name="高兴")) == "高兴地看到路修好了"
    assert mask_contact("李庄路积水", Sender(name="李庄")) == "李庄路积水"


def test_names_of_the_whole_letter_are_hidden_in_its_parts_and_subject() -> None:
    names = names_in("我叫张小明，路灯坏了。另外社保也没办。")
    assert names == {"张小明"}
    assert mask_contact("张小明的社保", Sender(), names) == "张**的社保"
    assert names_in("张小明的社保") == frozenset()


WORDS = st.sampled_from(
    ["我叫", "张伟", "电话", "13800001234", "联系人：", "家住", "3栋501室", "身份证", "11010519491231002X", "，", "\n", "　", "老板",
     "川A12345", "z@example.cn", "６", "0571-", "88880000", "\u200b", "一三八零", "零零零一二三四", "㎡", "①", "谢谢", "住址:幸福路", "12号", "卡号"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(WORDS, max_size=14).map("".join), st.text(max_size=60))


@settings(deadline=None)  # the first letter of a run fills tables
@given(TEXTS)
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    end = 0
    for each in find(text):
        assert isinstance(each, Finding)
        assert end <= each.start < each.end <= len(text)
        end = each.end


@settings(deadline=None)  # the first letter of a run fills tables
@given(TEXTS)
def test_masking_again_changes_nothing_and_nothing_grows(text: str) -> None:
    sender = Sender(name="张伟", phone="13800001234", email="z@example.cn")
    once = mask_contact(text, sender)
    assert len(once) <= len(text)
    assert mask_contact(once, sender) == once


@settings(deadline=None)  # the first letter of a run fills tables
@given(TEXTS, st.sampled_from(["13800001234", "138 0000 1234", "+86 13800001234", "一三八零零零零一二三四"]))
def test_a_mobile_set_apart_is_found_anywhere(text: str, written: str) -> None:
    whole = f"{text}。{written}。"
    assert any(each.kind == "mobile" and each.end >= len(whole) - 1 for each in find(whole))
