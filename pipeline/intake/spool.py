"""The spool: what a sender was told yes for. Fsynced before the answer, kept until its decision was read back.

A piece's key is scoped: (city, mailbox, channel, account, external id), with the body's hash where the channel wants
another body to be another letter. The same key again gives the same number again. Numbers are unique here: where one
is taken, the next is derived and its counter kept. Rows wait, are sent, are finished (``retention`` says when
they go). The only true statement about a row is the one that was committed.
"""

import asyncio
import errno
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from pipeline import metrics
from pipeline.intake import media, schema
from pipeline.intake.disk import Disk
from pipeline.intake.marking import Ends, Marking
from pipeline.intake.rows import Mark, NewRow, Stored
from pipeline.intake.storing import NumberOf, Storing
from pipeline.intake.writer import Writer
from pipeline.settings import Door
from pipeline.trouble import Trouble
from schemas.errors import Unavailable


def now_us() -> int:
    """The clock of this machine, as the spool keeps times."""
    return time.time_ns() // 1000


class Spool:
    """Opened by one process at a time. All methods are called on the loop; the writer's thread does the work."""

    def __init__(self, path: Path, settings: Door, number_of: NumberOf, on_fatal: Callable[[], None]) -> None:
        self.path = path
        self._settings = settings
        self._lock = schema.lock(path.parent)
        try:
            self.disk = Disk(
                path.parent, settings.free_bytes_min, settings.free_share_min, settings.ballast_bytes
            )
            self.fsync_s = _probe(path.parent, self.disk)
            self.disk.look()
            connection, self.door_id, self.depth = _opened(path)
        except BaseException:
            os.close(self._lock)
            raise
        self._marking = Marking()
        self._writer = Writer(connection, self.disk, Storing(number_of), asyncio.get_running_loop(), on_fatal)
        self._writer.start()

    @property
    def healthy(self) -> bool:
        """Whether a yes can be given now."""
        return not self._writer.broken and not self.disk.full

    @property
    def broken(self) -> bool:
        """Whether this process can never again say yes."""
        return self._writer.broken

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
        """Store all rows, of one channel, in one transaction or none. A conflict stores nothing. Raises Unavailable."""
        if not rows:
            return ()
        try:
            storing = self._writer.store(rows)
            storing.add_done_callback(lambda done: self._count(rows, done))
            # Shielded: a sender that hangs up changes nothing about what is stored and counted.
            outcome = await asyncio.shield(storing)
        except Unavailable as error:
            reason = str(error).partition(": ")[2].replace(" ", "_")
            metrics.REFUSED.labels(rows[0].channel, reason).inc(len(rows))
            raise
        return outcome

    def _count(self, rows: Sequence[NewRow], done: "asyncio.Future[tuple[Stored, ...]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        outcome = done.result()
        if all(stored.outcome != "conflict" for stored in outcome):
            metrics.ACCEPTED.labels(rows[0].channel).inc(len(rows))
            self.depth += sum(stored.outcome == "new" for stored in outcome)

    async def mark(self, marks: Sequence[Mark], ends: Ends) -> None:
        """Note where the relay's records stand, and the ends that Kafka told with them. One commit."""
        finished = await self._writer.submit(lambda c: self._marking.mark(c, marks, ends, now_us()))
        self.depth -= finished  # never "-= await": that reads the depth before it waits

    async def finish(self, items: Iterable[UUID], ends: Ends) -> int:
        """These items have their decision. Returns how many rows are finished by it."""
        wanted = tuple(dict.fromkeys(items))
        finished = await self._writer.submit(lambda c: self._marking.finish(c, wanted, ends, now_us()))
        self.depth -= finished
        return finished

    async def send_again(self, seqs: Sequence[int]) -> None:
        """These rows wait for the relay again, where their bytes are still here."""
        waiting = await self._writer.submit(lambda c: self._marking.again(c, seqs))
        self.depth += waiting

    async def partition_lost(self, partition: int, ends: Mapping[str, int], since_us: int) -> int:
        """The broker lost records of this partition: all rows sent there since then wait again. Returns how many."""
        again, finished_before = await self._writer.submit(
            lambda c: self._marking.lost(c, partition, ends, since_us)
        )
        self.depth += finished_before
        return again

    async def want_media(self, letter: UUID, channel: str, refs: Sequence[str]) -> None:
        """These files of a letter are to be fetched."""
        await self._writer.submit(lambda c: media.want(c, letter, channel, refs, now_us()))

    async def settle_media(self, file: media.Wanted, sha256: str, size_bytes: int) -> bool:
        """The file is here, or (empty) cannot be had. Whether its letter waits for no other."""
        return await self._writer.submit(lambda c: media.settle(c, file, sha256, size_bytes))

    async def postpone_media(self, file: media.Wanted, until_us: int) -> None:
        """The file is to be tried again then."""
        await self._writer.submit(lambda c: media.postpone(c, file, until_us))

    async def land_media(self) -> list[int]:
        """Letters that went without a file that is settled now wait for the relay again. Returns their rows."""
        seqs, waiting = await self._writer.submit(lambda c: media.land(c, self._marking))
        self.depth += waiting
        return seqs

    async def delete(self, statement: str, seqs: Sequence[int]) -> int:
        """Run one of ``retention``'s statements for each of *seqs*. Returns how many rows are gone."""
        one_each = [(seq,) for seq in seqs]
        return await self._writer.submit(
            lambda connection: connection.executemany(statement, one_each).rowcount
        )

    def reader(self) -> sqlite3.Connection:
        """A connection of the caller's own that cannot write."""
        return schema.open_reader(self.path)


def _opened(path: Path) -> tuple[sqlite3.Connection, str, int]:
    """The writing connection, this door's id, and how many rows are not finished. Raises Trouble."""
    try:
        connection = schema.open_writer(path)
        door_id = _door_id(connection)
        counted = connection.execute("SELECT count(*) FROM piece WHERE state < 2").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise Trouble("spool.damaged", path=path, reason=error) from error
        raise
    return connection, door_id, int(counted[0])


def _door_id(connection: sqlite3.Connection) -> str:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('door_id', ?)", (secrets.token_hex(6),))
    return str(connection.execute("SELECT value FROM meta WHERE name='door_id'").fetchone()[0])


def _probe(folder: Path, disk: Disk) -> float:
    """How long a small write takes. A disk without any room gets the ballast's: what is stored has to go on."""
    try:
        return schema.probe(folder)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        disk.write_failed()
    try:
        return schema.probe(folder)
    except OSError as error:
        raise Trouble("spool.full", folder=folder) from error
