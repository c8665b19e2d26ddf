"""Divisions in a text: which code a name stands for, and when it stands for none."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.division_table import by_code, rows, stem
from pipeline.text.divisions import Role, divisions_in, is_within, may_hold, name_of

CHENGDU = "510100"


def codes(text: str, home: str = "") -> list[str]:
    return [found.code for found in divisions_in(text, home)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("四川省成都市简阳市石桥镇的桥", ["510185"]),
        ("四川 自贡", ["510300"]),
        ("简阳市的公交", ["510185"]),
        ("我住简阳,想问公交", ["510185"]),
        ("眉山彭山的路坏了", ["511403"]),
        ("彭山区停水", ["511403"]),
        ("凉山州西昌市", ["513401"]),
        ("在仁寿买的房子", ["511421"]),
        ("仁寿那边的工地", ["511421"]),
        ("北京朝阳区、沈阳市和平区", ["110105", "210102"]),
        ("广西百色", ["451000"]),
        ("天门市和神农架林区", ["429006", "429021"]),
        ("东莞和儋州", ["441900", "460400"]),
        ("台湾省", ["710000"]),
    ],
)
def test_a_name_is_the_finest_division_that_is_told(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "上海路、北京东路和南京西路的路灯",
        "长沙湾、重庆火锅、兰州拉面、成都银行、西安路小学",
        "重大安全隐患,公安局不作为,早上高峰",
        "打听西安全套设备",
        "找王成都先生",
        "比如资源浪费、惠民工程",
        "今天水很小,从中牟利",
        "沿海城市,顺应城市发展,考上城区教师",
        "梅湖区域,古县城,新县城",
        "楚江西岸、洋湖北门",
        "东躲西藏",
        "全额提成都没有",
        "他说通道太窄,无为而治,大方得体",
    ],
)
def test_words_that_only_look_like_names_are_none(text: str) -> None:
    assert codes(text) == []


def test_what_several_are_called_needs_its_city_or_the_judging_one() -> None:
    assert codes("朝阳区的路灯") == []
    assert codes("朝阳区的路灯", "110000") == ["110105"]
    assert codes("朝阳区的路灯", "220100") == ["220104"]
    assert codes("市中区人民医院", "511100") == ["511102"]
    assert codes("市中区人民医院") == []


def test_a_district_goes_by_its_short_name_at_home_only() -> None:
    assert codes("在武侯住了十年", CHENGDU) == ["510107"]
    assert codes("在武侯住了十年") == []
    assert codes("双流机场", CHENGDU) == ["510116"]


def test_a_citys_own_names_stand_for_what_it_says() -> None:
    found = divisions_in("凤城的路灯不亮", "440600", (("凤城", "440606"),))
    assert [(one.code, one.name) for one in found] == [("440606", "顺德区")]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("我是重庆人", Role.ORIGIN),
        ("老家是重庆", Role.ORIGIN),
        ("重庆籍的工人", Role.ORIGIN),
        ("重庆牌照的车堵住大门", Role.ORIGIN),
        ("从重庆搬来", Role.ORIGIN),
        ("开往重庆的大巴", Role.WAY),
        ("重庆方向的出口", Role.WAY),
        ("重庆的工地太吵", Role.PLACE),
        ("重庆人民公园太吵", Role.PLACE),
    ],
)
def test_being_from_there_and_going_there_is_not_being_there(text: str, role: Role) -> None:
    assert [(one.code, one.role) for one in divisions_in(text, CHENGDU)] == [("500000", role)]


def test_within_and_around() -> None:
    assert is_within("510185", (CHENGDU,))
    assert is_within(CHENGDU, (CHENGDU,))
    assert not is_within("511421", (CHENGDU,))
    assert not is_within("510000", (CHENGDU,))
    assert may_hold("510000", (CHENGDU,))
    assert not may_hold(CHENGDU, (CHENGDU,))
    assert not may_hold("520000", (CHENGDU,))
    assert name_of("510185") == "简阳市"
    assert name_of("999999") == ""


def test_every_code_lies_in_its_parents() -> None:
    assert len(rows()) > 3000
    for row in rows():
        assert len(row.code) == 6
        assert all(row.code.startswith(stem(parent)) for parent in row.parents)
        assert all(parent in by_code() for parent in row.parents)


@pytest.mark.parametrize("code", [row.code for row in rows() if row.level == "county"][::40])
def test_a_county_after_its_city_is_found_whatever_its_name(code: str) -> None:
    row = by_code()[code]
    written = "".join(by_code()[parent].name for parent in row.parents) + row.name
    assert codes(f"地址:{written}某镇") == [code]


@given(st.text(alphabet="成都简阳市区县省四川路的在,。北京东", max_size=30), st.sampled_from(["", CHENGDU]))
def test_any_text_gives_ordered_spans_inside_it(text: str, home: str) -> None:
    found = divisions_in(text, home)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))
