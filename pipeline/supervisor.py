"""Keeps the parts of a line running on one machine: what dies is started again, what is asked to stop stops in order.

A part that dies is started again at once; one that keeps dying waits longer each time, up to ``BACK_OFF_S_MAX``. The
broker, where it is ours, is stopped last, and started again when it dies; its topics are made again if
it lost them. Each part hears the broker's address as one line on its standard input. A part that ends with 2 at its first start has found its settings wrong: then everything stops.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from pipeline import logs

BACK_OFF_S_MAX = 10.0
STEADY_S = 20.0
"""A process that lived this long was healthy; so was one that was ready and then killed from outside."""
STOP_S_MAX = 27.0
"""Parts end by themselves within 25 s; what is left then is killed."""
READY_POLL_S = 0.05
READY_REQUEST_S_MAX = 2.0

_log = structlog.get_logger()


class PartFailed(Exception):
    """A part found at its first start that it cannot run; it has said why on standard error."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Broker(Protocol):
    """What the supervisor needs of a broker of its own."""

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        ...

    async def start(self) -> None:
        """Start it, return when it answers."""
        ...

    async def stop(self) -> None:
        """Stop it."""
        ...

    async def wait(self) -> int:
        """Until its process ends."""
        ...


@dataclass(slots=True)
class Child:
    """One part as a process of its own, and where to ask whether it is ready (``host``, ``port``)."""

    name: str
    command: Sequence[str]
    health: tuple[str, int]
    has_standby: bool = False
    """Keep a second process with its code loaded, waiting for the address: the part is back in a fraction of a second."""
    process: asyncio.subprocess.Process | None = None
    standby: asyncio.subprocess.Process | None = None
    was_ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_ready: bool = False
    """Has the process that works now ever been ready?"""

    def signal(self, number: signal.Signals) -> None:
        """Send the signal; a process that has just gone needs none."""
        for process in self.processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)

    @property
    def processes(self) -> list[asyncio.subprocess.Process]:
        """The one that works, and the one that stands by."""
        return [process for process in (self.process, self.standby) if process is not None]

    async def spawn(self, environ: Mapping[str, str]) -> asyncio.subprocess.Process:
        """Start a process; it works once it hears the broker's address."""
        return await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.PIPE, env=dict(environ), start_new_session=True
        )

    async def next_process(self, environ: Mapping[str, str]) -> asyncio.subprocess.Process:
        """The one that stands by, if it lives, else a new one."""
        standby, self.standby = self.standby, None
        if standby is not None and standby.returncode is None:
            return standby
        return await self.spawn(environ)


class Supervisor:
    """Runs the children until ``stop`` is set; ``hurry`` set means: now."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        self._starting: set[asyncio.Task[None]] = set()
        self.address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """The broker's: set it once there is one. Parts are started before, so that they load their code meanwhile."""

    async def run(self, environ: Mapping[str, str], when_ready: Callable[[], None]) -> None:
        """Start, keep running, end. Raises PartFailed, after the other parts have ended."""
        try:
            async with asyncio.TaskGroup() as group:
                keepers = [group.create_task(self._keep(child, environ)) for child in self.children]
                announcing = group.create_task(self._announce(when_ready))
                await self.stop.wait()
                announcing.cancel()
                await self._end_all()
                for keeper in keepers:
                    keeper.cancel()
        except* PartFailed as failed:
            raise failed.exceptions[0] from None
        finally:
            await self._end_all()

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        for child in self.children:
            await child.was_ready.wait()
        when_ready()

    async def _keep(self, child: Child, environ: Mapping[str, str]) -> None:
        deaths = 0
        while not self.stop.is_set():
            started = time.monotonic()
            child.is_ready = False
            child.process = await child.next_process(environ)
            tasks = [
                asyncio.create_task(self._watch_ready(child, environ)),
                asyncio.create_task(self._tell_address(child.process)),
            ]
            try:
                code = await child.process.wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if self.stop.is_set():
                return
            if code == 2 and not child.was_ready.is_set():
                raise PartFailed(child.name)
            healthy = time.monotonic() - started > STEADY_S or (child.is_ready and code < 0)
            deaths = 0 if healthy else deaths + 1
            _log.warning(logs.PART_DIED, part=child.name, exit_code=code, attempt=deaths)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), pause_s(deaths))

    async def _tell_address(self, process: asyncio.subprocess.Process) -> None:
        address = await asyncio.shield(self.address)
        if process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(address.encode() + b"\n")
                await process.stdin.drain()
            process.stdin.close()

    async def _watch_ready(self, child: Child, environ: Mapping[str, str]) -> None:
        await asyncio.shield(self.address)
        while not await is_ready(*child.health):  # noqa: ASYNC110 - another process's answer has no event
            await asyncio.sleep(READY_POLL_S)
        child.was_ready.set()
        child.is_ready = True
        _log.info(logs.PART_READY, part=child.name, pid=child.process.pid if child.process else 0)
        if child.has_standby and child.standby is None and not self.stop.is_set():
            # Not part of this task: that one ends with the process, and a start half made must not be forgotten.
            task = asyncio.create_task(self._stand_by(child, environ))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _stand_by(self, child: Child, environ: Mapping[str, str]) -> None:
        process = await child.spawn(environ)
        if child.standby is None:
            child.standby = process
        else:
            process.kill()
            await process.wait()

    async def _end_all(self) -> None:
        """Ask every part to end; kill what has not ended in time, or at once when hurried."""
        await asyncio.gather(*self._starting)
        for child in self.children:
            child.signal(signal.SIGTERM)
        ended = asyncio.gather(*(process.wait() for child in self.children for process in child.processes))
        hurried = asyncio.create_task(self.hurry.wait())
        waited: set[asyncio.Future[object]] = {asyncio.ensure_future(ended), hurried}  # type: ignore[arg-type] # futures are covariant in all but name
        await asyncio.wait(waited, timeout=STOP_S_MAX, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        await asyncio.gather(hurried, return_exceptions=True)
        if not ended.done():
            for child in self.children:
                child.signal(signal.SIGKILL)
        await ended


def pause_s(deaths: int) -> float:
    """How long to wait before the next start: the first two are at once, then it doubles."""
    return 0.0 if deaths <= 2 else min(BACK_OFF_S_MAX, 0.25 * 2.0 ** min(deaths - 3, 10))


async def keep_broker(broker: Broker, stop: asyncio.Event, prepare: Callable[[], Awaitable[None]]) -> None:
    """Start the broker again whenever it dies, until *stop*; *prepare* then makes topics that it lost."""
    deaths = 0
    while not stop.is_set():
        started = time.monotonic()
        code = await broker.wait()
        if stop.is_set():
            return
        deaths = 0 if time.monotonic() - started > STEADY_S else deaths + 1
        _log.error(logs.BROKER_LOST, exit_code=code, attempt=deaths)
        await asyncio.sleep(pause_s(deaths))
        try:
            await broker.start()
            await prepare()
        except Exception:
            _log.exception(logs.BROKER_LOST, attempt=deaths)
            continue
        _log.info(logs.BROKER_STARTED, address=broker.bootstrap)


async def is_ready(host: str, port: int) -> bool:
    """Whether ``GET /ready`` answers 200."""
    try:
        async with asyncio.timeout(READY_REQUEST_S_MAX):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


def part_command(part: str, settings: str) -> list[str]:
    """The command line of one part, by this very interpreter; ``-P``: folders of our names where we are started do no harm."""
    return [sys.executable, "-P", "-m", "pipeline.cli", "run", part, "--settings", settings]


def children_environment(parent_variable: str) -> dict[str, str]:
    """The environment of this process, with our own pid in it."""
    return {**os.environ, parent_variable: str(os.getpid())}
