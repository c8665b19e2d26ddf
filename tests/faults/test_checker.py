"""The checker itself: a history with one fault planted is never called whole."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from linekit.canaries import CITIZEN, leaks
from linekit.history import Picture, Verdict, check
from schemas import ids
from schemas.decision import Cause, Clause, Decided, InScope
from schemas.order import OrderEvent, WorkOrder

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
NUMBER = "4821000000000017"
LETTER = uuid4()
ORDER = ids.order_id(LETTER, 1)


def decided(event_id: UUID, supersedes: UUID | None = None) -> Decided:
    return Decided(
        id=event_id, city="jiangcheng", number=NUMBER, letter_id=LETTER, at=NOW, part=1,
        cause=Cause(item_id=uuid4(), partition=0, offset=0), part_id=ids.part_id(LETTER, 1), revision=1,
        digest="0" * 64, code_hash="0" * 64, mailbox="mayor", channel="web_form", received_at=NOW,
        decision=InScope(
            clause=Clause(pack="pass", version="1", code="1", quote="受理"), confidence=1, unit="热线办", due_at=NOW
        ),
        supersedes=supersedes,
    )  # fmt: skip


def opened(order: UUID) -> OrderEvent:
    return OrderEvent(
        id=ids.event_id(order, "opened", LETTER), tag="opened", city="jiangcheng", cause=LETTER, at=NOW,
        order=WorkOrder(
            id=order, number=NUMBER, part=1, revision=1, letter_ids=(LETTER,), city="jiangcheng", mailbox="mayor",
            channel="web_form", kind="求助", title="路灯", body="路灯坏了", unit="热线办", received_at=NOW, due_at=NOW,
        ),
    )  # fmt: skip


def whole() -> Picture:
    picture = Picture()
    first = decided(uuid4())
    picture.decided[NUMBER][1] = {first.id: first}
    event = opened(ORDER)
    picture.events[event.id] = event
    picture.orders[NUMBER, 1].add(ORDER)
    return picture


def table(path: Path, orders: list[UUID], events: list[UUID]) -> Path:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE work_order (order_id TEXT)")
        database.execute("CREATE TABLE inbox (event_id TEXT)")
        database.executemany("INSERT INTO work_order VALUES (?)", [(str(order),) for order in orders])
        database.executemany("INSERT INTO inbox VALUES (?)", [(str(event),) for event in events])
    database.close()
    return path


def judged(picture: Picture, folder: Path) -> Verdict:
    return check([NUMBER], picture, table(folder / "t.db", [ORDER], list(picture.events)))


def test_a_whole_history_is_whole(tmp_path: Path) -> None:
    verdict = judged(whole(), tmp_path)
    assert verdict.good, str(verdict)
    assert (verdict.letters, verdict.orders) == (1, 1)


def test_a_superseded_decision_is_not_a_second_one(tmp_path: Path) -> None:
    picture = whole()
    (first,) = picture.decided[NUMBER][1].values()
    second = decided(uuid4(), supersedes=first.id)
    picture.decided[NUMBER][1][second.id] = second
    assert judged(picture, tmp_path).good


def nothing_decided(picture: Picture) -> None:
    picture.decided.clear()


def two_decisions(picture: Picture) -> None:
    other = decided(uuid4())
    picture.decided[NUMBER][1][other.id] = other


def no_order(picture: Picture) -> None:
    picture.orders.clear()
    picture.events.clear()


def two_orders(picture: Picture) -> None:
    picture.orders[NUMBER, 1].add(uuid4())


@pytest.mark.parametrize(
    ("plant", "lost", "double"),
    [(nothing_decided, 1, 0), (two_decisions, 0, 1), (no_order, 1, 0), (two_orders, 1, 1)],
)
def test_a_planted_fault_is_found(
    plant: Callable[[Picture], None], lost: int, double: int, tmp_path: Path
) -> None:
    picture = whole()
    plant(picture)
    verdict = judged(picture, tmp_path)
    assert (len(verdict.lost), len(verdict.double)) == (lost, double), str(verdict)


def test_faults_in_the_table_are_found(tmp_path: Path) -> None:
    picture = whole()
    (event,) = picture.events
    assert len(check([NUMBER], picture, table(tmp_path / "a", [], [event])).lost) == 1
    assert len(check([NUMBER], picture, table(tmp_path / "b", [ORDER], [])).lost) == 1
    assert len(check([NUMBER], picture, table(tmp_path / "c", [ORDER, ORDER], [event])).double) == 1
    assert len(check([NUMBER], picture, table(tmp_path / "d", [ORDER], [event, event])).double) == 1


def test_canaries_are_found_in_plain_sight_and_numbers_are_not() -> None:
    assert list(leaks(f'{{"event": "piece.accepted", "text": "{CITIZEN.text}"}}'))
    assert list(leaks(f"tel {CITIZEN.phone}"))
    assert not list(leaks(f'{{"event": "piece.accepted", "number": "{NUMBER}", "count": 13800009753000}}'))
