"""Routing: territory, units with reasons, urgency, way of dispatch."""

from zoneinfo import ZoneInfo

import pytest

from pipeline.judge.judgement import CityFacts
from pipeline.judge.route.route import Routed, route
from pipeline.judge.route.topics import Guess
from pipeline.judge.route.units import Asked, is_grassroots, units_for
from pipeline.judge.route.urgency import urgency_of
from pipeline.policies.matter import Actor, Breadth, Demand, Matter, Object, Polarity, Tense, Where
from pipeline.policies.model import packaged
from pipeline.policies.units import Unit, Units
from schemas.letter import Place, Said

CITY = CityFacts("甲市", "市长公开电话办公室", ZoneInfo("Asia/Shanghai"), "110、119、120", "12345")
HANDLE = Matter(Demand.HANDLE)


def routed(text: str, subject: str = "", matter: Matter = HANDLE, place: Place | None = None) -> Routed:
    return route(Said(subject=subject, text=text, place=place), text, matter, packaged("chengdu"), CITY)


def unit(
    name: str, *, topics: tuple[str, ...] = (), territories: tuple[str, ...] = (), cues: tuple[str, ...] = ()
) -> Unit:
    return Unit(name, topics, territories, cues, "", "", "sample", "")


def test_a_letter_goes_to_the_unit_of_its_topic_with_a_reason() -> None:
    found = routed("小区门口的路灯坏了半个月,请安排维修。")
    assert found.appeal == "求助"
    assert found.topic == "市政设施/路灯照明"
    assert found.units[0].unit == "城市管理局"
    assert "路灯" in found.units[0].why
    assert len(found.units) <= 3
    assert found.urgency == "一般"
    assert found.dispatch_mode == "归口"


def test_nothing_found_goes_to_the_fallback_unit() -> None:
    found = routed("那件事你们看着办")
    assert [one.unit for one in found.units] == ["市长公开电话办公室"]
    assert found.units[0].score == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("武侯区某路的路灯不亮", "510107"),
        ("简阳市和武侯区之间的公交", "510185"),
        ("路灯不亮", "510100"),
        ("我是重庆人,家门口路灯不亮", "510100"),
    ],
)
def test_the_territory_is_the_finest_place_in_the_city(text: str, code: str) -> None:
    assert routed(text).territory == code


def test_what_the_form_says_of_the_place_comes_first() -> None:
    assert routed("武侯区的路", place=Place(division="510104001")).territory == "510104"
    assert routed("武侯区的路", place=Place(text="青羊区人民路")).territory == "510105"


def test_a_matter_elsewhere_lies_where_it_is_said() -> None:
    assert (
        routed("绵阳市的路灯不亮", matter=Matter(Demand.HANDLE, place=Where.ELSEWHERE)).territory == "510700"
    )
    assert routed("那边的路灯不亮", matter=Matter(Demand.HANDLE, place=Where.ELSEWHERE)).territory == ""


def asked(
    text: str, *, territory: str = "", matter: Matter = HANDLE, mode: str = "归口", topic: str = "市政/路灯"
) -> Asked:
    return Asked(text, Guess(topic, 0.6, "", 0.0, ("路灯",)), territory, matter, mode)  # type: ignore[arg-type]


def test_what_a_department_must_handle_is_not_passed_down() -> None:
    street = unit("某某街道办事处", topics=("市政/路灯",), cues=("路灯",), territories=("510107",))
    department = unit("城市管理局", topics=("市政",))
    directory = Units((street, department))
    at_home = asked("路灯不亮", territory="510107")
    assert [one.unit for one in units_for(at_home, directory, "总值班室")] == ["城市管理局"]
    by_place = asked("路灯不亮", territory="510107", mode="双重")
    assert [one.unit for one in units_for(by_place, directory, "总值班室")] == [
        "城市管理局",
        "某某街道办事处",
    ]
    alone = units_for(at_home, Units((street,)), "总值班室")
    assert [one.unit for one in alone] == ["某某街道办事处"]
    assert "地点在武侯区" in alone[0].why


def test_a_unit_of_another_district_is_not_proposed() -> None:
    other = unit("金牛区城管局", topics=("市政",), territories=("510106",))
    here = unit("武侯区城管局", topics=("市政",), territories=("510107",))
    found = units_for(asked("路灯", territory="510107"), Units((other, here)), "总值班室")
    assert [one.unit for one in found] == ["武侯区城管局"]


def test_an_accused_unit_is_passed_over() -> None:
    accused = unit("城市管理局", topics=("市政",))
    other = unit("监督办公室", cues=("路灯",))
    matter = Matter(Demand.ACCUSE, Actor.OFFICIAL, Object.INTEGRITY)
    text = "举报城市管理局路灯采购收回扣"
    assert [
        one.unit for one in units_for(asked(text, matter=matter), Units((accused, other)), "总值班室")
    ] == ["监督办公室"]
    assert units_for(asked(text), Units((accused, other)), "总值班室")[0].unit == "城市管理局"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("路灯不亮,请民政局来核实", "民政局"),
        ("路灯不亮,希望市民政局尽快派人看看", "民政局"),
        ("路灯不亮,民政局门口一片黑", "城市管理局"),
        ("路灯不亮,就在民政局旁边,请尽快修好", "城市管理局"),
    ],
)
def test_who_is_asked_by_name_comes_first(text: str, first: str) -> None:
    directory = Units((unit("城市管理局", topics=("市政/路灯",)), unit("民政局", cues=("民政局",))))
    found = units_for(asked(text), directory, "")
    assert found[0].unit == first
    assert ("来信点名请“民政局”办理" in found[0].why) == (first == "民政局")


def test_who_is_asked_by_name_is_not_accused() -> None:
    directory = Units((unit("民政局", cues=("民政局",)),))
    blaming = Matter(Demand.HANDLE, actor=Actor.OFFICIAL)
    assert (
        units_for(asked("村书记贪了低保,请民政局核实", matter=blaming), directory, "值班室")[0].unit
        == "民政局"
    )
    assert (
        units_for(asked("民政局的人贪了低保,请核实", matter=blaming), directory, "值班室")[0].unit == "值班室"
    )


def test_without_anybody_there_is_no_unit() -> None:
    assert units_for(asked("无"), Units(()), "") == ()


@pytest.mark.parametrize(
    ("name", "low"),
    [
        ("某街道办事处", True),
        ("红星镇", True),
        ("李家村村委会", True),
        ("新村社区", True),
        ("城市管理局", False),
        ("镇江市水务局", False),
    ],
)
def test_who_is_grassroots(name: str, low: bool) -> None:
    assert is_grassroots(name) is low


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("人行道上井盖丢失,黑咕隆咚", "紧急"),
        ("架空线垂下来快碰到人头了", "紧急"),
        ("我们楼已经停水两天", "紧急"),
        ("消防通道被车堵死", "紧急"),
        ("外墙瓷砖脱落砸到人了", "特急"),
        ("路灯不亮", "一般"),
        ("上周停水,现在已经恢复", "一般"),
        ("建议统一井盖花纹", "一般"),
    ],
)
def test_hazards_and_supplies_cut_off_are_urgent(text: str, urgency: str) -> None:
    assert urgency_of("", text, HANDLE, "求助") == urgency


def test_what_the_reading_says_of_life_decides() -> None:
    assert urgency_of("", "求救", Matter(Demand.RESCUE), "求助") == "特急"
    assert urgency_of("", "路灯", Matter(Demand.HANDLE, object=Object.LIFE_DANGER), "求助") == "特急"
    assert urgency_of("", "井盖丢失", Matter(Demand.HANDLE, tense=Tense.PAST), "投诉") == "一般"
    assert urgency_of("", "没有停水", Matter(Demand.HANDLE, polarity=Polarity.DENIED), "投诉") == "一般"
    assert urgency_of("", "噪音", Matter(Demand.HANDLE, breadth=Breadth.MANY_PEOPLE), "投诉") == "紧急"
    assert urgency_of("", "井盖丢失怎么赔?", Matter(Demand.ASK), "咨询") == "一般"


def test_the_subject_does_not_speak_of_a_smaller_part() -> None:
    text = "路灯坏了半个月。" * 4 + "另外公交车不停站。"
    letter = Said(subject="路灯不亮", text=text)
    policy = packaged("chengdu")
    assert route(letter, text, HANDLE, policy, CITY).topic == "市政设施/路灯照明"
    assert route(letter, "另外公交车不停站。", HANDLE, policy, CITY).topic == "交通出行/公交服务"


def test_the_same_letter_always_goes_the_same_way() -> None:
    assert routed("武侯区停水两天,物业不管") == routed("武侯区停水两天,物业不管")
