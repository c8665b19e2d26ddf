"""Writes one partition's outputs in transactions, whole batches of encoded records at a time.

aiokafka's ``send`` costs as much as judging a letter; a batch built beforehand costs a tenth. Its retry pause between
two transactions is a private constant of that library: it is set here, in one place, only for the version it was
looked up in, and a test holds it.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import aiokafka
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer import sender

from pipeline.desk.effects import Out
from schemas.topics import CASE, MEMORY, Names, Topic

if aiokafka.__version__.startswith("0.14.") and hasattr(sender, "BACKOFF_OVERRIDE"):
    # The next transaction finds the last one's markers still being written and waits this long; 20 ms as shipped.
    sender.BACKOFF_OVERRIDE = 0.002


class Writer:
    """One transactional producer for one partition. Started, it is the only one of its id."""

    def __init__(self, producer: AIOKafkaProducer, names: Names, partition: int) -> None:
        self._producer = producer
        self._names = names
        self._partition = partition

    async def begin(self) -> None:
        """Begin a transaction."""
        await self._producer.begin_transaction()

    async def write(self, records: Sequence[Out]) -> dict[str, int]:
        """Write *records*, each topic's in order, and wait until the broker has them.

        The offsets that follow the last record on the topics of memory and cases.
        """
        by_topic: dict[Topic, list[Out]] = {}
        for record in records:
            by_topic.setdefault(record[0], []).append(record)
        sent: list[tuple[Topic, int, Awaitable[Any]]] = []
        for topic, group in by_topic.items():
            sent += await self._send(topic, group)
        ends: dict[str, int] = {}
        for topic, count, future in sent:
            metadata = await future
            if topic in {MEMORY, CASE}:
                ends[topic.name] = metadata.offset + count
        return ends

    async def _send(self, topic: Topic, records: list[Out]) -> list[tuple[Topic, int, Awaitable[Any]]]:
        sent = []
        batch = self._producer.create_batch()
        for _, key, value, headers in records:
            if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                sent.append(await self._hand_over(topic, batch))
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=list(headers))
        sent.append(await self._hand_over(topic, batch))
        return sent

    async def _hand_over(self, topic: Topic, batch: Any) -> tuple[Topic, int, Awaitable[Any]]:
        name = self._names.topic(topic)
        future = await self._producer.send_batch(batch, name, partition=self._partition)
        return topic, batch.record_count(), future

    async def offsets(self, inbox: TopicPartition, next_offset: int, group: str) -> None:
        """Make the inbox offset part of the transaction."""
        await self._producer.send_offsets_to_transaction({inbox: next_offset}, group)

    async def commit(self) -> None:
        """Commit. Whatever it raises: nobody knows the outcome."""
        await self._producer.commit_transaction()

    async def abort(self) -> None:
        """Throw the transaction away."""
        await self._producer.abort_transaction()

    async def stop(self, timeout_s: float) -> None:
        """Let go of the producer. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._producer.stop()
