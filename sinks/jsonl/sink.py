"""The sink itself: one open file, one thread, one fsync a line."""

import asyncio
import errno
import fcntl
import json
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from schemas.errors import Refused, Unavailable
from schemas.order import Contact, OrderEvent, Receipt
from schemas.ports import Position, SinkSettings

BLOCK_BYTES = 1024 * 1024
MENDED_BY_HAND = frozenset(
    {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}
)
"""Waiting does not help: the settings or the rights of the folder are wrong."""

LINE_BYTES_MAX = 16 * 1024 * 1024
"""No line of ours comes near: a file without line ends is somebody else's."""


class JsonlSettings(SinkSettings):
    """See the package's docstring."""

    path: Path
    known_ids_max: int = Field(default=100_000, ge=1000)


class Jsonl:
    """See the package's docstring.

    Refused at the start: the file holds lines that are not ours. Unavailable: locked by another process, disk full or
    failing.
    """

    Settings: ClassVar[type[SinkSettings]] = JsonlSettings

    def __init__(self, settings: JsonlSettings, instance: str) -> None:
        self._instance = instance
        self._settings = settings
        self._known: OrderedDict[UUID, None] = OrderedDict()
        self._size_bytes = 0
        self._file = self._open()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{instance}")

    async def deliver(self, event: OrderEvent, contact: Contact | None, position: Position) -> Receipt:
        line = _line(event, contact, position)
        outcome = await asyncio.get_running_loop().run_in_executor(self._thread, self._write, event.id, line)
        return Receipt(
            event_id=event.id, order_id=event.order.id, number=event.order.number, city=event.city,
            sink=self._instance, outcome=outcome, at=datetime.now(UTC),
        )  # fmt: skip

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, os.close, self._file)
        self._thread.shutdown()

    def _open(self) -> int:
        path = self._settings.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            if error.errno in MENDED_BY_HAND:
                raise Refused(f"cannot open {path}: {error.strerror}") from error
            raise self._unavailable(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read_tail(file)
            os.ftruncate(file, self._size_bytes)
            os.fsync(file)
            _sync_folder(path.parent)
        except OSError as error:
            os.close(file)
            raise self._unavailable(error) from error
        except Refused:
            os.close(file)
            raise
        return file

    def _read_tail(self, file: int) -> None:
        """Learn the newest ids, and where the last whole line ends: what stands after it is cut off."""
        self._size_bytes = start = _start_of_tail(file, self._settings.known_ids_max)
        with os.fdopen(os.dup(file), "rb") as lines:
            lines.seek(start)
            while (line := lines.readline(LINE_BYTES_MAX)).endswith(b"\n"):
                self._known[self._id_of(line)] = None
                self._size_bytes += len(line)
        if len(line) == LINE_BYTES_MAX:
            raise Refused(f"sink {self._instance}: the file holds lines that are not ours")

    def _id_of(self, line: bytes) -> UUID:
        try:
            return UUID(json.loads(line)["event"]["id"])
        except (ValueError, KeyError, TypeError):
            raise Refused(f"sink {self._instance}: the file holds lines that are not ours") from None

    def _write(self, event_id: UUID, line: bytes) -> Literal["delivered", "already_there"]:
        if event_id in self._known:
            return "already_there"
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._file, line[written:], self._size_bytes + written)
            os.fsync(self._file)
        except OSError as error:
            self._take_back()
            raise self._unavailable(error) from error
        self._size_bytes += len(line)
        self._known[event_id] = None
        if len(self._known) > self._settings.known_ids_max:
            self._known.popitem(last=False)
        return "delivered"

    def _take_back(self) -> None:
        # What was written of the line is not known to be on disk. If even cutting it off fails, the next write stands
        # in the same place, and the next start cuts what is torn.
        try:
            os.ftruncate(self._file, self._size_bytes)
        except OSError:
            return

    def _unavailable(self, error: OSError) -> Unavailable:
        return Unavailable(f"sink {self._instance}: {type(error).__name__} {error.errno}", retry_after_s=5.0)


def _start_of_tail(file: int, lines_max: int) -> int:
    """Where the last *lines_max* lines begin: read backwards, nothing kept."""
    position = os.fstat(file).st_size
    wanted = lines_max + 1  # the line end before the first of them
    while position > 0:
        start = max(0, position - BLOCK_BYTES)
        block = os.pread(file, position - start, start)
        ends = block.count(b"\n")
        if ends >= wanted:
            cut = len(block)
            for _ in range(wanted):
                cut = block.rindex(b"\n", 0, cut)
            return start + cut + 1
        wanted -= ends
        position = start
    return 0


def _line(event: OrderEvent, contact: Contact | None, position: Position) -> bytes:
    said: dict[str, object] = {
        "topic": position.topic,
        "partition": position.partition,
        "offset": position.offset,
        "event": event.model_dump(mode="json"),
    }
    if contact is not None:
        said["contact"] = contact.model_dump(mode="json")
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
