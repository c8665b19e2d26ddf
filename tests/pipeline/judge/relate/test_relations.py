"""What follows from alikeness: each relation with its effect, sure links alone, doubtful ones asked about."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from matterkit import START, letter

from pipeline.judge.relate import (
    DOUBTFUL,
    SURE,
    Asked,
    Earlier,
    Related,
    is_short,
    names_place,
    relate,
    says_again,
    trace_of,
)

NOW = START + timedelta(days=20)


def earlier(number: int = 1, **over: Any) -> Earlier:
    facts: dict[str, Any] = {
        "letter_id": UUID(int=number), "number": f"{number:016d}", "at": START, "score": 0.9, "why": "地点相同",
        "same_person": True, "same_text": False, "same_way": True, "same_files": True,
    }  # fmt: skip
    return Earlier(**{**facts, **over})


def asked(**over: Any) -> Asked:
    return Asked(**{"at": NOW, "copy_window": timedelta(minutes=10), **over})


def relation(ask: Asked, *known: Earlier) -> str:
    related = relate(ask, known)
    if related.link:
        return related.link.relation
    if related.incidents:
        return related.incidents[0].relation
    return f"doubtful:{related.doubtful[0].relation}" if related.doubtful else ""


RECENT = {"at": NOW - timedelta(minutes=3), "same_text": True}
CLOSED = {"stands": "closed", "closed_at": NOW - timedelta(days=5)}
LONG_CLOSED = {"stands": "closed", "closed_at": NOW - timedelta(days=50)}
OTHERS = {"same_person": False}

TABLE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("the same words in ten minutes", {}, RECENT, "copy"),
    ("the same words another way", {}, {**RECENT, "same_way": False}, "same_person"),
    ("the same words with another file", {}, {**RECENT, "same_files": False}, "same_person"),
    ("the same words later", {}, {"same_text": True}, "same_person"),
    ("the same words about another place", {}, {**RECENT, "vetoed": True, "score": 0.02}, ""),
    ("other words while open", {}, {}, "same_person"),
    ("urging while open", {"is_reminder": True}, {}, "reminder"),
    ("urging with the number", {"is_reminder": True, "named": frozenset({f"{1:016d}"})}, {"score": 0}, "reminder"),
    ("another's number named in urging", {"is_reminder": True, "named": frozenset({f"{1:016d}"})},
     {"score": 0, **OTHERS}, "reminder"),
    ("another's number only named", {"named": frozenset({f"{1:016d}"})}, {"score": 0, **OTHERS}, ""),
    ("the own number named", {"named": frozenset({f"{1:016d}"})}, {"score": 0}, "same_person"),
    ("the number of a closed order", {"named": frozenset({f"{1:016d}"})}, {"score": 0, **CLOSED}, "repeat"),
    ("urging after closing", {"is_reminder": True}, CLOSED, "repeat"),
    ("after closing, nothing new", {}, CLOSED, "repeat"),
    ("after closing, back again", {"says_again": True}, CLOSED, "recurrence"),
    ("long after closing", {"says_again": True}, LONG_CLOSED, "repeat"),
    ("a longer term set", {"says_again": True, "recurrence": timedelta(days=60)}, LONG_CLOSED, "recurrence"),
    ("the same words after closing", {"says_again": True}, {**CLOSED, "same_text": True}, "repeat"),
    ("a withdrawn order", {}, {"stands": "withdrawn"}, ""),
    ("another person", {}, OTHERS, "same_incident"),
    ("another person, urging", {"is_reminder": True}, OTHERS, "same_incident"),
    ("another person, closed, back again", {"says_again": True}, {**OTHERS, **CLOSED}, "recurrence"),
    ("another person, closed", {}, {**OTHERS, **CLOSED}, "same_incident"),
    ("another person, short", {"short": True}, OTHERS, "doubtful:same_incident"),
    ("another person, short, at a place", {"short": True, "names_place": True}, {**OTHERS, "score": 0.8},
     "doubtful:same_incident"),
    ("another person, short, very alike", {"short": True}, {**OTHERS, "score": 0.95}, "doubtful:same_incident"),
    ("another person, short, very alike at a place", {"short": True, "names_place": True}, {**OTHERS, "score": 0.95},
     "same_incident"),
    ("short", {"short": True}, {}, ""),
    ("short, at a place", {"short": True, "names_place": True}, {}, "same_person"),
    ("while the order waits for a person", {}, {"stands": "waiting"}, "repeat"),
    ("the number of an order that waits", {"named": frozenset({f"{1:016d}"})}, {"score": 0, "stands": "waiting"}, "repeat"),
    ("another person's order that waits", {}, {**OTHERS, "stands": "waiting"}, ""),
    ("short with another file", {"short": True}, {**RECENT, "same_files": False}, ""),
    ("short with the same file", {"short": True}, RECENT, "copy"),
    ("hardly sure", {}, {"score": SURE}, "same_person"),
    ("not sure", {}, {"score": SURE - 0.01}, "doubtful:same_person"),
    ("not sure, another person", {}, {**OTHERS, "score": DOUBTFUL}, "doubtful:same_incident"),
    ("nothing told, one order open", {"names_nothing": True}, {"score": 0}, "reminder"),
    ("nothing told, the order closed", {"names_nothing": True}, {"score": 0, **CLOSED}, ""),
    ("nothing told, another person's order", {"names_nothing": True}, {"score": 0, **OTHERS}, ""),
    ("below", {}, {"score": DOUBTFUL - 0.01}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "ask", "known", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_relations(what: str, ask: dict[str, Any], known: dict[str, Any], expected: str) -> None:
    assert relation(asked(**ask), earlier(**known)) == expected


def test_a_letter_has_one_link_and_few_incidents() -> None:
    known = [earlier(number, same_person=number > 8, score=0.9 - number / 100) for number in range(1, 12)]
    related = relate(asked(), known)
    assert related.link is not None
    assert related.link.to == UUID(int=9)
    assert [link.to.int for link in related.incidents] == [1, 2, 3]
    assert related.doubtful == ()


def test_of_equals_the_newest_then_the_least_id() -> None:
    known = [earlier(number, at=START + timedelta(days=number == 2)) for number in (3, 2, 1)]
    for order in (known, known[::-1]):
        link = relate(asked(), order).link
        assert link is not None
        assert link.to.int == 2
    twins = [earlier(3), earlier(1)]
    assert [relate(asked(), order).link for order in (twins, twins[::-1])] == [
        relate(asked(), twins).link
    ] * 2


def test_every_link_has_score_and_reason() -> None:
    related = relate(
        asked(), [earlier(1), earlier(2, same_person=False), earlier(3, same_person=False, score=0.5)]
    )
    assert related.link is not None
    for link in (related.link, *related.incidents, *related.doubtful):
        assert 0 < link.score <= 1
        assert link.why
        assert link.to_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("上次修好的路灯又坏了", True), ("垃圾站再度发臭", True), ("问题依旧没有解决", True), ("首次反映路灯不亮", False),
        ("再次反映路灯问题", False), ("又名小河村", False),
    ],
)  # fmt: skip
def test_who_says_that_it_is_back(text: str, expected: bool) -> None:
    assert says_again(letter(1, text)) is expected


def test_a_place_is_more_than_a_city() -> None:
    assert names_place(trace_of(letter(1, "幸福路12号门前的路灯不亮")))
    assert not names_place(trace_of(letter(1, "见附件,临城市城东区")))


def test_short_letters() -> None:
    assert is_short(letter(1, "见附件"))
    assert not is_short(letter(1, "小区东门外的垃圾中转站距离居民楼不到二十米,每到傍晚臭气熏天"))


def test_who_tells_nothing_and_has_two_open_orders_means_neither() -> None:
    two = [earlier(score=0), earlier(2, score=0)]
    assert relate(asked(names_nothing=True), two) == Related()
    closed = earlier(2, score=0, **CLOSED)
    link = relate(asked(names_nothing=True), [two[0], closed]).link
    assert link is not None
    assert link.to == two[0].letter_id


def test_letters_under_one_order_are_one_matter() -> None:
    link = relate(asked(names_nothing=True), [earlier(score=0), earlier(score=0)]).link
    assert link is not None
    assert link.relation == "reminder"


def test_of_many_letters_of_one_person_not_all_were_looked_at() -> None:
    many = [earlier(n, score=0, **({} if n == 1 else CLOSED)) for n in range(1, 6)]
    assert relate(asked(names_nothing=True), many) == Related()
