"""From batches of records to Kafka and back to marks in the spool, pipelined and in order.

The idempotent producer is handed whole record batches, a few in flight. A batch's rows are marked, in one commit, once
all its records are acknowledged. Where Kafka is away everything in flight is kept and handed to the next producer in
the same order; sending twice is harmless. An acknowledgement below the end that was seen before means that the broker
lost records: *on_tail_lost* sends them again.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.intake.compose import Composed, Outgoing
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.kafka.clients import let_go
from schemas.topics import INBOX, QUARANTINE, Names, Topic

IN_FLIGHT_MAX = 3
DEADLINE_S = 20.0
CLOSE_S = 5.0
WAIT_S_MIN = 0.1
WAIT_S_MAX = 5.0


class NotReady(Exception):
    """Kafka answers, but its topics or the city's place are not there yet: whoever makes them is on the way."""


KAFKA_AWAY = (KafkaError, TimeoutError, OSError, NotReady)

_log = structlog.get_logger()


@dataclass(slots=True)
class _Flight:
    """A batch on its way: for each record batch handed to the producer, its future and the items' places in it."""

    composed: Sequence[Composed]
    parts: list[tuple[Topic, int, "asyncio.Future[Any]", list[int]]]


class Sender:
    """One task. *open_producer* gives a started producer; *read_partitions* each city's partition."""

    def __init__(
        self,
        spool: Spool,
        names: Names,
        *,
        open_producer: Callable[[], Awaitable[AIOKafkaProducer]],
        read_partitions: Callable[[], Awaitable[Mapping[str, int]]],
        seen_ends: Callable[[], Awaitable[dict[tuple[str, int], int]]],
        on_tail_lost: Callable[[int, Mapping[str, int]], Awaitable[None]],
        on_marked: Callable[[Sequence[Composed]], None],
    ) -> None:
        self._spool = spool
        self._names = names
        self._open_producer = open_producer
        self._read_partitions = read_partitions
        self._seen_ends = seen_ends
        self._on_tail_lost = on_tail_lost
        self._on_marked = on_marked
        self._partitions: Mapping[str, int] = {}
        self._floors: dict[tuple[str, int], int] = {}
        self._flights: deque[_Flight] = deque()

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._flights

    async def run(self, batches: "asyncio.Queue[list[Composed]]") -> None:
        """Until cancelled. Raises Unavailable where the spool fails, Trouble where settings and Kafka disagree."""
        wait_s = WAIT_S_MIN
        while True:
            producer: AIOKafkaProducer | None = None
            try:
                self._partitions = await self._read_partitions()
                self._floors = await self._seen_ends()
                producer = await self._open_producer()
                for flight in self._flights:
                    await self._hand_over(producer, flight)
                while True:
                    await self._turn(producer, batches)
                    wait_s = WAIT_S_MIN
            except KAFKA_AWAY as error:
                _log.warning(logs.BROKER_LOST, error=type(error).__name__, seconds=wait_s)
            finally:
                await self._close(producer)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, WAIT_S_MAX)

    async def _close(self, producer: AIOKafkaProducer | None) -> None:
        for flight in self._flights:
            for _, _, future, _ in flight.parts:
                future.cancel()
            flight.parts = []
        if producer is not None:
            # A producer that cannot reach its broker would try for ever; what it held is kept here.
            await let_go(producer, CLOSE_S)

    async def _turn(self, producer: AIOKafkaProducer, batches: "asyncio.Queue[list[Composed]]") -> None:
        while len(self._flights) < IN_FLIGHT_MAX and (not self._flights or not batches.empty()):
            composed = await batches.get()
            flight = _Flight(composed, [])
            self._flights.append(flight)
            await self._hand_over(producer, flight)
        await self._settle(self._flights[0])
        self._flights.popleft()

    async def _hand_over(self, producer: AIOKafkaProducer, flight: _Flight) -> None:
        crash_point("relay.before_send")
        builders: dict[tuple[Topic, int], tuple[Any, list[int]]] = {}
        for number, one in enumerate(flight.composed):
            partition = self._partition(one.rows[0].city)
            for record in one.records:
                place = (record.topic, partition)
                while not self._append(builders, place, producer, record, number):
                    await self._ship(producer, flight, place, *builders.pop(place))
        for place, batch in builders.items():
            await self._ship(producer, flight, place, *batch)

    @staticmethod
    def _append(
        builders: dict[tuple[Topic, int], tuple[Any, list[int]]],
        place: tuple[Topic, int],
        producer: AIOKafkaProducer,
        record: Outgoing,
        number: int,
    ) -> bool:
        if place not in builders:
            builders[place] = (producer.create_batch(), [])
        builder, items = builders[place]
        if builder.append(timestamp=None, key=record.key, value=record.value, headers=record.headers) is None:
            return False
        items.append(number)
        return True

    async def _ship(
        self,
        producer: AIOKafkaProducer,
        flight: _Flight,
        place: tuple[Topic, int],
        builder: Any,
        items: list[int],
    ) -> None:
        builder.close()
        async with asyncio.timeout(DEADLINE_S):
            future = await producer.send_batch(builder, self._names.topic(place[0]), partition=place[1])
        flight.parts.append((*place, future, items))

    def _partition(self, city: str) -> int:
        if city not in self._partitions:
            raise NotReady(city)
        return self._partitions[city]

    async def _settle(self, flight: _Flight) -> None:
        where: dict[int, tuple[int, int]] = {}
        ends: dict[tuple[str, int], int] = {}
        lost: list[tuple[str, int, int]] = []
        async with asyncio.timeout(DEADLINE_S):
            for topic, partition, future, items in flight.parts:
                base = (await asyncio.shield(future)).offset
                if base < 0:
                    raise KafkaError("the broker named no offset")
                if topic not in (INBOX, QUARANTINE):
                    continue
                for place, number in enumerate(items):
                    where[number] = (partition, base + place if topic is INBOX else -1)
                if topic is INBOX:
                    name, end = self._names.topic(topic), base + len(items)
                    if base < self._floors.get((name, partition), 0):
                        lost.append((name, partition, end))
                    self._floors[name, partition] = ends[name, partition] = end
        crash_point("relay.sent")
        await self._spool.mark(
            [_mark(one, *where[number]) for number, one in enumerate(flight.composed)], ends
        )
        crash_point("relay.marked")
        self._count(flight.composed)
        self._on_marked(flight.composed)
        for name, partition, end in lost:
            await self._on_tail_lost(partition, {name: end})

    def _count(self, composed: Sequence[Composed]) -> None:
        for channel, count in Counter(one.rows[0].channel for one in composed if not one.error).items():
            metrics.RELAYED.labels(channel).inc(count)
        for one in composed:
            if one.error:
                metrics.QUARANTINED.labels(one.rows[0].channel).inc()
                _log.warning(
                    logs.LETTER_QUARANTINED,
                    number=one.rows[0].number,
                    channel=one.rows[0].channel,
                    reason=one.error,
                )
        _log.debug(logs.RELAY_SENT, count=len(composed))


def _mark(one: Composed, partition: int, offset: int) -> Mark:
    return Mark(
        seqs=[row.seq for row in one.rows],
        item=one.item,
        partition=partition,
        offset=offset,
        letter=one.rows[0].letter,
        revision=one.revision,
        digest=one.digest,
        error=one.error,
        files=one.files,
    )
