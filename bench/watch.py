"""Watches a topic while a bench loads the line: when did the order of each number become visible to a reader."""

import asyncio
import time
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import topics, wire


class Orders:
    """``seen``: number → monotonic time at which a committed order event of it was first read."""

    def __init__(self, bootstrap: str, partitions: int = 12) -> None:
        self.seen: dict[str, float] = {}
        self._bootstrap = bootstrap
        self._partitions = partitions
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        await asyncio.wait_for(self._ready.wait(), 30)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            fetch_max_wait_ms=500,
        )
        await consumer.start()
        try:
            places = [TopicPartition(topics.ORDER.name, number) for number in range(self._partitions)]
            consumer.assign(places)
            await consumer.seek_to_end(*places)
            self._ready.set()
            while True:
                fetched = await consumer.getmany(timeout_ms=1000)
                now = time.monotonic()
                for batch in fetched.values():
                    for record in batch:
                        self.seen.setdefault(wire.decode(topics.ORDER, record.value).order.number, now)
        finally:
            await consumer.stop()

    async def all_of(self, numbers: list[str], deadline_s: float) -> bool:
        """Until every number has an order, or the deadline: whether all have."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            if all(number in self.seen for number in numbers):
                return True
            await asyncio.sleep(0.2)
        return False
