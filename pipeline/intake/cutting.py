"""Batches: one body that holds many letters, cut by its channel before anything is stored.

Cutting is reading what strangers wrote, so it is done by a parser worker: one of its own, which holds up no letter, with
more time than a letter gets. It is ended when it has had nothing to do for a while. A batch that cannot be cut within
its limits is Malformed: whoever sent it is told, and nothing of it is stored.
"""

import asyncio
import functools
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from pipeline import logs
from pipeline.blobs import BlobStore
from pipeline.intake.frames import LENGTH, raw_of
from pipeline.intake.worker import SOLO_DEATHS_MAX, Worker, WorkerLost
from schemas.errors import Malformed, Unavailable
from schemas.letter import BlobRef, Raw

BATCH_S = 60.0
BATCH_MEMORY_BYTES = 512 * 1024**2
PIECES_MAX = 100_000
PIECES_BYTES_MAX = 256 * 1024**2
WAITING_MAX = 4
IDLE_S = 60.0
CLOSE_LOOK_S = 0.1
_FAULT = "a batch could not be cut, by a fault of ours"

_log = structlog.get_logger()


class CutWorker(Worker):
    """The worker, asked to cut."""

    _ended = False

    def end(self) -> None:
        """Break off what is being cut; nothing is cut any more. From any thread."""
        self._ended = True
        if (process := self._process) is not None:
            process.kill()

    def cut(self, channel: str, piece: tuple[bytes, bytes, str]) -> list[Raw]:
        """The pieces of a batch. Raises Malformed; Unavailable where no worker can be started."""
        for _ in range(SOLO_DEATHS_MAX):
            if self._ended:
                raise Unavailable("batches: closed")
            try:
                self.start()
            except WorkerLost:
                self.kill()
                raise Unavailable("batches: no worker") from None
            deadline = time.monotonic() + self.timeout_s
            try:
                return self._cut(channel, piece, deadline)
            except WorkerLost:
                self.kill()
            if time.monotonic() >= deadline:
                break
        if self._ended:
            raise Unavailable("batches: closed")
        raise Malformed(f"a batch was not cut within {self.timeout_s:g} s and {self.memory_bytes} bytes")

    def _cut(self, channel: str, piece: tuple[bytes, bytes, str], deadline: float) -> list[Raw]:
        self.ask((channel, piece))
        pieces: list[Raw] = []
        left_bytes = PIECES_BYTES_MAX
        while True:
            frame = self._frame(deadline)
            match frame[:1]:
                case b"P":
                    left_bytes -= len(frame)
                    if len(pieces) == PIECES_MAX or left_bytes < 0:
                        self.kill()  # it has more to say
                        raise Malformed(
                            f"a batch holds more than {PIECES_MAX} pieces or {PIECES_BYTES_MAX} bytes"
                        )
                    try:
                        pieces.append(_piece(frame))
                    except (ValueError, struct.error):
                        self.kill()
                        raise Malformed(_FAULT) from None
                case b"E":
                    return pieces
                case b"M":
                    raise Malformed(frame[1:].decode("utf-8", "replace"))
                case _:
                    _log.error(logs.CONNECTOR_FAULT, channel=channel, reason="cut")
                    raise Malformed(_FAULT)


def _piece(frame: bytes) -> Raw:
    start = 1 + LENGTH.size
    end = start + LENGTH.unpack_from(frame, 1)[0]
    return raw_of(frame[start:end], frame[end:])


def checked(batch: Raw, pieces: Sequence[Raw]) -> Sequence[Raw]:
    """*pieces* as they may be stored. Raises Malformed."""
    handed_in = {(file.sha256, file.size_bytes) for file in batch.files}
    for piece in pieces:
        if piece.is_batch:
            raise Malformed("a batch holds a batch")
        if not handed_in.issuperset((file.sha256, file.size_bytes) for file in piece.files):
            raise Malformed("a piece of a batch names a file that nobody handed in")
    return pieces


class Cutting:
    """Cuts one batch after the other. ``cut`` is called on the loop."""

    def __init__(
        self,
        channels: Sequence[str],
        blobs: BlobStore,
        scratch: Path,
        *,
        timeout_s: float = BATCH_S,
        memory_bytes: int = BATCH_MEMORY_BYTES,
    ) -> None:
        self._blobs = blobs
        self._worker = CutWorker(channels, blobs, scratch, memory_bytes, timeout_s)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def cut(self, channel: str, batch: Raw) -> Sequence[Raw]:
        """The pieces of *batch*, in its order. Raises Malformed, Unavailable."""
        if self._waiting > WAITING_MAX:
            raise Unavailable("batches: busy", retry_after_s=self._worker.timeout_s)
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._thread, self._cut, channel, batch)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle = loop.call_later(IDLE_S, self._thread.submit, self._worker.kill)

    def _cut(self, channel: str, batch: Raw) -> Sequence[Raw]:
        meta = batch.__pydantic_serializer__.to_json(batch, exclude={"body"})
        if isinstance(batch.body, BlobRef):
            if not self._blobs.exists(batch.body):
                raise Unavailable("blob store: bytes are not there")
            piece = (meta, b"", str(self._blobs.path(batch.body)))
        else:
            piece = (meta, batch.body, "")
        return checked(batch, self._worker.cut(channel, piece))

    async def close(self) -> None:
        """End the worker. Whoever waits hears Unavailable, or is cancelled."""
        if self._idle is not None:
            self._idle.cancel()
        work = functools.partial(self._thread.shutdown, wait=True, cancel_futures=True)
        closing = asyncio.create_task(asyncio.to_thread(work))
        while not closing.done():
            self._worker.end()
            await asyncio.wait({closing}, timeout=CLOSE_LOOK_S)
        self._worker.kill()
