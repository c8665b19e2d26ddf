"""Numbers, mail addresses and plates in every form that people write. All texts are our own writing."""

import pytest

from pipeline.text.personal import find
from pipeline.text.personal_numbers import card_holds, identity_holds


def said(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text)]


def only(text: str) -> tuple[str, str, str]:
    (found,) = find(text)
    return found.kind, text[found.start : found.end], found.whose


MOBILES = [
    "13800001234",
    "138 0000 1234",
    "138-0000-1234",
    "138.0000.1234",
    "138 00001234",
    "138-00001234",
    "1380000 1234",
    "1380 000 1234",
    "138 000 01234",
    "138 00 00 12 34",
    "1 3 8 0 0 0 0 1 2 3 4",
    "+8613800001234",
    "+86 13800001234",
    "+86-138-0000-1234",
    "(+86)13800001234",
    "008613800001234",
    "0086 138 0000 1234",
    "8613800001234",
    "１３８００００１２３４",
    "１３８ ００００ １２３４",
    "138　0000　1234",
    "138\u200b0000\u200b1234",
    "①③⑧⓪⓪⓪⓪①②③④",
    "一三八零零零零一二三四",
    "幺三八〇〇〇〇幺二三四",
    "一三八 零零零零 一二三四",
    "一三八0000一二三四",
    "壹叁捌零零零零壹贰叁肆",
    "138–0000–1234",
    "138 - 0000 - 1234",
    "19900001234",
    "17700001234",
]


@pytest.mark.parametrize("written", MOBILES)
@pytest.mark.parametrize(("before", "after"), [("我的手机", "，请回电。"), ("路灯坏了", "谢谢"), ("", "")])
def test_a_mobile_is_found_as_written(written: str, before: str, after: str) -> None:
    kind, found, whose = only(before + written + after)
    assert (kind, whose) == ("mobile", "person")
    assert found.strip("()+") == written.strip("()+")


@pytest.mark.parametrize(
    "text",
    [
        "房价从13800元涨到15600元",
        "建于2019-11-22，共13层",
        "面积18112525462.26平方米",
        "编号138000012345678",
        "比分138 20 15 7 9 3",
        "12800001234",
        "1380000123",
        "请拨打12345或110",
        "一三八零年的故事",
        "工资1867 2041 1648 1736",
        "规范GB50096-2011第6.4.7条",
    ],
)
def test_other_numbers_are_nobodys(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    "written",
    [
        "0571-88880000",
        "057188880000",
        "0571 88880000",
        "0571—88880000",
        "0571 8888 0000",
        "(0571)88880000",
        "（0571）88880000",
        "010-62345678",
        "028/88880000",
        "0718-6234567",
        "+86 28 8888 0000",
        "0571-88880000转801",
        "0571-88880000 转 801",
        "0571-88880000分机12",
        "０５７１－８８８８００００",
    ],
)
def test_a_land_line_with_area_code_needs_no_cue(written: str) -> None:
    kind, found, whose = only(f"我家里装的是{written}，谢谢")
    assert (kind, whose) == ("landline", "person")
    assert found.strip("+") == written.strip("+")


@pytest.mark.parametrize(
    "cue",
    [
        "座机",
        "座机：",
        "电话",
        "联系电话:",
        "固话是",
        "家庭电话 ",
        "请回电",
        "联系方式：",
        "Tel:",
        "电话号码为",
    ],
)
@pytest.mark.parametrize("written", ["88880000", "8888 0000", "8888-0000", "6234567"])
def test_a_local_number_needs_a_cue(cue: str, written: str) -> None:
    assert said(cue + written) == [("landline", written)]
    assert said("花了" + written) == []


def test_numbers_that_follow_one_another() -> None:
    assert said("电话13800001234 13900005678") == [("mobile", "13800001234"), ("mobile", "13900005678")]
    assert said("电话13800001234/13900005678、028-88880000") == [
        ("mobile", "13800001234"),
        ("mobile", "13900005678"),
        ("landline", "028-88880000"),
    ]
    assert said("座机88880000、88880001") == [("landline", "88880000"), ("landline", "88880001")]
    assert said("138 0000 1234 11010519491231002X") == [
        ("mobile", "138 0000 1234"),
        ("identity", "11010519491231002X"),
    ]
    assert said("138000012342019年7月1日") == [("mobile", "13800001234")]


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "110105-19491231-002X",
        "11010519491231002×",
        "110105194912310 02X",
    ],
)
@pytest.mark.parametrize("before", ["身份证号码：", "本人证件", ""])
def test_an_identity_number_is_found_by_its_check_digit(written: str, before: str) -> None:
    assert only(before + written + "，") == ("identity", written, "person")


def test_identity_numbers_that_do_not_hold() -> None:
    assert not identity_holds("110105194912310021")
    assert not identity_holds("990105194912310020")
    assert not identity_holds("11010519491331002X")
    assert said("合同110105194912310021号") == []
    assert said("身份证110105194912310021") == [("identity", "110105194912310021")], (
        "named so, though mistyped"
    )


def test_an_identity_number_of_the_old_form() -> None:
    assert only("身份证110105491231002") == ("identity", "110105491231002", "person")
    assert said("110105499931002") == []


@pytest.mark.parametrize(
    "written",
    [
        "6222020000000000000",
        "6222 0200 0000 0000 000",
        "6222-0200-0000-0000-000",
        "4111111111111111",
        "4111 1111 1111 1111",
        "６２２２０２０００００００００００００",
    ],
)
@pytest.mark.parametrize("before", ["银行卡号", "我的卡号是：", "退款到", ""])
def test_a_bank_card_is_found_by_its_check_digit(written: str, before: str) -> None:
    kind, found, _ = only(before + written)
    assert (kind, found) == ("card", written)


@pytest.mark.parametrize(
    "text",
    [
        "卡号6222020000000000001",
        "登记编号4111111111111111",
        "订单号：6222020000000000000",
        "1111111111111117",
    ],
)
def test_no_card(text: str) -> None:
    assert said(text) == []


def test_the_check_digit_of_cards() -> None:
    assert card_holds("4111111111111111")
    assert not card_holds("4111111111111112")


@pytest.mark.parametrize(
    "written",
    [
        "zhang.san@example.cn",
        "12345678@qq.com",
        "ZHANG_SAN88@Example.COM.CN",
        "zhangsan＠example.cn",
        "ｚｓ@example.cn",
        "zhang.san @ example.cn",
        "zs-1+x@mail.example.org",
    ],
)
def test_a_mail_address(written: str) -> None:
    assert only(f"邮箱{written}，谢谢") == ("email", written, "person")


@pytest.mark.parametrize(
    "written",
    [
        "川A12345",
        "川A·12345",
        "川A.12345",
        "川A 12345",
        "川A-12345",
        "川AD12345",
        "川AD·12345",
        "京A-D1234",
        "粤B·F1234D",
        "粤B12345D",
        "川Ａ１２３４５",
        "川a8k9p2",
        "京N8K9P2",
        "粤Z1234港",
        "浙A1234学",
        "苏EF8H2K1",
        "川A・Q88W6",
    ],
)
def test_a_plate_is_the_matter_unless_it_is_the_writers_car(written: str) -> None:
    assert only(f"一辆{written}的车长期乱停") == ("plate", written, "matter")
    assert only(f"我的车牌{written}被误拍") == ("plate", written, "person")
    assert only(f"我家的车{written}被划") == ("plate", written, "person")


@pytest.mark.parametrize("text", ["川A今天", "青C一号楼", "新ABCDEFGH", "沪A1234567890", "川I12345"])
def test_no_plate(text: str) -> None:
    assert said(text) == []
