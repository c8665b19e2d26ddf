"""The back of the line under test: topics of its own on a real broker, records as the desk writes them, parts as processes.

Nothing here judges: the records are made by hand, so that every case of a consumer can be tried.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord

from pipeline.crash import ENVIRONMENT
from pipeline.kafka.cities import place_cities
from pipeline.kafka.clients import admin, transactional_producer
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import Settings
from schemas import ids, wire
from schemas.base import Record
from schemas.order import OrderEvent, WorkOrder
from schemas.topics import ORDER, Names, Topic

CITY = "jiangcheng"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
_CHILD = (
    "import sys; from pipeline.assembly import run; from pipeline.settings import Settings;"
    "sys.exit(run(sys.argv[1], Settings.model_validate_json(sys.argv[2]), lambda: sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A record to be written: on which topic, under which key; None is a tombstone, bytes are written as they are."""

    topic: Topic
    key: str
    value: Record | bytes | None


def letter_of(n: int) -> UUID:
    return ids.letter_id(CITY, "mayor", "web_form", "form", f"letter-{n}")


def number_of(n: int) -> str:
    """Sixteen digits; no check digit is needed behind the door."""
    return f"{n:016d}"


def order_event(n: int, revision: int = 1, tag: str = "opened", city: str = CITY) -> OrderEvent:
    """The order of letter *n*."""
    letter = letter_of(n)
    cause = ids.revision_id(letter, f"{revision:064x}")
    order = WorkOrder(
        id=ids.order_id(letter, 1), number=number_of(n), part=1, revision=revision, letter_ids=(letter,), city=city,
        mailbox="mayor", channel="web_form", kind="投诉", title=f"第 {n} 件：路灯不亮", body="解放路 12 号门前的路灯坏了三天。",
        unit="城市管理局", received_at=AT, due_at=AT + timedelta(days=21),
    )  # fmt: skip
    return OrderEvent.model_validate(
        {
            "id": ids.event_id(order.id, tag, cause), "tag": tag, "city": city, "order": order, "cause": cause, "at": AT,
        }
    )  # fmt: skip


def ordered(event: OrderEvent) -> Said:
    return Said(ORDER, str(event.order.id), event)


class BackLine:
    """Settings, topics and processes of one test."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, **tables: Any) -> None:
        self.bootstrap = bootstrap
        self.names = Names(prefix)
        self.settings = Settings.model_validate(
            {
                "var": folder / "var", "log_format": "json",
                "kafka": {"prefix": prefix, "partitions": 2, "bootstrap_servers": bootstrap},
                "cities": {CITY: {"title": "江城市", "fallback_unit": "市政府办公室"}},
                "delivery": {"health_port": 0, "retry_wait_s_max": 1.0}, "register": {"portal_port": 0},
                **tables,
            }
        )  # fmt: skip

    async def prepare(self) -> None:
        await create_missing(self.settings, self.bootstrap)
        await place_cities(self.settings, self.bootstrap)

    async def write(self, *said: Said, partition: int = 0) -> None:
        """One transaction, as the desk writes: the topics get their control records."""
        writer = transactional_producer(
            self.settings.kafka, self.bootstrap, f"{self.names.prefix}test.{partition}"
        )
        await writer.start()
        try:
            async with writer.transaction():
                for one in said:
                    value = wire.encode(one.value) if isinstance(one.value, Record) else one.value
                    await writer.send(
                        self.names.topic(one.topic), value, key=one.key.encode(), partition=partition,
                        headers=[wire.CONTENT_TYPE, ("city", CITY.encode()), ("odd", b"\xff\xfe")],
                    )  # fmt: skip
        finally:
            await writer.stop()

    async def recreate(self, *topics: Topic) -> None:
        """The broker lost everything that stood on these topics."""
        client = admin(self.settings.kafka, self.bootstrap)
        await client.start()
        try:
            await client.delete_topics([self.names.topic(topic) for topic in topics])
            for _ in range(200):
                if not {self.names.topic(topic) for topic in topics} & set(await client.list_topics()):
                    break
                await asyncio.sleep(0.05)
        finally:
            await client.close()
        await create_missing(self.settings, self.bootstrap)

    async def read(self, topic: Topic, partitions: Iterable[int] = (0, 1)) -> list[ConsumerRecord]:
        """Every committed record that stands there now."""
        name = self.names.topic(topic)
        return [
            record
            async for record in read_to_end(self.settings.kafka, self.bootstrap, name, tuple(partitions))
        ]

    @asynccontextmanager
    async def part(self, name: str, crash: str = "", **environ: str) -> AsyncIterator["Child"]:
        """The part as a process of its own; stopped by SIGTERM at the end, which must end well."""
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, name, self.settings.model_dump_json(by_alias=True), self.bootstrap],
            env={**os.environ, **environ, **({ENVIRONMENT: crash} if crash else {})},
            stderr=subprocess.PIPE,
        )  # fmt: skip
        child = Child(process)
        reading = asyncio.create_task(child.collect())
        try:
            yield child
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, 30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            finally:
                await reading
        assert process.returncode in {0, -signal.SIGKILL}, child.said


class Child:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.said = ""

    async def collect(self) -> None:
        assert self.process.stderr is not None
        self.said = (await asyncio.to_thread(self.process.stderr.read)).decode()
        self.process.stderr.close()

    async def died(self, timeout_s: float = 30.0) -> int:
        """Wait for its end."""
        return await asyncio.to_thread(self.process.wait, timeout_s)


async def until(condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """Wait for *condition* to be true; its value."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)
    return found
