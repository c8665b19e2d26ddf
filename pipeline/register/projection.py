"""Keeps the tables up to date: batches of records, rows and offsets in one SQL transaction.

At every assignment reading goes on where the tables say, not where the group says: the group's offsets are for
watching only. So a crash loses nothing and doubles nothing, and an older copy of the file catches up by itself.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.kafka.ground import Reached, lost
from pipeline.kafka.streams import Records, commit, seek
from pipeline.register.apply import READ, apply
from pipeline.register.database import Writer
from pipeline.trouble import StartAgain
from schemas.errors import Malformed
from schemas.topics import Names, Topic

BOUNDS_TIMEOUT_S = 15.0

_log = structlog.get_logger()


class Rebuilt(StartAgain):
    """Another process put rebuilt tables in the place of ours: start again and read on from their offsets."""


class Projection(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """``handle`` is the subscriber's handler, the object itself its rebalance listener."""

    consumer: Callable[[], Any]
    """Gives the subscriber's consumer; set by whoever subscribes."""

    def __init__(self, writer: Writer, names: Names, *, fail: Callable[[Exception], None]) -> None:
        self._writer = writer
        self._topics: dict[str, Topic] = {names.topic(topic): topic for topic in READ}
        self._fail = fail
        self._anchors: dict[TopicPartition, Reached] = {}
        """A place each partition had truly reached some time ago: records read since may already be a new topic's."""

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to do: what is in hand may be applied again by whoever reads it next."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Read on from the tables' own offsets. An exception here would only be logged by the client: it ends us."""
        try:
            async with asyncio.timeout(BOUNDS_TIMEOUT_S):
                await self._seek(self.consumer(), assigned)
        except Exception as error:
            self._fail(error)

    async def _seek(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition]) -> None:
        places = list(assigned)
        begins = await consumer.beginning_offsets(places)
        reached = self._reached(assigned)
        mended = await self._lost(consumer, reached)
        self._anchors = {place: at for place, at in reached.items() if place not in mended}
        for place in places:
            known = reached[place].next_offset if place in reached else begins[place]
            seek(consumer, place, mended.get(place, known))

    async def audit(self, consumer: AIOKafkaConsumer) -> None:
        """Read on from where a topic lost records."""
        reached = self._reached(consumer.assignment())
        mended = await self._lost(consumer, self._anchors)
        self._anchors = {place: at for place, at in reached.items() if place not in mended}
        for place, offset in mended.items():
            seek(consumer, place, offset)

    def _reached(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, Reached]:
        found = ((place, self._writer.reached(place.topic, place.partition)) for place in places)
        return {place: reached for place, reached in found if reached is not None}

    async def _lost(
        self, consumer: AIOKafkaConsumer, reached: Mapping[TopicPartition, Reached]
    ) -> dict[TopicPartition, int]:
        mended = await lost(consumer, reached)
        for place, offset in mended.items():
            _log.error(
                logs.GROUND_LOST, topic=place.topic, partition=place.partition, offset=reached[place].next_offset,
                next_offset=offset,
            )  # fmt: skip
        return mended

    async def handle(self, records: Records, consumer: AIOKafkaConsumer) -> None:
        """Apply the batch, then tell the group. Raises Rebuilt."""
        places: dict[TopicPartition, tuple[int, int]] = {}
        with self._writer.transaction() as db:
            if not self._writer.is_ours():
                raise Rebuilt
            for record in records:
                if record.value is not None:
                    self._apply(db, record)
                place = TopicPartition(record.topic, record.partition)
                latest = max(record.timestamp, places.get(place, (0, 0))[1])
                places[place] = record.offset + 1, latest
            for place, (offset, written_ms) in places.items():
                self._writer.set_reached(place.topic, place.partition, offset, written_ms)
            crash_point("register.before_commit")
        crash_point("register.committed")
        for place, (offset, written_ms) in places.items():
            if place not in self._anchors:
                self._anchors[place] = Reached(offset, written_ms)
        await commit(consumer, {place: offset for place, (offset, _) in places.items()})

    def _apply(self, db: Any, record: Any) -> None:
        try:
            apply(db, self._topics[record.topic], record.value, record.timestamp, record.offset)
        except Malformed:
            metrics.UNREADABLE.labels(self._topics[record.topic].name).inc()
            _log.error(
                logs.RECORD_UNREADABLE, topic=record.topic, partition=record.partition, offset=record.offset
            )
