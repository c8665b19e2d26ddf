"""The register against a real broker: what the topics say stands in the tables, whatever dies, and again after a rebuild."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from backline import BackLine, Child, Said, until
from backstory import Tale

from pipeline.register.database import Writer
from pipeline.register.reader import Reader, dumping
from pipeline.register.rebuild import rebuild
from pipeline.trouble import Trouble
from schemas.topics import DECISION, INBOX, Names

pytestmark = pytest.mark.integration


@pytest.fixture
async def line(tmp_path: Path, kafka: str, names: Names) -> BackLine:
    line = BackLine(tmp_path, kafka, names.prefix)
    await line.prepare()
    return line


def content(line: BackLine) -> list[str]:
    with dumping(line.settings.register_path) as rows:
        return list(rows)


def facts(line: BackLine) -> int:
    try:
        return sum(row.startswith("fact") for row in content(line))
    except Trouble:
        return -1


@contextlib.asynccontextmanager
async def registering(line: BackLine, crash: str = "", rows: int = 0) -> AsyncIterator[Child]:
    async with line.part("register", crash=crash) as child:
        if rows:
            await until(lambda: facts(line) >= rows)
        yield child


def everything() -> list[Said]:
    held, other = Tale(2), Tale(3)
    hold = held.decided("held")
    return [
        *Tale(1).whole(), Tale(1).status("signed"), Tale(1).noted("signed"), Tale(1).letter(2, "又补充一张照片。"),
        Tale(1).order(2, "appended"), held.letter(), hold, held.instruction(), held.decided("in_scope", hold),
        held.order(), other.letter(), other.linked(Tale(1)), Tale(4).raised(), Tale(4).letter(), Tale(4).confirmed(),
        Tale(5).quarantined(),
    ]  # fmt: skip


async def test_what_the_topics_say_stands_in_the_tables(line: BackLine) -> None:
    said = everything()
    await line.write(*said)
    async with registering(line, rows=len(said) - 1):
        pass
    with Reader(line.settings.register_path) as reader:
        story = reader.story(Tale(1).number)
        assert story is not None
        assert story.parts[0].state == "signed"
        assert story.parts[0].order is not None
        assert story.parts[0].order.order.revision == 2
        assert story.parts[0].due_at is not None
        assert reader.city_of(Tale(2).number) == "jiangcheng"
        assert reader.held() == []  # decided by a person meanwhile
        assert [(alert.number, alert.state, alert.cue) for alert in reader.alerts()] == [
            (Tale(4).number, "confirmed", "轻生")
        ]
        assert [one.number for one in reader.quarantined()] == [Tale(5).number]
        contact = reader.contact(Tale(1).id)
        assert contact is not None
        assert contact.phone == "13800000001"
        assert reader.story("0" * 16) is None
    assert not [row for row in content(line) if row.startswith("fact") and "张三" in row]


async def test_a_relayed_older_revision_turns_nothing_back(line: BackLine) -> None:
    tale = Tale(1)
    await line.write(tale.letter(2, "新的"), tale.letter(1, "旧的"), tale.decided("held"))
    async with registering(line, rows=2), contextlib.AsyncExitStack():
        with Reader(line.settings.register_path) as reader:
            await until(lambda: len(reader.held()) == 1)
            story = reader.story(tale.number)
    assert story is not None
    assert next(getattr(entry.record, "text", "") for entry in story.entries) == "新的"


@pytest.mark.faults
@pytest.mark.parametrize("point", ["register.before_commit", "register.committed"])
async def test_killed_at_every_hand_over(line: BackLine, point: str) -> None:
    said = everything()
    await line.write(*said)
    async with registering(line, crash=point) as child:
        assert await child.died() == -signal.SIGKILL
    assert facts(line) == (0 if point == "register.before_commit" else len(said) - 1)
    async with registering(line, rows=len(said) - 1):
        await line.write(*Tale(9).whole(), partition=1)
        await until(lambda: facts(line) == len(said) - 1 + 5)
    live = content(line)
    assert await rebuild(line.settings, line.bootstrap) == len(said) + 5
    assert content(line) == live


async def test_rebuilt_beside_a_running_register(line: BackLine) -> None:
    said = everything()
    await line.write(*said)
    async with registering(line, rows=len(said) - 1) as child:
        before = content(line)
        await rebuild(line.settings, line.bootstrap)
        assert content(line) == before
        await line.write(*Tale(9).whole())
        assert await child.died() == 75  # it noticed; its parent would start it again
        child.process.returncode = 0
    async with registering(line, rows=len(said) - 1 + 5):
        pass
    assert facts(line) == len(said) - 1 + 5


async def test_a_fresh_file_reads_everything_again_and_unreadable_records_are_passed_by(
    line: BackLine,
) -> None:
    await line.write(
        Said(INBOX, "x", b"\xff"),
        *Tale(1).whole(),
        Said(DECISION, "y", b'{"tag":"new"}'),
        Said(DECISION, "z", None),
    )
    async with registering(line, rows=5):
        pass
    before = content(line)
    for path in line.settings.register_path.parent.iterdir():
        path.unlink()
    async with registering(line, rows=5):
        pass
    assert content(line) == before


async def test_an_offset_outside_the_topic_is_read_from_the_beginning(line: BackLine) -> None:
    await line.write(*Tale(1).whole())
    async with registering(line, rows=5):
        pass
    before = content(line)
    writer = Writer(line.settings.register_path)
    with writer.transaction() as db:
        db.execute("DELETE FROM fact")
        db.execute("UPDATE place SET next_offset = 100000")
    writer.close()
    async with registering(line, rows=5) as child:
        await asyncio.sleep(0)
    assert content(line) == before
    assert "topic.lost_records" in child.said


@pytest.mark.faults
async def test_topics_that_lost_their_records_and_filled_up_again_are_read_from_where_they_differ(
    line: BackLine,
) -> None:
    await line.write(*(Tale(n).letter() for n in range(5)))
    async with registering(line, rows=5):
        pass
    await line.recreate(INBOX)
    await line.write(*(Tale(n).letter() for n in range(10, 30)))  # our old place lies inside them
    async with registering(line, rows=25) as child:
        await line.recreate(INBOX)
        await line.write(*(Tale(n).letter() for n in range(30, 60)))  # and now while it runs
        await until(lambda: facts(line) == 55, 60)
    assert "topic.lost_records" in child.said


async def test_two_registers_on_one_file_are_refused_and_another_version_too(line: BackLine) -> None:
    async with registering(line, rows=0):
        await until(line.settings.register_path.exists)
        await until(lambda: facts(line) == 0)
        async with line.part("register") as second:
            assert await second.died() != 0
            second.process.returncode = 0
        assert "Trouble" in second.said
    writer = Writer(line.settings.register_path)
    writer.db.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'")
    writer.close()
    with pytest.raises(Trouble, match="other_version"):
        Reader(line.settings.register_path)
    await line.write(*Tale(1).whole())
    assert await rebuild(line.settings, line.bootstrap) == 5
    assert facts(line) == 5
    assert not list(line.settings.register_path.parent.glob("*rebuilding*"))
