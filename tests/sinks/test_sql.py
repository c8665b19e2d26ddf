"""The SQL sink: what stands in the case system's tables, and what it says when it cannot write there."""

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Refused, Unavailable
from schemas.order import Contact, OrderEvent
from sinks.contract import position, trial_event
from sinks.sql import Sql, SqlSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture
async def sink(path: Path) -> AsyncIterator[Sql]:
    sink = Sql(SqlSettings(path=path, busy_timeout_s=0.2), "main")
    yield sink
    await sink.close()


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


async def test_the_order_as_it_stands(sink: Sql, path: Path) -> None:
    await sink.deliver(trial_event("a"), None, position(1))
    await sink.deliver(trial_event("a", 2, "appended"), None, position(2))
    rows = read(path, "SELECT revision, state, body, unit, due_at, contact_phone FROM work_order")
    assert rows == [
        (
            2, "open", "这是一条试投工单，请勿派办。第 2 版。\n第二行，带引号 \" ' 和表情 🙂", "试投单位",
            "2026-03-23T01:30:00+00:00", None,
        )
    ]  # fmt: skip
    kept = read(path, 'SELECT kind, revision, topic, "partition", "offset", json FROM inbox ORDER BY rowid')
    assert [row[:5] for row in kept] == [
        ("opened", 1, "work.order.v1", 0, 1),
        ("appended", 2, "work.order.v1", 0, 2),
    ]
    assert OrderEvent.model_validate_json(kept[1][5]) == trial_event("a", 2, "appended")


async def test_an_older_event_that_comes_late_is_kept_but_turns_nothing_back(sink: Sql, path: Path) -> None:
    for event in (trial_event("a", 3, "withdrawn"), trial_event("a", 2, "appended"), trial_event("a")):
        assert (await sink.deliver(event, None, position(1))).outcome == "delivered"
    assert read(path, "SELECT revision, state FROM work_order") == [(3, "withdrawn")]
    assert read(path, "SELECT count(*) FROM inbox") == [(3,)]


async def test_a_contact_stays_when_a_later_event_has_none(sink: Sql, path: Path) -> None:
    await sink.deliver(trial_event("a"), Contact(name="张三", phone="13800000001"), position(1))
    await sink.deliver(trial_event("a", 2, "appended"), None, position(2))
    assert read(path, "SELECT revision, contact_name, contact_phone FROM work_order") == [
        (2, "张三", "13800000001")
    ]


async def test_busy_is_unavailable_and_leaves_nothing_half(sink: Sql, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="SQLITE_BUSY"):
            await sink.deliver(trial_event("a"), None, position(1))
        other.execute("ROLLBACK")
    assert (await sink.deliver(trial_event("a"), None, position(1))).outcome == "delivered"


async def test_full_is_unavailable_and_leaves_nothing_half(sink: Sql, path: Path) -> None:
    pages = read(path, "PRAGMA page_count")[0][0]
    sink._thread.submit(sink._db.execute, f"PRAGMA max_page_count = {pages}").result()
    taken = 0

    async def fill() -> None:
        nonlocal taken
        for n in range(50):
            await sink.deliver(trial_event(f"a{n}"), None, position(n))
            taken += 1

    with pytest.raises(Unavailable, match="SQLITE_FULL"):
        await fill()
    sink._thread.submit(sink._db.execute, "PRAGMA max_page_count = 100000").result()
    assert read(path, "SELECT count(*) FROM work_order") == [(taken,)]
    assert read(path, "SELECT count(*) FROM inbox") == [(taken,)]
    again = await sink.deliver(trial_event(f"a{taken}"), None, position(1))
    assert again.outcome == "delivered"


async def test_a_case_system_that_says_no_is_refused(sink: Sql, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TRIGGER no BEFORE INSERT ON work_order BEGIN SELECT raise(ABORT, '不收'); END")
    with pytest.raises(Refused, match="SQLITE_CONSTRAINT_TRIGGER"):
        await sink.deliver(trial_event("a"), None, position(1))
    assert read(path, "SELECT count(*) FROM inbox") == [(0,)]


async def test_tables_changed_under_us_are_asked_for_again(sink: Sql, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("ALTER TABLE work_order RENAME TO orders")
        with pytest.raises(Unavailable):
            await sink.deliver(trial_event("a"), None, position(1))
        other.execute("ALTER TABLE orders RENAME TO work_order")
    assert (await sink.deliver(trial_event("a"), None, position(1))).outcome == "delivered"


def test_a_database_of_another_version_is_refused(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE inbox (x)")
    with pytest.raises(Refused, match="version 0"):
        Sql(SqlSettings(path=path), "main")


def test_no_database_and_no_place_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("这不是数据库" * 200)
    with pytest.raises(Refused, match="no SQLite database"):
        Sql(SqlSettings(path=tmp_path / "text"), "main")
    for place in (tmp_path / "text" / "orders.db", tmp_path):
        with pytest.raises(Refused, match="cannot open"):
            Sql(SqlSettings(path=place), "main")


async def test_durable_by_its_pragmas(sink: Sql) -> None:
    def pragma(name: str) -> object:
        return sink._thread.submit(lambda: sink._db.execute(f"PRAGMA {name}").fetchone()[0]).result()

    assert (pragma("journal_mode"), pragma("synchronous")) == ("wal", 2)


@pytest.mark.parametrize(("version", "first_missing"), [(1, "units"), (2, "publication")])
async def test_tables_of_earlier_versions_get_the_columns_that_came_since(
    path: Path, version: int, first_missing: str
) -> None:
    from sinks.sql import sink as module

    now = (Path(module.__file__).parent / "schema.sql").read_text("utf-8")
    before = re.sub(rf",( *--[^\n]*\n) +{first_missing} .*?\n\) STRICT", r"\1) STRICT", now, flags=re.DOTALL)
    if version == 1:
        before = re.sub(r"CREATE INDEX work_order_by_incident[^;]*;", "", before)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(before + f"PRAGMA user_version = {version};")
    assert first_missing not in before
    again = Sql(SqlSettings(path=path), "main")
    event = trial_event("a", 2, "reminded")
    marked = event.order.model_copy(
        update={"reminders": 1, "marks": ("催办",), "territory": "510104", "publication": "reviewed"}
    )
    await again.deliver(event.model_copy(update={"order": marked}), None, position(2))
    await again.close()
    rows = read(
        path,
        "SELECT revision, reminders, marks, territory, incident_id, units, state, publication, answered_by FROM work_order",
    )
    assert rows == [(2, 1, '["催办"]', "510104", None, "[]", "open", "reviewed", "unit")]
    assert read(path, "PRAGMA user_version") == [(module.SCHEMA_VERSION,)]
