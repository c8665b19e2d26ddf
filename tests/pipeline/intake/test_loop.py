"""The door closes its own loop: what was not decided is sent again, what the broker lost is sent again."""

import asyncio
import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from doorkit import eventually, post

from pipeline.kafka import broker, clients
from pipeline.kafka.cities import place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import Settings
from schemas import wire
from schemas.decision import Cause, Noted
from schemas.topics import DECISION, INBOX, Names

pytestmark = pytest.mark.integration


class Desk:
    """Stands in for the desk: passes inbox records, with or without a word."""

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._names = Names(settings.kafka.prefix)

    async def inbox(self) -> list[Any]:
        topic = self._names.topic(INBOX)
        return [record async for record in read_to_end(self._settings.kafka, self._bootstrap, topic)]

    async def items(self) -> list[str]:
        return [wire.header(record.headers, "item") for record in await self.inbox()]

    async def numbers(self) -> list[str]:
        return [wire.decode(INBOX, record.value).number for record in await self.inbox()]

    async def pass_by(self) -> None:
        """Commit past everything, and say nothing."""
        records = await self.inbox()
        reader = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, group_id=self._names.group("desk"))
        await reader.start()
        reader.assign([TopicPartition(r.topic, r.partition) for r in records[:1]])
        await reader.commit({TopicPartition(r.topic, r.partition): r.offset + 1 for r in records})
        await reader.stop()

    async def decide(self, records: Sequence[Any]) -> None:
        """A word on each of *records*."""
        writer = clients.producer(self._settings.kafka, self._bootstrap)
        await writer.start()
        for record in records:
            letter = wire.decode(INBOX, record.value)
            item = UUID(wire.header(record.headers, "item"))
            word = Noted(
                id=item, city=letter.city, number=letter.number, letter_id=letter.id,
                cause=Cause(item_id=item, partition=record.partition, offset=record.offset), at=datetime.now(UTC),
                note_id=item, part=1, what="instruction", applied=False, actor="测试",
            )  # fmt: skip
            await writer.send(
                self._names.topic(DECISION), wire.encode(word), key=b"k", partition=record.partition
            )
        await writer.stop()


async def local(settings: Settings, path: str) -> Any:
    transport = httpx.AsyncHTTPTransport(uds=str(settings.socket_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        return (await client.get(path)).json()


async def nothing_left(settings: Settings) -> bool:
    left = await local(settings, "/undecided")
    return not left


async def send_letters(client: httpx.AsyncClient, count: int, start: int = 0) -> list[str]:
    answers = [await post(client, f"k{i}", text=f"第 {i} 封信") for i in range(start, start + count)]
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json()["number"] for answer in answers]


async def test_decisions_finish_rows(line: str, settings: Settings, door: Any) -> None:
    desk = Desk(settings, line)
    async with door(line) as client:
        numbers = await send_letters(client, 5)
        await eventually(lambda: in_order(desk, numbers))
        await asyncio.sleep(1.5)
        assert await desk.numbers() == numbers  # the desk has not passed them: they are left alone
        assert len(await local(settings, "/undecided")) == 5
        await desk.decide(await desk.inbox())
        await eventually(lambda: nothing_left(settings))
        (piece,) = await local(settings, f"/pieces/{numbers[0]}")
        assert (piece["state"], piece["tries"]) == ("finished", 1)


async def in_order(desk: Desk, numbers: list[str]) -> bool:
    return await desk.numbers() == numbers


async def test_what_the_desk_passed_without_a_word_is_sent_again(
    line: str, settings: Settings, door: Any
) -> None:
    settings = settings.model_copy(
        update={"door": settings.door.model_copy(update={"unaccounted_after_s": 1.0})}
    )
    desk = Desk(settings, line)
    async with door(line) as client:
        numbers = await send_letters(client, 3)
        await eventually(lambda: in_order(desk, numbers))
        await desk.decide((await desk.inbox())[:1])
        await desk.pass_by()
        items = await eventually(lambda: more_than(desk, 3))
        assert items[0] not in items[3:]
        assert set(items[3:]) <= set(items[1:3])
        await desk.decide(await desk.inbox())
        await eventually(lambda: nothing_left(settings))


async def more_than(desk: Desk, count: int) -> list[str]:
    items = await desk.items()
    return items if len(items) > count else []


async def kill(kafka: broker.LocalBroker) -> None:
    """As a power cut would; its folder is free again."""
    assert kafka.pid is not None
    os.kill(kafka.pid, signal.SIGKILL)
    await kafka.stop()


@pytest.fixture
async def mortal(own_broker: broker.LocalBroker) -> AsyncIterator[broker.LocalBroker]:
    """A broker to be killed; its port is known before it runs."""
    own_broker.port = broker.free_port()
    yield own_broker
    await own_broker.stop()


async def start(kafka: broker.LocalBroker, settings: Settings) -> None:
    await kafka.start()
    await create_missing(settings, kafka.bootstrap)
    await place_cities(settings, kafka.bootstrap)


@pytest.mark.faults
@pytest.mark.slow
async def test_a_broker_that_lost_everything_is_healed(
    mortal: broker.LocalBroker, settings: Settings, door: Any
) -> None:
    await start(mortal, settings)
    desk = Desk(settings, mortal.bootstrap)
    async with door(mortal.bootstrap) as client:
        numbers = await send_letters(client, 20)
        await eventually(lambda: in_order(desk, numbers))
        await desk.decide(await desk.inbox())
        await eventually(lambda: nothing_left(settings))
        await kill(mortal)
        shutil.rmtree(mortal.folder / "data")
        numbers += await send_letters(client, 5, start=20)
        await start(mortal, settings)
        await eventually(lambda: all_there(desk, numbers), within_s=60)
        await desk.decide(await desk.inbox())
        await eventually(lambda: nothing_left(settings), within_s=60)
    seen = Counter(await desk.numbers())
    assert set(seen) == set(numbers)
    # All that came after the first one are in the order of their acceptance: the lost ones went again in order.
    last_places = list(dict.fromkeys(reversed(await desk.numbers())))[::-1]
    assert [number for number in last_places if number in numbers[:20]] == numbers[:20]


async def all_there(desk: Desk, numbers: list[str]) -> bool:
    return set(await desk.numbers()) == set(numbers)


@pytest.mark.faults
@pytest.mark.slow
async def test_kafka_away_disturbs_nobody(mortal: broker.LocalBroker, keyed: Settings, door: Any) -> None:
    desk = Desk(keyed, mortal.bootstrap)
    async with door(mortal.bootstrap) as client:
        assert (await client.get("/ready")).status_code == 200
        numbers = await send_letters(client, 30)
        await start(mortal, keyed)
        await eventually(lambda: in_order(desk, numbers), within_s=60)
        await kill(mortal)
        numbers += await send_letters(client, 30, start=30)
        await mortal.start()
        await eventually(lambda: all_there(desk, numbers), within_s=60)
    assert list(dict.fromkeys(await desk.numbers())) == numbers
