"""Reading strangers' letters: limits hold, only the culprit suffers, everybody's order is kept."""

import asyncio
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from doorkit import KEY

from pipeline.blobs import BlobStore
from pipeline.intake import preparing, worker
from pipeline.intake.accepting import Intake
from pipeline.intake.compose import Composed
from pipeline.intake.preparing import Preparer, TooManyFaults
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.intake.worker import Worker
from pipeline.settings import Settings
from schemas import ids, wire
from schemas.letter import Letter, Raw
from schemas.ports import Accept, Mailbox
from schemas.quarantine import Quarantined
from schemas.topics import INBOX, QUARANTINE

SUPPORT = Path(__file__).resolve().parents[2] / "support"
MEMORY_BYTES = 512 * 1024**2


@dataclass
class Reading:
    """A spool, an accept, and the preparer that reads what was accepted."""

    spool: Spool
    blobs: BlobStore
    accept: Accept
    preparer: Preparer
    lane: ThreadPoolExecutor

    async def say(self, body: str, conversation: str = "c", **changes: Any) -> str:
        """Accept one letter; its number."""
        fields: dict[str, Any] = {
            "account": "a", "external_id": body, "conversation": conversation, "letter_key": body,
            "body": body.encode(), "received_at": datetime.now(UTC), "on_conflict": "refuse",
        }  # fmt: skip
        (answer,) = await self.accept([Raw(**(fields | changes))])
        assert answer.outcome == "new"
        return answer.number

    async def batch(self) -> list[Composed]:
        return await asyncio.to_thread(self.preparer.next_batch)

    async def texts(self) -> list[str]:
        """What the next batch holds: letters' texts, "!error" for what goes to quarantine."""
        return [text_of(one) for one in await self.batch()]

    async def end_trials(self) -> None:
        await asyncio.to_thread(self.lane.submit(lambda: None).result)

    async def mark(self, composed: list[Composed]) -> None:
        marks = [
            Mark([row.seq for row in one.rows], one.item, 0, 0, one.rows[0].letter, one.revision, one.digest)
            for one in composed
        ]
        await self.spool.mark(marks, {})
        self.preparer.release(composed)


def letter_of(one: Composed) -> Letter:
    decoded = wire.decode(INBOX, one.records[0].value)
    assert isinstance(decoded, Letter)
    return decoded


def text_of(one: Composed) -> str:
    return f"!{one.error}" if one.error else letter_of(one).text


@pytest.fixture
async def read(
    spool: Spool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Reading]:
    plugin = tmp_path / "plugin" / "poison-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "METADATA").write_text("Name: poison\nVersion: 1\n")
    (plugin / "entry_points.txt").write_text("[xinshu.connectors]\npoison = poison_channel:Poison\n")
    start = f"import sys; sys.path[:0] = {[str(SUPPORT), str(plugin.parent)]!r}"
    run = f"{start}; from pipeline.intake.worker_main import main; main()"
    monkeypatch.setattr(Worker, "COMMAND", (sys.executable, "-P", "-c", run))
    monkeypatch.setattr(worker, "COMPANY_S", 1.0)
    blobs = BlobStore(settings.blobs_path)
    intake = Intake(spool, blobs, {"shili": KEY}, lambda: None)
    lane = ThreadPoolExecutor(1)
    workers = [Worker(("poison",), blobs, tmp_path / "scratch", MEMORY_BYTES, 1.5) for _ in range(2)]
    reader = spool.reader()
    preparer = Preparer(
        reader, worker=workers[0], alone=workers[1], lane=lane, blobs=blobs, keys={"shili": KEY},
        wake=lambda: None, faults_in_a_row_max=5,
    )  # fmt: skip
    accept = intake.accept_for("poison", {"a": Mailbox(city="shili", mailbox="mayor")})
    yield Reading(spool, blobs, accept, preparer, lane)
    await asyncio.to_thread(lane.shutdown)
    for one in workers:
        one.kill()
    reader.close()


async def test_letters_come_in_order_and_once(read: Reading) -> None:
    numbers = [await read.say(f"t{i}") for i in range(5)]
    batch = await read.batch()
    assert [letter_of(one).number for one in batch] == numbers
    assert await read.batch() == []
    await read.mark(batch)
    assert await read.batch() == []


@pytest.mark.faults
@pytest.mark.parametrize("poison", ["hang", "memory", "die"])
async def test_only_the_culprit_suffers(read: Reading, poison: str) -> None:
    await read.say("before", "victim")
    await read.say(f"{poison}:", "victim")
    await read.say("after", "victim")
    for i in range(20):
        await read.say(f"t{i}", f"c{i}")
    assert await read.texts() == ["before", *(f"t{i}" for i in range(20))]
    await read.say("later", "victim")
    await read.say("passing", "other")
    assert await read.texts() == ["passing"]
    await read.end_trials()
    assert await read.texts() == ["!parser_killed", "after", "later"]


async def test_what_cannot_be_read_is_kept_with_its_reason(read: Reading) -> None:
    number = await read.say("malformed:x")
    (one,) = await read.batch()
    record = wire.decode(QUARANTINE, one.records[0].value)
    assert isinstance(record, Quarantined)
    assert (record.error, record.detail, record.pieces) == ("malformed", "the third line", (b"malformed:x",))
    assert (record.number, record.origin, record.item_id) == (number, "door", one.item)
    assert one.records[0].topic is QUARANTINE


async def test_our_own_fault_is_named_without_words(read: Reading) -> None:
    await read.say("fault:x")
    await read.say("forged:x")
    faults = await read.batch()
    assert [one.error for one in faults] == ["ZeroDivisionError", "ValueError"]
    assert all(one.is_fault and b"citizen" not in one.records[0].value for one in faults)


async def test_a_flood_of_faults_stops_the_part(read: Reading) -> None:
    for i in range(5):
        await read.say(f"fault:{i}")
    with pytest.raises(TooManyFaults):
        await read.batch()
    await read.say("good")
    # Nothing was taken: the next process starts on all of it.
    assert len(read.spool.reader().execute("SELECT 1 FROM piece WHERE state=0").fetchall()) == 6


async def test_files_inside_letters_are_stored(read: Reading) -> None:
    await read.say("file:x")
    (one,) = await read.batch()
    (file,) = letter_of(one).attachments
    assert (file.name, file.media_type) == ("图.png", "image/png")
    assert read.blobs.read(file) == b"png" * 1000


async def test_the_worker_has_no_secrets(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINSHU_SECRET", "s3cret")
    await read.say("environment:")
    (text,) = await read.texts()
    assert set(text.split()) <= {"PATH", "LANG", "LC_CTYPE", "MALLOC_ARENA_MAX"}


async def test_text_is_made_bearable(read: Reading) -> None:
    await read.say("nul:")
    await read.say("long:")
    nul, long = [letter_of(one) for one in await read.batch()]
    assert (nul.text, nul.sender.name) == ("ab", "张三")
    assert len(long.text.encode()) <= 200 * 1024
    assert long.text_blob is not None
    assert read.blobs.read(long.text_blob).decode() == "长" * 100_000


async def test_the_same_rows_give_the_same_bytes(read: Reading) -> None:
    await read.say("t1")
    (first,) = await read.batch()
    read.preparer.release([first])
    read.preparer.rewind(first.rows[0].seq)
    (second,) = await read.batch()
    assert first.records == second.records
    letter = letter_of(first)
    assert first.item == ids.revision_id(letter.id, letter.digest)
    assert (letter.revision, letter.pieces, letter.city, letter.mailbox) == (1, 1, "shili", "mayor")
    assert len(letter.person) == 64


async def test_pieces_wait_for_each_other_and_others_pass(read: Reading) -> None:
    piece: dict[str, Any] = {"letter_key": "L", "pieces": 2}
    await read.say("second", piece_no=2, **piece)
    await read.say("behind")
    await read.say("passing", "other")
    assert await read.texts() == ["passing"]
    await read.say("first", piece_no=1, **piece)
    assert await read.texts() == ["first+second"]
    assert await read.texts() == ["behind"]


async def test_a_late_piece_is_a_revision(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "JOIN_S", 0.2)
    piece: dict[str, Any] = {"letter_key": "L", "pieces": 2}
    await read.say("first", piece_no=1, **piece)
    assert await read.texts() == []
    await asyncio.sleep(0.25)
    early = await read.batch()
    assert [text_of(one) for one in early] == ["first"]
    await read.mark(early)
    await read.say("second", piece_no=2, **piece)
    (late,) = await read.batch()
    before, after = letter_of(early[0]), letter_of(late)
    assert after.text == "first+second"
    assert (before.id, before.number) == (after.id, after.number)
    assert (before.revision, after.revision) == (1, 2)
    assert before.digest != after.digest


async def test_what_had_its_time_before_a_restart_waits_no_more(read: Reading) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    await read.say("first", letter_key="L", piece_no=1, pieces=2, received_at=old)
    assert await read.texts() == ["first"]
