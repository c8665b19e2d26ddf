"""A drop folder that a running channel watches, and files that are put there as the conventions ask."""

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.hotline import Hotline
from connectors.hotline.settings import Drop, Settings
from schemas.ports import Mailbox

HEAD = "来电编号,来电号码,来电内容\n"
TWO = HEAD + "A1,13800001234,路灯坏了\nA2,13800001235,井盖丢了\n"

Watching = Callable[..., Awaitable[Path]]


@pytest.fixture
async def watched(store: Any, tmp_path: Path) -> AsyncIterator[Watching]:
    """``await watched(convention=…)``: a folder that a running channel watches."""
    tasks: list[asyncio.Task[None]] = []

    async def start(folder: Path | None = None, **settings: Any) -> Path:
        place = folder or tmp_path / "drop"
        place.mkdir(exist_ok=True)
        drop = Drop.model_validate({"folder": place, "account": "wuyang", "poll_s": 0.05} | settings)
        made = Settings(
            accounts={"wuyang": Mailbox(city="wuyang", mailbox="hotline")}, drops={"evening": drop}
        )
        tasks.append(asyncio.create_task(Hotline(made).listen(store)))
        return place

    yield start
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(check: Callable[[], Any], within_s: float = 10.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.02)
    return found


async def rounds(store: Any, folder: Path) -> None:
    """Until the folder was certainly looked at since now: a marker file went through."""
    before = len(list((folder / "done").glob("marker*.json")) if (folder / "done").is_dir() else [])
    put(folder, f"marker{before}.jsonl", f'{{"call_id":"m{before}","text":"路灯"}}\n', beside=True)
    await until(lambda: len(list((folder / "done").glob("marker*.json"))) > before)


def put(folder: Path, name: str, text: str | bytes, *, beside: bool = False) -> Path:
    """As the conventions ask: under another name first. *beside*: with what every convention wants to see."""
    data = text.encode() if isinstance(text, str) else text
    unfinished = folder / f"{name}.tmp"
    unfinished.write_bytes(data)
    path = unfinished.rename(folder / name)
    if beside:
        (folder / f"{name}.ok").touch()
        manifest(folder, name, data)
    return path


def manifest(folder: Path, name: str, data: bytes, **said: Any) -> None:
    whole = {"file": name, "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} | said
    path = folder / f"{name}.manifest.json"
    path.with_suffix(".tmp").write_text(json.dumps({k: v for k, v in whole.items() if v is not None}))
    path.with_suffix(".tmp").rename(path)


def notes(folder: Path, pattern: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob(pattern))]
