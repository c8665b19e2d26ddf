"""A broker as a child process: started, waited for until it is ready, stopped, and alone on its folder."""

import asyncio
import fcntl
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

HOST = "127.0.0.1"
LOG_TAIL_BYTES = 2000
LOG_BYTES_MAX = 8 * 1024 * 1024
"""A start moves a longer log aside, over the one moved before."""


class BrokerError(Exception):
    """The broker did not start; the message says why, with the end of its own log."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(bootstrap: str, timeout_s: float = 5.0) -> bool:
    """Whether a broker at *bootstrap* (``host:port``) is ready: it lists itself, so topics can be made."""
    host, _, port = bootstrap.split(",", 1)[0].rpartition(":")
    try:
        async with asyncio.timeout(timeout_s):
            # A bare connection first: the client would log every refusal as an error.
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=int(timeout_s * 1000))
            try:
                await admin.start()
                return bool((await admin.describe_cluster())["brokers"])
            finally:
                await admin.close()
    except (OSError, TimeoutError, KafkaError):
        return False


@dataclass(kw_only=True)
class BrokerProcess:
    """What a broker out of jars and one out of an image have in common: a child process that is waited for."""

    folder: Path
    port: int = 0
    """0: a free one, kept over restarts of this object."""
    heap_mb: int = 256
    properties: Mapping[str, str] = field(default_factory=dict)
    """Over the defaults, for tests and benches."""
    ready_s_max: float = 60.0
    stop_s_max: float = 20.0
    _process: asyncio.subprocess.Process | None = field(default=None, init=False, repr=False)
    controller_port: int = field(default=0, init=False, repr=False)
    _lock: IO[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def bootstrap(self) -> str:
        """The address for clients, known once ``start`` was called."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def log_path(self) -> Path:
        """What the broker itself prints: warnings and worse."""
        return self.folder / "broker.log"

    async def start(self) -> None:
        """Start and wait until it is ready. Raises BrokerError, and leaves nothing running then."""
        if self.pid is not None:
            raise BrokerError(f"the broker on {self.folder} runs already")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take_folder()
        self.port = self.port or free_port()
        self.controller_port = self.controller_port or free_port()
        try:
            await self._prepare()
            if self.log_path.exists() and self.log_path.stat().st_size > LOG_BYTES_MAX:
                self.log_path.replace(self.log_path.with_suffix(".old.log"))
            with self.log_path.open("ab") as log:
                # A session of its own: Ctrl-C in the terminal ends the line first, then its broker.
                self._process = await asyncio.create_subprocess_exec(
                    *self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            (self.folder / "broker.pid").write_text(str(self._process.pid))
            await self._until_ready()
        except BaseException as error:
            await self.stop()
            if isinstance(error, FileNotFoundError):
                raise BrokerError(f"cannot start a broker: {error.filename} is not on PATH") from error
            raise

    async def stop(self) -> None:
        """Ask the broker to end, insist after ``stop_s_max`` seconds. Harmless when it does not run."""
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), self.stop_s_max)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def wait(self) -> int:
        """Until the broker's process ends by itself; its exit code (negative: the signal)."""
        if self._process is None:
            raise BrokerError("the broker was never started")
        return await self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _take_folder(self) -> None:
        """Hold the folder until ``stop`` or the death of this process."""
        if self._lock is not None:
            return
        lock = (self.folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise BrokerError(f"another process serves a broker from {self.folder}; stop it first") from None
        self._lock = lock

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + self.ready_s_max
        while not await answers(self.bootstrap):
            if self._process is None or self._process.returncode is not None or time.monotonic() > deadline:
                code = self._process.returncode if self._process is not None else None
                how = (
                    f"ended with {code}"
                    if code is not None
                    else f"did not answer within {self.ready_s_max:g} s"
                )
                raise BrokerError(f"the broker {how}. The end of {self.log_path}:\n{self._log_tail()}")
            await asyncio.sleep(0.05)

    def _log_tail(self) -> str:
        return self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    async def _prepare(self) -> None:
        raise NotImplementedError

    def _command(self) -> tuple[str, ...]:
        raise NotImplementedError
