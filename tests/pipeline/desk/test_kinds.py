"""The kind that a sender or a channel names in the city's own words is the national one that the pack says it is."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.desk.batch import Judging
from pipeline.desk.part import rules_of
from pipeline.policies.model import packaged
from pipeline.settings import City, Settings
from schemas import wire
from schemas.inbox import DecideInScope
from schemas.letter import Said, kind_named
from schemas.memory import Case
from schemas.topics import CASE, ORDER

ASKS = "请问公租房什么时候可以申请?"


@pytest.fixture
def fuxin(make_desk: Callable[[str], Any]) -> Any:
    desk = make_desk("fuxin")
    city = City(title="临城市", fallback_unit="市民服务中心", policy="fuxin")
    desk.judging = Judging(rules_of(Settings(cities={"lincheng": city})), 5)
    return desk


@pytest.mark.parametrize(
    ("word", "kind"),
    [("投诉", "投诉"), ("意见", "建议"), ("表扬", "表扬"), ("咨询求助", None), ("", None)],
)
def test_a_word_for_the_kind(word: str, kind: str | None) -> None:
    named, said = kind_named(word)
    assert packaged("fuxin").kind(Said(kind=named, kind_said=said)) == kind
    assert (named or said) == word


@pytest.mark.parametrize(("word", "kind"), [("意见", "建议"), ("咨询求助", "咨询")])
def test_the_order_has_the_national_kind(fuxin: Any, make: Any, word: str, kind: str) -> None:
    [event] = fuxin.say(make.letter(subject="", text=ASKS, kind_said=word))[ORDER]
    assert event.order.kind == kind


def test_so_has_one_that_a_person_takes_on(fuxin: Any, make: Any) -> None:
    letter = make.letter(subject="", text="", kind_said="意见")
    assert fuxin.say(letter)[ORDER] == []
    [event] = fuxin.say(make.instruction(letter.number, DecideInScope()))[ORDER]
    assert event.order.kind == "建议"


def test_what_was_remembered_before_these_fields_came_can_be_read(fuxin: Any, make: Any) -> None:
    [case] = fuxin.say(make.letter(publish_consent=True))[CASE]
    value = wire.encode(case)
    for field in (b'"kind_said":"",', b',"publication":"reviewed"', b',"answered_by":"unit"'):
        assert field in value
        value = value.replace(field, b"")
    old = wire.decode(CASE, value)
    assert isinstance(old, Case)
    assert old.letter == case.letter
    assert (old.orders[0].order.publication, old.orders[0].order.answered_by) == ("no", "unit")
