"""A spool and its fetcher in a process of their own, to be killed: one letter that went without its file.

    python media_process.py VAR

Prints ``landed SHA256`` once the file is here and the letter waits to go again with it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake.accepting import Intake
from pipeline.intake.fetching import Fetcher
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.settings import Door
from schemas.letter import Raw, RegisteredConflict
from schemas.ports import Mailbox

ITEM = UUID(int=7)
KEY = bytes(range(32))  # as in doorkit, which would load the whole door
PIECE = Raw(
    account="a",
    external_id="k",
    conversation="c",
    letter_key="k",
    body=b"letter",
    received_at=datetime.now(UTC),
)


def number_of(_: str, letter: UUID, counter: int) -> str:
    return numbers.registration_number(KEY, letter, counter)


class Photo:
    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        yield b"photo " * 1000
        yield ref.encode()


async def main(var: Path) -> None:
    door = Door(free_bytes_min=0, free_share_min=0, ballast_bytes=0)
    spool = Spool(var / "spool" / "spool.db", door, number_of, lambda: None)
    intake = Intake(spool, BlobStore(var / "blobs"), {"shili": KEY}, lambda: None)
    (answer,) = await intake.accept_for("poison", {"a": Mailbox(city="shili", mailbox="mayor")})([PIECE])
    assert not isinstance(answer, RegisteredConflict)
    reader = spool.reader()
    if not reader.execute("SELECT 1 FROM media").fetchone():
        await spool.mark([Mark([1], ITEM, 0, 0, answer.letter_id, 1, "ab" * 32)], {})
        await spool.want_media(answer.letter_id, "poison", ["photo"])
    landed = asyncio.Event()
    fetcher = Fetcher(spool, BlobStore(var / "blobs"), {"poison": Photo()})
    task = asyncio.create_task(fetcher.run(lambda _: None, lambda _: landed.set()))
    if reader.execute("SELECT state FROM piece").fetchone() != (0,):
        await landed.wait()
    state, sha256 = reader.execute("SELECT state, sha256 FROM media").fetchone()
    assert (state, spool.depth) == (2, 1)
    print("landed", sha256, flush=True)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await spool.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
