"""A client whose start is broken off leaves no connection open."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.kafka import clients
from pipeline.settings import Kafka

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("make", [clients.producer, clients.consumer, clients.admin])
async def test_the_first_connection_is_closed(
    make: Callable[[Kafka, str], Any], kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()
    opened: list[AIOKafkaConnection] = []
    send = AIOKafkaConnection.send

    def seen(connection: AIOKafkaConnection, request: Any, *more: Any, **named: Any) -> Any:
        opened.append(connection)
        if isinstance(request, MetadataRequest):
            asked.set()
        return send(connection, request, *more, **named)

    monkeypatch.setattr(AIOKafkaConnection, "send", seen)
    client = make(Kafka(bootstrap_servers=kafka), kafka)
    starting = asyncio.create_task(client.start())
    await asyncio.wait_for(asked.wait(), 10)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert opened
    assert not any(connection.connected() for connection in opened)
    await (client.close if make is clients.admin else client.stop)()
