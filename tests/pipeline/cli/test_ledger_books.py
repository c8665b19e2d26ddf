"""The ledger's arithmetic: every state, and everything that should not be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from pipeline.cli.ledger_books import Entry, Topics, balance
from schemas import ids
from schemas.decision import Cause, Clause, Decided, Emergency, InScope, Linked
from schemas.order import OrderEvent, Receipt, WorkOrder

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)
A, B = (uuid5(UUID(int=0), name) for name in "ab")
CLAUSE = Clause(pack="pass", version="1", code="all", quote="")
IN_SCOPE = InScope(clause=CLAUSE, confidence=1, unit="市民服务中心", due_at=NOW)
SINKS = {"cases": frozenset[str](), "north": frozenset({"elsewhere"})}


def entry(letter: UUID = A, number: str = "1", *, minutes: int | None = 60, **changes: Any) -> Entry:
    at = None if minutes is None else NOW - timedelta(minutes=minutes)
    values: dict[str, Any] = {
        "number": number, "letter_id": letter, "city": "shili", "channel": "email", "received_at": NOW,
        "relayed_at": at, "partition": 0, "offset": 5, "finished": False, "quarantined": False, **changes,
    }  # fmt: skip
    return Entry(**values)


def decided(letter: UUID = A, decision: Any = IN_SCOPE) -> Decided:
    return Decided(
        id=letter, city="shili", number="1", letter_id=letter, cause=Cause(item_id=letter, partition=0, offset=5),
        at=NOW, part=1, part_id=ids.part_id(letter, 1), revision=1, digest="0" * 64, code_hash="0" * 64,
        mailbox="mayor", channel="email", received_at=NOW, decision=decision,
    )  # fmt: skip


def linked(letter: UUID, to: UUID) -> Linked:
    return Linked(
        id=letter, city="shili", number="2", letter_id=letter, cause=Cause(item_id=letter, partition=0, offset=5),
        at=NOW, link_id=letter, relation="copy", to_letter_id=to, to_number="1", score=1, why="", digest="0" * 64,
        code_hash="0" * 64, mailbox="mayor", channel="email", received_at=NOW,
    )  # fmt: skip


def ordered(*letters: UUID, order: UUID | None = None, minutes: int = 60) -> OrderEvent:
    order = order or ids.order_id(letters[0], 1)
    return OrderEvent(
        id=ids.event_id(order, "opened", letters[0]), tag="opened", city="shili", cause=letters[0],
        at=NOW - timedelta(minutes=minutes),
        order=WorkOrder(
            id=order, number="1", part=1, revision=1, letter_ids=letters, city="shili", mailbox="mayor", channel="email",
            kind="其他", title="", body="", unit="", received_at=NOW, due_at=NOW,
        ),
    )  # fmt: skip


def receipt(event: OrderEvent, outcome: Any = "delivered") -> Receipt:
    return Receipt(
        event_id=event.id,
        order_id=event.order.id,
        number="1",
        city="shili",
        sink="cases",
        outcome=outcome,
        at=NOW,
    )


def topics(*events: Any, desk_next: int = 6, quarantined: tuple[str, ...] = ()) -> Topics:
    return Topics(
        decisions=[event for event in events if isinstance(event, Decided | Linked)],
        orders=[event for event in events if isinstance(event, OrderEvent)],
        receipts=[event for event in events if isinstance(event, Receipt)],
        quarantined=frozenset(quarantined),
        desk_next={0: desk_next},
    )


def faults(entries: list[Entry], stands: Topics) -> list[str]:
    return [finding.fault for finding in balance(entries, stands, SINKS, NOW, PATIENCE).findings]


WHOLE = (decided(), ordered(A), receipt(ordered(A)))


@pytest.mark.parametrize(
    ("one", "stands", "state"),
    [
        (entry(minutes=None), topics(), "in_flight"),
        (entry(minutes=60), topics(desk_next=5), "in_flight"),
        (entry(minutes=14), topics(), "in_flight"),
        (entry(minutes=16), topics(), "unaccounted"),
        (entry(minutes=1, finished=True), topics(), "unaccounted"),
        (entry(quarantined=True, finished=True), topics(), "quarantined"),
        (entry(), topics(quarantined=("1",)), "quarantined"),
        (entry(quarantined=True), topics(*WHOLE), "decided"),
        (entry(), topics(*WHOLE), "decided"),
        (entry(), topics(linked(A, B)), "copy"),
        (entry(), topics(linked(A, B), decided()), "copy"),
    ],
)
def test_a_number_is_in_one_state(one: Entry, stands: Topics, state: str) -> None:
    books = balance([one], stands, SINKS, NOW, PATIENCE)
    assert books.states == {"1": state}
    assert books.totals["accepted"] == books.totals[state] == 1
    assert bool(books.findings) == (state == "unaccounted")


def test_a_letter_joined_to_an_order_is_in_that_order() -> None:
    order = ordered(A, B)
    assert faults([entry(A), entry(B, "2")], topics(decided(A), decided(B), order, receipt(order))) == []


@pytest.mark.parametrize(
    ("entries", "stands", "found"),
    [
        ([entry()], topics(decided()), ["no_order"]),
        ([entry()], topics(decided(decision=Emergency(clause=CLAUSE, confidence=1))), []),
        (
            [entry()],
            topics(decided(), ordered(A), ordered(A, order=B)),
            ["two_orders", "not_in_sink", "not_in_sink"],
        ),
        ([entry()], topics(decided(), ordered(A)), ["not_in_sink"]),
        ([entry()], topics(decided(), ordered(A, minutes=1)), []),
        ([entry()], topics(decided(), ordered(A), receipt(ordered(A), "refused")), ["not_in_sink"]),
        ([entry(), entry(B)], topics(*WHOLE, decided(B), ordered(B), receipt(ordered(B))), ["number_twice"]),
    ],
)
def test_what_should_not_be_is_found(entries: list[Entry], stands: Topics, found: list[str]) -> None:
    assert sorted(faults(entries, stands)) == sorted(found)


def test_counts_stand_per_channel_and_hour() -> None:
    late = entry(B, "2", channel="web_form", received_at=NOW + timedelta(hours=1), minutes=None)
    books = balance([entry(), late], topics(*WHOLE), SINKS, NOW, PATIENCE)
    assert {key: dict(counts) for key, counts in books.table.items()} == {
        ("email", "2026-11-20 12:00"): {"accepted": 1, "decided": 1, "orders": 1, "delivered": 1},
        ("web_form", "2026-11-20 13:00"): {"accepted": 1, "in_flight": 1},
    }


def part_of(event: Any, part: int) -> Any:
    """The same of another part of the letter."""
    return event.model_copy(
        update={"part": part, "id": ids.part_id(A, part), "part_id": ids.part_id(A, part)}
    )


def test_each_accepted_part_has_an_order_of_its_own() -> None:
    one, two = ordered(A), ordered(A, order=ids.order_id(A, 2))
    two = two.model_copy(update={"order": two.order.model_copy(update={"part": 2})})
    both = [decided(), part_of(decided(), 2)]
    assert faults([entry()], topics(*both, one, two, receipt(one), receipt(two))) == []
    assert faults([entry()], topics(*both, one, receipt(one))) == ["no_order"]
    assert faults([entry()], topics(*both, one, two, receipt(one))) == ["not_in_sink"]


def test_a_letter_that_left_another_order_is_asked_for_its_own() -> None:
    joined = ordered(A, B)
    parted = joined.model_copy(
        update={"order": joined.order.model_copy(update={"revision": 2, "letter_ids": (A,)})}
    )
    own = ordered(B)
    stands = [decided(A), decided(B), joined, parted, receipt(joined), receipt(parted)]
    assert faults([entry(A), entry(B, "2")], topics(*stands)) == ["no_order"]
    assert faults([entry(A), entry(B, "2")], topics(*stands, own, receipt(own))) == []
