"""The desk on a real broker: killed at every hand-over, aborted, started beside a lost tail; nothing lost or doubled."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from pipeline.desk import run_desk
from pipeline.desk.batch import item_id
from pipeline.desk.restore import Files, restore
from pipeline.desk.writer import Writer
from pipeline.kafka import clients
from pipeline.kafka.cities import place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import City, Desk, Kafka, Settings
from schemas import wire
from schemas.topics import DECISION, INBOX, ORDER, QUARANTINE, REPLY, Names, Topic

pytestmark = pytest.mark.integration
CITY = "lincheng"
DONE_S_MAX = 60.0


@dataclass
class Inbox:
    """The line's topics with one city, as a door would write to them."""

    settings: Settings
    bootstrap: str
    partition: int

    @property
    def names(self) -> Names:
        return Names(self.settings.kafka.prefix)

    async def write(self, *items: Any) -> None:
        producer = clients.producer(self.settings.kafka, self.bootstrap)
        await producer.start()
        for item in items:
            value = item if isinstance(item, bytes) else wire.encode(item)
            headers = [wire.CONTENT_TYPE, ("city", CITY.encode())]
            if not isinstance(item, bytes):
                headers.append(("item", str(item_id(item)).encode()))
            await producer.send(self.names.topic(INBOX), value, partition=self.partition, headers=headers)
        await producer.stop()

    async def read(self, topic: Topic) -> list[Any]:
        name = self.names.topic(topic)
        return [
            wire.decode(topic, record.value)
            async for record in read_to_end(self.settings.kafka, self.bootstrap, name)
        ]

    async def committed(self) -> int:
        admin = clients.admin(self.settings.kafka, self.bootstrap)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(self.names.group("desk"))
        except KafkaError:
            return -1
        finally:
            await admin.close()
        place = found.get(TopicPartition(self.names.topic(INBOX), self.partition))
        return place.offset if place else -1

    async def decided_to(self, offset: int) -> None:
        deadline = time.monotonic() + DONE_S_MAX
        while await self.committed() < offset:
            assert time.monotonic() < deadline, "the desk does not get on"
            await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[None]:
        """A desk in this process, stopped as SIGTERM would."""
        stop = asyncio.Event()
        task = asyncio.create_task(run_desk(self.settings, self.bootstrap, stop=stop))
        yield
        stop.set()
        await asyncio.wait_for(task, 30)

    def process(self, **environment: str) -> subprocess.Popen[bytes]:
        """A desk in a process of its own."""
        code = (
            "import sys; from pipeline import assembly; from pipeline.settings import Settings; "
            "s = Settings.model_validate_json(sys.argv[1]); sys.exit(assembly.run('desk', s, lambda: sys.argv[2]))"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, self.settings.model_dump_json(by_alias=True, exclude={"kafka": {"sasl_password"}}),
             self.bootstrap],
            env={**os.environ, **environment}, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture
async def inbox(kafka: str, names: Names, tmp_path: Path) -> Inbox:
    settings = Settings(
        var=tmp_path,
        kafka=Kafka(prefix=names.prefix, partitions=2),
        cities={CITY: City(title="临城市", fallback_unit="市政务服务中心")},
        desk=Desk(health_port=0, records_per_transaction_max=10),
    )
    await create_missing(settings, kafka)
    places = await place_cities(settings, kafka)
    return Inbox(settings, kafka, places[CITY].partition)


def words(number: int) -> dict[str, str]:
    """What no other letter says: each has a matter of its own."""
    text = "".join(chr(0x4E00 + number * 40 + place) for place in range(40))
    return {"subject": text[:6], "text": text[6:]}


def letters(make: Any, count: int) -> Iterator[Any]:
    for number in range(count):
        yield make.letter(str(number), person=f"p{number}", **words(number))


def one_order_each(orders: list[Any], said: list[Any]) -> None:
    assert Counter(event.order.number for event in orders) == Counter(letter.number for letter in said)
    assert len({event.id for event in orders}) == len(orders)


async def test_letters_statuses_and_broken_records(inbox: Inbox, make: Any) -> None:
    said = list(letters(make, 30))
    early = make.status(said[5].number, "signed")
    await inbox.write(early, *said, b"{broken", make.status(said[3].number, "returned", "s2"))
    async with inbox.desk():
        await inbox.decided_to(33)
    orders = await inbox.read(ORDER)
    one_order_each([event for event in orders if event.tag == "opened"], said)
    assert [event.order.number for event in orders if event.tag == "withdrawn"] == [said[3].number]
    assert len(await inbox.read(QUARANTINE)) == 1
    assert len(await inbox.read(REPLY)) == 31


async def test_every_third_transaction_aborted(
    inbox: Inbox, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls, aborts = Writer.offsets, 0, 0

    async def shaky(self: Writer, *given: Any) -> None:
        nonlocal calls, aborts
        calls += 1
        await real(self, *given)
        if calls % 3 == 0:
            aborts += 1
            raise KafkaError

    monkeypatch.setattr(Writer, "offsets", shaky)
    said = list(letters(make, 80))
    await inbox.write(*said, *said[:10])
    async with inbox.desk():
        await inbox.decided_to(90)
    assert aborts >= 3
    orders = await inbox.read(ORDER)
    one_order_each(orders[:80], said)
    assert [wire.encode(event) for event in orders[80:]] == [wire.encode(event) for event in orders[:10]]


@pytest.mark.faults
@pytest.mark.parametrize(
    "point", ["desk.judged", "desk.outputs_sent", "desk.before_commit", "desk.committed"]
)
async def test_killed_at_a_hand_over(inbox: Inbox, make: Any, point: str, tmp_path: Path) -> None:
    said = list(letters(make, 60))
    await inbox.write(*said)
    dying = inbox.process(XINSHU_CRASH_POINT=f"{point}:2")
    assert await asyncio.to_thread(dying.wait, 60) == -9
    heir = inbox.process()
    try:
        await inbox.decided_to(60)
    finally:
        heir.terminate()
        assert await asyncio.to_thread(heir.wait, 30) == 0
    one_order_each(await inbox.read(ORDER), said)
    assert len({event.cause.item_id for event in await inbox.read(DECISION)}) == 60


async def test_a_lost_tail_is_read_again_without_a_second_order(inbox: Inbox, make: Any) -> None:
    """The topic ends before the committed offset, as after a broker lost its last records."""
    said = list(letters(make, 20))
    await inbox.write(*said)
    async with inbox.desk():
        await inbox.decided_to(20)
    admin = clients.admin(inbox.settings.kafka, inbox.bootstrap)
    await admin.start()
    await admin.delete_topics([inbox.names.topic(INBOX)])
    await asyncio.sleep(1.5)
    await admin.close()
    await create_missing(inbox.settings, inbox.bootstrap)
    more = make.letter("new", person="new")
    await inbox.write(*said[12:], more)
    async with inbox.desk():
        await inbox.decided_to(9)
        deadline = time.monotonic() + DONE_S_MAX
        while len(found := await inbox.read(ORDER)) < 29:
            assert time.monotonic() < deadline
    one_order_each(list({event.id: event for event in found}.values()), [*said, more])


@pytest.mark.faults
async def test_topics_made_anew_under_a_running_desk(inbox: Inbox, make: Any) -> None:
    said = list(letters(make, 10))
    await inbox.write(*said)
    process = inbox.process()
    stopping = asyncio.Event()

    async def watch() -> None:
        nonlocal process
        while not stopping.is_set():
            if process.poll() is not None:
                assert process.returncode == 75
                process = inbox.process()
            await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    try:
        await inbox.decided_to(10)
        admin = clients.admin(inbox.settings.kafka, inbox.bootstrap)
        await admin.start()
        await admin.delete_topics(list(inbox.names))
        await asyncio.sleep(1.5)
        await admin.close()
        await create_missing(inbox.settings, inbox.bootstrap)
        inbox.partition = (await place_cities(inbox.settings, inbox.bootstrap))[CITY].partition
        more = [
            make.letter(f"new{number}", person=f"new{number}", **words(300 + number)) for number in range(15)
        ]
        await inbox.write(*said, *more)
        deadline = time.monotonic() + DONE_S_MAX
        while len(found := await inbox.read(ORDER)) < 25:
            assert time.monotonic() < deadline, f"{len(found)} orders"
            await asyncio.sleep(0.5)
    finally:
        stopping.set()
        await watching
        process.terminate()
        await asyncio.to_thread(process.wait, 30)
    one_order_each(found, [*said, *more])


async def test_the_beginning_deleted_under_the_committed_offset(inbox: Inbox, make: Any) -> None:
    said = list(letters(make, 20))
    await inbox.write(*said[:10])
    async with inbox.desk():
        await inbox.decided_to(10)
    await inbox.write(*said[10:])
    admin = clients.admin(inbox.settings.kafka, inbox.bootstrap)
    await admin.start()
    place = TopicPartition(inbox.names.topic(INBOX), inbox.partition)
    await admin.delete_records({place: RecordsToDelete(before_offset=13)})
    await admin.close()
    async with inbox.desk():
        await inbox.decided_to(20)
    one_order_each(await inbox.read(ORDER), said[:10] + said[13:])


async def test_a_state_restored_from_the_topics_equals_the_running_one(
    inbox: Inbox, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.desk import owner

    states: list[Any] = []

    async def kept(*given: Any) -> Any:
        states.append(await restore(*given))
        return states[-1]

    monkeypatch.setattr(owner, "restore", kept)
    said = list(letters(make, 25))
    reader = clients.consumer(inbox.settings.kafka, inbox.bootstrap)
    await reader.start()
    try:
        await inbox.write(*said, make.status(said[0].number, "closed"), *said[:3])
        async with inbox.desk():
            await inbox.decided_to(29)
            await asyncio.sleep(0.3)  # the commit is seen outside before it is applied inside
            running = next(state for state in states if state.windows).dump()
            files = Files(tmp_path / "again.db", tmp_path / "none")
            again = await restore(reader, inbox.names, inbox.partition, None, files)
        assert again.dump() == running
        again.close()
    finally:
        await reader.stop()
