"""A second province: everything about a city stands in its pack."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipeline.policies.matter import Actor, Circumstances, Demand, Matter, Object, Procedure, Stage
from pipeline.policies.model import Policy

Read = Callable[..., Policy]
ABOUT = Circumstances()
ZONE = ZoneInfo("Asia/Urumqi")


def test_its_clauses_decide(read: Read) -> None:
    pack = read()

    def code(matter: Matter) -> tuple[str, str, str]:
        ruling = pack.rule(matter, ABOUT)
        return ruling.effect, ruling.clause.code, ruling.unit

    assert code(Matter(Demand.HANDLE)) == ("accept", "YH1", "")
    assert code(Matter(Demand.ACCUSE, object=Object.MARKET)) == ("escalate", "YH3", "灯会办主任")
    assert code(Matter(Demand.HANDLE, Actor.COURT)) == ("exclude", "YH2", "")
    assert code(Matter(Demand.HANDLE, Actor.COURT, Object.SOCIAL_ORDER)) == ("accept", "YH2X", "")
    assert code(Matter(Demand.HANDLE, Actor.COURT, sure=0.85)) == ("hold", "HUB.AMBIG", "")
    assert code(Matter(Demand.HANDLE, object=Object.PRIVATE)) == ("hold", "HUB.CATCHALL", "")
    assert code(Matter(Demand.OVERTURN, Actor.ARMY, Object.MILITARY)) == ("hold", "HUB.SILENT", "")
    assert pack.emergency.code == "YH9"


def test_its_own_organ_comes_before_the_common_one(read: Read) -> None:
    organ = read().rule(Matter(Demand.HANDLE, Actor.COURT), ABOUT).organ
    assert organ is not None
    assert (organ.name, organ.phone) == ("云海市中级人民法院", "990-12368")
    proposed = (
        read()
        .rule(
            Matter(Demand.OVERTURN, object=Object.LABOUR, procedure=Procedure.ARBITRATION, stage=Stage.DONE),
            ABOUT,
        )
        .proposal
    )
    assert proposed is not None
    assert proposed.organ is not None
    assert proposed.organ.name.startswith("劳动人事争议仲裁机构")


def test_its_terms_territory_units_and_answers_are_its_own(read: Read) -> None:
    pack = read()
    at = datetime.fromisoformat("2026-09-30T23:30+08:00")
    assert pack.due("咨询", at, ZONE).at.astimezone(ZONE).date() == date(2026, 10, 9)
    assert pack.due("举报", at, ZONE).at.astimezone(ZONE).date() == date(2026, 10, 20)
    assert pack.due("求助", at, ZONE).at.astimezone(ZONE).date() == date(2026, 10, 19)
    assert pack.territory.holds("990103")
    assert not pack.territory.holds("510104")
    assert pack.territory.divisions == {"听涛区": "990102", "望岳区": "990103"}
    assert pack.units.fallback == "云海市信访局"
    assert pack.units.pointed_at("灯会的花灯倒了") == {"灯会办": ("花灯", "灯会")}
    assert [unit.topics for unit in pack.units.entries] == [("灯会",)]
    assert pack.kinds == {"吐槽": "投诉"}
    assert pack.dispatch is not None
    assert pack.dispatch.mode == "属地"


def test_answers_hold_on_their_days_only(read: Read) -> None:
    pack = read()
    found = pack.answer("请问灯会什么时候开始", date(2026, 2, 10), demo=False)
    assert found is not None
    assert found.text == "灯会时间请问灯会办"
    assert pack.answer("请问灯会什么时候开始", date(2026, 3, 15), demo=False) is not None
    assert pack.answer("请问灯会什么时候开始", date(2026, 3, 16), demo=True) is None
    assert pack.answer("请问灯会什么时候开始", date(2026, 1, 31), demo=True) is None
    assert pack.answer("投诉灯会什么时候都吵", date(2026, 2, 10), demo=True) is None
    assert pack.answer("请问灯会在哪", date(2026, 2, 10), demo=True) is None


def test_its_reply_is_complete(read: Read) -> None:
    ruling = read().rule(Matter(Demand.HANDLE, Actor.COURT), ABOUT)
    told = read().declined("123456789012345", ruling, "12345", "110")
    for piece in (
        "1234 5678 9012 345",
        "这是法院的事",
        "《云海市市长信箱办法》",
        "YH2",
        "990-12368",
        "拨打12345",
        "110",
    ):
        assert piece in told
    assert "未核实" not in told


def test_what_a_pack_does_not_say_is_nobodys(read: Read, fictitious: str) -> None:
    start = fictitious.index("organs:")
    bare = read(fictitious[:start].replace("silence: national_2025\n", ""))
    assert bare.units.pointed_at("花灯") == {}
    assert bare.answer("灯会几点", date(2026, 2, 10), demo=True) is None
    assert bare.rule(Matter(Demand.OVERTURN, Actor.ARMY, Object.MILITARY), ABOUT).clause.code == "YH1"
