"""A broker that is gone costs no processor time: every client waits before it asks for metadata again."""

import asyncio
import time
from pathlib import Path
from typing import Any

from linekit.broker import Broker
from pipeline.kafka import clients
from pipeline.kafka.clients import METADATA_AGAIN_S
from pipeline.settings import Kafka

ASKING_S = 2.0


async def asked(client: Any) -> int:
    """How often whoever asks on and on gets an answer, as a fetcher without a leader does."""
    began, times = time.monotonic(), 0
    while time.monotonic() - began < ASKING_S:
        await client.force_metadata_update()
        times += 1
    return times


async def test_no_client_asks_on_and_on(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    await asyncio.to_thread(broker.start)
    settings = Kafka(bootstrap_servers=broker.address)
    producer = clients.producer(settings, broker.address)
    consumer = clients.consumer(settings, broker.address)
    try:
        async with asyncio.timeout(60):
            await producer.start()
            await consumer.start()
            await asyncio.to_thread(broker.kill)
            for client in (producer.client, consumer._client):
                assert 1 <= await asked(client) <= ASKING_S / METADATA_AGAIN_S + 1
            await asyncio.to_thread(broker.start)
            assert await producer.client.force_metadata_update()
            await consumer.stop()
            await producer.stop()
    finally:
        await asyncio.to_thread(broker.close)
