"""Parts, links, questions to a person and incidents in the tables, in the story and on the tracking page. No broker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipeline.cli import story_words
from pipeline.portal.view import view_of
from pipeline.register.apply import apply
from pipeline.register.database import Writer
from pipeline.register.reader import Reader
from pipeline.settings import City
from schemas import ids
from schemas.base import Record
from schemas.decision import (
    Cause,
    Clause,
    Decided,
    Decision,
    Held,
    InScope,
    Linked,
    Proposal,
    Suspected,
    Unlinked,
)
from schemas.order import Acknowledged, Confirmed, Mass
from schemas.reply import Reply
from schemas.topics import ALERT, DECISION, REPLY, Topic

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
CLAUSE = Clause(pack="pass", version="1", code="PASS.1", quote="一律受理")
LETTER, OTHER = UUID(int=1), UUID(int=2)
NUMBER, OTHER_NUMBER = "4821000000000005", "1000000000000001"
CITY = City(title="示例市", fallback_unit="市民服务中心")
LINK = ids.link_id(LETTER, OTHER)
COMMON: dict[str, Any] = {
    "city": "shili", "number": NUMBER, "letter_id": LETTER, "at": AT,
    "cause": Cause(item_id=LETTER, partition=0, offset=0),
}  # fmt: skip
OF_LETTER: dict[str, Any] = {
    "digest": "0" * 64, "code_hash": "c" * 64, "mailbox": "mayor", "channel": "web_form", "received_at": AT,
}  # fmt: skip
LINKED: dict[str, Any] = {**COMMON, "link_id": LINK, "to_letter_id": OTHER, "to_number": OTHER_NUMBER}
ACCEPTED = InScope(clause=CLAUSE, confidence=1.0, unit="市城管局", due_at=AT + timedelta(days=21))
HELD = Held(
    clause=CLAUSE, confidence=1.0, reason="unsure",
    proposal=Proposal(outcome="out_of_scope", clause=CLAUSE, reply="请向法院提出。"),
)  # fmt: skip


def decided(part: int, decision: Decision) -> Decided:
    part_id = ids.part_id(LETTER, part)
    return Decided(
        id=part_id, part=part, part_id=part_id, revision=1, decision=decision, **COMMON, **OF_LETTER
    )


def linked(relation: Any) -> Linked:
    return Linked(id=UUID(int=30), relation=relation, score=0.9, why="地点相同", **LINKED, **OF_LETTER)


SUSPECTED = Suspected(id=UUID(int=31), relation="same_incident", score=0.6, why="地点相同", **LINKED)
UNLINKED = Unlinked(id=UUID(int=32), relation="same_incident", actor="李四", reason="不是一处", **LINKED)


class Book:
    """A register that records are written into by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = Writer(path)
        self._offset = 0

    def write(self, topic: Topic, *records: Record) -> None:
        with self._writer.transaction() as db:
            for record in records:
                self._offset += 1
                apply(db, topic, record.model_dump_json().encode(), 1000 * self._offset, self._offset)

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path / "register.db")
    yield book
    book.close()


def test_each_part_stands_for_itself_and_a_reply_may_speak_of_all(book: Book) -> None:
    reply = Reply(
        id=UUID(int=9), city="shili", number=NUMBER, part=0, letter_id=LETTER, about="accepted", text="两件事",
        cause=LETTER, at=AT,
    )  # fmt: skip
    book.write(DECISION, decided(1, ACCEPTED), decided(2, HELD))
    book.write(REPLY, reply)
    with Reader(book.path) as reader:
        story = reader.story(NUMBER)
        assert story is not None
        assert [(part.part, part.state) for part in story.parts] == [(1, "accepted"), (2, "held")]
        assert [event.part for event in reader.held()] == [2]
    page = view_of(story, CITY, "zh")
    assert [part.replies for part in page.parts] == [("两件事",), ("两件事",)]
    told = story_words.told(story)
    assert "现状-1:已受理" in told
    assert "现状-2:等人决定" in told
    assert "系统建议:不予受理(PASS.1)" in told
    assert "建议告知市民:请向法院提出。" in told


@pytest.mark.parametrize("relation", ["same_incident", "recurrence"])
def test_another_persons_number_is_never_shown_to_a_sender(book: Book, relation: str) -> None:
    book.write(DECISION, decided(1, ACCEPTED), linked(relation))
    with Reader(book.path) as reader:
        story = reader.story(NUMBER)
    assert story is not None
    assert OTHER_NUMBER not in str(view_of(story, CITY, "zh").as_json()).replace(" ", "")
    assert OTHER_NUMBER in story_words.told(story).replace(" ", "")


def test_a_senders_own_earlier_letter_is_shown_until_the_link_is_taken_back(book: Book) -> None:
    book.write(DECISION, decided(1, ACCEPTED), linked("same_person"))
    with Reader(book.path) as reader:
        story = reader.story(NUMBER)
        assert story is not None
        assert view_of(story, CITY, "zh").parts[0].joined_to.replace(" ", "") == OTHER_NUMBER
        book.write(DECISION, UNLINKED)
        story = reader.story(NUMBER)
        assert story is not None
        assert view_of(story, CITY, "zh").parts[0].joined_to == ""


def test_questions_to_a_person_are_listed_until_somebody_answers(book: Book) -> None:
    book.write(DECISION, decided(1, ACCEPTED), SUSPECTED)
    with Reader(book.path) as reader:
        assert [(one.number, one.to_number) for one in reader.suspected("shili")] == [(NUMBER, OTHER_NUMBER)]
        assert reader.suspected("elsewhere") == []
        book.write(DECISION, UNLINKED)
        assert reader.suspected() == []


def test_an_incident_is_listed_as_last_told_and_is_no_alert_of_danger(book: Book) -> None:
    told = [
        Mass(
            id=UUID(int=40 + letters), city="shili", number=NUMBER, letter_id=LETTER, incident_id=UUID(int=7),
            letters=letters, at=AT,
        )
        for letters in (5, 10)
    ]  # fmt: skip
    book.write(ALERT, *told)
    with Reader(book.path) as reader:
        assert [one.letters for one in reader.incidents()] == [10]
        assert reader.alerts() == []


def test_an_acknowledged_alert_still_stands(book: Book) -> None:
    common: dict[str, Any] = {"city": "shili", "number": NUMBER, "letter_id": LETTER, "at": AT}
    book.write(
        ALERT, Confirmed(id=UUID(int=50), **common), Acknowledged(id=UUID(int=51), actor="李四", **common)
    )
    with Reader(book.path) as reader:
        assert [(one.number, one.state) for one in reader.alerts()] == [(NUMBER, "acknowledged")]
