"""Receipts on their topic: what became of each order event in each sink."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.kafka.clients import let_go, producer
from pipeline.settings import Kafka
from schemas import wire
from schemas.errors import Unavailable
from schemas.order import Receipt
from schemas.topics import RECEIPT, Names

AGAIN_AFTER_S = 1.0
WRITE_S_MAX = 20.0
CLOSE_S_MAX = 5.0
"""An idempotent producer tries for ever and by itself never gives up: these do."""


class Receipts:
    """Writes receipts. A producer that failed once is not trusted again: the next write opens another."""

    def __init__(self, settings: Kafka, bootstrap_servers: str) -> None:
        self._settings = settings
        self._bootstrap_servers = bootstrap_servers
        self._topic = Names(settings.prefix).topic(RECEIPT)
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def write(self, partition: int, receipts: Sequence[Receipt]) -> None:
        """Returns once every receipt is acknowledged. Raises Unavailable: some may stand there, write all again."""
        if not receipts:
            return
        try:
            async with asyncio.timeout(WRITE_S_MAX):
                await self._write(partition, receipts)
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise Unavailable(f"receipts: {type(error).__name__}", retry_after_s=AGAIN_AFTER_S) from error

    async def _write(self, partition: int, receipts: Sequence[Receipt]) -> None:
        sender = await self._sender()
        sent = [
            await sender.send(
                self._topic, wire.encode(receipt), key=str(receipt.event_id).encode(), partition=partition,
                headers=[wire.CONTENT_TYPE, ("city", receipt.city.encode())],
            )
            for receipt in receipts
        ]  # fmt: skip
        await asyncio.gather(*sent)

    async def close(self) -> None:
        """Let go of the producer; what it still held is not waited for."""
        failed, self._producer = self._producer, None
        if failed is not None:
            await let_go(failed, CLOSE_S_MAX)

    async def _sender(self) -> AIOKafkaProducer:
        async with self._opening:  # every sink writes its receipts through here, several at once
            if self._producer is None:
                fresh = producer(self._settings, self._bootstrap_servers)
                try:
                    await fresh.start()
                except BaseException:
                    await let_go(fresh, CLOSE_S_MAX)
                    raise
                self._producer = fresh
            return self._producer
