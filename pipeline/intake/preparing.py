"""From rows that wait to batches of records, in order, with nobody held up by a stranger's letter.

Rows are taken in the order they were stored. Pieces of one letter go together: counted ones once all are here or
*join_s* have passed since the first, of a letter of open length once nothing new came for the newest one's ``quiet_s``.
What comes later makes the letter go again, as a revision. A row whose conversation has an earlier row in trouble (a
suspect read alone, a letter not yet whole) is skipped and read again when that is over; everybody else passes by.
While a batch is composed and sent the worker reads the next one already, as far as it holds letters of one piece; what
follows in it on a letter that has just gone back goes back too. Blocking: used by one thread at a time.
"""

import queue
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import takewhile
from uuid import UUID

import structlog
from pydantic_core import from_json

from pipeline import logs
from pipeline.blobs import BlobStore
from pipeline.crash import crash_point
from pipeline.intake import compose, reading
from pipeline.intake.answers import Normalised, Request, Result, Unreadable
from pipeline.intake.compose import Composed
from pipeline.intake.letter_files import LetterFiles
from pipeline.intake.media import File
from pipeline.intake.rows import Row
from pipeline.intake.spool import now_us
from pipeline.intake.waiting import Waiting
from pipeline.intake.worker import Worker
from schemas.errors import Unavailable

BATCH_ROWS_MAX = 500
BATCH_BYTES_MAX = 8 * 1024 * 1024
FAULTS_IN_A_ROW_MAX = 100

_log = structlog.get_logger()

Group = tuple[Row, ...]


@dataclass(slots=True)
class _Batch:
    """What is read together. ``behind``: the row of each conversation that went back after this was taken."""

    groups: list[Group]
    requests: Sequence[Request] = ()
    behind: dict[bytes, int] = field(default_factory=dict)


class TooManyFaults(Exception):
    """So many letters in a row failed in our own code that something is wrong with it, not with them."""


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
        join_s: float,
        files: LetterFiles | None = None,
        faults_in_a_row_max: int = FAULTS_IN_A_ROW_MAX,
    ) -> None:
        self._reader = reader
        self._worker = worker
        self._alone = alone
        self._lane = lane
        self._blobs = blobs
        self._keys = keys
        self._wake = wake
        self._join_s = join_s
        self._files = files
        self._settled: queue.SimpleQueue[UUID] = queue.SimpleQueue()
        self._faults_max = faults_in_a_row_max
        self._faults = 0
        self._cursor = 0
        self._ahead: _Batch | None = None
        self._rewinds: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._tried: queue.SimpleQueue[tuple[Group, Normalised | Unreadable | None]] = queue.SimpleQueue()
        self._taken: set[int] = set()
        self._on_their_way: dict[UUID, tuple[int, str]] = {}
        self._waiting = Waiting(self._rewinds.put)

    def release(self, composed: Sequence[Composed]) -> None:
        """These are marked: their rows may come again. From any thread."""
        for one in composed:
            self._taken.difference_update(row.seq for row in one.rows)
            if one.digest and (letter := one.rows[0].letter) is not None:
                self._waiting.forget(letter)
                if self._on_their_way.get(letter) == (one.revision, one.digest):
                    del self._on_their_way[letter]

    def rewind(self, seq: int) -> None:
        """Rows from *seq* on may wait again. From any thread."""
        self._rewinds.put(seq)

    def files_settled(self, letter: UUID) -> None:
        """Every file of the letter is here or cannot be had. From any thread."""
        self._settled.put(letter)

    def next_batch(self) -> list[Composed]:
        """The next items in order; empty where nothing can be done now. Raises Unavailable, TooManyFaults."""
        ready = self._end_trials()
        self._waiting.end_what_is_over()
        while not self._settled.empty():
            self._waiting.free_letter(self._settled.get(), "files")
        while not self._rewinds.empty():
            self._cursor = min(self._cursor, self._rewinds.get() - 1)
        while True:
            batch, self._ahead = self._ahead or self._next(), None
            if batch is None:
                break
            try:
                self._ahead = self._next(ahead=True)
                ready += self._compose(batch)
            except BaseException:
                left, self._ahead = self._ahead, None
                self._put_back([*batch.groups, *(left.groups if left else ()), *(one.rows for one in ready)])
                raise
            if ready:
                break
        for one in ready:
            if one.digest and (letter := one.rows[0].letter) is not None:
                self._on_their_way[letter] = (one.revision, one.digest)
        if ready:
            crash_point("relay.normalised")
        return ready

    def _put_back(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self._taken.difference_update(row.seq for row in group)
            self._rewinds.put(min(row.seq for row in group))
            self._goes_behind(group)

    def _goes_behind(self, group: Group) -> None:
        """What was taken already of the same conversation must not overtake the letter."""
        if self._ahead is not None:
            seq = min(row.seq for row in group)
            behind = self._ahead.behind
            behind[group[0].conversation] = min(seq, behind.get(group[0].conversation, seq))

    def _next(self, *, ahead: bool = False) -> _Batch | None:
        """Rows that can go; None where there are none. *ahead* of letters that grow: their revision is not known yet."""
        rows = reading.waiting(self._reader, self._cursor, BATCH_ROWS_MAX, BATCH_BYTES_MAX)
        if ahead:
            rows = list(takewhile(lambda row: row.pieces == 1 or row.letter is None, rows))
        if not rows:
            return None
        groups = [group for row in rows if (group := self._take(row))]
        self._cursor = rows[-1].seq
        return _Batch(groups)

    def _take(self, row: Row) -> Group:
        """The letter that can go with *row*, or nothing: it goes already, waits for others, or its turn has not come."""
        if row.seq in self._taken or not self._waiting.lets_pass(row):
            return ()
        group: Group = (row,)
        if row.pieces != 1 and row.letter is not None:
            group = self._of_letter(row.letter)
            if (wait_s := self._join_wait_s(group)) > 0:
                self._waiting.hold(group, "pieces", wait_s)
                return ()
            self._waiting.goes(group)
        self._taken.update(one.seq for one in group)
        return group

    def _of_letter(self, letter: UUID) -> Group:
        """All its pieces. What is on its way and not yet marked counts as sent: the next is the revision after it."""
        sent = self._on_their_way.get(
            letter
        )  # asked before the rows: whatever leaves this table is marked by then
        group = tuple(reading.of_letter(self._reader, letter))
        if sent is None:
            return group
        return tuple(row._replace(revision=sent[0], digest=sent[1]) for row in group)

    def _join_wait_s(self, group: Group) -> float:
        """How long the letter waits for more pieces. Not for ever, whatever the clocks say."""
        if self._waiting.is_over(group, "pieces"):
            return 0.0
        newest = max(group, key=lambda row: row.seq)
        if newest.pieces == 0:
            wait_s, since_us = float(from_json(newest.meta).get("quiet_s", 0)), newest.received_us
        elif len({row.piece_no for row in group}) >= max(row.pieces for row in group):
            return 0.0
        else:
            wait_s, since_us = self._join_s, min(row.received_us for row in group)
        return min(max(wait_s - (now_us() - since_us) / 1e6, 0.0), wait_s)

    def _compose(self, batch: _Batch) -> list[Composed]:
        # One letter is composed while the worker reads the next.
        then = self._requests(self._ahead) if self._ahead is not None else ()
        with closing(self._worker.read(self._requests(batch), then)) as results:
            composed = self._composed_of(batch, results)
        for one in composed:
            self._count_faults(one)
        return composed

    def _requests(self, batch: _Batch) -> Sequence[Request]:
        """The same ones each time: by them the worker knows what it reads already."""
        batch.requests = batch.requests or [
            Request(group[0].channel, compose.request_pieces(group, self._blobs))
            for group in batch.groups
            if group[0].letter is not None
        ]
        return batch.requests

    def _composed_of(self, batch: _Batch, results: Iterator[Result]) -> list[Composed]:
        composed: list[Composed] = []
        held: set[bytes] = set()
        for group in batch.groups:
            first = group[0]
            result = next(results) if first.letter is not None else None
            # What waits stands before it in this very batch, or did in the last.
            if first.conversation in held or batch.behind.get(first.conversation, first.seq) < first.seq:
                self._put_back([group])
            elif result is None:
                composed.append(compose.said_item(first))
            elif result == "suspect":
                held.add(first.conversation)
                self._goes_behind(group)
                self._waiting.try_alone(first.conversation)
                self._lane.submit(self._try_alone, group)
            elif (one := self._composed(group, result)) is not None:
                composed.append(one)
            else:
                held.add(first.conversation)
        return composed

    def _composed(self, group: Group, result: Normalised | Unreadable) -> Composed | None:
        """None: the letter waits for its files, and its conversation with it."""
        known: Mapping[str, File] | None = None
        if isinstance(result, Normalised):
            if self._files is not None:
                known, wait_s = self._files.of(group, result.content)
                if wait_s > 0 and not self._waiting.is_over(group, "files"):
                    self._waiting.hold(group, "files", wait_s)
                    self._goes_behind(group)
                    self._taken.difference_update(row.seq for row in group)
                    return None
            try:
                made = compose.letter(group, result, self._keys[group[0].city], self._blobs, known)
                if known:
                    made = replace(made, files=tuple(ref for ref, file in known.items() if file.settled))
                return made
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
        """In the lane's own thread. A disk that is full or a lane that is closed puts the letter back into the line."""
        result: Normalised | Unreadable | None = None
        try:
            request = Request(group[0].channel, compose.request_pieces(group, self._blobs))
            result = self._alone.read_alone(request)
        except Unavailable:
            _log.warning(logs.FAULT, reason="blob store")
        finally:
            self._tried.put((group, result))
            self._wake()

    def _end_trials(self) -> list[Composed]:
        ready = []
        while not self._tried.empty():
            group, result = self._tried.get()
            self._waiting.free(group[0].conversation)
            if result is None:
                self._put_back([group])
                continue
            try:
                composed = self._composed(group, result)
            except Unavailable:
                _log.warning(logs.FAULT, reason="blob store")
                self._put_back([group])
            else:
                ready += [composed] if composed is not None else []
        return ready
