"""Letters to a desk, each of a person of its own, and what the desk wrote of them in short."""

from typing import Any

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
