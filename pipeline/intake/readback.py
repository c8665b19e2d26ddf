"""The decision reader: closes the door's loop. Only what was read back here is finished.

Every decision, link and note names the inbox item that caused it; so does a quarantine record. The reader belongs to a
group of this door alone and starts at the oldest decision there is, so none made since the first accept can pass it.
What the desk has passed without a word is sent again, later each time; what the broker has lost is sent again at once.
Both are harmless: the desk answers a known letter again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.intake import reading
from pipeline.intake.relay import Relay
from pipeline.intake.rows import SentRow
from pipeline.intake.sending import KAFKA_AWAY, WAIT_S_MAX, WAIT_S_MIN
from pipeline.intake.spool import Spool, now_us
from pipeline.kafka import clients
from pipeline.kafka.streams import Streams, commit
from pipeline.settings import Settings
from schemas import wire
from schemas.errors import Malformed
from schemas.topics import DECISION, INBOX, QUARANTINE, Names, Topic

RECORDS_MAX = 1000
ASK_S_MAX = 15.0
REACH_S_MAX = 15.0
SETTLE_S = 0.1
WAIT_AGAIN_S_MAX = 3600.0
LOOK_S_MAX = 2.0
PROBE_EVERY_LOOKS = 30
WELL_S = 30.0
GROUP_DESK = "desk"
REASON_UNDECIDED = "undecided"

_WATCHED = (INBOX, DECISION, QUARANTINE)

_log = structlog.get_logger()


class Readback:
    """One task. *read_partitions* gives each city's partition."""

    def __init__(
        self,
        settings: Settings,
        bootstrap_servers: str,
        spool: Spool,
        relay: Relay,
        *,
        read_partitions: Callable[[], Awaitable[Mapping[str, int]]],
    ) -> None:
        self._settings = settings
        self._bootstrap_servers = bootstrap_servers
        self._spool = spool
        self._relay = relay
        self._read_partitions = read_partitions
        self._names = Names(settings.kafka.prefix)
        self._topics = {self._names.topic(topic): topic for topic in _WATCHED}
        self._partitions: frozenset[int] = frozenset()
        self._handling = 0

    async def run(self) -> None:
        """Until cancelled. Raises what ends the part: Unavailable (spool), Trouble."""
        wait_s = WAIT_S_MIN
        while True:
            opened = time.monotonic()
            try:
                self._partitions = frozenset((await self._read_partitions()).values())
                await self._read()
            except KAFKA_AWAY as error:
                if time.monotonic() - opened > WELL_S:
                    wait_s = WAIT_S_MIN
                _log.warning(logs.BROKER_LOST, error=type(error).__name__, seconds=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, WAIT_S_MAX)

    async def _read(self) -> None:
        """Read until Kafka cannot be asked any more; then everything is opened anew."""
        streams = Streams(self._settings.kafka, self._bootstrap_servers)
        consumer_of = streams.subscribe(
            self._names.topic(DECISION),
            self._names.topic(QUARANTINE),
            group=self._names.group(f"door.{self._spool.door_id}"),
            group_instance_id=f"door-{self._spool.door_id}",
            handle=self._handle,
            audit=_watched_here,
            records_max=RECORDS_MAX,
        )
        stop = asyncio.Event()
        reader = asyncio.create_task(streams.run(stop))
        watch = asyncio.create_task(self._watch(lambda: consumer_of() if streams.reading else None))
        try:
            await asyncio.wait({reader, watch}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            watch.cancel()
            results = await asyncio.gather(reader, watch, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _handle(self, records: Sequence[ConsumerRecord], consumer: AIOKafkaConsumer) -> None:
        self._handling += 1
        try:
            items: list[UUID] = []
            offsets: dict[TopicPartition, int] = {}
            for record in records:
                offsets[TopicPartition(record.topic, record.partition)] = record.offset + 1
                if (item := _item_of(self._topics[record.topic], record)) is not None:
                    items.append(item)
            await self._spool.finish(items, {(tp.topic, tp.partition): end for tp, end in offsets.items()})
            crash_point("readback.marked")
            await commit(consumer, offsets)
        finally:
            self._handling -= 1

    async def _watch(self, consumer_of: Callable[[], AIOKafkaConsumer | None]) -> None:
        look_s = min(LOOK_S_MAX, self._settings.door.relay_again_after_s / 2)
        looks = 0
        reader = self._spool.reader()
        try:
            while True:
                await asyncio.sleep(look_s)
                consumer = consumer_of()
                if consumer is None:
                    continue
                # In this order: an end seen after the broker was asked may lie above its answer, and nothing is lost.
                seen = await asyncio.to_thread(reading.seen_ends, reader)
                async with asyncio.timeout(ASK_S_MAX):
                    ends = await self._ends(consumer)
                    if looks % PROBE_EVERY_LOOKS == 0:
                        await self._probe(reader, ends)
                looks += 1
                await self._check_ends(seen, ends)
                await self._look_for_undecided(reader, consumer)
        finally:
            reader.close()

    async def _ends(self, consumer: AIOKafkaConsumer, *topics: Topic) -> dict[TopicPartition, int]:
        wanted = [
            TopicPartition(self._names.topic(topic), partition)
            for topic in topics or _WATCHED
            for partition in sorted(self._partitions)
        ]
        found: dict[TopicPartition, int] = await consumer.end_offsets(wanted)
        return found

    async def _check_ends(
        self, seen: Mapping[tuple[str, int], int], ends: Mapping[TopicPartition, int]
    ) -> None:
        for partition in sorted(self._partitions):
            lost = [
                tp
                for tp in ends
                if tp.partition == partition and ends[tp] < seen.get((tp.topic, partition), 0)
            ]
            if lost:
                await self._relay.tail_lost(partition, {tp.topic: ends[tp] for tp in lost})

    async def _probe(self, reader: Any, ends: Mapping[TopicPartition, int]) -> None:
        """Is the last record we sent still the one that stands there? A new topic can grow past its old end."""
        for partition in sorted(self._partitions):
            place = TopicPartition(self._names.topic(INBOX), partition)
            last = await asyncio.to_thread(reading.last_sent, reader, partition)
            if last is None or last[0] >= ends[place]:
                continue
            found = await self._item_at(place, last[0])
            if found not in (None, str(last[1])):
                await self._relay.tail_lost(partition, {place.topic: ends[place]})

    async def _item_at(self, place: TopicPartition, offset: int) -> str | None:
        """The item of the inbox record at *offset*; None where retention has taken it."""
        consumer = clients.consumer(self._settings.kafka, self._bootstrap_servers)
        try:
            await consumer.start()
            consumer.assign([place])
            if (await consumer.beginning_offsets([place]))[place] > offset:
                return None
            consumer.seek(place, offset)
            record = await consumer.getone(place)
            return wire.header(record.headers, "item") if record.offset == offset else ""
        finally:
            await consumer.stop()

    async def _look_for_undecided(self, reader: Any, consumer: AIOKafkaConsumer) -> None:
        door = self._settings.door
        before_us = now_us() - int(door.relay_again_after_s * 1e6)
        if not await asyncio.to_thread(reading.sent_before, reader, before_us):
            metrics.UNACCOUNTED.set(0)
            return
        async with asyncio.timeout(ASK_S_MAX):
            # In this order: what the desk had passed by now is decided below the ends asked for after it.
            passed = await self._passed_by_desk()
            ends = await self._ends(consumer, DECISION, QUARANTINE)
        await self._reach(consumer, ends)
        rows = [
            row
            for row in await asyncio.to_thread(reading.sent_before, reader, before_us)
            if row.offset < passed.get(row.partition, 0)
        ]
        unaccounted = sum(now_us() - row.received_us > door.unaccounted_after_s * 1e6 for row in rows)
        metrics.UNACCOUNTED.set(unaccounted)
        if unaccounted:
            _log.error(logs.UNACCOUNTED, count=unaccounted)
        due = [row.seq for row in rows if _is_due(row, door.relay_again_after_s)]
        await self._relay.send_again(due, REASON_UNDECIDED)

    async def _passed_by_desk(self) -> dict[int, int]:
        client = clients.admin(self._settings.kafka, self._bootstrap_servers)
        try:
            await client.start()
            committed = await client.list_consumer_group_offsets(self._names.group(GROUP_DESK))
        finally:
            await client.close()
        inbox = self._names.topic(INBOX)
        return {tp.partition: found.offset for tp, found in committed.items() if tp.topic == inbox}

    async def _reach(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        """Until all that stood below *ends* has been read and marked.

        Raises TimeoutError: a reader that gets nowhere for so long reads from a broker that is no more.
        """
        async with asyncio.timeout(REACH_S_MAX):
            for tp, end in ends.items():
                while tp not in consumer.assignment() or await consumer.position(tp) < end:  # noqa: ASYNC110 - aiokafka tells no one when a position moves; bounded above
                    await asyncio.sleep(SETTLE_S)
            # A batch that was taken is marked before the next one is asked for.
            await asyncio.sleep(SETTLE_S)
            while self._handling:  # noqa: ASYNC110 - as above
                await asyncio.sleep(SETTLE_S)


async def _watched_here(_: AIOKafkaConsumer) -> None:
    """``Readback`` watches the ends of its topics itself: what they have lost is in its spool."""


def _item_of(topic: Topic, record: ConsumerRecord) -> UUID | None:
    try:
        decoded = wire.decode(topic, record.value)
    except Malformed as error:
        _log.error(
            logs.FAULT,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=type(error).__name__,
        )
        return None
    item: UUID = decoded.item_id if topic is QUARANTINE else decoded.cause.item_id
    return item


def _is_due(row: SentRow, first_wait_s: float) -> bool:
    wait_s = min(first_wait_s * 2.0 ** min(row.tries - 1, 20), WAIT_AGAIN_S_MAX)
    return now_us() - row.sent_us >= wait_s * 1e6
