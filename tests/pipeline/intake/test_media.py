"""Files that a peer still holds: in time where they can be, later as a revision, and nobody else waits for them."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import pytest
from doorkit import open_spool
from readingkit import Peer, Reading, fetching, letter_of, text_of

from pipeline.intake import compose, media
from pipeline.intake import fetching as fetching_module
from pipeline.intake.fetching import GIVE_UP_S, Fetcher
from pipeline.intake.media import File
from pipeline.intake.retention import retain
from pipeline.settings import Door, Settings
from schemas.errors import Refused, Unavailable
from schemas.letter import Attachment

PHOTO = b"jpeg" * 50_000
STATES = "SELECT ref, state, sha256, tries FROM media ORDER BY ref"


def attachments(one: Any) -> list[Attachment]:
    return list(letter_of(one).attachments)


def states(read: Reading) -> list[tuple[str, int, str, int]]:
    reader = read.spool.reader()
    try:
        return reader.execute(STATES).fetchall()
    finally:
        reader.close()


async def until_states(read: Reading, wanted: list[int]) -> None:
    async with asyncio.timeout(10):
        while [state for _, state, _, _ in states(read)] != wanted:
            await asyncio.sleep(0.02)


async def test_a_file_that_comes_in_time_goes_with_the_letter(read: Reading) -> None:
    async with fetching(read, Peer({"p1": PHOTO, "p2": b"small"})):
        await read.say("media:p1,p2")
        (one,) = await read.soon()
        assert [(file.name, file.state, file.size_bytes) for file in attachments(one)] == [
            ("p1.jpg", "kept", len(PHOTO)), ("p2.jpg", "kept", 5),
        ]  # fmt: skip
        assert [read.blobs.read(file) for file in attachments(one)] == [PHOTO, b"small"]
        assert letter_of(one).revision == 1
        await read.mark([one])
        assert await read.finish([one]) == 1
        await asyncio.sleep(1.2)
        assert await read.batch() == []
        assert [state for _, state, _, _ in states(read)] == [2, 2]


async def test_the_same_rows_and_files_give_the_same_bytes(read: Reading) -> None:
    async with fetching(read, Peer({"p1": PHOTO})):
        await read.say("media:p1")
        (one,) = await read.soon()
        await read.mark([one])
        await read.spool.send_again([1])
        read.preparer.rewind(1)
        (again,) = await read.batch()
        assert again.records == one.records


async def test_only_its_conversation_waits_and_then_it_goes_without(read: Reading) -> None:
    read.files._wait_s = 0.5
    peer = Peer({"slow": PHOTO}, {"slow": [1.0]})
    async with fetching(read, peer):
        await read.say("media:slow")
        await read.say("behind")
        await read.say("passing", "other")
        assert await read.texts() == ["passing"]
        sent = await read.soon()
        assert [text_of(one) for one in sent] == ["路灯坏了,照片见附件", "behind"]
        (pending,) = attachments(sent[0])
        assert (pending.name, pending.state, pending.size_bytes) == ("slow.jpg", "pending", 0)
        assert letter_of(sent[0]).digest == compose.digest_of(sent[0].rows)
        await read.mark(sent)
        await read.finish(sent)
        (late,) = await read.soon()
        before, after = letter_of(sent[0]), letter_of(late)
        assert (after.id, after.number, after.revision) == (before.id, before.number, 2)
        assert after.digest != before.digest
        assert [file.state for file in after.attachments] == ["kept"]
        assert read.blobs.read(after.attachments[0]) == PHOTO
        await read.mark([late])
        assert read.spool.depth == 2  # the late one, and the one that passed and was never marked
        assert await read.finish([late]) == 1
        assert peer.asked == ["slow"]


async def test_a_file_that_comes_while_the_letter_is_on_its_way_is_not_forgotten(read: Reading) -> None:
    read.files._wait_s = 0.1
    async with fetching(read, Peer({"slow": PHOTO}, {"slow": [0.5]})):
        await read.say("media:slow")
        sent = await read.soon()
        await until_states(read, [1])
        await asyncio.sleep(1.2)  # it is looked for meanwhile, and left, since the letter is not marked yet
        assert [state for _, state, _, _ in states(read)] == [1]
        await read.mark(sent)
        (late,) = await read.soon()
        assert (letter_of(late).revision, attachments(late)[0].state) == (2, "kept")


@pytest.mark.parametrize("no", [Refused("gone"), None])
async def test_what_cannot_be_had_is_said_and_not_waited_for(read: Reading, no: Exception | None) -> None:
    large = b"x" * (fetching_module.FILE_BYTES_MAX + 1)
    peer = Peer({"p1": large}, {"p1": [no]} if no else {})
    async with fetching(read, peer):
        await read.say("media:p1")
        (one,) = await read.soon()
        assert attachments(one)[0].state == "pending"
        assert letter_of(one).flags == (compose.FLAG_LOST,)
        await read.mark([one])
        await asyncio.sleep(1.2)
        assert await read.batch() == []
        assert peer.asked == ["p1"]
        assert list(read.blobs.refs()) == []


async def test_it_is_tried_again_over_a_restart(
    read: Reading, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching_module, "WAIT_S_MIN", 0.1)
    read.files._wait_s = 0.0
    peer = Peer({"p1": PHOTO}, {"p1": [Unavailable("later", retry_after_s=0.1), ZeroDivisionError("a bug")]})
    async with fetching(read, peer):
        await read.say("media:p1")
        await read.mark(await read.soon())
        async with asyncio.timeout(10):
            while len(peer.asked) < 2 or states(read)[0][3] < 2:
                await asyncio.sleep(0.02)
    await read.spool.close()
    reopened = open_spool(settings)
    landed: list[int] = []
    fetcher = Fetcher(reopened, read.blobs, {"poison": peer})
    task = asyncio.create_task(fetcher.run(lambda _: None, landed.append))
    async with asyncio.timeout(10):
        while not landed:
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert reopened.reader().execute("SELECT state FROM piece").fetchall() == [(0,)]
    ref, state, sha256, tries = reopened.reader().execute(STATES).fetchone()
    assert (ref, state, sha256, tries) == ("p1", 2, hashlib.sha256(PHOTO).hexdigest(), 3)
    await reopened.close()


async def test_after_a_day_it_is_given_up_and_the_letter_says_so(read: Reading) -> None:
    read.files._wait_s = 0.0
    peer = Peer({}, {"p1": [Unavailable("later")] * 9})
    async with fetching(read, peer):
        await read.say("media:p1")
        sent = await read.soon()
        assert letter_of(sent[0]).flags == ()
        await read.mark(sent)
        async with asyncio.timeout(10):
            while not peer.asked or states(read)[0][3] < 1:
                await asyncio.sleep(0.02)
        us = int(GIVE_UP_S * 1e6)
        await read.spool._writer.submit(
            lambda c: c.execute(f"UPDATE media SET first_us=first_us-{us}, next_us=0")
        )
        (last,) = await read.soon()
        assert (letter_of(last).revision, letter_of(last).flags) == (2, (compose.FLAG_LOST,))
        assert attachments(last)[0].state == "pending"
        assert len(peer.asked) == 2


async def test_a_peer_that_stalls_is_left(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching_module, "FIRST_TRY_S", 0.2)
    monkeypatch.setattr(fetching_module, "WAIT_S_MIN", 0.1)
    async with fetching(read, Peer({"p1": PHOTO}, {"p1": [60.0]})):
        await read.say("media:p1")
        (one,) = await read.soon()
        assert attachments(one)[0].state == "kept"
        assert list((read.blobs.folder / "tmp").iterdir()) == []


async def test_so_many_files_at_most(read: Reading) -> None:
    names = [f"p{n:02}" for n in range(25)]
    peer = Peer({name: name.encode() for name in names})
    async with fetching(read, peer):
        await read.say(f"media:{','.join(names)}")
        (one,) = await read.soon()
        assert [file.state for file in attachments(one)] == ["kept"] * 20 + ["pending"] * 5
        assert letter_of(one).flags == (compose.FLAG_LOST,)
        assert sorted(peer.asked) == names[:20]


async def test_so_many_at_once_at_most(read: Reading) -> None:
    names = [f"p{n}" for n in range(8)]
    peer = Peer(dict.fromkeys(names, b"x"), {name: [0.4] for name in names})
    async with fetching(read, peer):
        for name in names:
            await read.say(f"media:{name}", name)
        assert await read.batch() == []
        await asyncio.sleep(0.3)
        assert len(peer.asked) == fetching_module.FETCHES_MAX
        found = 0
        while found < len(names):
            found += len(await read.soon())


async def test_files_of_several_pieces(read: Reading) -> None:
    """An album: each photo a piece; the first one's file is not fetched again for the second's revision."""
    peer = Peer({"a": b"A", "b": b"B"})
    open_letter: dict[str, Any] = {"letter_key": "L", "pieces": 0}
    async with fetching(read, peer):
        await read.say("media:a", **open_letter)
        first = await read.soon()
        await read.mark(first)
        await read.say("media:b", **open_letter)
        (second,) = await read.soon()
        assert [(f.name, f.state) for f in attachments(second)] == [("a.jpg", "kept"), ("b.jpg", "kept")]
        assert (letter_of(second).revision, peer.asked) == (2, ["a", "b"])


async def test_what_waits_has_asked_for_its_files(read: Reading) -> None:
    await read.say("media:p1,p2")
    assert await read.batch() == []
    ((letter, channel, refs),) = read.asked
    assert isinstance(letter, UUID)
    assert (channel, tuple(refs)) == ("poison", ("p1", "p2"))


async def test_what_is_known_goes_with_the_letters_number(read: Reading) -> None:
    async with fetching(read, Peer({"p1": PHOTO})):
        await read.say("media:p1")
        sent = await read.soon()
        await read.mark(sent)
        await read.finish(sent)
    us = 200 * 24 * 3_600_000_000
    await read.spool._writer.submit(
        lambda c: c.execute(f"UPDATE piece SET received_us=received_us-{us}, finished_us=finished_us-{us}")
    )
    assert (await retain(read.spool, read.blobs, Door(keys_kept_days=100)))["keys"] == 1
    assert states(read) == []


def test_the_digest_names_what_is_settled() -> None:
    plain = "ab" * 32
    kept, lost = File(True, 0, "cd" * 32, 3), File(True, 0)
    digests = [
        media.digest_with(plain, files)
        for files in ({}, {"r": kept}, {"r": lost}, {"s": kept}, {"r": kept, "s": lost})
    ]
    assert digests[0] == plain
    assert len(set(digests)) == len(digests)
    assert media.digest_with(plain, {"s": lost, "r": kept}) == digests[-1]
