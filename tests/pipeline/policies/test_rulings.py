"""From a matter's fields to the clause that decides it, pack by pack."""

import pytest

from pipeline.policies.matter import (
    Actor,
    Again,
    Breadth,
    Circumstances,
    Demand,
    Matter,
    Object,
    Procedure,
    Stage,
    Where,
)
from pipeline.policies.model import Ruling, names, packaged

D, A, Ob, S, P = Demand, Actor, Object, Stage, Procedure
NAMED = Circumstances()
NAMELESS = Circumstances(anonymous=True)

LAMP = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE)
VERDICT = Matter(D.OVERTURN, A.COURT, Ob.JUDGEMENT, stage=S.DONE, procedure=P.LAWSUIT)
BRIBE = Matter(D.ACCUSE, A.DISCIPLINE, Ob.INTEGRITY)
RUDE = Matter(D.HANDLE, A.OFFICIAL, Ob.WORK_STYLE)
AWARD = Matter(D.OVERTURN, A.ARBITRATION, Ob.LABOUR, stage=S.DONE, procedure=P.ARBITRATION)
FORMAL_AWARD = Matter(D.OVERTURN, A.ARBITRATION, Ob.JUDGEMENT, stage=S.DONE, procedure=P.ARBITRATION)
SOMEBODY = Matter(D.ASK, A.UNKNOWN, Ob.PRIVACY)
WAGES = Matter(D.HANDLE, A.BUSINESS, Ob.LABOUR, stage=S.COULD, procedure=P.ARBITRATION)
SOLDIER = Matter(D.OVERTURN, A.ARMY, Ob.MILITARY)
LORRIES = Matter(D.HANDLE, A.ARMY, Ob.DAILY_LIFE)
DELEGATE = Matter(D.HANDLE, A.CONGRESS, Ob.APPOINTMENT)
OFFICE = Matter(D.HANDLE, A.PARTY, Ob.APPOINTMENT)
SEATS = Matter(D.ASK, A.CPPCC, Ob.OTHER)
FINAL = Matter(D.OVERTURN, A.PROVINCE, Ob.OTHER, stage=S.CONCLUDED, procedure=P.PETITION)
PETITION = Matter(D.HANDLE, A.GOVERNMENT, Ob.OTHER, stage=S.PENDING, procedure=P.PETITION)
SUED = Matter(D.HANDLE, A.BUSINESS, Ob.MARKET, stage=S.PENDING, procedure=P.LAWSUIT)
REGISTRY = Matter(D.HANDLE, A.PUBLIC_SERVICE, Ob.PUBLIC_SERVICE, stage=S.DONE, procedure=P.LAWSUIT)
FACTORY = Matter(D.HANDLE, A.GOVERNMENT, Ob.LEGACY)
FRIEND = Matter(D.HANDLE, A.PERSON, Ob.PRIVATE)
DRIVERS = Matter(D.HANDLE, A.PERSON, Ob.PRIVATE, breadth=Breadth.MANY_PEOPLE)
FAR = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, Where.ELSEWHERE)
BORDER = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, Where.BORDER)
EXAM = Matter(D.HANDLE, A.PROVINCE, Ob.POLICY)
OWNERS = Matter(D.HANDLE, A.BUSINESS, Ob.MARKET, breadth=Breadth.MANY_PEOPLE)
RIVER = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, breadth=Breadth.MANY_UNITS)
BRIDGE = Matter(D.HANDLE, A.GOVERNMENT, Ob.PUBLIC_SERVICE, breadth=Breadth.GRAVE)
SUBSIDY = Matter(D.HANDLE, A.GOVERNMENT, Ob.POLICY_UNMET)
TOURISM = Matter(D.SUGGEST, A.GOVERNMENT, Ob.ECONOMY)
BILL = Matter(D.HANDLE, A.PUBLIC_SERVICE, Ob.PUBLIC_SERVICE)
QUESTION = Matter(D.ASK, A.GOVERNMENT, Ob.POLICY, asked="社保卡怎么补办")
KNOWN = Circumstances(answer_known=True)
UNSOLVED = Matter(D.ASK, A.GOVERNMENT, Ob.POLICY, again=Again.UNSOLVED)
MOTION = Matter(D.PROPOSE, A.GOVERNMENT, Ob.ECONOMY)
LIGHTS = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, unfounded=True)
THANKS = Matter(D.PRAISE, A.OFFICIAL, Ob.WORK_STYLE)
INSULT = Matter(D.ABUSE)
HELLO = Matter(D.NONE)
SPAM = Matter(D.ADVERTISE)
PAPERS = Matter(D.HANDLE, object=Ob.SECRET)
RECORDS = Matter(D.HANDLE, A.GOVERNMENT, Ob.DISCLOSURE)
AGAIN = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, again=Again.RECUR)
CLOSED = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, stage=S.DONE, procedure=P.COMPLAINT)
REMIND = Matter(D.REMIND, A.GOVERNMENT, Ob.DAILY_LIFE)
STATUS = Matter(D.STATUS)
EVERYWHERE = Matter(D.HANDLE, A.GOVERNMENT, Ob.DAILY_LIFE, again=Again.MANY_CHANNELS)
NEIGHBOURS = Matter(D.HANDLE, A.PUBLIC_SERVICE, Ob.PUBLIC_SERVICE, again=Again.MANY_SENDERS)
AMBULANCE = Matter(D.HANDLE, A.RESCUE_SERVICE, Ob.PUBLIC_SERVICE)

TABLE = [
    # pack, matter, circumstances, effect, clause
    ("chengdu", LAMP, NAMED, "accept", "CD6.1"),
    ("chengdu", LAMP, NAMELESS, "accept", "CD6.1"),
    ("chengdu", VERDICT, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", BRIBE, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", RUDE, NAMED, "accept", "CD6.1"),
    ("chengdu", DELEGATE, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", OFFICE, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", SEATS, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", EXAM, NAMED, "exclude", "CD6.2.2"),
    ("chengdu", AWARD, NAMED, "exclude", "CD6.2.5"),
    ("chengdu", WAGES, NAMED, "accept", "CD6.1"),
    ("chengdu", SUED, NAMED, "hold", "HUB.AMBIG"),
    ("chengdu", REGISTRY, NAMED, "hold", "HUB.AMBIG"),
    ("chengdu", SOLDIER, NAMED, "exclude", "CD6.2.3"),
    ("chengdu", LORRIES, NAMED, "accept", "CD6.2.3X"),
    ("chengdu", FINAL, NAMED, "exclude", "CD6.2.4"),
    ("chengdu", PETITION, NAMED, "hold", "HUB.SILENT"),
    ("chengdu", FACTORY, NAMED, "accept", "CD6.1"),
    ("chengdu", FRIEND, NAMED, "hold", "HUB.CATCHALL"),
    ("chengdu", FAR, NAMED, "exclude", "CD6.2.1"),
    ("chengdu", BORDER, NAMED, "hold", "HUB.AMBIG"),
    ("chengdu", OWNERS, NAMED, "accept", "CD6.1"),
    ("chengdu", QUESTION, KNOWN, "answer", "CD5.KB"),
    ("chengdu", QUESTION, NAMED, "accept", "CD5.WO"),
    ("chengdu", UNSOLVED, KNOWN, "accept", "CD5.WO"),
    ("chengdu", THANKS, NAMED, "accept", "CD6.1"),
    ("chengdu", INSULT, NAMELESS, "hold", "HUB.NODEMAND"),
    ("chengdu", HELLO, NAMED, "hold", "HUB.NODEMAND"),
    ("chengdu", SPAM, NAMED, "hold", "HUB.SPAM"),
    ("chengdu", PAPERS, NAMED, "hold", "HUB.SECRET"),
    ("chengdu", RECORDS, NAMED, "hold", "HUB.SILENT"),
    ("chengdu", AGAIN, NAMED, "accept", "DUP.RECUR"),
    ("chengdu", CLOSED, NAMED, "accept", "DUP.RECUR"),
    ("chengdu", REMIND, NAMED, "accept", "DUP.REMIND"),
    ("chengdu", STATUS, NAMED, "answer", "STATUS.QUERY"),
    ("chengdu", EVERYWHERE, NAMED, "accept", "DUP.XCHAN"),
    ("chengdu", NEIGHBOURS, NAMED, "accept", "DUP.MASS"),
    ("chengdu", AMBULANCE, NAMED, "accept", "CD6.1"),
    ("chengdu", LAMP, Circumstances(complete=False), "accept", "NEED_INFO"),
    ("chengdu", LAMP, Circumstances(readable=False), "hold", "HUB.LANG"),
    ("fuxin", LAMP, NAMED, "accept", "FX3.IN1"),
    ("fuxin", LAMP, NAMELESS, "accept", "FX3.IN1"),
    ("fuxin", TOURISM, NAMED, "accept", "FX3.IN2"),
    ("fuxin", BILL, NAMED, "accept", "FX3.IN3"),
    ("fuxin", WAGES, NAMED, "accept", "FX3.IN3"),
    ("fuxin", QUESTION, KNOWN, "accept", "FX3.IN4"),
    ("fuxin", RUDE, NAMED, "accept", "FX3.IN5"),
    ("fuxin", BRIBE, NAMED, "accept", "FX3.IN5"),
    ("fuxin", VERDICT, NAMED, "exclude", "FX3.OUT1"),
    ("fuxin", SOLDIER, NAMED, "exclude", "FX3.OUT1"),
    ("fuxin", LORRIES, NAMED, "accept", "FX3.IN1"),
    ("fuxin", DELEGATE, NAMED, "exclude", "FX3.OUT1"),
    ("fuxin", FACTORY, NAMED, "exclude", "FX3.OUT2"),
    ("fuxin", AWARD, NAMED, "hold", "HUB.SILENT"),
    ("fuxin", FINAL, NAMED, "hold", "HUB.SILENT"),
    ("fuxin", FRIEND, NAMED, "accept", "FX3.IN1"),
    ("fuxin", STATUS, NAMED, "answer", "STATUS.QUERY"),
    ("yichang", LAMP, NAMED, "accept", "YC.ZB"),
    ("yichang", LAMP, NAMELESS, "hold", "YC.HB"),
    ("yichang", LAMP, Circumstances(has_contact=False), "hold", "YC.HB"),
    ("yichang", INSULT, NAMED, "hold", "YC.HB"),
    ("yichang", HELLO, NAMED, "hold", "HUB.NODEMAND"),
    ("yichang", VERDICT, NAMED, "hold", "HUB.SILENT"),
    ("yichang", BRIBE, NAMED, "escalate", "YC.CHA"),
    ("yichang", OWNERS, NAMED, "escalate", "YC.CB"),
    ("yichang", RIVER, NAMED, "escalate", "YC.CB"),
    ("yichang", QUESTION, KNOWN, "answer", "YC.JB"),
    ("yichang", QUESTION, NAMED, "accept", "YC.JB"),
    ("yichang", SPAM, NAMELESS, "hold", "HUB.SPAM"),
    ("yichang", WAGES, NAMED, "accept", "YC.ZB"),
    ("yichang_dept", LAMP, Circumstances(own_department=False), "escalate", "YC.SB"),
    ("yichang_dept", LAMP, NAMED, "accept", "YC.ZB"),
    ("yichang_dept", QUESTION, KNOWN, "answer", "YC.JB"),
    ("yichang_dept", INSULT, NAMELESS, "hold", "YC.HB"),
    ("yichang_dept", OWNERS, NAMED, "escalate", "YC.CB"),
    ("yichang_dept", RIVER, NAMED, "accept", "YC.ZB"),
    ("yichang_dept", BRIBE, NAMED, "escalate", "YC.CHA"),
    ("jian", LAMP, NAMED, "accept", "JA3.1"),
    ("jian", TOURISM, NAMED, "accept", "JA3.1"),
    ("jian", SUBSIDY, NAMED, "accept", "JA3.2"),
    ("jian", OWNERS, NAMED, "accept", "JA3.3"),
    ("jian", BRIDGE, NAMED, "escalate", "JA1.2"),
    ("jian", VERDICT, NAMED, "exclude", "JA3.4a"),
    ("jian", FRIEND, NAMED, "exclude", "JA3.4b"),
    ("jian", DRIVERS, NAMED, "accept", "JA3.3"),
    ("chengdu", DRIVERS, NAMED, "accept", "CD6.1"),
    ("jian", BRIBE, NAMED, "hold", "HUB.SILENT"),
    ("jian", SOLDIER, NAMED, "hold", "HUB.SILENT"),
    ("jian", FAR, NAMED, "hold", "HUB.AMBIG"),
    ("jian", BORDER, NAMED, "hold", "HUB.AMBIG"),
    ("jian", FORMAL_AWARD, NAMED, "hold", "HUB.SILENT"),
    ("chengdu", FORMAL_AWARD, NAMED, "exclude", "CD6.2.5"),
    ("fuxin", FORMAL_AWARD, NAMED, "hold", "HUB.SILENT"),
    ("fushun", FORMAL_AWARD, NAMED, "hold", "HUB.SILENT"),
    ("fuxin", SOMEBODY, NAMED, "hold", "HUB.SILENT"),
    ("fushun", LAMP, NAMED, "accept", "FS3"),
    ("fushun", VERDICT, NAMED, "forward", "FS4"),
    ("fushun", BRIBE, NAMED, "forward", "FS4"),
    ("fushun", SEATS, NAMED, "forward", "FS4"),
    ("fushun", SOLDIER, NAMED, "hold", "HUB.SILENT"),
    ("fushun", LORRIES, NAMED, "accept", "FS3"),
    ("karamay", BILL, NAMED, "accept", "KM4"),
    ("karamay", QUESTION, KNOWN, "accept", "KM4"),
    ("karamay", VERDICT, NAMED, "hold", "HUB.SILENT"),
    ("karamay", LAMP, NAMELESS, "accept", "KM4"),
    ("xxcity", LAMP, NAMED, "accept", "XX1.1"),
    ("xxcity", LIGHTS, NAMED, "accept", "XX1.3"),
    ("xxcity", FACTORY, NAMED, "accept", "XX1.3"),
    ("xxcity", EVERYWHERE, NAMED, "accept", "DUP.XCHAN"),
    ("letter", LAMP, NAMED, "accept", "LT4"),
    ("letter", LAMP, NAMELESS, "accept", "LT1.NONAME"),
    ("letter", BRIBE, NAMELESS, "hold", "HUB.SILENT"),
    ("generic", LAMP, NAMED, "accept", "GN3"),
    ("generic", LAMP, Circumstances(confidential=True), "accept", "GN4"),
    ("generic", MOTION, NAMED, "accept", "GN7"),
    ("chengdu_2025", LAMP, NAMED, "accept", "N66.IN"),
    ("chengdu_2025", VERDICT, NAMED, "hold", "HUB.SILENT"),
    ("pass", VERDICT, NAMED, "accept", "PASS.1"),
    ("pass", HELLO, NAMED, "hold", "HUB.NODEMAND"),
]  # fmt: skip


@pytest.mark.parametrize(("pack", "matter", "about", "effect", "code"), TABLE)
def test_the_clause(pack: str, matter: Matter, about: Circumstances, effect: str, code: str) -> None:
    ruling = packaged(pack).rule(matter, about)
    assert (ruling.effect, ruling.clause.code) == (effect, code)
    assert ruling.clause.quote


def test_no_pack_refuses_what_is_not_said_for_certain() -> None:
    unsure: list[Ruling] = []
    for name in names():
        for _, matter, about, _, _ in TABLE:
            hesitant = Matter(
                matter.demand, matter.actor, matter.object, matter.place, matter.tense, matter.polarity,
                matter.stage, matter.procedure, sure=0.4,
            )  # fmt: skip
            unsure.append(packaged(name).rule(hesitant, about))
    assert not [ruling for ruling in unsure if ruling.effect in {"exclude", "forward"}]
