"""Receipts on a broker that stops answering: a deadline, nothing left running, and written once it answers again."""

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from backline import CITY, BackLine

from pipeline.delivery import receipts as module
from pipeline.delivery.receipts import Receipts
from pipeline.kafka import clients
from pipeline.kafka.broker import LocalBroker
from schemas import wire
from schemas.errors import Unavailable
from schemas.order import Receipt
from schemas.topics import RECEIPT, Names

pytestmark = pytest.mark.integration


def receipt() -> Receipt:
    return Receipt(
        event_id=uuid4(), order_id=uuid4(), number="4821000000000007", city=CITY, sink="main", outcome="delivered",
        at=datetime.now(UTC),
    )  # fmt: skip


async def test_a_broker_that_stops_answering_is_given_up_and_tried_again(
    own_broker: LocalBroker, tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRITE_S_MAX", 2.0)
    monkeypatch.setattr(module, "CLOSE_S_MAX", 0.5)
    before, asleep, after = receipt(), receipt(), receipt()
    async with own_broker:
        line = BackLine(tmp_path, own_broker.bootstrap, names.prefix)
        await line.prepare()
        receipts = Receipts(line.settings.kafka, own_broker.bootstrap)
        running = asyncio.all_tasks()
        await receipts.write(0, [before])
        assert own_broker.pid is not None
        os.kill(own_broker.pid, signal.SIGSTOP)
        try:
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await receipts.write(0, [asleep])
        finally:
            os.kill(own_broker.pid, signal.SIGCONT)
        async with asyncio.timeout(10):
            while left := asyncio.all_tasks() - running:
                await asyncio.wait(left, timeout=0.1)
        monkeypatch.setattr(module, "WRITE_S_MAX", 20.0)
        await receipts.write(0, [asleep, after])
        await receipts.close()
        written = [wire.decode(RECEIPT, record.value).event_id for record in await line.read(RECEIPT)]
    assert list(dict.fromkeys(written)) == [one.event_id for one in (before, asleep, after)]


async def test_sinks_that_begin_at_once_share_one_producer(
    kafka: str, tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[AIOKafkaProducer] = []

    def counted(*arguments: Any) -> AIOKafkaProducer:
        opened.append(clients.producer(*arguments))
        return opened[-1]

    monkeypatch.setattr(module, "producer", counted)
    line = BackLine(tmp_path, kafka, names.prefix)
    await line.prepare()
    receipts, said = Receipts(line.settings.kafka, kafka), [receipt(), receipt(), receipt()]
    await asyncio.gather(*(receipts.write(0, [one]) for one in said))
    await receipts.close()
    written = {wire.decode(RECEIPT, record.value).event_id for record in await line.read(RECEIPT)}
    assert written == {one.event_id for one in said}
    assert len(opened) == 1
