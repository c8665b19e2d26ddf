"""Delivery against a real broker and real sinks: every event once in the sink, whatever dies."""

import asyncio
import contextlib
import json
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from backline import BackLine, Said, order_event, ordered, until

from pipeline.delivery import run_delivery
from schemas import wire
from schemas.order import Receipt
from schemas.topics import ORDER, RECEIPT, Names

pytestmark = pytest.mark.integration


@pytest.fixture
async def line(tmp_path: Path, kafka: str, names: Names) -> BackLine:
    sinks = {"main": {"kind": "sql", "path": str(tmp_path / "orders.db"), "busy_timeout_s": 0.2}}
    line = BackLine(tmp_path, kafka, names.prefix, sinks=sinks)
    await line.prepare()
    return line


@contextlib.asynccontextmanager
async def delivering(line: BackLine) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_delivery(line.settings, line.bootstrap, stop=stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


def rows(line: BackLine, query: str = "SELECT event_id FROM inbox ORDER BY rowid") -> list[tuple[Any, ...]]:
    path = Path(line.settings.sinks["main"]["path"])
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError:  # the tables are not there yet
            return []


async def receipts(line: BackLine) -> list[Receipt]:
    return [wire.decode(RECEIPT, record.value) for record in await line.read(RECEIPT)]


async def until_receipts(line: BackLine, count: int) -> list[Receipt]:
    for _ in range(300):
        found = await receipts(line)
        if len(found) >= count:
            return found
        await asyncio.sleep(0.05)
    pytest.fail(f"only {len(found)} receipts came")


async def test_every_event_in_order_with_a_receipt_in_the_citys_partition(line: BackLine) -> None:
    events = [order_event(n, revision) for n in range(20) for revision in (1, 2)]
    await line.write(*map(ordered, events), partition=1)
    async with delivering(line):
        await until_receipts(line, 40)
    assert rows(line) == [(str(event.id),) for event in events]
    records = await line.read(RECEIPT)
    assert {(record.partition, record.key) for record in records} == {
        (1, str(event.id).encode()) for event in events
    }
    assert {receipt.outcome for receipt in await receipts(line)} == {"delivered"}
    async with delivering(line):  # what was committed is not handed over again
        await line.write(ordered(order_event(99)))
        await until_receipts(line, 41)
    assert len(await receipts(line)) == 41


@pytest.mark.faults
@pytest.mark.parametrize(
    "point", ["delivery.before_effect:4", "delivery.effect_done:4", "delivery.receipt_sent"]
)
async def test_killed_at_every_hand_over(line: BackLine, point: str) -> None:
    events = [order_event(n) for n in range(10)]
    await line.write(*map(ordered, events))
    async with line.part("delivery", crash=point) as child:
        assert await child.died() == -signal.SIGKILL
    async with line.part("delivery"):
        found = await until_receipts(line, 20 if point == "delivery.receipt_sent" else 10)
    assert rows(line) == [(str(event.id),) for event in events]
    assert {receipt.event_id for receipt in found} == {event.id for event in events}
    again = Counter(receipt.outcome for receipt in found)["already_there"]
    assert (
        again
        == {"delivery.before_effect:4": 3, "delivery.effect_done:4": 4, "delivery.receipt_sent": 10}[point]
    )


async def test_what_cannot_be_read_is_passed_by_and_nothing_else(line: BackLine) -> None:
    first, last = order_event(1), order_event(2)
    await line.write(
        ordered(first), Said(ORDER, "x", b'{"tag": "opened"'), Said(ORDER, "y", b"3"), Said(ORDER, "z", None),
        ordered(last),
    )  # fmt: skip
    async with delivering(line):
        await until_receipts(line, 2)
    assert rows(line) == [(str(first.id),), (str(last.id),)]


async def test_a_busy_sink_is_asked_again_and_nothing_is_skipped(line: BackLine) -> None:
    async with delivering(line):
        await line.write(ordered(order_event(1)))
        await until_receipts(line, 1)
        with contextlib.closing(
            sqlite3.connect(line.settings.sinks["main"]["path"], isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            await line.write(*(ordered(order_event(n)) for n in range(2, 6)))
            await asyncio.sleep(1)
            assert len(rows(line)) == 1
            other.execute("ROLLBACK")
        await until_receipts(line, 5)
    assert len(rows(line)) == 5
    assert len(await receipts(line)) == 5


async def test_a_refusal_is_written_down_and_the_next_goes_on(line: BackLine) -> None:
    async with delivering(line):
        await line.write(ordered(order_event(1)))
        await until_receipts(line, 1)
        with contextlib.closing(
            sqlite3.connect(line.settings.sinks["main"]["path"], isolation_level=None)
        ) as other:
            other.execute(
                "CREATE TRIGGER no BEFORE INSERT ON work_order WHEN NEW.number LIKE '%2' "
                "BEGIN SELECT raise(ABORT, '不收'); END"
            )
        await line.write(*(ordered(order_event(n)) for n in (2, 3)))
        found = await until_receipts(line, 3)
    outcomes = {receipt.event_id: receipt.outcome for receipt in found}
    assert [outcomes[order_event(n).id] for n in (1, 2, 3)] == ["delivered", "refused", "delivered"]


@pytest.mark.faults
async def test_a_topic_that_lost_its_records_and_filled_up_again_is_delivered_whole(line: BackLine) -> None:
    await line.write(*(ordered(order_event(n)) for n in (1, 2)))
    async with delivering(line):
        await until(lambda: len(rows(line)) == 2)
        await line.recreate(ORDER)
        await line.write(*(ordered(order_event(n)) for n in range(2, 20)))
        await until(lambda: len(rows(line)) == 19, 60)
    assert {row[0] for row in rows(line)} == {str(order_event(n).id) for n in range(1, 20)}


async def test_each_sink_has_its_own_place_and_its_own_cities(
    tmp_path: Path, kafka: str, names: Names
) -> None:
    path = tmp_path / "orders.jsonl"
    line = BackLine(
        tmp_path, kafka, names.prefix,
        sinks={
            "main": {"kind": "sql", "path": str(tmp_path / "orders.db")},
            "lines": {"kind": "jsonl", "path": str(path), "cities": ["other"]},
        },
    )  # fmt: skip
    await line.prepare()
    await line.write(ordered(order_event(1)), ordered(order_event(2, city="other")))
    async with delivering(line):
        await until(lambda: len(rows(line)) == 2)
        await until(lambda: path.exists() and path.read_bytes().count(b"\n") == 1)
        found = await until_receipts(line, 2)
    assert json.loads(path.read_text())["event"]["id"] == str(order_event(2, city="other").id)
    assert json.loads(path.read_text())["topic"] == line.names.topic(ORDER)
    assert Counter(receipt.sink for receipt in found) <= Counter({"main": 2, "lines": 1})
