"""What became of every letter, read from the outside: topics and the sinks' own files, never the line's own books.

``check`` is the promise turned into a question. For every yes that a sender heard: one number, the same each time; one
current decision for each part; for each part in scope one order id, one row in the case system's table, one inbox row
an event. Anything missing is *lost*, anything more than once is *double*.
"""

import asyncio
import contextlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from pipeline.kafka.reading import partitions_of
from pipeline.settings import Kafka
from schemas import topics, wire
from schemas.decision import Decided, InScope, Linked
from schemas.order import OrderEvent
from schemas.quarantine import Quarantined

READ_DEADLINE_S = 120.0
IDLE_POLLS_MAX = 60


async def _records(bootstrap: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    found: list[ConsumerRecord[bytes, bytes]] = []
    try:
        places = [
            TopicPartition(topic, number) for number in range(await partitions_of(Kafka(), bootstrap, topic))
        ]
        assert places, f"the broker has no topic {topic}"
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        idle = 0
        while any([await consumer.position(place) < ends[place] for place in places]):
            fetched = await consumer.getmany(timeout_ms=500, max_records=5000)
            idle = 0 if fetched else idle + 1
            if idle > IDLE_POLLS_MAX:
                raise TimeoutError(f"{topic}: the end was not reached")
            for batch in fetched.values():
                found += batch
    finally:
        await consumer.stop()
    return found


def records(bootstrap: str, topic: topics.Topic, prefix: str = "") -> list[ConsumerRecord[bytes, bytes]]:
    """Every committed record of *topic* at this moment, in order within each partition."""

    async def bounded() -> list[ConsumerRecord[bytes, bytes]]:
        async with asyncio.timeout(READ_DEADLINE_S):
            return await _records(bootstrap, prefix + topic.name)

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(bounded())


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's database, read only."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


@dataclass
class Picture:
    """Everything the topics say about letters."""

    decided: dict[str, dict[int, dict[UUID, Decided]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    linked: dict[str, dict[UUID, Linked]] = field(default_factory=lambda: defaultdict(dict))
    orders: dict[tuple[str, int], set[UUID]] = field(default_factory=lambda: defaultdict(set))
    events: dict[UUID, OrderEvent] = field(default_factory=dict)
    quarantined: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, bootstrap: str, prefix: str = "") -> "Picture":
        picture = cls()
        for record in records(bootstrap, topics.DECISION, prefix):
            picture._note(wire.decode(topics.DECISION, record.value) if record.value else None)
        for record in records(bootstrap, topics.ORDER, prefix):
            event: OrderEvent = wire.decode(topics.ORDER, record.value)
            picture.events[event.id] = event
            picture.orders[event.order.number, event.order.part].add(event.order.id)
        for record in records(bootstrap, topics.QUARANTINE, prefix):
            kept: Quarantined = wire.decode(topics.QUARANTINE, record.value)
            picture.quarantined.add(kept.number)
        return picture

    def _note(self, event: Any) -> None:
        if isinstance(event, Decided):
            self.decided[event.number][event.part][event.id] = event
        elif isinstance(event, Linked):
            self.linked[event.number][event.id] = event

    def current(self, number: str, part: int) -> list[Decided]:
        """The decisions of a part that none of its others supersedes: one, if all is well."""
        every = self.decided[number][part]
        gone = {event.supersedes for event in every.values()}
        return [event for event in every.values() if event.id not in gone]

    def known(self, number: str) -> bool:
        return number in self.decided or number in self.linked or number in self.quarantined


@dataclass
class Verdict:
    """What is wrong, in words; empty lists: nothing."""

    letters: int = 0
    orders: int = 0
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.lost and not self.double

    def __str__(self) -> str:
        head = (
            f"{self.letters} letters, {self.orders} orders, {len(self.lost)} lost, {len(self.double)} double"
        )
        return "\n".join([head, *self.lost[:10], *self.double[:10]])


def check(numbers: Iterable[str], picture: Picture, sql: Path | None, *, must_know: bool = True) -> Verdict:
    """Compare what senders heard with what stands. *must_know* False: letters may still be under way."""
    verdict = Verdict()
    wanted: dict[UUID, str] = {}
    for number in numbers:
        verdict.letters += 1
        if not picture.known(number):
            verdict.lost += [f"{number}: nothing was decided"] if must_know else []
            continue
        for part in picture.decided.get(number, {}):
            _check_part(picture, number, part, verdict, wanted)
    verdict.orders = len(wanted)
    if sql is not None:
        _check_table(sql, wanted, picture, verdict)
    return verdict


def _check_part(picture: Picture, number: str, part: int, verdict: Verdict, wanted: dict[UUID, str]) -> None:
    current = picture.current(number, part)
    if len(current) != 1:
        verdict.double.append(f"{number}-{part}: {len(current)} current decisions")
        return
    ids = picture.orders.get((number, part), set())
    if len(ids) > 1:
        verdict.double.append(f"{number}-{part}: {len(ids)} order ids")
    in_scope = isinstance(current[0].decision, InScope)
    # A copy, and the same matter of the same person, is worked on under the order of the letter it was linked to.
    carried = any(
        picture.orders.get((link.to_number, part)) for link in picture.linked.get(number, {}).values()
    )
    if in_scope and not ids and not carried:
        verdict.lost.append(f"{number}-{part}: in scope without an order")
    wanted.update(dict.fromkeys(ids, f"{number}-{part}"))


def _check_table(sql: Path, wanted: dict[UUID, str], picture: Picture, verdict: Verdict) -> None:
    with reading(sql) as database:
        rows = Counter(UUID(row[0]) for row in database.execute("SELECT order_id FROM work_order"))
        inbox = Counter(UUID(row[0]) for row in database.execute("SELECT event_id FROM inbox"))
    for order, whose in wanted.items():
        if rows[order] == 0:
            verdict.lost.append(f"{whose}: its order is not in the table")
    verdict.double += [f"order {order}: {count} rows" for order, count in rows.items() if count > 1]
    verdict.double += [f"event {event}: {count} inbox rows" for event, count in inbox.items() if count > 1]
    missing = [
        event for event in picture.events.values() if event.order.id in wanted and event.id not in inbox
    ]
    verdict.lost += [f"{event.order.number}: event {event.id} not in the sink's inbox" for event in missing]


def order_bodies(sql: Path) -> list[tuple[str, str]]:
    """(number, body) of every order in the table."""
    with reading(sql) as database:
        return [
            (str(number), str(body))
            for number, body in database.execute("SELECT number, body FROM work_order")
        ]


def has_order(sql: Path, number: str) -> bool:
    """Whether the case system's table holds an order of this letter."""
    if not sql.exists():
        return False
    with reading(sql) as database:
        return database.execute("SELECT 1 FROM work_order WHERE number = ?", (number,)).fetchone() is not None
