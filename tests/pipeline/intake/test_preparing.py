"""Reading strangers' letters: limits hold, only the culprit suffers, everybody's order is kept."""

import pytest
from readingkit import Reading, letter_of

from pipeline.intake.preparing import TooManyFaults
from schemas import ids, wire
from schemas.quarantine import Quarantined
from schemas.topics import QUARANTINE


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
    assert set(text.split()) <= {"PATH", "LANG", "LC_CTYPE", "MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS"}


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
