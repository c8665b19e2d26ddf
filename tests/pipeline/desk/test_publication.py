"""May letter and answer be made public, and who answers: what the sender ticked and what the pack says, on the order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pipeline.desk.batch import Judging
from pipeline.desk.part import rules_of
from pipeline.settings import City, Settings
from schemas.inbox import DecideInScope
from schemas.topics import DECISION, ORDER, REPLY

NAMED = {"name": "张三", "phone": "13800000001"}


@pytest.fixture
def desk_under(make_desk: Callable[[str], Any]) -> Callable[[str], Any]:
    def desk_of(pack: str) -> Any:
        desk = make_desk(pack)
        city = City(title="临城市", fallback_unit="市民服务中心", policy=pack)
        desk.judging = Judging(rules_of(Settings(cities={"lincheng": city})), 5)
        return desk

    return desk_of


@pytest.fixture
def order_under(desk_under: Callable[[str], Any], make: Any) -> Callable[..., Any]:
    def order_of(pack: str, **letter: Any) -> Any:
        [event] = desk_under(pack).say(make.letter(**{"sender": NAMED, **letter}))[ORDER]
        return event.order

    return order_of


@pytest.mark.parametrize(
    ("pack", "publication", "answered_by"),
    [
        ("jian", "no", "unit"),
        ("karamay", "reviewed", "unit"),
        ("chengdu", "reviewed", "unit"),  # the text does not say: a person looks first
        ("fushun", "with_opinion", "unit"),
        ("yichang", "as_asked", "unit"),
        ("xxcity", "reviewed", "office"),
    ],
)
def test_consent_and_the_packs_rule_stand_on_the_order(
    order_under: Callable[..., Any], pack: str, publication: str, answered_by: str
) -> None:
    order = order_under(pack, publish_consent=True)
    assert (order.publication, order.answered_by) == (publication, answered_by)


@pytest.mark.parametrize("said", [{}, {"publish_consent": True, "confidential": True}])
def test_nothing_is_public_without_consent_or_where_it_is_confidential(
    order_under: Callable[..., Any], said: dict[str, bool]
) -> None:
    assert order_under("yichang", **said).publication == "no"


def test_a_report_of_an_official_is_never_public(order_under: Callable[..., Any]) -> None:
    order = order_under(
        "yichang", publish_consent=True, subject="", text="举报区房产局王科长办证时收受红包,请查处。"
    )
    assert (order.confidential, order.publication) == (True, "no")


REPORT = "举报区房产局王科长办证时收受红包,请查处。"
AGREED = {"sender": NAMED, "publish_consent": True}


@pytest.fixture
def yichang(desk_under: Callable[[str], Any]) -> Any:
    return desk_under("yichang")


def test_what_was_confidential_stays_so_after_it_came_back(yichang: Any, make: Any) -> None:
    letter = make.letter(subject="", text=REPORT, **AGREED)
    yichang.say(letter)
    yichang.say(make.status(letter.number, "returned"))
    [event] = yichang.say(make.instruction(letter.number, DecideInScope(unit="市政府办公室")))[ORDER]
    assert (event.tag, event.order.confidential, event.order.publication) == ("appended", True, "no")


def test_what_waited_for_a_person_is_as_confidential_as_the_rules_say(yichang: Any, make: Any) -> None:
    letter = make.letter(subject="", text=f"{REPORT}{REPORT}", **AGREED)
    yichang.say(letter)
    yichang.say(make.status(letter.number, "closed"))
    again = make.letter("2", subject="", text=f"{REPORT}{REPORT}", **AGREED)
    [held] = [e for e in yichang.say(again, after=timedelta(days=3))[DECISION] if e.tag == "decided"]
    assert (held.decision.kind, held.decision.reason) == ("held", "same_matter")
    [event] = yichang.say(make.instruction(again.number, DecideInScope()))[ORDER]
    assert (event.order.confidential, event.order.publication) == (True, "no")
    assert set(event.order.marks) == {"保密", "回访复核"}


@pytest.mark.parametrize(
    ("said", "confidential", "publication"),
    [
        ({}, False, "as_asked"),
        ({"files": True}, False, "no"),
        ({"files": True, "publish_consent": True}, False, "as_asked"),
        ({"confidential": True, "publish_consent": True}, True, "no"),
    ],
)
def test_a_letter_that_joins_an_order_is_asked_too(
    yichang: Any, make: Any, said: dict[str, bool], confidential: bool, publication: str
) -> None:
    first = make.letter("1", **AGREED)
    [opened] = yichang.say(first)[ORDER]
    assert opened.order.publication == "as_asked"
    files = (make.file("现场.jpg"),) if said.get("files") else ()
    ticked = {name: value for name, value in said.items() if name != "files"}
    later = make.letter("2", sender=NAMED, attachments=files, text=f"　{first.text}", **ticked)
    [joined] = yichang.say(later, after=timedelta(hours=1))[ORDER]
    assert joined.order.letter_ids == (first.id, later.id)
    assert (joined.order.confidential, joined.order.publication) == (confidential, publication)
    grown = make.letter("1", revision=2, bytes="more", **AGREED, attachments=(make.file("又一张.jpg"),))
    [after] = yichang.say(grown)[ORDER]
    assert (after.order.confidential, after.order.publication) == (confidential, publication)


@pytest.mark.parametrize(
    ("pack", "told"), [("xxcity", "由受理来信的办公室审核后答复您"), ("jian", "承办单位没有附答复内容")]
)
def test_a_closing_without_words_says_who_answers(
    desk_under: Callable[[str], Any], make: Any, pack: str, told: str
) -> None:
    desk, letter = desk_under(pack), make.letter()
    desk.say(letter)
    assert told in desk.say(make.status(letter.number, "closed"))[REPLY][0].text
