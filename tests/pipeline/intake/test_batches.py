"""Batches: cut in a worker of their own, stored whole or not at all, answered in their order."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from doorkit import KEY
from readingkit import POISON_ACCOUNTS, know_poison

from pipeline.blobs import BlobStore
from pipeline.intake import cutting, reading
from pipeline.intake.accepting import Intake
from pipeline.intake.cutting import Cutting
from pipeline.intake.spool import Spool
from schemas.errors import Conflict, Malformed, Unavailable
from schemas.letter import BlobRef, Raw, Registered, RegisteredConflict
from schemas.ports import Accept

ROWS = 10_000
ROW_BYTES = 500


def batch(body: bytes | BlobRef, **changes: Any) -> Raw:
    fields: dict[str, Any] = {
        "account": "a", "external_id": "file", "conversation": "file", "letter_key": "file", "body": body,
        "received_at": datetime.now(UTC), "is_batch": True, "on_conflict": "refuse",
    }  # fmt: skip
    return Raw(**(fields | changes))


def numbers_of(answers: Sequence[Registered]) -> list[str]:
    return [answer.number for answer in answers if not isinstance(answer, RegisteredConflict)]


def bodies(spool: Spool) -> list[bytes]:
    return [row.body for row in reading.waiting(spool.reader(), 0, 10**6, 10**9)]


@pytest.fixture
async def cuts(blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cutting]:
    know_poison(tmp_path, monkeypatch)
    made = Cutting(("poison",), blobs, tmp_path / "scratch", timeout_s=3.0)
    yield made
    await made.close()


@pytest.fixture
def give(cuts: Cutting, spool: Spool, blobs: BlobStore) -> Accept:
    return Intake(spool, blobs, {"shili": KEY}, lambda: None, cuts.cut).accept_for("poison", POISON_ACCOUNTS)


async def test_every_piece_is_answered_in_order(give: Accept, spool: Spool) -> None:
    single = batch(b"alone", is_batch=False, external_id="alone", letter_key="alone")
    answers = await give([batch(b"one\ntwo"), single, batch(b"three")])
    assert [answer.outcome for answer in answers] == ["new"] * 4
    assert bodies(spool) == [b"one", b"two", b"alone", b"three"]
    again = await give([batch(b"two\nfour")])
    assert [answer.outcome for answer in again] == ["again", "new"]
    assert numbers_of(again)[0] == numbers_of(answers)[1]
    assert spool.depth == 5


async def test_a_large_batch_comes_as_a_blob(give: Accept, spool: Spool, blobs: BlobStore) -> None:
    await give([batch(blobs.write(b"one\ntwo"))])
    assert bodies(spool) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"malformed", "no table"),
        (b"fault", "by a fault of ours"),
        (b"nested\none", "holds a batch"),
        (b"forged\none", "nobody handed in"),
        (b"flood", "more than 100000 pieces or 268435456 bytes"),
        (b"die", "not cut within"),
        (b"memory", "not cut within"),
        (b"hang", "not cut within 3 s"),
    ],
)
async def test_what_cannot_be_cut_is_not_stored(give: Accept, spool: Spool, body: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says) as error:
        await give([batch(b"good"), batch(body)])
    assert "citizen" not in str(error.value)
    assert bodies(spool) == []
    await give([batch(b"good")])
    assert bodies(spool) == [b"good"]


async def test_nothing_in_it_is_nothing_stored(give: Accept, spool: Spool) -> None:
    assert await give([batch(b"open")]) == ()
    with pytest.raises(Malformed, match="no such account"):
        await give([batch(b"one", account="stranger")])
    assert bodies(spool) == []


async def test_a_conflict_takes_back_all_of_it(give: Accept, spool: Spool) -> None:
    await give([batch(b"other", is_batch=False, external_id="two", letter_key="two")])
    with pytest.raises(Conflict):
        await give([batch(b"one\ntwo\nthree")])
    assert bodies(spool) == [b"other"]


async def test_a_worker_that_died_idle_is_not_the_next_batchs_fault(give: Accept, cuts: Cutting) -> None:
    await give([batch(b"one")])
    process = cuts._worker._process
    assert process is not None
    process.kill()
    process.wait()
    assert [answer.outcome for answer in await give([batch(b"two")])] == ["new"]


async def test_the_worker_goes_when_there_is_nothing_to_cut(
    give: Accept, cuts: Cutting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "IDLE_S", 0.05)
    await give([batch(b"one")])
    async with asyncio.timeout(5):
        while cuts._worker._process is not None:
            await asyncio.sleep(0.02)
    assert [answer.outcome for answer in await give([batch(b"two")])] == ["new"]


async def test_closing_waits_for_nobody(give: Accept, cuts: Cutting, spool: Spool) -> None:
    await give([batch(b"one")])
    hanging = asyncio.ensure_future(give([batch(b"hang")]))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await cuts.close()
    with pytest.raises(Unavailable):
        await hanging
    assert time.monotonic() - started < 2
    assert bodies(spool) == [b"one"]


@pytest.mark.parametrize("head", [b"", b"open\n"])
async def test_ten_thousand_rows_are_one_commit_within_seconds(
    give: Accept, spool: Spool, head: bytes, record_property: Any
) -> None:
    commits: list[int] = []
    real = spool._writer._commit

    def counted(tasks: Any, *, again: bool = False) -> None:
        commits.append(len(tasks))
        real(tasks, again=again)

    spool._writer._commit = counted  # type: ignore[method-assign]
    rows = b"\n".join(b"%d" % n + b"x" * (ROW_BYTES - len(str(n))) for n in range(ROWS))
    started = time.monotonic()
    answers = await give([batch(head + rows)])
    seconds = time.monotonic() - started
    record_property("seconds", seconds)
    print(f"{ROWS} rows in {seconds:.2f} s")
    assert len(set(numbers_of(answers))) == ROWS
    assert commits == [1]
    assert seconds < 10


async def test_the_loop_is_free_meanwhile(give: Accept) -> None:
    """Whoever accepts single letters is not held up by a batch that is made into rows."""
    rows = b"\n".join(b"%d" % n for n in range(ROWS))
    giving = asyncio.ensure_future(give([batch(rows)]))
    longest, last = 0.0, time.monotonic()
    while not giving.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    await giving
    assert longest < 1.0
