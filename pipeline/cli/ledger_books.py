"""The arithmetic of the ledger: from what the door promised and what stands on Kafka to one state for each number. Pure.

A number is in exactly one state: ``in_flight`` (not yet decided, and nobody should have by now), ``quarantined``
(nobody could read it, a person looks), ``copy`` (the same message again), ``decided``; or ``unaccounted``: the desk went
past it and decided nothing for longer than the patience. An accepted part must have one order, and that order a
receipt of every sink that takes its city.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from schemas.decision import Decided, DecisionEvent, Escalated, InScope, Linked, Unlinked
from schemas.order import OrderEvent, Receipt

State = Literal["in_flight", "quarantined", "copy", "decided", "unaccounted"]
Fault = Literal["undecided", "lost_from_topic", "no_order", "two_orders", "not_in_sink", "number_twice"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter as the door's spool has it. ``relayed_at`` None: not yet on Kafka."""

    number: str
    letter_id: UUID
    city: str
    channel: str
    received_at: datetime
    relayed_at: datetime | None
    partition: int | None
    offset: int | None
    finished: bool
    quarantined: bool


@dataclass(frozen=True, slots=True)
class Topics:
    """What stands on Kafka. ``desk_next``: the offset of each inbox partition that the desk reads next."""

    decisions: Sequence[DecisionEvent]
    orders: Sequence[OrderEvent]
    receipts: Sequence[Receipt]
    quarantined: frozenset[str]
    desk_next: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be."""

    fault: Fault
    number: str
    detail: str = ""


@dataclass(slots=True)
class Books:
    """The result: a state for each number, counts per (channel, hour), and what is wrong."""

    states: dict[str, State] = field(default_factory=dict)
    table: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: list[Finding] = field(default_factory=list)
    not_yet_in_sink: int = 0

    @property
    def totals(self) -> Counter[str]:
        """Over all channels and hours."""
        total: Counter[str] = Counter()
        for counts in self.table.values():
            total.update(counts)
        return total


@dataclass(frozen=True, slots=True)
class _Known:
    """Kafka's records by what they are looked up by. ``orders``: each as it was last told, by the letters in it."""

    decided: dict[UUID, dict[int, Decided]]
    copies: dict[UUID, Linked]
    orders: dict[UUID, dict[UUID, OrderEvent]]
    placed_at: dict[UUID, datetime]
    sinks_of: dict[UUID, set[str]]


def _known(topics: Topics) -> _Known:
    known = _Known(defaultdict(dict), {}, defaultdict(dict), {}, defaultdict(set))
    for event in topics.decisions:
        if isinstance(event, Decided):
            known.decided[event.letter_id][event.part] = event
        elif isinstance(event, Linked) and event.relation == "copy":
            known.copies[event.letter_id] = event
        elif isinstance(event, Unlinked) and event.relation == "copy":
            known.copies.pop(event.letter_id, None)
    last: dict[UUID, OrderEvent] = {}
    for placed in topics.orders:
        known.placed_at.setdefault(placed.order.id, placed.at)
        before = last.get(placed.order.id)
        if before is None or placed.order.revision >= before.order.revision:
            last[placed.order.id] = placed
    for placed in last.values():
        for letter in placed.order.letter_ids:
            known.orders[letter][placed.order.id] = placed
    for receipt in topics.receipts:
        if receipt.outcome != "refused":
            known.sinks_of[receipt.order_id].add(receipt.sink)
    return known


def balance(
    entries: Iterable[Entry],
    topics: Topics,
    sinks: Mapping[str, frozenset[str]],
    now: datetime,
    patience: timedelta,
) -> Books:
    """Match every number by id. *sinks*: the cities each instance takes (empty: all)."""
    books, known = Books(), _known(topics)
    for entry in entries:
        if entry.number in books.states:
            books.findings.append(Finding("number_twice", entry.number))
        state = _state(entry, known, topics, now, patience)
        books.states[entry.number] = state
        counts = books.table[entry.channel, entry.received_at.strftime("%Y-%m-%d %H:00")]
        counts["accepted"] += 1
        counts[state] += 1
        if state == "unaccounted":
            fault: Fault = "lost_from_topic" if entry.finished else "undecided"
            books.findings.append(
                Finding(fault, entry.number, f"partition {entry.partition} offset {entry.offset}")
            )
        for order in _orders(entry, known, books):
            counts["orders"] += 1
            counts["delivered"] += _delivered(
                entry.number, order, known, books, sinks=sinks, before=now - patience
            )
    return books


def _state(entry: Entry, known: _Known, topics: Topics, now: datetime, patience: timedelta) -> State:
    if entry.letter_id in known.copies:
        return "copy"
    if entry.letter_id in known.decided:
        return "decided"
    if entry.quarantined or entry.number in topics.quarantined:
        return "quarantined"
    if entry.relayed_at is None:
        return "in_flight"
    passed = entry.partition is not None and topics.desk_next.get(entry.partition, 0) > (entry.offset or 0)
    waited = now - entry.relayed_at > patience
    return "unaccounted" if entry.finished or (passed and waited) else "in_flight"


def _orders(entry: Entry, known: _Known, books: Books) -> Iterator[OrderEvent]:
    """The orders that carry this letter. Each part that is taken on has one: of its own, or another letter's."""
    if entry.letter_id in known.copies:
        return
    found = known.orders.get(entry.letter_id, {})
    own: dict[int, set[UUID]] = defaultdict(set)
    joined = False
    for event in found.values():
        if event.order.letter_ids[0] == entry.letter_id:
            own[event.order.part].add(event.order.id)
        else:
            joined = joined or event.tag != "withdrawn"
    for part, decided in sorted(known.decided.get(entry.letter_id, {}).items()):
        taken_on = isinstance(decided.decision, InScope | Escalated)
        if taken_on and not joined and not own[part]:
            books.findings.append(Finding("no_order", entry.number, f"part {part}" if part > 1 else ""))
    for part in sorted(own):
        if len(own[part]) > 1:
            books.findings.append(Finding("two_orders", entry.number, " ".join(map(str, sorted(own[part])))))
    yield from found.values()


def _delivered(
    number: str,
    event: OrderEvent,
    known: _Known,
    books: Books,
    *,
    sinks: Mapping[str, frozenset[str]],
    before: datetime,
) -> bool:
    order, city = event.order.id, event.city
    wanted = {sink for sink, cities in sinks.items() if not cities or city in cities}
    missing = wanted - known.sinks_of.get(order, set())
    if missing and known.placed_at[order] < before:
        books.findings.append(Finding("not_in_sink", number, " ".join(sorted(missing))))
    elif missing:
        books.not_yet_in_sink += 1
    return not missing
