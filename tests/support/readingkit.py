"""A spool with the preparer that reads what was accepted, by workers that know the channel ``poison``."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from doorkit import KEY
from pytest import MonkeyPatch  # noqa: PT013 - the type alone

from pipeline.blobs import BlobStore
from pipeline.intake import worker
from pipeline.intake.accepting import Intake
from pipeline.intake.compose import Composed
from pipeline.intake.fetching import Fetcher
from pipeline.intake.letter_files import LetterFiles
from pipeline.intake.preparing import Preparer
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.intake.worker import Worker
from schemas import wire
from schemas.letter import Letter, Raw
from schemas.ports import Accept, Mailbox
from schemas.topics import INBOX

SUPPORT = Path(__file__).resolve().parent
MEMORY_BYTES = 512 * 1024**2
POISON_ACCOUNTS = {"a": Mailbox(city="shili", mailbox="mayor")}


@dataclass
class Reading:
    """A spool, an accept, and the preparer that reads what was accepted."""

    spool: Spool
    blobs: BlobStore
    accept: Accept
    preparer: Preparer
    lane: ThreadPoolExecutor
    files: LetterFiles
    asked: list[tuple[UUID, str, Sequence[str]]]

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

    async def soon(self, within_s: float = 10.0) -> list[Composed]:
        """The next batch that holds something."""
        async with asyncio.timeout(within_s):
            while not (batch := await self.batch()):
                await asyncio.sleep(0.02)
        return batch

    async def texts(self) -> list[str]:
        """What the next batch holds: letters' texts, "!error" for what goes to quarantine."""
        return [text_of(one) for one in await self.batch()]

    async def end_trials(self) -> None:
        await asyncio.to_thread(self.lane.submit(lambda: None).result)

    async def mark(self, composed: list[Composed]) -> None:
        marks = [
            Mark(
                [row.seq for row in one.rows],
                one.item,
                0,
                -1 if one.error else 0,
                one.rows[0].letter,
                one.revision,
                one.digest,
                one.error,
                one.files,
            )
            for one in composed
        ]
        await self.spool.mark(marks, {})
        self.preparer.release(composed)

    async def finish(self, composed: list[Composed]) -> int:
        """Their decisions were read back; how many rows that finished."""
        return await self.spool.finish([one.item for one in composed], {})


@dataclass
class Peer:
    """Holds files under their names; says what *script* says, in turn, before it hands one out."""

    files: dict[str, bytes]
    script: dict[str, list[Exception | float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        self.asked.append(ref)
        if said := self.script.get(ref):
            step = said.pop(0)
            if isinstance(step, Exception):
                raise step
            await asyncio.sleep(step)
        data = self.files[ref]
        for at in range(0, len(data), 100_000):
            yield data[at : at + 100_000]


@contextlib.asynccontextmanager
async def fetching(read: Reading, peer: Peer) -> AsyncIterator[None]:
    """Files of *read*'s letters are fetched from *peer*."""
    fetcher = Fetcher(read.spool, read.blobs, {"poison": peer})
    read.files._want = fetcher.want
    run = fetcher.run(read.preparer.files_settled, read.preparer.rewind)
    task = asyncio.create_task(run)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def letter_of(one: Composed) -> Letter:
    decoded = wire.decode(INBOX, one.records[0].value)
    assert isinstance(decoded, Letter)
    return decoded


def text_of(one: Composed) -> str:
    return f"!{one.error}" if one.error else letter_of(one).text


def know_poison(folder: Path, monkeypatch: MonkeyPatch) -> Path:
    """Workers started from now on have the channel ``poison`` installed; the folder that installs it."""
    plugin = folder / "plugin" / "poison-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "METADATA").write_text("Name: poison\nVersion: 1\n")
    (plugin / "entry_points.txt").write_text("[xinshu.connectors]\npoison = poison_channel:Poison\n")
    start = f"import sys; sys.path[:0] = {[str(SUPPORT), str(plugin.parent)]!r}"
    run = f"{start}; from pipeline.intake.worker_main import main; main()"
    monkeypatch.setattr(Worker, "COMMAND", (sys.executable, "-P", "-c", run))
    return plugin.parent


@contextlib.asynccontextmanager
async def opened(
    spool: Spool, blobs: BlobStore, folder: Path, monkeypatch: MonkeyPatch
) -> AsyncIterator[Reading]:
    """What the fixture ``read`` gives."""
    know_poison(folder, monkeypatch)
    monkeypatch.setattr(worker, "COMPANY_S", 1.0)
    intake = Intake(spool, blobs, {"shili": KEY}, lambda: None)
    lane = ThreadPoolExecutor(1)
    workers = [Worker(("poison",), blobs, folder / "scratch", MEMORY_BYTES, 1.5) for _ in range(2)]
    reader = spool.reader()
    asked: list[tuple[UUID, str, Sequence[str]]] = []
    files = LetterFiles(reader, frozenset({"poison"}), lambda *ask: asked.append(ask), wait_s=60.0)
    preparer = Preparer(
        reader, worker=workers[0], alone=workers[1], lane=lane, blobs=blobs, keys={"shili": KEY},
        wake=lambda: None, faults_in_a_row_max=5, join_s=60.0, files=files,
    )  # fmt: skip
    yield Reading(spool, blobs, intake.accept_for("poison", POISON_ACCOUNTS), preparer, lane, files, asked)
    await asyncio.to_thread(lane.shutdown)
    for one in workers:
        one.kill()
    reader.close()
