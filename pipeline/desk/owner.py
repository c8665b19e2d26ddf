"""The life of one partition on this desk: fenced, restored, owned, worked, let go.

Ownership and seek happen in one tick; a batch that does not begin where it must is a gap and is read again; state
changes only after the commit; an unknown outcome ends the process.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OutOfOrderSequenceNumber, ProducerFenced

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.desk import snapshots
from pipeline.desk.batch import Inbound, Judging, inbound, memory_records, remembered, whole
from pipeline.desk.effects import Effects
from pipeline.desk.restore import Files, restore
from pipeline.desk.state import VERSIONS, State
from pipeline.desk.view import View
from pipeline.desk.writer import Writer
from pipeline.kafka import clients
from pipeline.settings import Settings
from schemas.topics import MEMORY, Names

log = structlog.get_logger()

POLL_MS = 250
RECORDS_BETWEEN_BREATHS = 64
BATCH_S_MAX = 1.0
"""A batch that takes longer to judge is cut: on a machine that starves, transactions must not run into their time-out."""
IN_HAND_MAX = 16
"""Batches in hand side by side: many wait for the broker while one, and only one, is judged. A transaction then waits for
no more than ``RECORDS_BETWEEN_BREATHS`` of another's."""
ABORTS_IN_A_ROW_MAX = 5
ABORT_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Which partition of which broker, under which names."""

    settings: Settings
    bootstrap_servers: str
    names: Names
    inbox: TopicPartition
    group: str

    @property
    def files(self) -> Files:
        """What the partition keeps on this machine; all of it can be rebuilt."""
        own, folder = f"{self.settings.desk.slot}-{self.inbox.partition}", self.settings.var / "desk"
        return Files(folder / f"{own}.db", folder / "windows" / own)


class Owner:
    """Works on one partition from assignment to revocation. ``run`` ends when ``leave`` is called, or raises."""

    def __init__(
        self, place: Place, consumer: AIOKafkaConsumer, judging: Judging, in_hand: asyncio.Semaphore
    ) -> None:
        self.place = place
        self._in_hand = in_hand
        self._consumer = consumer
        self._judging = judging
        self._writer: Writer | None = None
        self._leaving = False
        self._busy = False
        self._next = 0
        self._aborts = 0
        self._saved = asyncio.get_running_loop().time()
        self.state: State | None = None
        self.owned = False

    async def run(self, warm: State | None, owned: Callable[[], None]) -> None:
        """Own and work the partition. *warm*: what an earlier ownership remembers; *owned* is told when it is ours."""
        try:
            await self._own(warm)
            owned()
            while not self._leaving:
                found = await self._consumer.getmany(
                    self.place.inbox,
                    timeout_ms=POLL_MS,
                    max_records=self.place.settings.desk.records_per_transaction_max,
                )
                await self._work(found.get(self.place.inbox, ()))
                await self._snapshot()
        finally:
            self.owned = False

    def leave(self) -> bool:
        """Begin no further transaction. Is one in hand?"""
        self._leaving = True
        return self._busy

    async def let_go(self, timeout_s: float) -> None:
        """Stop the producer. Raises TimeoutError."""
        if self._writer is not None:
            await self._writer.stop(timeout_s)
            self._writer = None

    async def _own(self, warm: State | None) -> None:
        place, inbox = self.place, self.place.inbox
        producer = clients.transactional_producer(
            place.settings.kafka, place.bootstrap_servers, place.names.transactional_id(inbox.partition)
        )
        self._writer = Writer(producer, place.names, inbox.partition)
        await producer.start()  # fences whoever worked here before and ends its open transaction
        reader = clients.consumer(place.settings.kafka, place.bootstrap_servers, fetch_max_wait_ms=50)
        try:
            await reader.start()
            self.state = await restore(reader, place.names, inbox.partition, warm, place.files)
        finally:
            await reader.stop()
        start = await self._start(self.state)
        # One tick from here: no batch is taken between the seek and the ownership.
        self._consumer.seek(inbox, start)
        self._next = start
        self.owned = True
        self._consumer.resume(inbox)
        log.info(logs.DESK_OWNED, partition=inbox.partition, next_offset=start)

    async def _start(self, state: State) -> int:
        """Where to read on: where the committed offset and the memory agree and the topic reaches, else from its beginning."""
        inbox = self.place.inbox
        committed: int | None = await self._consumer.committed(inbox)
        begin: int = (await self._consumer.beginning_offsets([inbox]))[inbox]
        end: int = (await self._consumer.end_offsets([inbox]))[inbox]
        if committed is None and state.next_offset is None:
            return begin
        if committed is not None and committed == state.next_offset and begin <= committed <= end:
            return committed
        log.error(
            logs.DESK_BEHIND_MEMORY, partition=inbox.partition, offset=committed,
            next_offset=state.next_offset, end_offset=end,
        )  # fmt: skip
        return begin

    async def _work(self, found: Sequence[Any]) -> None:
        records = [record for record in found if record.offset >= self._next]
        if not records or self._leaving:
            return
        if records[0].offset > self._next:
            self._consumer.seek(
                self.place.inbox, self._next
            )  # taken before the seek: a gap, never to be worked on
            return
        self._busy = True
        try:
            inbox = [inbound(record) for record in records]
            while inbox and not self._leaving:
                async with self._in_hand:
                    if self._leaving:
                        return
                    done = await self._transact(inbox)
                if not done:
                    return
                inbox = inbox[done:]
        finally:
            self._busy = False

    async def _transact(self, records: Sequence[Inbound]) -> int:
        """Decide the first of *records* in one transaction. How many; 0: none was, and they come again."""
        if self.state is None or self._writer is None:
            raise RuntimeError("not owned")
        view = View(self.state)
        async with self._judging.turn:
            if self._leaving:
                return 0
            count = await self._judge(records, view)
        next_offset, at = records[count - 1].offset + 1, records[count - 1].at
        parts = remembered(view, next_offset, at)
        crash_point("desk.judged")
        try:
            await self._writer.begin()
            ends = await self._writer.write([*view.effects.records, *memory_records(parts).records])
            crash_point("desk.outputs_sent")
            await self._writer.offsets(self.place.inbox, next_offset, self.place.group)
            crash_point("desk.before_commit")
        except (ProducerFenced, OutOfOrderSequenceNumber):
            raise
        except KafkaError as error:
            view.abandon()
            await self._abort(error)
            return 0
        await self._writer.commit()
        crash_point("desk.committed")
        self._aborts = 0
        self._next = next_offset
        self.state.apply(whole(parts), view.effects)
        self.state.read_to.update(ends)
        self._count(view.effects)
        for number in self.state.cases.shared([seen.number for seen in view.effects.seen]):
            # Two nodes gave one number: both letters live on, a person must tell their senders.
            log.error(logs.NUMBER_CLASH, number=number)
        return count

    async def _judge(self, records: Sequence[Inbound], view: View) -> int:
        """Decide *records* into *view*, as many as the time allows. How many."""
        loop = asyncio.get_running_loop()
        end = loop.time() + BATCH_S_MAX
        count = 0
        while count < len(records):
            together = records[count : count + RECORDS_BETWEEN_BREATHS]
            self._judging.decide(together, view)
            count += len(together)
            await asyncio.sleep(0)  # heartbeats must not wait for a long batch on a busy machine
            if loop.time() > end:
                break
        return count

    async def _snapshot(self) -> None:
        """Save the windows from time to time; nobody is decided meanwhile, heartbeats go on."""
        every_s, state = self.place.settings.desk.snapshot_every_s, self.state
        now = asyncio.get_running_loop().time()
        if not every_s or self._leaving or state is None or now < self._saved + every_s:
            return
        self._saved = now
        taken = state.taken()
        if taken is None:
            return
        self._busy = True
        try:
            windows = {city: window.index for city, window in state.windows.items()}
            await asyncio.to_thread(
                snapshots.save, self.place.files.windows, windows, taken, MEMORY.name, VERSIONS
            )
            log.info(logs.SNAPSHOT_SAVED, partition=self.place.inbox.partition, offset=taken.read_to)
        except OSError as error:  # the changelog holds everything: only the next start takes longer
            log.warning(logs.SNAPSHOT_FAILED, partition=self.place.inbox.partition, reason=error.strerror)
        finally:
            self._busy = False

    async def _abort(self, error: KafkaError) -> None:
        """The view goes with the transaction; the same records come again."""
        if self._writer is None:
            raise RuntimeError("not owned") from error
        await self._writer.abort()
        self._aborts += 1
        log.warning(
            logs.DESK_ABORTED, partition=self.place.inbox.partition, count=self._aborts, exc_info=error
        )
        if self._aborts >= ABORTS_IN_A_ROW_MAX:
            raise error
        self._consumer.seek(self.place.inbox, self._next)
        await asyncio.sleep(ABORT_PAUSE_S)

    def _count(self, effects: Effects) -> None:
        for (channel, decision), count in Counter(effects.decided).items():
            metrics.DECIDED.labels(channel, decision).inc(count)
        for (channel, kind), count in Counter(effects.ordered).items():
            metrics.ORDERED.labels(channel, kind).inc(count)
        high = self._consumer.highwater(self.place.inbox)
        if high is not None:
            metrics.DESK_LAG.labels(self.place.inbox.partition).set(max(0, high - self._next))
