"""Letters to a desk, each of a person of its own, and what the desk wrote of them in short."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.cli.ledger_books import Entry, Topics, balance
from schemas import wire
from schemas.letter import Letter
from schemas.numbers import check_digit
from schemas.topics import DECISION, ORDER

LAMP = "受幸福路12号的路灯坏了三个星期,晚上老人出门很不方便,请派人来修"
BUS = "受三路公交车早高峰总是晚点二十分钟,上班都迟到了,请增加班次"


def of_person(make: Any, key: str, text: str, **changes: Any) -> Any:
    """A letter of a person of its own, with a number that can be named in another letter."""
    letter = make.letter(key, text=text, person=changes.pop("person", f"person-{key}"), **changes)
    return letter.model_copy(update={"number": letter.number[:15] + check_digit(letter.number[:15])})


def orders_of(written: dict[Any, list[Any]]) -> list[tuple[str, str]]:
    return [(e.order.number, e.tag) for e in written[ORDER]]


def links_of(written: dict[Any, list[Any]]) -> list[tuple[str, str]]:
    return [(e.tag, e.relation) for e in written[DECISION] if e.tag in {"linked", "suspected", "unlinked"}]


def notes_of(written: dict[Any, list[Any]]) -> list[tuple[bool, str]]:
    return [(e.applied, e.note) for e in written[DECISION] if e.tag == "noted"]


def faults(desk: Any, letters: Iterable[Letter]) -> list[tuple[str, str]]:
    """What the ledger finds wrong."""
    decisions, orders = (
        [wire.decode(topic, value) for value in desk.values(topic)] for topic in (DECISION, ORDER)
    )
    entries = [
        Entry(
            number=letter.number, letter_id=letter.id, city=letter.city, channel=letter.channel,
            received_at=letter.received_at, relayed_at=letter.received_at, partition=0, offset=0, finished=True, quarantined=False,
        )
        for letter in letters
    ]  # fmt: skip
    topics = Topics(decisions, orders, [], frozenset(), {0: 999})
    books = balance(entries, topics, {}, datetime.now(UTC), timedelta(minutes=15))
    return [(finding.fault, finding.number) for finding in books.findings]
