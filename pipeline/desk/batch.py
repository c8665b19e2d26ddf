"""One batch of inbox records: each decoded, decided and added to the view; a fault in one never spoils another.

What cannot be decoded goes to quarantine, what cannot be judged is held for a person, both in the batch's own
transaction. Too many of either in a row is no longer a bad letter but a bad desk: ``Flood`` stops it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError

from pipeline import logs
from pipeline.desk.effects import Effects
from pipeline.desk.instructions import decide_instruction
from pipeline.desk.items import note_fault
from pipeline.desk.letters import decide_letter, hold_for_fault
from pipeline.desk.made import made
from pipeline.desk.records import Arrival
from pipeline.desk.rules import Rules
from pipeline.desk.state import VERSIONS
from pipeline.desk.statuses import apply_waiting, decide_status
from pipeline.desk.step import Step
from pipeline.desk.view import View
from pipeline.judge.gist import TOGETHER_MAX, Gist, prepare
from schemas import ids, wire
from schemas.decision import Cause
from schemas.errors import Malformed
from schemas.inbox import Instruction, Status
from schemas.letter import Letter
from schemas.memory import Remembered, Seen
from schemas.quarantine import Quarantined
from schemas.topics import INBOX, MEMORY

log = structlog.get_logger()

QUARANTINE_BYTES_MAX = 256 * 1024
SEEN_PER_RECORD_MAX = 1500
"""About 450 bytes each: a memory record stays below 900 KiB."""
CLOCK_SKEW = timedelta(minutes=5)
"""A door whose clock is further ahead of the broker's than this gives wrong terms."""
_UNREADABLE = UUID("6f1c8a52-6a0e-5d0c-9d0b-2f5d3a7b1c03")


Item = Letter | Status | Instruction


class Flood(Exception):
    """So many records in a row could not be decided that the desk itself is at fault."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One record of the inbox as it was read. ``at`` is its LogAppendTime."""

    partition: int
    offset: int
    at: datetime
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def inbound(record: Any) -> Inbound:
    """An aiokafka ConsumerRecord as ours."""
    return Inbound(
        record.partition,
        record.offset,
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
        record.value,
        record.headers,
    )


class Judging:
    """Decides records one after another; counts faults in a row over batches. *turn*: of who has a batch judged."""

    def __init__(self, rules: Rules, faults_in_a_row_max: int) -> None:
        self.turn = asyncio.Lock()
        self._rules = rules
        self._faults_max = faults_in_a_row_max
        self._faults = 0

    def decide(self, records: Sequence[Inbound], view: View) -> None:
        """Add what *records* do to *view*, one after another. Raises Flood."""
        for start in range(0, len(records), TOGETHER_MAX):
            together = records[start : start + TOGETHER_MAX]
            items = [self._read(record) for record in together]
            gists = [self._gist(item, view) for item in items]
            prepare([gist for gist in gists if gist is not None])
            for record, item, gist in zip(together, items, gists, strict=True):
                if isinstance(item, Malformed):
                    self._count_fault(record, item)
                    view.add(unreadable(record, item))
                else:
                    self._decide(record, item, view, gist)

    def _gist(self, item: Item | Malformed, view: View) -> Gist | None:
        """Of a letter that is not known yet, still to be prepared."""
        if isinstance(item, Letter) and view.is_new(item.id.bytes):
            return Gist(item, self._rules.department(item))
        return None

    def _read(self, record: Inbound) -> Item | Malformed:
        try:
            item: Item = wire.decode(INBOX, record.value)
        except Malformed as error:
            return error
        return item if item.city in self._rules.cities else Malformed("city: unknown")

    def _decide(self, record: Inbound, item: Item, view: View, gist: Gist | None) -> None:
        if item.received_at > record.at + CLOCK_SKEW:
            log.warning(logs.CLOCK_SKEW, partition=record.partition, offset=record.offset)
        cause = made(Cause, item_id=item_id(item), partition=record.partition, offset=record.offset)
        arrival = Arrival(cause, record.at)
        try:
            effects = self._effects(item, record.value or b"", Step(arrival, view, self._rules), gist)
        except Exception as error:
            self._count_fault(record, error)
            effects = self._after_fault(record, item, Step(arrival, view, self._rules))
        else:
            self._faults = 0
        view.add(effects)
        self._apply_waiting(record, item, arrival, view)

    def _effects(self, item: Item, value: bytes, step: Step, gist: Gist | None) -> Effects:
        match item:
            case Letter():
                return decide_letter(item, value, step, gist)
            case Status():
                return decide_status(item, step)
            case Instruction():
                return decide_instruction(item, step)

    def _after_fault(self, record: Inbound, item: Item, step: Step) -> Effects:
        """Held for a person, or noted; what cannot even be that is kept with its bytes, so that no record stops a city."""
        try:
            return hold_for_fault(item, step) if isinstance(item, Letter) else note_fault(item, step)
        except Exception as error:
            self._count_fault(record, error)
            return unreadable(record, Malformed(f"fault: {type(error).__name__}"))

    def _apply_waiting(self, record: Inbound, item: Item, arrival: Arrival, view: View) -> None:
        if isinstance(item, Letter) and view.has_waiting() and view.waiting(item.number) is not None:
            case = view.case(item.id.bytes)
            if case is None:
                return
            try:
                effects = apply_waiting(case, Step(arrival, view, self._rules))
            except Exception as error:
                self._count_fault(record, error)
                effects = Effects()
                effects.forget_waiting(item.number)
            view.add(effects)

    def _count_fault(self, record: Inbound, error: Exception) -> None:
        self._faults += 1
        log.error(
            logs.DESK_FAULT,
            partition=record.partition,
            offset=record.offset,
            count=self._faults,
            exc_info=error,
        )
        if self._faults >= self._faults_max:
            raise Flood from error


def item_id(item: Item) -> UUID:
    """The id of an inbox item: a letter's revision, else its own."""
    return ids.revision_id(item.id, item.digest) if isinstance(item, Letter) else item.id


def remembered(view: View, next_offset: int, at: datetime) -> list[Remembered]:
    """What the batch adds to the window: one record, or several where it is much."""
    view.finish(at)
    seen = view.effects.seen
    slices: list[list[Seen]] = [
        seen[start : start + SEEN_PER_RECORD_MAX] for start in range(0, len(seen), SEEN_PER_RECORD_MAX)
    ] or [[]]
    return [
        Remembered(next_offset=next_offset, at=at, versions=VERSIONS, seen=tuple(part)) for part in slices
    ]


def whole(parts: list[Remembered]) -> Remembered:
    """The parts of one transaction's memory as one value."""
    seen = tuple(seen for part in parts for seen in part.seen)
    return parts[-1].model_copy(update={"seen": seen})


def memory_records(parts: list[Remembered]) -> Effects:
    """The parts as records for the memory topic."""
    effects = Effects()
    for part in parts:
        effects.records.append((MEMORY, None, wire.encode(part), (wire.CONTENT_TYPE,)))
    return effects


def unreadable(record: Inbound, error: Malformed) -> Effects:
    """A record that cannot be decoded, or whose city nobody knows, kept with its bytes."""
    value = record.value or b""
    entry_id = ids.event_id(
        _UNREADABLE, f"{record.partition}/{record.offset}", UUID(bytes=sha256(value).digest()[:16])
    )
    try:
        item = UUID(wire.header(record.headers, "item"))
    except ValueError:
        item = entry_id
    detail = (
        str(error) if len(value) <= QUARANTINE_BYTES_MAX else f"first {QUARANTINE_BYTES_MAX} bytes; {error}"
    )
    described = {
        "id": entry_id,
        "item_id": item,
        "origin": "desk",
        "city": wire.header(record.headers, "city"),
        "channel": "unknown",
        "number": "",
        "error": type(error).__name__,
        "detail": detail[:500],
        "pieces": (value[:QUARANTINE_BYTES_MAX],),
        "received_at": record.at,
        "at": record.at,
    }
    effects = Effects()
    try:
        effects.quarantine(Quarantined.model_validate(described))
    except ValidationError:  # not even the city's name can be read
        effects.quarantine(Quarantined.model_validate({**described, "city": "unknown"}))
    return effects
