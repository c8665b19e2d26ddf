"""From rows that wait to batches of records, in order, with nobody held up by a stranger's letter.

Rows are taken in the order they were stored. Pieces of one letter go together, once all are here or ``JOIN_S`` have
passed. A row whose conversation has an earlier row in trouble (a suspect read alone, a letter not yet whole) is
skipped and read again when that is over; everybody else passes by. Blocking: used by one thread at a time.
"""

import queue
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from pipeline import logs
from pipeline.blobs import BlobStore
from pipeline.crash import crash_point
from pipeline.intake import compose, reading
from pipeline.intake.compose import Composed
from pipeline.intake.rows import Row
from pipeline.intake.spool import now_us
from pipeline.intake.worker import Request, Unreadable, Worker
from schemas.errors import Unavailable
from schemas.letter import Content

BATCH_ROWS_MAX = 500
BATCH_BYTES_MAX = 8 * 1024 * 1024
JOIN_S = 60.0
FAULTS_IN_A_ROW_MAX = 100

_log = structlog.get_logger()

Group = tuple[Row, ...]


class TooManyFaults(Exception):
    """So many letters in a row failed in our own code that something is wrong with it, not with them."""


@dataclass(slots=True)
class _Block:
    """A conversation that waits: for the end of a suspect's trial, or for the rest of *letter* until *until*."""

    letter: UUID | None = None
    until: float = 0.0
    skipped: set[int] = field(default_factory=set)


class Preparer:
    """Reads, normalises and composes. *wake* is called when a suspect's result is there."""

    def __init__(
        self,
        reader: sqlite3.Connection,
        *,
        worker: Worker,
        alone: Worker,
        lane: Executor,
        blobs: BlobStore,
        keys: Mapping[str, bytes],
        wake: Callable[[], None],
        faults_in_a_row_max: int = FAULTS_IN_A_ROW_MAX,
    ) -> None:
        self._reader = reader
        self._worker = worker
        self._alone = alone
        self._lane = lane
        self._blobs = blobs
        self._keys = keys
        self._wake = wake
        self._faults_max = faults_in_a_row_max
        self._faults = 0
        self._cursor = 0
        self._rewinds: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._tried: queue.SimpleQueue[tuple[Group, Composed | None]] = queue.SimpleQueue()
        self._taken: set[int] = set()
        self._blocks: dict[bytes, _Block] = {}
        self._give_up_joining: set[UUID] = set()

    def release(self, composed: Sequence[Composed]) -> None:
        """These are marked: their rows may come again. From any thread."""
        for one in composed:
            self._taken.difference_update(row.seq for row in one.rows)

    def rewind(self, seq: int) -> None:
        """Rows from *seq* on may wait again. From any thread."""
        self._rewinds.put(seq)

    def next_batch(self) -> list[Composed]:
        """The next items in order; empty where nothing can be done now. Raises Unavailable, TooManyFaults."""
        ready = self._end_trials()
        self._end_joins()
        while not self._rewinds.empty():
            self._cursor = min(self._cursor, self._rewinds.get() - 1)
        while True:
            rows = reading.waiting(self._reader, self._cursor, BATCH_ROWS_MAX, BATCH_BYTES_MAX)
            groups = [group for row in rows if (group := self._take(row))]
            if rows:
                self._cursor = rows[-1].seq
            if groups or not rows or ready:
                break
        try:
            ready += self._compose(groups)
        except BaseException:
            self._put_back([*groups, *(one.rows for one in ready)])
            raise
        if ready:
            crash_point("relay.normalised")
        return ready

    def _put_back(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self._taken.difference_update(row.seq for row in group)
            self._rewinds.put(min(row.seq for row in group))

    def _take(self, row: Row) -> Group:
        """The letter that can go with *row*, or nothing: it goes already, waits for others, or its turn has not come."""
        if row.seq in self._taken:
            return ()
        block = self._blocks.get(row.conversation)
        if block is not None and (block.letter is None or block.letter != row.letter):
            block.skipped.add(row.seq)
            return ()
        group: Group = (row,)
        if row.pieces > 1 and row.letter is not None:
            group = tuple(reading.of_letter(self._reader, row.letter))
            if not self._whole(group):
                block = block or self._blocks.setdefault(
                    row.conversation, _Block(row.letter, time.monotonic() + JOIN_S)
                )
                block.skipped.add(row.seq)
                return ()
            self._give_up_joining.discard(row.letter)
            if block is not None:
                self._unblock(row.conversation)
        self._taken.update(one.seq for one in group)
        return group

    def _whole(self, group: Group) -> bool:
        letter = group[0].letter
        if letter in self._give_up_joining:
            return True
        if len({row.piece_no for row in group}) >= max(row.pieces for row in group):
            return True
        # After a restart: what had its time to become whole has had it.
        return now_us() - min(row.received_us for row in group) > JOIN_S * 1e6

    def _unblock(self, conversation: bytes) -> None:
        block = self._blocks.pop(conversation)
        if block.skipped:
            self._rewinds.put(min(block.skipped))

    def _end_joins(self) -> None:
        now = time.monotonic()
        for conversation, block in list(self._blocks.items()):
            if block.letter is not None and block.until <= now:
                self._give_up_joining.add(block.letter)
                self._unblock(conversation)

    def _compose(self, groups: Sequence[Group]) -> list[Composed]:
        letters = [group for group in groups if group[0].letter is not None]
        requests = [
            Request(group[0].channel, compose.request_pieces(group, self._blobs)) for group in letters
        ]
        results = iter(self._worker.read(requests) if requests else ())
        composed: list[Composed] = []
        for group in groups:
            first = group[0]
            result = next(results) if first.letter is not None else None
            block = self._blocks.get(first.conversation)
            if block is not None and block.letter is None:  # a suspect stands before it in this very batch
                block.skipped.update(row.seq for row in group)
                self._taken.difference_update(row.seq for row in group)
            elif result is None:
                composed.append(compose.said_item(first))
            elif result == "suspect":
                self._blocks[first.conversation] = _Block()
                self._lane.submit(self._try_alone, group)
            else:
                composed.append(self._composed(group, result))
        for one in composed:
            self._count_faults(one)
        return composed

    def _composed(self, group: Group, result: Content | Unreadable) -> Composed:
        if isinstance(result, Content):
            try:
                return compose.letter(group, result, self._keys[group[0].city], self._blobs)
            except Unavailable:
                raise
            except Exception as error:
                _log.error(logs.FAULT, exc_info=error, reason="compose")
                result = Unreadable(type(error).__name__, is_fault=True)
        return compose.quarantined(group, result, now_us(), self._blobs)

    def _count_faults(self, one: Composed) -> None:
        self._faults = self._faults + 1 if one.is_fault else 0
        if self._faults >= self._faults_max:
            raise TooManyFaults(f"{self._faults} letters in a row")

    def _try_alone(self, group: Group) -> None:
        """In the lane's own thread. A disk that is full (None) puts the letter back into the line."""
        composed: Composed | None = None
        try:
            request = Request(group[0].channel, compose.request_pieces(group, self._blobs))
            composed = self._composed(group, self._alone.read_alone(request))
        except Unavailable:
            _log.warning(logs.FAULT, reason="blob store")
        finally:
            self._tried.put((group, composed))
            self._wake()

    def _end_trials(self) -> list[Composed]:
        ready = []
        while not self._tried.empty():
            group, composed = self._tried.get()
            self._unblock(group[0].conversation)
            if composed is None:
                self._put_back([group])
            else:
                ready.append(composed)
        return ready
