"""Letters of several pieces: whole where it can be, in time where it cannot, and what comes later is a revision."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from doorkit import open_spool
from readingkit import Reading, letter_of, text_of

from pipeline.blobs import BlobStore
from pipeline.intake import storing
from pipeline.intake.retention import retain
from pipeline.intake.spool import Spool
from pipeline.settings import Door, Settings

OPEN: dict[str, Any] = {"letter_key": "L", "pieces": 0}


async def said_later(read: Reading, hours: float, seqs: str = "1") -> None:
    """As if what is finished had been finished so many hours ago."""
    us = int(hours * 3_600_000_000)
    await read.spool._writer.submit(
        lambda c: c.execute(
            f"UPDATE piece SET finished_us=finished_us-{us}, received_us=received_us-{us} WHERE {seqs}"
        )
    )


async def test_pieces_wait_for_each_other_and_others_pass(read: Reading) -> None:
    piece: dict[str, Any] = {"letter_key": "L", "pieces": 2}
    await read.say("second", piece_no=2, **piece)
    await read.say("behind")
    await read.say("passing", "other")
    assert await read.texts() == ["passing"]
    await read.say("first", piece_no=1, **piece)
    assert await read.texts() == ["first+second"]
    assert await read.texts() == ["behind"]


async def test_a_late_piece_is_a_revision(read: Reading) -> None:
    read.preparer._join_s = 0.2
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


async def test_a_letter_of_open_length_goes_at_once_and_again_with_all_pieces(read: Reading) -> None:
    number = await read.say("one", **OPEN)
    first = await read.batch()
    assert [text_of(one) for one in first] == ["one"]
    await read.mark(first)
    assert await read.finish(first) == 1
    assert await read.say("two", piece_no=2, **OPEN) == number
    second = await read.batch()
    await read.mark(second)
    # The order of arrival, whatever the pieces' numbers.
    assert await read.say("three", piece_no=1, **OPEN) == number
    (third,) = await read.batch()
    assert [text_of(one) for one in (*second, third)] == ["one+two", "one+two+three"]
    assert [letter_of(one).revision for one in (*first, *second, third)] == [1, 2, 3]
    assert len({one.item for one in (*first, *second, third)}) == 3
    assert {letter_of(one).id for one in (*first, *second, third)} == {letter_of(third).id}


async def test_it_waits_until_nothing_new_comes_and_only_its_conversation_waits(read: Reading) -> None:
    await read.say("one", quiet_s=0.6, **OPEN)
    await read.say("behind")
    await read.say("passing", "other")
    assert await read.texts() == ["passing"]
    await asyncio.sleep(0.4)
    await read.say("two", quiet_s=0.6, **OPEN)
    assert await read.texts() == []
    await asyncio.sleep(0.4)  # the first one's time is over, the second one's is not
    assert await read.texts() == []
    await asyncio.sleep(0.3)
    assert await read.texts() == ["one+two", "behind"]


async def test_the_newest_piece_says_how_long(read: Reading) -> None:
    await read.say("photo", quiet_s=30, **OPEN)
    assert await read.texts() == []
    await read.say("the end", quiet_s=0, **OPEN)
    assert await read.texts() == ["photo+the end"]


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_is_wrong_holds_up_nobody_for_ever(read: Reading, hours: int) -> None:
    read.preparer._join_s = 0.2
    at = datetime.now(UTC) + timedelta(hours=hours)
    await read.say("open", "c1", quiet_s=0.2, received_at=at, **OPEN)
    await read.say("counted", "c2", letter_key="M", pieces=2, received_at=at)
    texts = await read.texts()
    await asyncio.sleep(0.25)
    assert sorted(texts + await read.texts()) == ["counted", "open"]


async def test_what_comes_while_the_letter_is_on_its_way_is_the_next_revision(read: Reading) -> None:
    await read.say("one", **OPEN)
    first = await read.batch()
    await read.say("two", **OPEN)
    second = await read.batch()
    assert [(text_of(one), letter_of(one).revision) for one in (*first, *second)] == [
        ("one", 1),
        ("one+two", 2),
    ]
    await read.mark(first)
    await read.mark(second)
    await read.say("three", **OPEN)
    (third,) = await read.batch()
    assert letter_of(third).revision == 3
    assert await read.finish([*first, *second]) == 2


async def test_the_same_pieces_sent_again_are_the_same_revision(read: Reading) -> None:
    await read.say("one", **OPEN)
    await read.mark(await read.batch())
    await read.say("two", **OPEN)
    (sent,) = await read.batch()
    await read.mark([sent])
    await read.spool.send_again([1, 2])
    read.preparer.rewind(1)
    (again,) = await read.batch()
    assert again.records == sent.records
    await read.mark([again])
    # Both rows carry the newest item now: one decision finishes both.
    assert await read.finish([sent]) == 2


async def test_an_open_letters_place_is_never_taken(read: Reading) -> None:
    first = await read.say("one", on_conflict="new", external_id="m1", **OPEN)
    edited = await read.say("one, edited", on_conflict="new", external_id="m1", **OPEN)
    assert first == edited
    assert await read.texts() == ["one+one, edited"]


async def test_a_letter_that_becomes_readable_is_no_longer_listed_as_unreadable(read: Reading) -> None:
    read.preparer._join_s = 0.0
    await read.say("malformed:", letter_key="L", piece_no=2, pieces=2)
    bad = await read.batch()
    assert [text_of(one) for one in bad] == ["!malformed"]
    await read.mark(bad)
    errors = "SELECT error FROM piece ORDER BY seq"
    assert read.spool.reader().execute(errors).fetchall() == [("malformed",)]
    await read.say("first", letter_key="L", piece_no=1, pieces=2)
    good = await read.batch()
    assert [(text_of(one), one.revision) for one in good] == [("first+malformed:", 2)]
    await read.mark(good)
    assert read.spool.reader().execute(errors).fetchall() == [(None,), (None,)]


async def test_pieces_go_together_and_what_comes_after_them_is_another_letter(
    read: Reading, blobs: BlobStore
) -> None:
    door = Door(kept_hours=72)
    number = await read.say("one", **OPEN)
    first = await read.batch()
    await read.mark(first)
    await read.finish(first)
    await said_later(read, 100)
    await read.say("two", **OPEN)
    # The first piece is old enough, but its letter has news: both stay.
    await retain(read.spool, blobs, door)
    (second,) = await read.batch()
    assert text_of(second) == "one+two"
    await read.mark([second])
    await read.finish([second])
    await retain(read.spool, blobs, door)
    assert read.spool.reader().execute("SELECT count(*) FROM body").fetchone() == (2,)
    await said_later(read, 100, "seq=2")
    deleted = await retain(read.spool, blobs, door)
    assert deleted["bytes"] == 2
    later = await read.say("three", **OPEN)
    assert later != number
    assert await read.say("four", **OPEN) == later
    (third,) = await read.batch()
    assert (text_of(third), letter_of(third).number, letter_of(third).revision) == ("three+four", later, 1)


async def test_a_letter_has_so_many_pieces_at_most(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PIECES_MAX", 3)
    numbers = [await read.say(str(n), **OPEN) for n in range(7)]
    assert [numbers.count(number) for number in dict.fromkeys(numbers)] == [3, 3, 1]
    assert await read.texts() == ["0+1+2", "3+4+5", "6"]


async def test_a_spool_of_an_earlier_release_is_brought_up_to_date(spool: Spool, settings: Settings) -> None:
    await spool.close()

    def indexes() -> set[str]:
        with sqlite3.connect(settings.spool_path) as connection:
            return {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='index'")
            }

    with sqlite3.connect(settings.spool_path) as connection:
        connection.execute("DROP INDEX piece_of_letter")
        connection.execute("CREATE INDEX piece_of_many ON piece (letter) WHERE pieces > 1")
    reopened = open_spool(settings)
    assert "piece_of_letter" in indexes()
    assert "piece_of_many" not in indexes()
    plan = reopened.reader().execute(
        "EXPLAIN QUERY PLAN SELECT seq FROM piece p WHERE p.letter=? AND p.pieces<>1", (b"",)
    )
    assert "piece_of_letter" in str(plan.fetchall())
    await reopened.close()
