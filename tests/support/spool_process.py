"""A spool in a process of its own, to be killed or starved: stores letters one after the other and says each number.

    python spool_process.py VAR COUNT [BODY_BYTES]

Prints ``yes KEY NUMBER OUTCOME`` for every letter the sender would have heard yes for, ``no KEY`` for a refusal;
``fatal`` where the spool gives up, and then ends with 75.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from doorkit import KEY

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.crash import crash_point
from pipeline.intake.accepting import Intake
from pipeline.intake.spool import Spool
from pipeline.settings import Door
from schemas.errors import Unavailable
from schemas.letter import Raw, RegisteredConflict
from schemas.ports import Mailbox


def number_of(_: str, letter: object, counter: int) -> str:
    return numbers.registration_number(KEY, letter, counter)  # type: ignore[arg-type]  # a UUID, as the spool says


async def main(var: Path, count: int, body_bytes: int) -> int:
    failed = asyncio.Event()
    door = Door(free_bytes_min=0, free_share_min=0, ballast_bytes=0)
    spool = Spool(var / "spool" / "spool.db", door, number_of, failed.set)
    blobs = BlobStore(var / "blobs", on_fault=lambda _: spool.fail())
    intake = Intake(spool, blobs, {"shili": KEY}, lambda: None)
    accept = intake.accept_for("web_form", {"mayor": Mailbox(city="shili", mailbox="mayor")})
    print("open", flush=True)
    for i in range(count):
        key = f"k{i}"
        piece = Raw(
            account="mayor", external_id=key, conversation="c", letter_key=key, body=key.encode().ljust(body_bytes),
            received_at=datetime.now(UTC), on_conflict="refuse",
        )  # fmt: skip
        try:
            (answer,) = await accept([piece])
        except Unavailable:
            print("no", key, flush=True)
            continue
        crash_point("door.before_answer")
        assert not isinstance(answer, RegisteredConflict)
        print("yes", key, answer.number, answer.outcome, flush=True)
    await asyncio.sleep(0)
    if failed.is_set():
        print("fatal", flush=True)
        return 75
    await spool.close()
    return 0


if __name__ == "__main__":
    sys.exit(
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100))
    )
