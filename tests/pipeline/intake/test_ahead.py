"""The next batch is read while the last one is composed: order, limits and what goes back stay as they were."""

from collections.abc import Generator, Sequence
from typing import BinaryIO

import pytest
from readingkit import Reading, letter_of

from pipeline.blobs import BlobStore
from pipeline.intake import compose, preparing
from pipeline.intake.answers import Request, Result
from pipeline.intake.rows import Row
from pipeline.intake.worker import Worker
from schemas.errors import Unavailable
from schemas.letter import BlobRef


@pytest.fixture(autouse=True)
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "BATCH_ROWS_MAX", 2)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many letters each worker was told to read ahead."""
    counts: list[int] = []
    read = Worker.read

    def noted(self: Worker, requests: Sequence[Request], then: Sequence[Request] = ()) -> Generator[Result]:
        counts.append(len(then))
        return read(self, requests, then)

    monkeypatch.setattr(Worker, "read", noted)
    return counts


async def everything(read: Reading) -> list[str]:
    """What is left, batch by batch, until nothing comes; "|" between two batches."""
    found: list[str] = []
    while texts := await read.texts():
        found += [*texts, "|"]
    return found


async def test_batches_follow_one_another_and_the_next_is_read_already(
    read: Reading, told: list[int]
) -> None:
    for i in range(5):
        await read.say(f"t{i}", f"c{i % 2}")
    assert await everything(read) == ["t0", "t1", "|", "t2", "t3", "|", "t4", "|"]
    assert told == [2, 1, 0]


@pytest.mark.faults
@pytest.mark.parametrize("poison", ["hang", "die"])
async def test_what_was_read_ahead_does_not_overtake_a_suspect(read: Reading, poison: str) -> None:
    await read.say(f"{poison}:", "victim")
    await read.say("a", "x")
    await read.say("after", "victim")
    await read.say("b", "y")
    await read.say("later", "victim")
    assert await everything(read) == ["a", "|", "b", "|"]
    await read.end_trials()
    assert [text for text in await everything(read) if text != "|"] == ["!parser_killed", "after", "later"]


@pytest.mark.faults
async def test_a_trial_that_ends_in_between_keeps_its_place(read: Reading) -> None:
    await read.say("die:", "victim")
    await read.say("a", "x")
    await read.say("after", "victim")
    await read.say("b", "y")
    assert await read.texts() == ["a"]
    await read.end_trials()
    assert [text for text in await everything(read) if text != "|"] == ["!parser_killed", "b", "after"]


@pytest.mark.faults
async def test_a_worker_that_dies_of_what_it_read_ahead_costs_nobody_else(read: Reading) -> None:
    for i, body in enumerate(("t0", "t1", "t2", "die:", "t4", "t5")):
        await read.say(body, f"c{i}")
    assert await everything(read) == ["t0", "t1", "|", "t2", "|", "t4", "t5", "|"]
    await read.end_trials()
    assert await read.texts() == ["!parser_killed"]


async def test_more_than_a_pipe_holds_is_read_ahead(read: Reading) -> None:
    bodies = [letter * 900_000 for letter in "abcd"]
    for body in bodies:
        await read.say(body, external_id=body[0], letter_key=body[0])
    assert [text[:1] for text in await everything(read)] == ["a", "b", "|", "c", "d", "|"]


async def test_letters_that_grow_are_not_read_ahead(read: Reading, told: list[int]) -> None:
    for i in range(2):
        await read.say(f"t{i}")
    for i in (1, 2):
        await read.say(f"p{i}", letter_key="sms", piece_no=i, pieces=2)
    assert await everything(read) == ["t0", "t1", "|", "p1+p2", "|"]
    assert told == [0, 0]


async def test_a_full_blob_store_mixes_no_letters_up(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = ["file:x", "t1", "t2", "t3"]
    said = {await read.say(body, f"c{i}"): body for i, body in enumerate(bodies)}
    copy_in, full = BlobStore.copy_in, iter([Unavailable("blob store: full")])

    def refuses_once(self: BlobStore, source: BinaryIO, bytes_max: int) -> BlobRef:
        for error in full:
            raise error
        return copy_in(self, source, bytes_max)

    monkeypatch.setattr(BlobStore, "copy_in", refuses_once)
    with pytest.raises(Unavailable):
        await read.batch()
    letters = [letter_of(one) for one in [*await read.batch(), *await read.batch()]]
    assert [letter.number for letter in letters] == list(said)
    assert [letter.text for letter in letters] == ["with a file", "t1", "t2", "t3"]


async def test_answers_to_what_was_put_back_are_not_taken_for_others(
    read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(4):
        await read.say(f"t{i}", f"c{i}")
    assert await read.texts() == ["t0", "t1"]
    request_pieces = compose.request_pieces
    full = iter([Unavailable("blob store: full")])

    def refuses_once(rows: Sequence[Row], blobs: BlobStore) -> tuple[tuple[bytes, bytes, str], ...]:
        for error in full:
            raise error
        return request_pieces(rows, blobs)

    monkeypatch.setattr(compose, "request_pieces", refuses_once)
    await read.say("t4", "c4")
    with pytest.raises(Unavailable):
        await read.batch()
    assert await everything(read) == ["t2", "t3", "|", "t4", "|"]
