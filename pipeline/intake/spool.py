"""The spool: what a sender was told yes for. Fsynced before the answer, kept until its decision was read back.

A piece's key is scoped: (city, mailbox, channel, account, external id), with the body's hash where the channel wants
another body to be another letter. The same key again gives the same number again. Numbers are unique here: where one
is taken, the next is derived and its counter kept. Rows wait, are sent, are finished (``retention`` says when
they go). The only true statement about a row is the one that was committed: a decision that is read back before its
row was marked is remembered in memory, and if that is lost the row is sent again, which the desk answers again.
"""

import asyncio
import os
import secrets
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from pipeline import metrics
from pipeline.crash import crash_point
from pipeline.intake import schema
from pipeline.intake.disk import Disk
from pipeline.intake.rows import FINISHED, SENT, Mark, NewRow, Stored
from pipeline.intake.writer import Writer
from pipeline.settings import Door
from schemas.errors import Unavailable

EARLY_MAX = 20_000
"""Decisions that were read back before their row was marked as sent: so many are remembered."""

NumberOf = Callable[[str, UUID, int], str]
"""City, letter and counter to a registration number."""


def now_us() -> int:
    """The clock of this machine, as the spool keeps times."""
    return time.time_ns() // 1000


class Spool:
    """Opened by one process at a time. All methods are called on the loop; the writer's thread does the work."""

    def __init__(self, path: Path, settings: Door, number_of: NumberOf, on_fatal: Callable[[], None]) -> None:
        self.path = path
        self._settings = settings
        self._number_of = number_of
        self._lock = schema.lock(path.parent)
        try:
            self.fsync_s = schema.probe(path.parent)
            self.disk = Disk(
                path.parent, settings.free_bytes_min, settings.free_share_min, settings.ballast_bytes
            )
            self.disk.look()
            connection = schema.open_writer(path)
            self.door_id = _door_id(connection)
            counted = connection.execute("SELECT count(*) FROM piece WHERE state < 2").fetchone()
        except BaseException:
            os.close(self._lock)
            raise
        self.depth = int(counted[0])
        self._early: OrderedDict[UUID, None] = OrderedDict()
        self._writer = Writer(connection, self.disk, asyncio.get_running_loop(), on_fatal)
        self._writer.start()

    @property
    def healthy(self) -> bool:
        """Whether a yes can be given now."""
        return not self._writer.broken and not self.disk.full

    def fail(self) -> None:
        """A blob's disk failed: nothing is accepted any more. From any thread."""
        self._writer.fail()

    async def close(self) -> None:
        """Commit what was handed in, then let go of the file. A second time does nothing."""
        await self._writer.stop()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def store(self, rows: Sequence[NewRow]) -> tuple[Stored, ...]:
        """Store all rows in one transaction, or none. A conflict stores nothing. Raises Unavailable."""

        def job(connection: sqlite3.Connection) -> tuple[Stored, ...]:
            outcome = tuple(self._store_one(connection, row) for row in rows)
            if any(stored.outcome == "conflict" for stored in outcome):
                connection.execute("ROLLBACK TO job")
            return outcome

        try:
            outcome = await self._writer.submit(job, is_new=True)
        except Unavailable as error:
            reason = str(error).partition(": ")[2].replace(" ", "_")
            for row in rows:
                metrics.REFUSED.labels(row.channel, reason).inc()
            raise
        if all(stored.outcome != "conflict" for stored in outcome):
            for row, stored in zip(rows, outcome, strict=True):
                metrics.ACCEPTED.labels(row.channel).inc()
                self.depth += stored.outcome == "new"
        return outcome

    def _store_one(self, connection: sqlite3.Connection, row: NewRow) -> Stored:
        known = connection.execute("SELECT body_hash, letter FROM piece WHERE key=?", (row.key,)).fetchone()
        if known is not None:
            if known[0] != row.body_hash:
                return Stored("conflict", None, "")
            letter = UUID(bytes=known[1]) if known[1] is not None else None
            return Stored("again", letter, self._number(connection, letter))
        letter = row.letter
        if letter is not None and row.pieces > 1 and _taken(connection, letter, row.piece_no):
            letter = row.letter_if_taken
        seq = connection.execute(
            "INSERT INTO piece (key, body_hash, letter, item, city, mailbox, channel, conversation, piece_no, pieces,"
            " received_us) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                row.key, row.body_hash, letter.bytes if letter else None, row.item.bytes if row.item else None, row.city,
                row.mailbox, row.channel, row.conversation, row.piece_no, row.pieces, row.received_us,
            ),
        ).lastrowid  # fmt: skip
        inline, blob = (row.body, "") if isinstance(row.body, bytes) else (b"", row.body)
        connection.execute("INSERT INTO body VALUES (?,?,?,?)", (seq, row.meta, inline, blob))
        if letter is None:
            return Stored("new", None, "")
        return Stored(
            "new",
            letter,
            self._number(connection, letter) or self._register(connection, row.city, letter, seq),
        )

    def _number(self, connection: sqlite3.Connection, letter: UUID | None) -> str:
        if letter is None:
            return ""
        found = connection.execute("SELECT number FROM letter WHERE id=?", (letter.bytes,)).fetchone()
        return found[0] if found else ""

    def _register(self, connection: sqlite3.Connection, city: str, letter: UUID, seq: int | None) -> str:
        counter = 0
        while True:
            number = self._number_of(city, letter, counter)
            inserted = connection.execute(
                "INSERT INTO letter VALUES (?,?,?,?,1,'') ON CONFLICT (number) DO NOTHING",
                (letter.bytes, number, counter, seq),
            )
            if inserted.rowcount:
                return number
            counter += 1

    async def mark(self, marks: Sequence[Mark], ends: Mapping[tuple[str, int], int]) -> None:
        """Note where the relay's records stand, and the ends that Kafka told with them. One commit."""
        finished = await self._writer.submit(lambda connection: self._mark(connection, marks, ends))
        self.depth -= finished

    def _mark(
        self, connection: sqlite3.Connection, marks: Sequence[Mark], ends: Mapping[tuple[str, int], int]
    ) -> int:
        sent_us, finished = now_us(), 0
        for mark in marks:
            early = mark.item in self._early
            if early:
                del self._early[mark.item]
            connection.executemany(
                'UPDATE piece SET state=?, item=?, partition=?, "offset"=?, sent_us=?, tries=tries+1, error=?,'
                " finished_us=? WHERE seq=? AND state=0",
                [
                    (
                        FINISHED if early else SENT, mark.item.bytes, mark.partition, mark.offset, sent_us,
                        mark.error or None, sent_us if early else None, seq,
                    )
                    for seq in mark.seqs
                ],
            )  # fmt: skip
            finished += len(mark.seqs) if early else 0
            if mark.letter is not None and mark.digest:
                connection.execute(
                    "UPDATE letter SET revision=?, digest=? WHERE id=?",
                    (mark.revision, mark.digest, mark.letter.bytes),
                )
        _raise_ends(connection, ends)
        return finished

    async def finish(self, items: Iterable[UUID], ends: Mapping[tuple[str, int], int]) -> int:
        """These items have their decision. Returns how many rows are finished by it."""
        wanted = tuple(dict.fromkeys(items))
        finished = await self._writer.submit(lambda connection: self._finish(connection, wanted, ends))
        self.depth -= finished
        return finished

    def _finish(
        self, connection: sqlite3.Connection, items: Sequence[UUID], ends: Mapping[tuple[str, int], int]
    ) -> int:
        at, finished = now_us(), 0
        for item in items:
            done = connection.execute(
                "UPDATE piece SET state=2, finished_us=? WHERE item=? AND state=1", (at, item.bytes)
            ).rowcount
            finished += done
            if not done:
                self._early[item] = None
        while len(self._early) > EARLY_MAX:
            self._early.popitem(last=False)
        _raise_ends(connection, ends)
        crash_point("readback.before_mark")
        return finished

    async def send_again(self, seqs: Sequence[int]) -> None:
        """These rows wait for the relay again, where their bytes are still here."""

        def job(connection: sqlite3.Connection) -> int:
            back = 0
            for seq in seqs:
                state, item = connection.execute(
                    "SELECT state, item FROM piece WHERE seq=?", (seq,)
                ).fetchone()
                changed = connection.execute(_AGAIN, (seq,)).rowcount
                back += changed and state == FINISHED
                if item is not None:
                    self._early.pop(
                        UUID(bytes=item), None
                    )  # an old decision must not finish what is sent anew
            return back

        self.depth += await self._writer.submit(job)

    async def partition_lost(self, partition: int, ends: Mapping[str, int], since_us: int) -> int:
        """The broker lost records of this partition: all rows sent there since then wait again. Returns how many."""

        def job(connection: sqlite3.Connection) -> tuple[int, int]:
            sent = connection.execute(_LOST, (partition, SENT, since_us)).rowcount
            done = connection.execute(_LOST, (partition, FINISHED, since_us)).rowcount
            connection.executemany(
                "INSERT OR REPLACE INTO seen_end VALUES (?,?,?)",
                [(topic, partition, end) for topic, end in ends.items()],
            )
            self._early.clear()
            return sent + done, done

        again, finished_before = await self._writer.submit(job)
        self.depth += finished_before
        return again

    async def delete(self, statement: str, seqs: Sequence[int]) -> int:
        """Run one of ``retention``'s statements for each of *seqs*. Returns how many rows are gone."""
        one_each = [(seq,) for seq in seqs]
        return await self._writer.submit(
            lambda connection: connection.executemany(statement, one_each).rowcount
        )

    def reader(self) -> sqlite3.Connection:
        """A connection of the caller's own that cannot write."""
        return schema.open_reader(self.path)


_AGAIN = (
    "UPDATE piece SET state=0, finished_us=NULL WHERE seq=? AND state>0"
    " AND EXISTS (SELECT 1 FROM body WHERE body.seq=piece.seq)"
)
_LOST = (
    "UPDATE piece SET state=0, finished_us=NULL WHERE partition=? AND state=? AND sent_us>=?"
    " AND EXISTS (SELECT 1 FROM body WHERE body.seq=piece.seq)"
)


def _taken(connection: sqlite3.Connection, letter: UUID, piece_no: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM piece WHERE letter=? AND pieces>1 AND piece_no=?", (letter.bytes, piece_no)
    ).fetchone()
    return found is not None


def _raise_ends(connection: sqlite3.Connection, ends: Mapping[tuple[str, int], int]) -> None:
    connection.executemany(
        "INSERT INTO seen_end VALUES (?,?,?) ON CONFLICT DO UPDATE SET end_offset=max(end_offset, excluded.end_offset)",
        [(topic, partition, end) for (topic, partition), end in ends.items()],
    )


def _door_id(connection: sqlite3.Connection) -> str:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('door_id', ?)", (secrets.token_hex(6),))
    return str(connection.execute("SELECT value FROM meta WHERE name='door_id'").fetchone()[0])
