"""What tells namesakes apart is read from words and from numbers in either script."""

import pytest

from pipeline.text.place_names import met
from pipeline.text.place_parts import BUILDINGS, HOUSES, PHASES, differ, numbered, value_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("解放东路", "解放西路"),
        ("青山小学", "青山中学"),
        ("东湖公园", "东湖广场"),
        ("朝阳东街", "朝阳西街"),
        ("安康医院", "安康幼儿园"),
    ],
)
def test_namesakes_share_a_key_and_differ_in_their_part(one: str, other: str) -> None:
    (mine,), (theirs,) = met(f"在{one}"), met(f"在{other}")
    assert (mine.kind, mine.key) == (theirs.kind, theirs.key)
    assert 0 != mine.part != theirs.part != 0


@pytest.mark.parametrize("text", ["在锦绣小区", "在锦绣新城", "在解放路", "在青山学校"])
def test_what_says_nothing_of_the_part_has_none(text: str) -> None:
    assert [name.part for name in met(text)] == [0]


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        ("住在3栋", "住在13栋", BUILDINGS),
        ("二号楼", "12号楼", BUILDINGS),
        ("A栋电梯", "B栋电梯", BUILDINGS),
        ("一期的业主", "2期的业主", PHASES),
        ("枫林路66号", "枫林路166号", HOUSES),
        ("合心村5组", "合心村三组", BUILDINGS),
    ],
)
def test_other_numbers_differ(one: str, other: str, bits: range) -> None:
    assert differ(numbered(one), numbered(other), bits)
    assert differ(numbered(other), numbered(one), bits)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("住在三栋", "住在3幢"),
        ("3、5和7栋", "七栋"),
        ("4#楼", "四号楼"),
        ("一期和二期", "二期"),
        ("住在3栋", "物业不管"),
        ("枫林路六十六号", "枫林路66号"),
        ("三栋漏水", "二期漏水"),
    ],
)
def test_the_same_number_or_none_does_not(one: str, other: str) -> None:
    assert not any(differ(numbered(one), numbered(other), bits) for bits in (PHASES, BUILDINGS, HOUSES))


@pytest.mark.parametrize(
    "text", ["三期间断停水", "装修工期望缩短", "地铁3号线", "拨打12号公路", "10月3号的事", "第3期刊"]
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert numbered(text) == 0


@pytest.mark.parametrize(
    ("number", "value"),
    [("7", 7), ("66", 66), ("十", 10), ("十二", 12), ("二十", 20), ("六十六", 66), ("两", 2)],
)
def test_values(number: str, value: int) -> None:
    assert value_of(number) == value
