"""A door without a spool: the real host and channels on a real socket, keeping pieces in memory.

    host_process.py FOLDER        prints its port; SIGTERM ends it

Settings of the channel ``sms`` are read from ``FOLDER/sms.json`` where that is there.

``POST /told`` steers it: the body ``full`` makes every accept Unavailable, ``kept`` ends that; ``GET /told`` lists the
pieces kept, as JSON, how often it refused, and the files in the blob store.
"""

import asyncio
import hashlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from connectors.sms import Sms
from connectors.sms.settings import Settings as SmsSettings
from connectors.web_form import WebForm
from connectors.web_form.settings import Settings
from pipeline import logs
from pipeline.blobs import BlobStore
from pipeline.http_server import bound, serve
from pipeline.intake.host import Host, Mount
from schemas.errors import Unavailable
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredConflict, RegisteredNew

SETTINGS = {
    "accounts": {
        "mayor": {"city": "wuyang", "mailbox": "mayor", "title": "舞阳市 · 市长信箱"},
        "hotline": {"city": "linhe", "mailbox": "hotline", "title": "临河市 · 12345 热线"},
    },
    "tracking_url": "/track/",
    "english": True,
}


class Memory:
    """Keeps pieces under their keys, as a spool would."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[str, str], Raw] = {}
        self.full = False
        self.refused = 0

    async def accept(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        if self.full:
            self.refused += 1
            raise Unavailable("spool full", 17)
        return tuple(self._one(raw) for raw in raws)

    def _one(self, raw: Raw) -> Registered:
        key = (raw.account, raw.external_id)
        old = self.pieces.setdefault(key, raw)
        if raw.on_conflict != "again" and (old.body, old.files) != (raw.body, raw.files):
            return RegisteredConflict()
        digest = hashlib.sha256(repr(key).encode()).digest()
        number = str(int.from_bytes(digest[:8]) % 10**16).zfill(16)
        kind = RegisteredNew if old is raw else RegisteredAgain
        return kind(number=number, query_code="10203040", letter_id=UUID(bytes=digest[:16]))


class Steered:
    """The host, with one path more."""

    def __init__(self, host: Host, memory: Memory, blobs: BlobStore) -> None:
        self._host, self._memory, self._blobs = host, memory, blobs

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/told":
            await self._host(scope, receive, send)
            return
        if scope["method"] == "POST":
            self._memory.full = (await receive())["body"] == b"full"
        told = {
            "pieces": [raw.model_dump(mode="json") for raw in self._memory.pieces.values()],
            "blobs": sorted(ref.sha256 for ref in self._blobs.refs()),
            "refused": self._memory.refused,
            "half": len(list((self._blobs.folder / "tmp").iterdir())),
        }
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})


async def main(folder: Path) -> None:
    memory, blobs = Memory(), BlobStore(folder / "blobs")
    mounts = {"web_form": Mount(WebForm(Settings.model_validate(SETTINGS)), memory.accept)}
    if (sms := folder / "sms.json").exists():
        mounts["sms"] = Mount(Sms(SmsSettings.model_validate_json(sms.read_bytes())), memory.accept)
    host = Host(
        mounts, blobs.writer, ready=lambda: not memory.full, metrics=lambda: b"",
        trusted_proxies=frozenset({"127.0.0.1"}),
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = bound("127.0.0.1", 0, "port")
    print(listener.getsockname()[1], flush=True)
    await serve(Steered(host, memory, blobs), listener, stop=stop)


if __name__ == "__main__":
    logs.set_up("door", json=True)
    uvloop.run(main(Path(sys.argv[1])))
