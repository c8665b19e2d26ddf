"""The spool: same key same answer, one number each, all or nothing, nothing lost by a full or failing disk."""

import asyncio
import sqlite3
import stat
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from doorkit import ACCOUNTS, AT, KEY, one, open_spool, raw

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake import reading, schema
from pipeline.intake.accepting import INLINE_BYTES_MAX, Intake
from pipeline.intake.spool import Spool
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas import ids
from schemas.errors import Conflict, Malformed, Unavailable
from schemas.inbox import OrderState, Status
from schemas.letter import BlobRef, RegisteredAgain, RegisteredNew
from schemas.ports import Accept


async def test_a_letter_is_there_with_its_number(accept: Accept, spool: Spool) -> None:
    new = await one(accept, raw())
    assert new.outcome == "new"
    assert numbers.is_number(new.number)
    assert new.number == numbers.registration_number(KEY, new.letter_id)
    assert new.query_code == numbers.query_code(KEY, new.letter_id)
    (row,) = reading.waiting(spool.reader(), 0, 10, 10**6)
    assert (row.body, row.number, row.city, row.mailbox) == (b"letter", new.number, "shili", "mayor")
    assert b"received_at" in row.meta
    assert reading.letter_of(spool.reader(), new.number) == reading.Found(new.letter_id, "shili", AT)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "again"),
        ({"received_at": AT + timedelta(days=1)}, "again"),
        ({"conversation": "other"}, "again"),
        ({"body": b"other"}, "conflict"),
        ({"media_type": "text/plain"}, "conflict"),
        ({"key": "k2"}, "new"),
        ({"account": "water"}, "new"),
    ],
)
async def test_the_same_key_again(accept: Accept, changes: dict[str, Any], outcome: str) -> None:
    first = await one(accept, raw())
    (second,) = await accept([raw(**changes)])
    assert second.outcome == outcome
    if isinstance(second, RegisteredAgain):
        assert (second.number, second.query_code) == (first.number, first.query_code)
    if isinstance(second, RegisteredNew):
        assert second.number != first.number


async def test_another_body_is_another_letter_where_the_channel_says_so(accept: Accept) -> None:
    first = await one(accept, raw(on_conflict="new"))
    other = await one(accept, raw(body=b"other", on_conflict="new"))
    again = await one(accept, raw(on_conflict="new"))
    assert (first.outcome, other.outcome, again.outcome) == ("new", "new", "again")
    assert again.number == first.number != other.number


async def test_two_at_once_are_one(accept: Accept) -> None:
    answers = await asyncio.gather(*(one(accept, raw()) for _ in range(50)))
    assert len({answer.number for answer in answers}) == 1
    assert sorted(answer.outcome for answer in answers).count("new") == 1


async def test_pieces_of_one_letter_hear_one_number(accept: Accept) -> None:
    pieces = [raw(f"p{n}", letter_key="L", piece_no=n, pieces=3, body=b"%d" % n) for n in (2, 1, 3)]
    answers = [await one(accept, piece) for piece in pieces]
    assert len({answer.number for answer in answers}) == 1
    stray = await one(accept, raw("p9", letter_key="L", piece_no=2, pieces=3, body=b"another second piece"))
    assert stray.outcome == "new"
    assert stray.number != answers[0].number


async def test_a_batch_is_stored_whole_or_not_at_all(accept: Accept, spool: Spool) -> None:
    await accept([raw("b2", b"before")])
    with pytest.raises(Conflict):
        await accept([raw("b1"), raw("b2", b"changed"), raw("b3")])
    assert [row.body for row in reading.waiting(spool.reader(), 0, 10, 10**6)] == [b"before"]
    stored = await accept([raw("b1"), raw("b3")])
    assert [one.outcome for one in stored] == ["new", "new"]


async def test_unknown_account_is_malformed(accept: Accept) -> None:
    with pytest.raises(Malformed):
        await accept([raw(account="nobody")])


async def test_large_bytes_are_safe_before_their_row(accept: Accept, spool: Spool, blobs: BlobStore) -> None:
    body = b"x" * (INLINE_BYTES_MAX + 1)
    await accept([raw(body=body)])
    (row,) = reading.waiting(spool.reader(), 0, 10, 10**6)
    assert (row.body, len(row.blob)) == (b"", 64)
    assert blobs.read(BlobRef(sha256=row.blob, size_bytes=len(body))) == body
    again = await one(accept, raw(body=blobs.write(body)))
    assert again.outcome == "again"
    with pytest.raises(Unavailable):
        await accept([raw("gone", body=BlobRef(sha256="0" * 64, size_bytes=1))])


async def test_a_taken_number_is_counted_on(settings: Settings, blobs: BlobStore) -> None:
    spool = open_spool(settings, digits=3)
    accept = Intake(spool, blobs, {"shili": KEY}, lambda: None).accept_for("web_form", ACCOUNTS)
    answers = [await one(accept, raw(f"k{i}")) for i in range(400)]
    assert len({answer.number for answer in answers}) == 400
    counters = [row[0] for row in spool.reader().execute("SELECT counter FROM letter")]
    assert max(counters) > 0
    for i, answer in enumerate(answers):
        again = await one(accept, raw(f"k{i}"))
        assert again.number == answer.number
    await spool.close()


async def test_what_a_person_says_is_kept_once(spool: Spool, blobs: BlobStore) -> None:
    intake = Intake(spool, blobs, {"shili": KEY}, lambda: None)
    number = numbers.registration_number(KEY, uuid4())

    def status(state: OrderState, at: datetime) -> Status:
        return Status(
            id=ids.item_id("shili", "s1"),
            city="shili",
            number=number,
            actor="李四",
            at=at,
            received_at=at,
            state=state,
        )

    first = await intake.say(status("signed", AT), "s1")
    again = await intake.say(status("signed", AT + timedelta(seconds=5)), "s1")
    other = await intake.say(status("closed", AT), "s1")
    assert (first.outcome, again.outcome, other.outcome) == ("new", "again", "conflict")


async def test_commits_are_shared(accept: Accept, spool: Spool) -> None:
    commits = 0
    real = spool._writer._commit

    def counted(tasks: Any, *, again: bool = False) -> None:
        nonlocal commits
        commits += 1
        real(tasks, again=again)

    spool._writer._commit = counted  # type: ignore[method-assign]
    await accept([raw("alone")])
    assert commits == 1
    await asyncio.gather(*(accept([raw(f"k{i}")]) for i in range(300)))
    assert commits < 50


async def test_files_are_the_owners_and_the_promises_are_set(spool: Spool, settings: Settings) -> None:
    for path in settings.spool_path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    reader = spool.reader()
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert reader.execute("PRAGMA page_size").fetchone() == (schema.PAGE_BYTES,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM piece")


async def test_one_process_owns_it(spool: Spool, settings: Settings) -> None:
    with pytest.raises(Trouble, match=r"spool\.owned"):
        schema.lock(settings.spool_path.parent, wait_s=0.1)


async def test_one_jobs_fault_is_its_own(accept: Accept, spool: Spool) -> None:
    def bad(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE piece SET seq = 99")
        raise ValueError("ours")

    await accept([raw("k0")])
    results = await asyncio.gather(spool._writer.submit(bad), accept([raw("k1")]), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert [row.seq for row in reading.waiting(spool.reader(), 0, 10, 10**6)] == [1, 2]


async def test_it_opens_again_as_it_was_committed(accept: Accept, spool: Spool, settings: Settings) -> None:
    first = await one(accept, raw())
    door_id = spool.door_id
    await spool.close()
    reopened = open_spool(settings)
    assert (reopened.door_id, reopened.depth) == (door_id, 1)
    again = Intake(reopened, BlobStore(settings.blobs_path), {"shili": KEY}, lambda: None)
    known = await one(again.accept_for("web_form", ACCOUNTS), raw())
    assert (known.outcome, known.number) == ("again", first.number)
    await reopened.close()


@pytest.mark.parametrize("damage", [b"no database at all", b"\xff" * 60_000])
async def test_a_damaged_file_is_told_and_left_alone(
    accept: Accept, spool: Spool, settings: Settings, damage: bytes
) -> None:
    await one(accept, raw())
    await spool.close()
    whole = settings.spool_path.read_bytes()
    place = 0 if damage.startswith(b"no") else schema.PAGE_BYTES
    settings.spool_path.write_bytes(whole[:place] + damage + whole[place + len(damage) :])
    broken = settings.spool_path.read_bytes()
    with pytest.raises(Trouble, match=r"spool\.damaged"):
        open_spool(settings)
    assert settings.spool_path.read_bytes() == broken
