"""What one inbox item does, as a value: records to write, and changes to what the desk remembers.

Nothing here touches state: effects are added up while a batch is judged, written in one transaction, and applied to
memory only once that is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from pipeline.desk.brief import Brief
from schemas import wire
from schemas.base import Record
from schemas.decision import Decided, DecisionEvent, Escalated, InScope, Linked, Noted, Suspected, Unlinked
from schemas.errors import Refused
from schemas.memory import Case, CasePart, Incident, Seen, Waiting
from schemas.order import AlertEvent, Mass, OrderEvent
from schemas.quarantine import Quarantined
from schemas.reply import Reply
from schemas.topics import ALERT, CASE, DECISION, ORDER, QUARANTINE, RECORD_BYTES_MAX, REPLY, Topic

WAITING_PREFIX = b"waiting:"
INCIDENT_PREFIX = b"incident:"


NOTES_KEPT = 200
"""Of a case too long for one record: so many notes are still known when they are said again."""


class RecordTooLarge(Refused):
    """A record of ours would exceed what a topic takes."""


class Kept(NamedTuple):
    """A case as the local table has it. ``seen_ms``: when the desk met its letter, LogAppendTime in milliseconds."""

    number: str
    closed: bool
    seen_ms: int
    value: bytes


Headers = tuple[tuple[str, bytes], ...]
Out = tuple[Topic, bytes | None, bytes | None, Headers]
"""One record to write: topic, key, value, headers."""


@cache
def _headers(city: str) -> Headers:
    return (wire.CONTENT_TYPE, ("city", city.encode()))


def case_headers(city: str, kept: Kept) -> Headers:
    """A case says in its headers what a restore must know of it, so that it need not be decoded."""
    return (
        *_headers(city),
        ("number", kept.number.encode()),
        ("closed", b"1" if kept.closed else b"0"),
        ("seen", str(kept.seen_ms).encode()),
    )


@dataclass(slots=True)
class Effects:
    """The effects of one item. ``cases``, ``waiting`` and ``incidents``: None deletes.

    ``grown``: incidents as values too, since each letter of many makes the next revision of one. ``briefs``:
    the ``cases`` in short.
    """

    records: list[Out] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    cases: dict[bytes, Kept | None] = field(default_factory=dict)
    briefs: dict[bytes, Brief] = field(default_factory=dict)
    waiting: dict[str, bytes | None] = field(default_factory=dict)
    incidents: dict[bytes, bytes | None] = field(default_factory=dict)
    grown: dict[bytes, Incident] = field(default_factory=dict)
    decided: list[tuple[str, str]] = field(default_factory=list)
    ordered: list[tuple[str, str]] = field(default_factory=list)

    def write(self, topic: Topic, key: UUID, city: str, record: Record) -> bytes:
        """One record for *topic*. Raises RecordTooLarge."""
        value = wire.encode(record)
        if len(value) > RECORD_BYTES_MAX:
            raise RecordTooLarge(topic.name)
        self.records.append((topic, str(key).encode(), value, _headers(city)))
        return value

    def decision(self, event: DecisionEvent) -> bytes:
        """A decision event under the id of its part, link or note."""
        match event:
            case Decided():
                self.decided.append((event.channel, event.decision.kind))
                return self.write(DECISION, event.part_id, event.city, event)
            case Linked() | Suspected() | Unlinked():
                return self.write(DECISION, event.link_id, event.city, event)
            case _:
                return self.write(DECISION, event.note_id, event.city, event)

    def order(self, event: OrderEvent) -> bytes:
        """An order event under the order's id."""
        self.ordered.append((event.order.channel, event.tag))
        return self.write(ORDER, event.order.id, event.city, event)

    def reply(self, reply: Reply) -> bytes:
        """A message to the citizen."""
        return self.write(REPLY, reply.id, reply.city, reply)

    def alert(self, event: AlertEvent) -> bytes:
        """An alert event under the id of its letter or, of many people's, of the incident."""
        key = event.incident_id if isinstance(event, Mass) else event.letter_id
        return self.write(ALERT, key, event.city, event)

    def quarantine(self, entry: Quarantined) -> bytes:
        """A record nobody could read."""
        return self.write(QUARANTINE, entry.id, entry.city, entry)

    def case(self, brief: Brief, city: str, value: bytes, *, closed: bool, seen: datetime) -> None:
        """What the desk must know of a letter from now on, already encoded. Raises RecordTooLarge."""
        if len(value) > RECORD_BYTES_MAX:
            raise RecordTooLarge(CASE.name)
        kept = Kept(brief.number, closed, milliseconds(seen), value)
        self.records.append((CASE, str(brief.letter_id).encode(), value, case_headers(city, kept)))
        self.cases[brief.letter_id.bytes] = kept
        self.briefs[brief.letter_id.bytes] = brief

    def forget_case(self, letter_id: bytes) -> None:
        """A tombstone for a case that is closed and out of the window."""
        self.records.append((CASE, str(UUID(bytes=letter_id)).encode(), None, ()))
        self.cases[letter_id] = None
        self.briefs.pop(letter_id, None)

    def incident(self, incident: Incident) -> None:
        """What the desk must know of an incident from now on."""
        value = wire.encode(incident)
        if len(value) > RECORD_BYTES_MAX:
            raise RecordTooLarge(CASE.name)
        self.records.append((CASE, incident_key(incident.id.bytes), value, _headers(incident.city)))
        self.incidents[incident.id.bytes] = value
        self.grown[incident.id.bytes] = incident

    def forget_incident(self, incident_id: bytes) -> None:
        """No letter has joined it for as long as the window is."""
        self.records.append((CASE, incident_key(incident_id), None, ()))
        self.incidents[incident_id] = None

    def wait(self, waiting: Waiting) -> None:
        """Statuses that wait for their letter."""
        value = wire.encode(waiting)
        if len(value) > RECORD_BYTES_MAX:
            raise RecordTooLarge(CASE.name)
        self.records.append((CASE, waiting_key(waiting.number), value, _headers(waiting.city)))
        self.waiting[waiting.number] = value

    def forget_waiting(self, number: str) -> None:
        """What waited was applied, or waited too long."""
        self.records.append((CASE, waiting_key(number), None, ()))
        self.waiting[number] = None


def milliseconds(at: datetime) -> int:
    """A moment as Kafka counts it."""
    return round(at.timestamp() * 1000)


def incident_key(incident_id: bytes) -> bytes:
    """The record key of an incident."""
    return INCIDENT_PREFIX + str(UUID(bytes=incident_id)).encode()


def waiting_key(number: str) -> bytes:
    """The record key of what waits for *number*."""
    return WAITING_PREFIX + number.encode()


def encode_case(case: Case) -> tuple[bytes, Case]:
    """The case as it stands on the topic, and what that holds: too long for one record, it loses its oldest
    orders and replies first, then words of its letter, then what was said in old notes and what stood before.
    """
    value = wire.encode(case)
    if len(value) > RECORD_BYTES_MAX:
        last = {event.order.part: event for event in case.orders}
        case = case.model_copy(update={"orders": tuple(last.values()), "replies": case.replies[-3:]})
        value = wire.encode(case)
    if len(value) > RECORD_BYTES_MAX:
        short = case.letter.model_copy(update={"text": case.letter.text[:20_000], "turns": ()})
        case = case.model_copy(update={"letter": short})
        value = wire.encode(case)
    if len(value) > RECORD_BYTES_MAX:
        case = case.model_copy(update={"decisions": _latest(case.decisions)})
        value = wire.encode(case)
    return value, case


def _latest(events: Sequence[DecisionEvent]) -> tuple[DecisionEvent, ...]:
    """Every link; of each part the decision that holds and the last that opened an order; the newest notes, without their words."""
    kept: set[UUID] = set()
    held: dict[tuple[int, bool], UUID] = {}
    for event in events:
        if isinstance(event, Decided):
            held[event.part, True] = event.id
            if isinstance(event.decision, InScope | Escalated):
                held[event.part, False] = event.id
        elif not isinstance(event, Noted):
            kept.add(event.id)
    kept.update(held.values(), [event.id for event in events if isinstance(event, Noted)][-NOTES_KEPT:])
    return tuple(
        event.model_copy(update={"answer": "", "note": "", "reason": ""})
        if isinstance(event, Noted)
        else event
        for event in events
        if event.id in kept
    )


def new_case(
    letter: bytes,
    decisions: list[bytes],
    orders: list[bytes],
    replies: list[bytes],
    alerts: list[bytes],
    *,
    at: bytes,
    parts: tuple[CasePart, ...],
    incident_id: UUID | None,
) -> bytes:
    """A case put together from records that are encoded already: equal to ``wire.encode(Case(...))``, and much faster."""
    return b"".join((
        b'{"tag":"case","letter":', letter,
        b',"decisions":[', b",".join(decisions),
        b'],"orders":[', b",".join(orders),
        b'],"replies":[', b",".join(replies),
        b'],"alerts":[', b",".join(alerts),
        b'],"closed":', _truth(all(part.closed for part in parts)),
        b',"at":', at,
        b',"parts":[', b",".join(_new_part(part) for part in parts),
        b'],"incident_id":', f'"{incident_id}"'.encode() if incident_id else b"null", b"}",
    ))  # fmt: skip


def _new_part(part: CasePart) -> bytes:
    return (
        f'{{"no":{part.no},"start":{part.start},"end":{part.end},"gone":false,'
        f'"closed":{"true" if part.closed else "false"},"closed_at":null}}'
    ).encode()


def _truth(value: bool) -> bytes:
    return b"true" if value else b"false"
