"""The local broker for programs that are not asynchronous: killed, frozen, wiped and cut at will."""

import asyncio
import contextlib
import os
import shutil
import signal
import struct
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from pipeline.kafka.broker import LIBS, LocalBroker

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]
BATCH_HEAD = struct.Struct(">qi")
"""Base offset and length of what follows: how every record batch in a log segment begins."""
LAST_OFFSET_DELTA_AT = 23

PROPERTIES = {
    "log.index.size.max.bytes": "1048576",
    "log.segment.delete.delay.ms": "1000",
    "log.message.timestamp.type": "LogAppendTime",
}


class Broker:
    """A broker in ``folder``, driven from any thread. ``address`` stays the same over restarts and wipes."""

    def __init__(self, folder: Path, *, heap_mb: int = 256, port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="broker", daemon=True)
        self._thread.start()
        self._local = LocalBroker(
            folder=folder,
            libs=ROOT / LIBS,
            heap_mb=heap_mb,
            port=port,
            properties=PROPERTIES,
        )

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    @property
    def address(self) -> str:
        return self._local.bootstrap

    @property
    def folder(self) -> Path:
        return self._local.folder

    @property
    def pid(self) -> int:
        pid = self._local.pid
        assert pid is not None, "the broker does not run"
        return pid

    @property
    def runs(self) -> bool:
        return self._local.pid is not None

    def start(self) -> None:
        self._do(self._local.start())

    def stop(self) -> None:
        self._do(self._local.stop())

    def kill(self) -> None:
        """As a power cut: SIGKILL, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self._do(self._local.wait())

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped in its tracks (SIGSTOP) for as long as the block lasts."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def wipe(folder: Path) -> None:
    """Everything that the broker of this folder knew is gone. It must not be working."""
    shutil.rmtree(folder / "data")


def cut_tail(folder: Path, topic: str, records: int) -> int:
    """Cut the last *records* off every partition of *topic*, on disk; how many went. The broker must not be working."""
    data = folder / "data"
    # Without this mark the broker reads its segments again instead of believing its own notes.
    (data / ".kafka_cleanshutdown").unlink(missing_ok=True)
    return sum(_cut_partition(partition, records) for partition in data.glob(f"{topic}-*"))


def _batches(segment: bytes) -> Iterator[tuple[int, int, int]]:
    """Place, first and last offset of each record batch."""
    at = 0
    while at + BATCH_HEAD.size <= len(segment):
        first, length = BATCH_HEAD.unpack_from(segment, at)
        if length <= 0 or at + BATCH_HEAD.size + length > len(segment):
            return
        last = first + struct.unpack_from(">i", segment, at + LAST_OFFSET_DELTA_AT)[0]
        yield at, first, last
        at += BATCH_HEAD.size + length


def _cut_partition(folder: Path, records: int) -> int:
    segments = sorted(folder.glob("*.log"))
    if not segments:
        return 0
    assert len(segments) == 1, f"{folder}: the tail may span segments; make fewer records"
    segment = segments[0].read_bytes()
    batches = list(_batches(segment))
    if not batches:
        return 0
    end = batches[-1][2] + 1
    keep_below = max(0, end - records)
    cut_at, first_cut = next(((at, first) for at, first, last in batches if last >= keep_below), (None, end))
    if cut_at is None:
        return 0
    with segments[0].open("r+b") as file:
        file.truncate(cut_at)
        os.fsync(file.fileno())
    for leftover in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        leftover.unlink()
    return end - first_cut


def wait_gone(pid: int, deadline_s: float) -> None:
    """Until no process has this id any more; one that only waits for its parent to look is gone."""
    end = time.monotonic() + deadline_s
    while _lives(pid):
        assert time.monotonic() < end, f"process {pid} is still there after {deadline_s:g} s"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        status: str = psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return False
    return status != str(psutil.STATUS_ZOMBIE)
