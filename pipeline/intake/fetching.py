"""Brings the files that letters name and their peers still hold, beside everything else.

Bounded: a file by ``FILE_BYTES_MAX``, a try by its time, a channel by ``FETCHES_MAX`` at once. What cannot be had now
is tried again, later each time, over restarts, until ``GIVE_UP_S`` have passed; what is refused is given up at once. Bytes
are fsynced under their name before the row that names them is.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from pipeline import logs, metrics
from pipeline.blobs import CHUNK_BYTES, BlobStore, BlobWriter
from pipeline.crash import crash_point
from pipeline.intake import media
from pipeline.intake.media import Wanted
from pipeline.intake.spool import Spool, now_us
from schemas.errors import Malformed, Refused, Unavailable
from schemas.letter import BlobRef
from schemas.ports import MediaSource

FILE_BYTES_MAX = 25 * 1024**2
FETCHES_MAX = 4
FIRST_TRY_S = 60.0
LATER_TRY_S = 300.0
WAIT_S_MIN = 5.0
WAIT_S_MAX = 3600.0
GIVE_UP_S = 24 * 3600.0
LOOK_S = 1.0

_log = structlog.get_logger()


class Fetcher:
    """One task. *sources* are the channels whose peers can be asked."""

    def __init__(self, spool: Spool, blobs: BlobStore, sources: Mapping[str, MediaSource]) -> None:
        self._spool = spool
        self._blobs = blobs
        self._sources = sources
        self._on_settled: Callable[[UUID], None] = lambda _: None
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._asked: dict[UUID, tuple[str, tuple[str, ...]]] = {}
        self._tasks: dict[tuple[UUID, str], asyncio.Task[None]] = {}
        self._busy: Counter[str] = Counter()

    def want(self, letter: UUID, channel: str, refs: Sequence[str]) -> None:
        """These files of a letter are to be fetched. From any thread."""
        self._loop.call_soon_threadsafe(self._ask, letter, channel, tuple(refs))

    def _ask(self, letter: UUID, channel: str, refs: tuple[str, ...]) -> None:
        self._asked[letter] = (channel, refs)
        self._woken.set()

    async def run(self, on_settled: Callable[[UUID], None], on_landed: Callable[[int], None]) -> None:
        """Until cancelled. *on_settled*: a letter waits for no file any more. *on_landed*: rows from there on wait again."""
        self._on_settled = on_settled
        reader = self._spool.reader()
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look(reader, on_landed)
                except Unavailable as error:
                    if self._spool.broken:
                        raise
                    _log.warning(logs.FAULT, reason="files", error=type(error).__name__)
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            reader.close()

    async def _look(self, reader: sqlite3.Connection, on_landed: Callable[[int], None]) -> None:
        while self._asked:
            letter, (channel, refs) = next(iter(self._asked.items()))
            await self._spool.want_media(letter, channel, refs)
            del self._asked[letter]
        for channel in self._sources if self._spool.healthy else ():
            free = FETCHES_MAX - self._busy[channel]
            if free <= 0:
                continue
            before = set(self._tasks)  # one that ends while this is read may still be read as due
            found = await asyncio.to_thread(media.due, reader, channel, now_us(), FETCHES_MAX * 2)
            for file in [one for one in found if (one.letter, one.ref) not in before][:free]:
                self._busy[channel] += 1
                self._tasks[file.letter, file.ref] = asyncio.create_task(self._settle(file))
        if await asyncio.to_thread(media.some_landed, reader) and (seqs := await self._spool.land_media()):
            _log.info(logs.RELAY_AGAIN, count=len(seqs), reason="file")
            on_landed(min(seqs))

    async def _settle(self, file: Wanted) -> None:
        try:
            await self._try(file)
        except Unavailable as error:  # the spool: its row says when to try again
            _log.warning(logs.FAULT, reason="files", error=type(error).__name__)
        finally:
            del self._tasks[file.letter, file.ref]
            self._busy[file.channel] -= 1
            self._woken.set()

    async def _try(self, file: Wanted) -> None:
        later_s, reason = 0.0, ""
        try:
            async with asyncio.timeout(LATER_TRY_S if file.tries else FIRST_TRY_S):
                ref = await self._fetched(file)
        except (Refused, Malformed) as error:
            await self._lose(file, type(error).__name__.lower())
            return
        except (Unavailable, TimeoutError) as error:
            later_s = error.retry_after_s if isinstance(error, Unavailable) else 0.0
            reason = type(error).__name__.lower()
        except Exception as error:
            _log.error(logs.CONNECTOR_FAULT, channel=file.channel, reason="fetch", exc_info=error)
            reason = "fault"
        else:
            crash_point("media.fetched")
            metrics.FILES.labels(file.channel, "kept").inc()
            await self._end(file, ref.sha256, ref.size_bytes)
            return
        wait_s = min(max(WAIT_S_MIN * 3.0 ** min(file.tries, 10), later_s), WAIT_S_MAX)
        until_us = now_us() + int(wait_s * 1e6)
        if until_us - file.first_us > GIVE_UP_S * 1e6:
            await self._lose(file, reason)
            return
        metrics.FILES.labels(file.channel, "later").inc()
        await self._spool.postpone_media(file, until_us)

    async def _lose(self, file: Wanted, reason: str) -> None:
        metrics.FILES.labels(file.channel, "lost").inc()
        _log.warning(
            logs.FILE_LOST,
            channel=file.channel,
            letter_id=str(file.letter),
            reason=reason,
            attempt=file.tries + 1,
        )
        await self._end(file, "", 0)

    async def _end(self, file: Wanted, sha256: str, size_bytes: int) -> None:
        if await self._spool.settle_media(file, sha256, size_bytes):
            self._on_settled(file.letter)

    async def _fetched(self, file: Wanted) -> BlobRef:
        writer = await asyncio.to_thread(self._blobs.writer, FILE_BYTES_MAX)
        try:
            await self._write(file, writer)
            return await asyncio.to_thread(writer.commit)
        finally:
            writer.abort()

    async def _write(self, file: Wanted, writer: BlobWriter) -> None:
        heard = bytearray()
        stream = self._sources[file.channel].fetch(file.ref)
        try:
            async for chunk in stream:
                heard += chunk
                if len(heard) >= CHUNK_BYTES:
                    await asyncio.to_thread(writer.write, bytes(heard))
                    heard.clear()
        finally:
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()
        await asyncio.to_thread(writer.write, bytes(heard))
