"""What else a ruling says: organ, unit, proposal, marks."""

import pytest

from pipeline.policies.matter import (
    Actor,
    Breadth,
    Circumstances,
    Demand,
    Matter,
    Object,
    Procedure,
    Stage,
    Where,
)
from pipeline.policies.model import names, packaged
from schemas.decision import CONFIDENTIAL_MARK

D, A, Ob, S, P = Demand, Actor, Object, Stage, Procedure
NAMED = Circumstances()
NAMELESS = Circumstances(anonymous=True)
LAMP = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE)
VERDICT = Matter(D.OVERTURN, A.COURT, Ob.JUDGEMENT, stage=S.DONE, procedure=P.LAWSUIT)
BRIBE = Matter(D.ACCUSE, A.DISCIPLINE, Ob.INTEGRITY)
AWARD = Matter(D.OVERTURN, A.ARBITRATION, Ob.LABOUR, stage=S.DONE, procedure=P.ARBITRATION)
SOLDIER = Matter(D.OVERTURN, A.ARMY, Ob.MILITARY)
DELEGATE = Matter(D.HANDLE, A.CONGRESS, Ob.APPOINTMENT)
OFFICE = Matter(D.HANDLE, A.PARTY, Ob.APPOINTMENT)
SEATS = Matter(D.ASK, A.CPPCC, Ob.OTHER)
FINAL = Matter(D.OVERTURN, A.PROVINCE, Ob.OTHER, stage=S.CONCLUDED, procedure=P.PETITION)
FRIEND = Matter(D.HANDLE, A.PERSON, Ob.PRIVATE)
FAR = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, Where.ELSEWHERE)
EXAM = Matter(D.HANDLE, A.PROVINCE, Ob.POLICY)
OWNERS = Matter(D.HANDLE, A.BUSINESS, Ob.MARKET, breadth=Breadth.MANY_PEOPLE)
BRIDGE = Matter(D.HANDLE, A.GOVERNMENT, Ob.PUBLIC_SERVICE, breadth=Breadth.GRAVE)
LIGHTS = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, unfounded=True)


@pytest.mark.parametrize(
    ("matter", "name", "phone"),
    [
        (VERDICT, "人民法院", "12368"),
        (BRIBE, "纪检监察机关", "12388"),
        (Matter(D.HANDLE, A.PROCURATORATE), "检察机关", "12309"),
        (OFFICE, "党委组织部门", "12380"),
        (DELEGATE, "当地人大常委会办公室", ""),
        (FAR, "事项所在地的12345热线", "当地区号+12345"),
        (SOLDIER, "该部队或其上级机关的信访、纪检部门", ""),
        (FINAL, "信访部门(国家信访局网上信访)", ""),
        (AWARD, "劳动人事争议仲裁机构或有管辖权的人民法院", "12368"),
        (EXAM, "相应的省级单位", ""),
    ],
)
def test_a_refusal_names_the_right_organ(matter: Matter, name: str, phone: str) -> None:
    ruling = packaged("chengdu").rule(matter, NAMED)
    assert ruling.effect == "exclude"
    assert ruling.organ is not None
    assert (ruling.organ.name, ruling.organ.phone) == (name, phone)
    assert ruling.organ.source.startswith("未核实") == (phone in {"12368", "12380"})


@pytest.mark.parametrize(
    ("matter", "unit"),
    [
        (VERDICT, "市法院"), (BRIBE, "市纪检委"), (DELEGATE, "市人大"), (SEATS, "市政协"), (OFFICE, "市委"),
        (Matter(D.HANDLE, A.PROCURATORATE), "市检察院"),
    ],
)  # fmt: skip
def test_fushun_passes_on_to_the_organ_itself(matter: Matter, unit: str) -> None:
    assert packaged("fushun").rule(matter, NAMED).unit == unit


def test_an_escalation_goes_to_the_leaders_office() -> None:
    assert packaged("yichang").rule(OWNERS, NAMED).unit == "市政府秘书长"
    assert packaged("yichang_dept").rule(LAMP, Circumstances(own_department=False)).unit == "市长信箱"
    assert packaged("jian").rule(BRIDGE, NAMED).unit == "市政府及领导"


def test_what_is_not_certain_enough_is_left_to_a_person_with_the_refusal_ready() -> None:
    doubtful = Matter(D.OVERTURN, A.COURT, Ob.JUDGEMENT, sure=0.6)
    held = packaged("chengdu").rule(doubtful, NAMED)
    assert (held.effect, held.clause.code, held.reason, held.sure) == ("hold", "HUB.AMBIG", "unsure", 0.6)
    assert held.proposal is not None
    assert (held.proposal.effect, held.proposal.clause.code) == ("exclude", "CD6.2.2")
    assert held.proposal.organ is not None
    taken = packaged("chengdu").rule(Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, sure=0.1), NAMED)
    assert (taken.effect, taken.sure) == ("accept", 0.1)


def test_what_a_text_is_silent_on_is_held_with_the_national_rule_proposed() -> None:
    held = packaged("yichang").rule(VERDICT, NAMED)
    assert held.reason == "silent"
    assert held.proposal is not None
    assert (held.proposal.effect, held.proposal.clause.pack) == ("exclude", "national_2025")
    assert held.proposal.clause.quote == "告知诉求人相应法定途径"
    assert held.proposal.organ is not None
    assert held.proposal.organ.name == "人民法院"


def test_a_catch_all_is_only_ever_proposed() -> None:
    held = packaged("chengdu").rule(FRIEND, NAMED)
    assert held.proposal is not None
    assert held.proposal.clause.code == "CD6.2.7"
    for name in names():
        for entry in packaged(name).file.clauses:
            assert not (entry.catch_all and entry.effect != "hold"), (name, entry.code)


def test_marks_say_what_a_case_system_should_see() -> None:
    assert packaged("chengdu").rule(OWNERS, NAMELESS).marks == ("群体诉求", "匿名")
    assert packaged("xxcity").rule(LIGHTS, NAMED).marks == ("宣传解释",)
    assert packaged("fuxin").rule(FAR, NAMED).marks == ("外地事项",)
    asked = Circumstances(confidential=True)
    assert (
        packaged("fuxin").rule(LAMP, asked).marks == packaged("fuxin").rule(BRIBE, asked).marks == ("保密",)
    )


def test_integrity_reports_are_for_the_office_and_the_leader_only() -> None:
    for name in names():
        if name not in {"pass", "chengdu_2025"}:
            assert CONFIDENTIAL_MARK in packaged(name).rule(BRIBE, NAMED).marks, name
        assert CONFIDENTIAL_MARK not in packaged(name).rule(LAMP, NAMED).marks, name


def test_the_clause_of_danger_is_the_packs_own_or_the_houses() -> None:
    assert {name: packaged(name).emergency.code for name in names()} == {
        "chengdu": "CD6.2.6", "chengdu_2025": "N66.EMG", "jian": "JA1.2",
        **dict.fromkeys(
            ("fushun", "fuxin", "generic", "karamay", "letter", "pass", "xxcity", "yichang", "yichang_dept"), "HUB.EMG"
        ),
    }  # fmt: skip
