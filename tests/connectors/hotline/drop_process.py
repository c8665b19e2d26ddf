"""A channel in a process of its own, killed at a named moment; what was stored stands in a file.

    drop_process.py FOLDER STORE MOMENT

MOMENT is ``stored`` (accept has committed, and has not returned), ``receipt`` (the receipt is written, the file not
yet moved), or ``never``: then it ends by itself once nothing is left in the folder.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from connectors.hotline import Hotline
from connectors.hotline.cut import cut
from connectors.hotline.settings import Drop, Settings
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredNew
from schemas.ports import Mailbox


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, store: Path, moment: str) -> None:
    known: dict[str, int] = json.loads(store.read_text()) if store.exists() else {}

    async def accept(raws: Sequence[Raw]) -> tuple[Registered, ...]:
        answers: list[Registered] = []
        for piece in (piece for raw in raws for piece in cut(raw)):
            kind = RegisteredAgain if piece.external_id in known else RegisteredNew
            number = known.setdefault(piece.external_id, len(known) + 1)
            answers.append(kind(number=f"{number:016}", query_code="10203040", letter_id=UUID(int=number)))
        store.with_suffix(".tmp").write_text(json.dumps(known))
        store.with_suffix(".tmp").rename(store)
        if moment == "stored":
            die()
        return tuple(answers)

    if moment == "receipt":

        def replace(self: Path, target: Path) -> Path:
            if not self.name.endswith(".tmp"):
                die()
            return self.rename(target)

        Path.replace = replace  # type: ignore[method-assign,assignment]
    drop = Drop(folder=folder, account="wuyang", poll_s=0.05)
    settings = Settings(
        accounts={"wuyang": Mailbox(city="wuyang", mailbox="hotline")}, drops={"evening": drop}
    )
    task = asyncio.create_task(Hotline(settings).listen(accept))
    async with asyncio.timeout(20):
        while list(folder.glob("*.csv")):
            await asyncio.sleep(0.02)
    task.cancel()


asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
