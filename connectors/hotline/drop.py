"""Watches one drop folder: a complete file is read, handed in as one batch, and put away with its receipt.

The order is the promise: ``accept`` has returned (all of the file is stored, or none of it), then the receipt is
written, then the file is moved. Killed anywhere, the file is read again and its calls hear the same numbers. A file
that cannot be taken is moved to ``refused/`` with the reason; while the door cannot store, it stays where it is.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from connectors.hotline import folder as shelf
from connectors.hotline.calls import BadTranscript
from connectors.hotline.cut import batch
from connectors.hotline.folder import Content, Found, Taken
from connectors.hotline.reading import Reading
from connectors.hotline.receipt import NoReceipt, Receipt, answers_of, written
from connectors.hotline.settings import Drop
from schemas.errors import Malformed, Unavailable
from schemas.letter import Raw, Registered
from schemas.ports import Accept

CONNECTOR_FAULT: Final = "connector.fault"
DROP_TAKEN: Final = "drop.file_taken"
DROP_REFUSED: Final = "drop.file_refused"
DROP_ALONE: Final = "drop.file_alone"
DROP_LOCKED: Final = "drop.another_reader"
DROP_AWAY: Final = "drop.folder_away"
DROP_WAITS: Final = "drop.store_unavailable"

_AFTER_FAULT_S = 60.0
_WAIT_S_MAX = 60.0

_log = structlog.get_logger()


async def watch(name: str, drop: Drop, accept: Accept) -> None:
    """Until cancelled. Says once, not every round, that another door holds the folder or that it is away."""
    said: str = ""
    while True:
        try:
            with await asyncio.to_thread(_entered, drop.folder):
                said = ""
                await _Watcher(name, drop, accept).run()
        except Taken:
            if said != DROP_LOCKED:
                _log.warning(DROP_LOCKED, channel="hotline", path=str(drop.folder), reason=name)
            said = DROP_LOCKED
        except OSError as error:
            if said != DROP_AWAY:
                _log.warning(DROP_AWAY, channel="hotline", path=str(drop.folder), error=type(error).__name__)
            said = DROP_AWAY
        await asyncio.sleep(drop.poll_s)


class _Entered:
    """A folder that is locked already; leaving it lets go."""

    def __init__(self, folder: Path) -> None:
        self._lock = shelf.locked(folder)
        self._lock.__enter__()
        try:
            shelf.prepare(folder)
        except OSError:
            self._lock.__exit__(None, None, None)
            raise

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(None, None, None)


def _entered(folder: Path) -> _Entered:
    return _Entered(folder)


@dataclass(slots=True)
class _Watcher:
    name: str
    drop: Drop
    accept: Accept
    clock: Callable[[], float] = time.monotonic
    _first_seen: dict[str, float] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    _alone_since: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Round after round. Raises OSError where the folder itself is away."""
        while True:
            wait_s = self.drop.poll_s
            files = await asyncio.to_thread(shelf.found_in, self.drop.folder, self.drop.convention)
            self._forget(files)
            for found in files:
                if self.clock() < self._not_before.get(found.name, 0.0):
                    continue
                try:
                    await self._take(found)
                except Unavailable as error:
                    _log.warning(DROP_WAITS, channel="hotline", reason=self.name, seconds=error.retry_after_s)
                    wait_s = max(wait_s, min(error.retry_after_s, _WAIT_S_MAX))
                    break
                except Exception as error:
                    # Our fault or the disk's: the file stays, the others go on.
                    _log.error(CONNECTOR_FAULT, channel="hotline", reason=self.name, exc_info=error)
                    self._not_before[found.name] = self.clock() + _AFTER_FAULT_S
            await asyncio.sleep(wait_s)

    def _forget(self, files: list[Found]) -> None:
        complete = {found.name for found in files if not found.alone}
        alone = {found.name for found in files if found.alone}
        for known, there in (
            (self._first_seen, complete), (self._not_before, complete), (self._alone_since, alone)
        ):  # fmt: skip
            for name in known.keys() - there:
                del known[name]

    async def _take(self, found: Found) -> None:
        if found.alone:
            self._mention(found)
            return
        if found.problem:
            await self._lose_patience(found)
            return
        try:
            content = await asyncio.to_thread(
                shelf.read, self.drop.folder / found.name, self.drop.file_bytes_max
            )
        except FileNotFoundError:
            return  # its sender took it away again
        except BadTranscript as error:
            await self._refuse(found, str(error), None)
            return
        if found.sha256 and found.sha256 != content.sha256:
            await self._lose_patience(replace(found, problem="文件的 SHA-256 与清单不符"))
            return
        await self._hand_in(found, content)

    async def _hand_in(self, found: Found, content: Content) -> None:
        made = self._batch(found, content)
        try:
            registered = await self.accept([made])
        except Malformed as error:
            await self._refuse(found, str(error), content)
            return
        folder, name = self.drop.folder, shelf.shown(found.name)
        receipt = {"file": name, "sha256": content.sha256} | await self._receipt(made, registered)
        if await asyncio.to_thread(shelf.unchanged, folder / found.name, content):
            kept = shelf.kept_name(found.name, content.sha256)
            note = (".receipt.json", receipt)
            await asyncio.to_thread(shelf.put_away, folder, found, shelf.DONE, kept, note)
        size = len(content.data)
        _log.info(DROP_TAKEN, channel="hotline", reason=self.name, count=len(registered), bytes=size)

    async def _receipt(self, made: Raw, registered: Sequence[Registered]) -> Receipt:
        answers = answers_of(registered)
        try:
            return await written(made, answers)
        except NoReceipt as error:
            _log.error(CONNECTOR_FAULT, channel="hotline", reason=self.name, exc_info=error)
            return {"numbers_in_order": [answer.number for answer in answers]}

    def _batch(self, found: Found, content: Content) -> Raw:
        drop = self.drop
        reading = Reading(
            format=drop.format,
            file_name=shelf.shown(found.name)[:255],
            columns=drop.columns,
            speakers=drop.speakers,
            rows=found.rows,
        )
        return batch(drop.account, content.data, reading.stored(), datetime.now(UTC))

    async def _lose_patience(self, found: Found) -> None:
        """A file that does not match its manifest may still be on its way; after a while it is refused."""
        first = self._first_seen.setdefault(found.name, self.clock())
        if self.clock() - first >= self.drop.patience_s:
            await self._refuse(found, found.problem, None)

    def _mention(self, found: Found) -> None:
        """Once: its manifest or ``.ok`` file never came. It stays, since its sender may still be writing it."""
        first = self._alone_since.setdefault(found.name, self.clock())
        if self.clock() - first >= self.drop.patience_s:
            self._alone_since[found.name] = math.inf
            _log.warning(DROP_ALONE, channel="hotline", reason=self.name, seconds=self.drop.patience_s)

    async def _refuse(self, found: Found, why: str, content: Content | None) -> None:
        folder = self.drop.folder
        if content is not None and not await asyncio.to_thread(shelf.unchanged, folder / found.name, content):
            return
        sha256 = content.sha256 if content else await asyncio.to_thread(shelf.digest_of, folder / found.name)
        said = {"file": shelf.shown(found.name), "sha256": sha256, "refused": why, "stored": "没有一行被登记"}
        kept = shelf.kept_name(found.name, sha256)
        await asyncio.to_thread(shelf.put_away, folder, found, shelf.REFUSED, kept, (".reason.json", said))
        _log.warning(DROP_REFUSED, channel="hotline", reason=self.name)
