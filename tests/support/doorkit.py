"""What tests of the door share: a key, a letter, a spool, a running door."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from pipeline import numbers
from pipeline.intake.door import run_door
from pipeline.intake.spool import Spool
from pipeline.settings import Settings
from schemas.letter import BlobRef, Raw, RegisteredAgain, RegisteredConflict, RegisteredNew
from schemas.ports import Accept, Mailbox

KEY = bytes(range(32))
LETTER = {
    "account": "mayor",
    "name": "张三",
    "phone": "13800001234",
    "kind": "求助",
    "text": "示例路 12 号门前的路灯坏了三天，晚上看不清路。",
}


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


def open_spool(settings: Settings, digits: int = 15) -> Spool:
    def number_of(city: str, letter: UUID, counter: int) -> str:
        return numbers.registration_number(KEY, letter, counter, digits)

    return Spool(settings.spool_path, settings.door, number_of, lambda: None)


@contextlib.asynccontextmanager
async def running_door(settings: Settings, bootstrap: str) -> AsyncIterator[httpx.AsyncClient]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_door(settings, bootstrap, stop=stop))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{settings.door.http_port}", timeout=20
    ) as client:
        try:
            async with asyncio.timeout(20):
                while not task.done():
                    with contextlib.suppress(httpx.TransportError):
                        await client.get("/live")
                        break
                    await asyncio.sleep(0.02)
            yield client
        finally:
            stop.set()
            await task


async def post(client: httpx.AsyncClient, key: str, **changes: str) -> httpx.Response:
    """One JSON letter."""
    return await client.post(
        "/in/web_form/api/letters", json=LETTER | changes, headers={"Idempotency-Key": key.rjust(16, "0")}
    )


async def eventually(check: Callable[[], Any], within_s: float = 20) -> Any:
    """What *check* gives, once it gives something."""
    async with asyncio.timeout(within_s):
        while not (found := await check()):
            await asyncio.sleep(0.05)
        return found
