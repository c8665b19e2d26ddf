"""The courier of one sink, with a sink and a consumer of our own: what is committed, sought, refused, waited for."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from backline import AT, order_event

from pipeline.delivery.courier import FAULTS_MAX, Courier
from pipeline.delivery.receipts import Receipts
from schemas import wire
from schemas.errors import Refused, Unavailable
from schemas.order import Contact, OrderEvent, Receipt
from schemas.ports import Position, SinkSettings

TOPIC = "work.order.v1"


class Consumer:
    def __init__(self) -> None:
        self.committed: dict[TopicPartition, int] = {}
        self.sought: dict[TopicPartition, int] = {}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed.update(offsets)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought[partition] = offset


class Kept(Receipts):
    def __init__(self) -> None:
        self.written: list[Receipt] = []
        self.away = False

    async def write(self, _: int, receipts: Any) -> None:
        if self.away:
            raise Unavailable("receipts", retry_after_s=0.01)
        self.written += receipts


class Town:
    """A case system that does what a test says for a number."""

    Settings: ClassVar[type[SinkSettings]] = SinkSettings

    def __init__(self, _: Any = None, __: str = "town") -> None:
        self.answers: dict[str, Callable[[], Exception | None]] = {}
        self.calls: list[str] = []

    async def deliver(self, event: OrderEvent, *_: Contact | Position | None) -> Receipt:
        number = event.order.number
        self.calls.append(number)
        if (answer := self.answers.get(number)) is not None and (error := answer()) is not None:
            raise error
        return Receipt(
            event_id=event.id, order_id=event.order.id, number=number, city=event.city, sink="town",
            outcome="delivered", at=AT,
        )  # fmt: skip

    async def close(self) -> None:
        """Nothing is held."""


class Bench:
    def __init__(self, cities: frozenset[str] = frozenset()) -> None:
        self.sink, self.receipts, self.consumer, self.stop = Town(), Kept(), Consumer(), asyncio.Event()
        sink: Any = self.sink  # parameters without names are no Sink to the type checker
        self.courier = Courier(sink, "town", cities, self.receipts, wait_s_max=0.01, stop=self.stop)

    async def handle(self, *numbers: int) -> None:
        """Letters of these numbers, each at the offset of its number."""
        consumer: Any = self.consumer
        await self.courier.handle(tuple(record(n) for n in numbers), consumer)

    def outcomes(self) -> list[tuple[int, str]]:
        return [(int(receipt.number), receipt.outcome) for receipt in self.receipts.written]


def record(n: int, partition: int = 0, value: bytes | None = b"order") -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(
        TOPIC, partition, n, 1_772_000_000_000, 1, b"key", wire.encode(order_event(n)) if value == b"order" else value,
        None, 0, 0, (),
    )  # fmt: skip


@pytest.fixture
def bench() -> Bench:
    return Bench()


def number(n: int) -> str:
    return f"{n:016d}"


PLACE = TopicPartition(TOPIC, 0)


async def test_committed_after_the_receipts_only(bench: Bench) -> None:
    bench.receipts.away = True
    await bench.handle(1, 2, 3)
    assert bench.consumer.committed == {}
    assert bench.consumer.sought == {PLACE: 1}
    bench.receipts.away = False
    await bench.handle(1, 2, 3)
    assert bench.consumer.committed == {PLACE: 4}
    assert [n for n, _ in bench.outcomes()] == [1, 2, 3]


async def test_unavailable_keeps_the_offset_and_holds_up_no_other_partition(bench: Bench) -> None:
    bench.sink.answers[number(2)] = lambda: Unavailable("busy", retry_after_s=0.01)
    consumer: Any = bench.consumer
    await bench.courier.handle((record(1), record(2), record(3), record(7, 1), record(8, 1)), consumer)
    assert bench.consumer.committed == {PLACE: 2, TopicPartition(TOPIC, 1): 9}
    assert bench.consumer.sought == {PLACE: 2}
    assert number(3) not in bench.sink.calls


async def test_refused_is_written_down_and_the_next_goes_on(bench: Bench) -> None:
    bench.sink.answers[number(2)] = lambda: Refused("no")
    await bench.handle(1, 2, 3)
    assert bench.outcomes() == [(1, "delivered"), (2, "refused"), (3, "delivered")]
    assert bench.consumer.committed == {PLACE: 4}


async def test_poison_is_refused_after_a_few_calls(bench: Bench) -> None:
    bench.sink.answers[number(2)] = lambda: RuntimeError("a bug")
    await bench.handle(1, 2, 3)
    for _ in range(FAULTS_MAX - 2):
        await bench.handle(2, 3)
    assert bench.consumer.committed == {PLACE: 2}
    await bench.handle(2, 3)
    assert bench.outcomes() == [(1, "delivered"), (2, "refused"), (3, "delivered")]
    assert bench.sink.calls.count(number(2)) == FAULTS_MAX


async def test_a_sink_that_fails_at_everything_skips_nothing_more(bench: Bench) -> None:
    for n in (1, 2, 3):
        bench.sink.answers[number(n)] = lambda: RuntimeError("a bug")
    for _ in range(FAULTS_MAX * 4):
        await bench.handle(*range((bench.consumer.committed or {PLACE: 1})[PLACE], 4))
    assert bench.outcomes() == [(1, "refused")]
    bench.sink.answers.clear()
    await bench.handle(2, 3)
    assert bench.outcomes() == [(1, "refused"), (2, "delivered"), (3, "delivered")]


async def test_only_the_cities_of_the_sink() -> None:
    bench = Bench(frozenset({"other"}))
    await bench.handle(1, 2)
    assert bench.sink.calls == []
    assert bench.consumer.committed == {PLACE: 3}


async def test_tombstones_and_unreadable_records_are_passed_by(bench: Bench) -> None:
    consumer: Any = bench.consumer
    await bench.courier.handle((record(1, 0, None), record(2, 0, b"{"), record(3)), consumer)
    assert [n for n, _ in bench.outcomes()] == [3]
    assert bench.consumer.committed == {PLACE: 4}


async def test_asked_to_stop_it_hands_over_nothing_more(bench: Bench) -> None:
    def stop() -> None:
        bench.stop.set()

    bench.sink.answers[number(2)] = stop
    await bench.handle(1, 2, 3, 4)
    assert bench.sink.calls == [number(1), number(2)]
    assert bench.consumer.committed == {PLACE: 3}
