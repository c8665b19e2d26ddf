"""The spool: same key same answer, one number each, all or nothing, nothing lost by a full or failing disk."""

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from doorkit import KEY, open_spool

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake import reading, schema
from pipeline.intake.accepting import INLINE_BYTES_MAX, Intake
from pipeline.intake.retention import retain
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.settings import Settings
from schemas import ids
from schemas.errors import Conflict, Malformed, Unavailable
from schemas.inbox import OrderState, Status
from schemas.letter import BlobRef, Raw, RegisteredAgain, RegisteredConflict, RegisteredNew
from schemas.ports import Accept, Mailbox

AT = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
ACCOUNTS = {
    "mayor": Mailbox(city="shili", mailbox="mayor"),
    "water": Mailbox(city="shili", mailbox="water"),
}


def raw(key: str = "k1", body: bytes | BlobRef = b"letter", **changes: Any) -> Raw:
    fields: dict[str, Any] = {
        "account": "mayor", "external_id": key, "conversation": "c1", "letter_key": key, "body": body,
        "received_at": AT, "on_conflict": "refuse",
    }  # fmt: skip
    return Raw(**(fields | changes))


async def one(accept: Accept, piece: Raw) -> RegisteredNew | RegisteredAgain:
    """The answer for one piece that is no conflict."""
    (answer,) = await accept([piece])
    assert not isinstance(answer, RegisteredConflict)
    return answer


@pytest.fixture
def blobs(settings: Settings) -> BlobStore:
    return BlobStore(settings.blobs_path)


@pytest.fixture
def accept(spool: Spool, blobs: BlobStore) -> Accept:
    return Intake(spool, blobs, {"shili": KEY}, lambda: None).accept_for("web_form", ACCOUNTS)


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


def finishing(spool: Spool, seq: int, offset: int = 7) -> tuple[Mark, Callable[[], Any]]:
    item = uuid4()
    mark = Mark(seqs=[seq], item=item, partition=1, offset=offset, letter=None, revision=1, digest="")
    return mark, lambda: spool.finish([item], {("decisions", 1): 3})


async def test_a_row_is_finished_by_its_decision_only(accept: Accept, spool: Spool) -> None:
    await accept([raw()])
    mark, finish = finishing(spool, 1)
    assert spool.depth == 1
    await spool.mark([mark], {("inbox", 1): 8})
    assert [row.offset for row in reading.sent_before(spool.reader(), 2**62)] == [7]
    assert await spool.finish([uuid4()], {}) == 0
    assert spool.depth == 1
    assert await finish() == 1
    assert spool.depth == 0
    assert reading.sent_before(spool.reader(), 2**62) == []
    assert reading.seen_ends(spool.reader()) == {("inbox", 1): 8, ("decisions", 1): 3}
    await spool.mark([], {("inbox", 1): 5})
    assert reading.seen_ends(spool.reader())["inbox", 1] == 8


async def test_a_decision_may_come_before_its_mark(accept: Accept, spool: Spool) -> None:
    await accept([raw()])
    mark, finish = finishing(spool, 1)
    assert await finish() == 0
    await spool.mark([mark], {})
    assert spool.depth == 0
    assert reading.sent_before(spool.reader(), 2**62) == []


async def test_an_old_decision_does_not_finish_what_is_sent_anew(accept: Accept, spool: Spool) -> None:
    await accept([raw()])
    mark, finish = finishing(spool, 1)
    await spool.mark([mark], {})
    await finish()
    await finish()  # the decision of the letter's second part
    await spool.send_again([1])
    assert spool.depth == 1
    await spool.mark([mark], {})
    assert [row.seq for row in reading.sent_before(spool.reader(), 2**62)] == [1]


async def test_a_lost_partition_waits_again_finished_rows_too(accept: Accept, spool: Spool) -> None:
    for i in range(3):
        await accept([raw(f"k{i}")])
    for seq in (1, 2):
        mark, finish = finishing(spool, seq)
        await spool.mark([mark], {("inbox", 1): 8})
        await finish()
    assert spool.depth == 1
    assert await spool.partition_lost(0, {"inbox": 0}, 0) == 0
    assert await spool.partition_lost(1, {"inbox": 2}, 0) == 2
    assert spool.depth == 3
    assert [row.seq for row in reading.waiting(spool.reader(), 0, 10, 10**6)] == [1, 2, 3]
    assert reading.seen_ends(spool.reader())["inbox", 1] == 2


async def test_bytes_go_first_and_keys_much_later(
    accept: Accept, spool: Spool, blobs: BlobStore, settings: Settings
) -> None:
    answers = [await one(accept, raw(f"k{i}")) for i in range(3)]
    for seq in (1, 2):
        mark, finish = finishing(spool, seq)
        await spool.mark([mark], {})
        await finish()
    assert not +(await retain(spool, blobs, settings.door))
    await age(spool, 1, hours=73)
    deleted = await retain(spool, blobs, settings.door)
    assert (deleted["bytes"], deleted["keys"]) == (1, 0)
    again = await one(accept, raw("k0"))
    assert (again.outcome, again.number) == ("again", answers[0].number)
    await age(spool, 1, hours=401 * 24)
    await age(spool, 2, hours=401 * 24)
    await age(spool, 3, hours=401 * 24)  # never finished: never deleted
    deleted = await retain(spool, blobs, settings.door)
    assert (deleted["bytes"], deleted["keys"]) == (1, 2)
    assert [row.seq for row in reading.waiting(spool.reader(), 0, 10, 10**6)] == [3]
    fresh = await one(accept, raw("k0"))
    assert (fresh.outcome, fresh.number) == ("new", answers[0].number)


async def age(spool: Spool, seq: int, hours: int) -> None:
    def job(connection: sqlite3.Connection) -> None:
        us = hours * 3_600_000_000
        connection.execute(
            "UPDATE piece SET received_us=received_us-?, finished_us=finished_us-? WHERE seq=?", (us, us, seq)
        )

    await spool._writer.submit(job)


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
    with pytest.raises(schema.SpoolError, match="another door"):
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
