"""A row's way: sent, finished by its decision only, sent again, deleted when it is due."""

import sqlite3
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from doorkit import one, raw

from pipeline.blobs import BlobStore
from pipeline.intake import reading
from pipeline.intake.retention import retain
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.settings import Settings
from schemas.ports import Accept


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
