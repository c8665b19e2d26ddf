"""The relay: takes what the spool holds to Kafka, in order per conversation, as fast as both can.

Two stages side by side: a thread reads, normalises and composes the next batch while earlier ones are on their way.
Kafka away: rows wait in the spool and nothing else is disturbed.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import structlog
from aiokafka import AIOKafkaProducer

from pipeline import logs, metrics
from pipeline.blobs import BlobStore
from pipeline.intake import reading
from pipeline.intake.compose import Composed
from pipeline.intake.letter_files import LetterFiles, Want
from pipeline.intake.preparing import Preparer
from pipeline.intake.sending import Sender
from pipeline.intake.spool import Spool, now_us
from pipeline.intake.worker import Worker
from pipeline.kafka import clients
from pipeline.settings import Settings
from schemas.errors import Unavailable
from schemas.topics import Names

IDLE_S = 0.5
BLOBS_FULL_WAIT_S = 2.0
BATCHES_AHEAD_MAX = 2
REASON_TAIL_LOST = "tail_lost"

_log = structlog.get_logger()


class Relay:
    """Runs from ``run`` until it is cancelled. ``wake`` says that something was stored."""

    def __init__(
        self,
        settings: Settings,
        bootstrap_servers: str,
        spool: Spool,
        *,
        blobs: BlobStore,
        keys: Mapping[str, bytes],
        channels: Sequence[str],
        scratch: Path,
        read_partitions: Callable[[], Awaitable[Mapping[str, int]]],
        fetched_channels: frozenset[str] = frozenset(),
        want: Want = lambda *_: None,
    ) -> None:
        self._settings = settings
        self._bootstrap_servers = bootstrap_servers
        self._spool = spool
        self._names = Names(settings.kafka.prefix)
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._batches: asyncio.Queue[list[Composed]] = asyncio.Queue(BATCHES_AHEAD_MAX)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="relay")
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="suspects")
        make = functools.partial(
            Worker,
            channels,
            blobs,
            scratch,
            settings.door.worker_memory_bytes,
            settings.door.worker_timeout_s,
        )
        self._workers = (make(), make())
        self._reader = spool.reader()
        self._preparer = Preparer(
            self._reader,
            worker=self._workers[0],
            alone=self._workers[1],
            lane=self._lane,
            blobs=blobs,
            keys=keys,
            wake=self._wake_from_thread,
            join_s=settings.door.join_s_max,
            files=LetterFiles(self._reader, fetched_channels, want) if fetched_channels else None,
        )
        self._sender = Sender(
            spool,
            self._names,
            open_producer=self._open_producer,
            read_partitions=read_partitions,
            seen_ends=self._seen_ends,
            on_tail_lost=self.tail_lost,
            on_marked=self._preparer.release,
        )

    def wake(self) -> None:
        """There is something new to read. On the loop."""
        self._woken.set()

    def _wake_from_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._woken.set)

    def files_settled(self, letter: UUID) -> None:
        """Every file of the letter is here or cannot be had."""
        self._preparer.files_settled(letter)
        self.wake()

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand."""
        return self._sender.idle and self._batches.empty()

    async def run(self) -> None:
        """Until cancelled. Raises what ends the part: Unavailable (spool), TooManyFaults, Trouble."""
        stages = [asyncio.create_task(self._prepare()), asyncio.create_task(self._sender.run(self._batches))]
        try:
            await asyncio.gather(*stages)
        finally:
            for stage in stages:
                if not stage.cancelling():  # a second time would break off its closing
                    stage.cancel()
            await asyncio.gather(*stages, return_exceptions=True)
            for worker in self._workers:
                worker.kill()
            self._lane.shutdown(wait=True, cancel_futures=True)
            self._thread.shutdown(wait=True, cancel_futures=True)
            self._reader.close()

    async def _prepare(self) -> None:
        while True:
            self._woken.clear()
            try:
                batch = await self._loop.run_in_executor(self._thread, self._preparer.next_batch)
            except Unavailable:
                await asyncio.sleep(BLOBS_FULL_WAIT_S)
                continue
            if batch:
                await self._batches.put(batch)
                continue
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _open_producer(self) -> AIOKafkaProducer:
        producer = clients.producer(self._settings.kafka, self._bootstrap_servers, linger_ms=0)
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def _seen_ends(self) -> dict[tuple[str, int], int]:
        reader = self._spool.reader()
        try:
            return reading.seen_ends(reader)
        finally:
            reader.close()

    async def tail_lost(self, partition: int, ends: Mapping[str, int]) -> None:
        """The broker lost records: all that was sent to *partition* while its bytes are kept goes again, in order.

        *ends* are the topics' ends as they are now.
        """
        since_us = now_us() - self._settings.door.kept_hours * 3_600_000_000
        count = await self._spool.partition_lost(partition, ends, since_us)
        for topic, end in ends.items():
            _log.error(logs.RELAY_TAIL_LOST, topic=topic, partition=partition, end_offset=end, count=count)
        metrics.RELAYED_AGAIN.labels(REASON_TAIL_LOST).inc(count)
        self.again(0)

    async def send_again(self, seqs: Sequence[int], reason: str) -> None:
        """These rows go again."""
        if not seqs:
            return
        await self._spool.send_again(seqs)
        _log.warning(logs.RELAY_AGAIN, count=len(seqs), reason=reason)
        metrics.RELAYED_AGAIN.labels(reason).inc(len(seqs))
        self.again(min(seqs))

    def again(self, seq: int) -> None:
        """Rows from *seq* on may wait again."""
        self._preparer.rewind(seq)
        self.wake()
