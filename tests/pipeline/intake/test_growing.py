"""A letter that grows, through the whole door and a real desk: one number, one order, and the books balance."""

import asyncio
import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from doorkit import eventually, running_door
from poison_channel import Poison
from readingkit import Peer, know_poison

from pipeline.cli import ledger, spool_file
from pipeline.cli.ledger_books import balance
from pipeline.desk import run_desk
from pipeline.intake import door as door_module
from pipeline.intake import relay
from pipeline.intake.letter_files import LetterFiles
from pipeline.settings import Settings
from schemas import wire
from schemas.letter import Letter, Raw
from schemas.ports import Accept
from schemas.topics import INBOX, ORDER

pytestmark = pytest.mark.integration


class Feed(Poison):
    """The channel ``poison`` as a listener that hands in what the test says, and a peer that is slow with its photo."""

    said: asyncio.Queue[Raw]
    peer: Peer

    def __init__(self, _: Any) -> None:
        self.fetch = self.peer.fetch

    async def listen(self, accept: Accept) -> None:
        while True:
            await accept([await self.said.get()])


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Feed]:
    know_poison(tmp_path, monkeypatch)
    Feed.said = asyncio.Queue()
    Feed.peer = Peer({"photo": b"jpeg" * 1000}, {"photo": [2.0]})
    monkeypatch.setattr(door_module, "connector_class", lambda _: Feed)
    monkeypatch.setattr(relay, "LetterFiles", functools.partial(LetterFiles, wait_s=0.3))
    return Feed


def piece(body: str, **changes: Any) -> Raw:
    fields: dict[str, Any] = {
        "account": "a", "external_id": body, "conversation": "c", "letter_key": "L", "pieces": 0,
        "body": body.encode(), "received_at": datetime.now(UTC),
    }  # fmt: skip
    return Raw(**(fields | changes))


async def test_a_letter_that_grows_keeps_its_number_and_its_order(
    line: str, settings: Settings, on_topic: Any, feed: type[Feed]
) -> None:  # fmt: skip
    accounts = {"accounts": {"a": {"city": "shili", "mailbox": "mayor"}}}
    growing = settings.model_copy(update={"connectors": {"poison": accounts}})

    async def letters() -> list[Letter]:
        return [wire.decode(INBOX, record.value) for record in await on_topic(line, INBOX)]

    async def seen(count: int) -> bool:
        return len(await letters()) >= count

    async def seen_revision(revision: int) -> bool:
        return any(letter.revision == revision for letter in await letters())

    async def all_finished() -> bool:
        with spool_file.opened(growing.spool_path) as connection:
            return all(entry.finished for entry in spool_file.letters(connection))

    stop = asyncio.Event()
    desk = asyncio.create_task(run_desk(growing, line, stop=stop))
    async with running_door(growing, line):
        await feed.said.put(piece("media:photo"))
        await eventually(lambda: seen(1))
        await feed.said.put(piece("behind", letter_key="M"))
        await eventually(lambda: seen_revision(2))  # the photo has come
        await feed.said.put(piece("media:photo2"))
        feed.peer.files["photo2"] = b"png"
        await eventually(lambda: seen_revision(3))
        await eventually(all_finished)
    stop.set()
    await desk
    grown = [letter for letter in await letters() if letter.text == "路灯坏了,照片见附件"]
    newest = {letter.revision: letter for letter in grown}
    assert len({letter.number for letter in grown}) == 1
    assert sorted(newest) == [1, 2, 3]
    assert [[file.state for file in newest[n].attachments] for n in (1, 2, 3)] == [
        ["pending"],
        ["kept"],
        ["kept"] * 2,
    ]
    orders = [wire.decode(ORDER, record.value) for record in await on_topic(line, ORDER)]
    own = [event.order for event in orders if event.order.number == grown[0].number]
    assert len({order.id for order in own}) == 1
    assert {file.state for file in own[-1].attachments} == {"kept"}
    with spool_file.opened(growing.spool_path) as connection:
        entries = list(spool_file.letters(connection))
        assert [one.pieces for one in spool_file.pieces(connection, grown[0].number)] == [0, 0]
    books = balance(entries, await ledger._read(growing, line), {}, datetime.now(UTC), timedelta(0))
    assert (books.findings, dict(books.totals)["decided"]) == ([], 2)
