"""Keeps the tables up to date: batches of records, rows and offsets in one SQL transaction.

At every assignment reading goes on where the tables say, not where the group says: the group's offsets are for
watching only. So a crash loses nothing and doubles nothing, and an older copy of the file catches up by itself.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.kafka.streams import Records, commit, seek
from pipeline.register.apply import READ, apply
from pipeline.register.database import Writer
from schemas.errors import Malformed
from schemas.topics import Names, Topic

BOUNDS_TIMEOUT_S = 15.0

_log = structlog.get_logger()


class Rebuilt(Exception):
    """Another process put rebuilt tables in the place of ours: start again and read on from their offsets."""


class Projection(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """``handle`` is the subscriber's handler, the object itself its rebalance listener."""

    consumer: Callable[[], Any]
    """Gives the subscriber's consumer; set by whoever subscribes."""

    def __init__(self, writer: Writer, names: Names, *, fail: Callable[[Exception], None]) -> None:
        self._writer = writer
        self._topics: dict[str, Topic] = {names.topic(topic): topic for topic in READ}
        self._fail = fail

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
        ends = await consumer.end_offsets(places)
        for place in places:
            stored = self._writer.next_offset(place.topic, place.partition)
            if stored is not None and not begins[place] <= stored <= ends[place]:
                _log.error(
                    logs.REGISTER_RESET, topic=place.topic, partition=place.partition, offset=stored,
                    next_offset=begins[place], end_offset=ends[place],
                )  # fmt: skip
                stored = None
            seek(consumer, place, begins[place] if stored is None else stored)

    async def handle(self, records: Records, consumer: AIOKafkaConsumer) -> None:
        """Apply the batch, then tell the group. Raises Rebuilt."""
        places: dict[TopicPartition, int] = {}
        with self._writer.transaction() as db:
            if not self._writer.is_ours():
                raise Rebuilt
            for record in records:
                if record.value is not None:
                    self._apply(db, record)
                places[TopicPartition(record.topic, record.partition)] = record.offset + 1
            for place, offset in places.items():
                self._writer.set_next_offset(place.topic, place.partition, offset)
            crash_point("register.before_commit")
        crash_point("register.committed")
        await commit(consumer, places)

    def _apply(self, db: Any, record: Any) -> None:
        try:
            apply(db, self._topics[record.topic], record.value, record.timestamp, record.offset)
        except Malformed:
            metrics.UNREADABLE.labels(self._topics[record.topic].name).inc()
            _log.error(
                logs.RECORD_UNREADABLE, topic=record.topic, partition=record.partition, offset=record.offset
            )
