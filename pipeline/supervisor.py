"""Keeps the parts of a line running on one machine: what dies is started again, what is asked to stop stops in order.

A part that dies is started again at once; one that keeps dying waits longer each time, up to ``BACK_OFF_S_MAX``. The
broker, where it is ours, is stopped last, and started again when it dies; its topics are made again if
it lost them. Each part hears the broker's address as one line on its standard input. A part that ends with 2 at its first start has found its settings wrong: then everything stops.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from pipeline import logs
from pipeline.forked import Forked, fork

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
    """One part as a process of its own that does ``run``, and where to ask whether it is ready (``host``, ``port``)."""

    name: str
    run: Callable[[], int]
    health: tuple[str, int]
    process: Forked | None = None
    was_ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_ready: bool = False
    """Has the process that works now ever been ready?"""


class Supervisor:
    """Runs the children until ``stop`` is set; ``hurry`` set means: now."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        self.address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """The broker's: set it once there is one. Parts are started before, so that they load their code meanwhile."""

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Start, keep running, end. Raises PartFailed, after the other parts have ended."""
        try:
            async with asyncio.TaskGroup() as group:
                keepers = [group.create_task(self._keep(child)) for child in self.children]
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

    async def _keep(self, child: Child) -> None:
        deaths = 0
        while not self.stop.is_set():
            started = time.monotonic()
            child.is_ready = False
            child.process = fork(child.run)
            tasks = [
                asyncio.create_task(self._watch_ready(child)),
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

    async def _tell_address(self, process: Forked) -> None:
        process.tell(await asyncio.shield(self.address))

    async def _watch_ready(self, child: Child) -> None:
        await asyncio.shield(self.address)
        while not await is_ready(*child.health):  # noqa: ASYNC110 - another process's answer has no event
            await asyncio.sleep(READY_POLL_S)
        child.was_ready.set()
        child.is_ready = True
        _log.info(logs.PART_READY, part=child.name, pid=child.process.pid if child.process else 0)

    async def _end_all(self) -> None:
        """Ask every part to end; kill what has not ended in time, or at once when hurried."""
        processes = [child.process for child in self.children if child.process is not None]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        ended = asyncio.gather(*(process.wait() for process in processes))
        hurried = asyncio.create_task(self.hurry.wait())
        waited: set[asyncio.Future[object]] = {asyncio.ensure_future(ended), hurried}  # type: ignore[arg-type] # futures are covariant in all but name
        await asyncio.wait(waited, timeout=STOP_S_MAX, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        await asyncio.gather(hurried, return_exceptions=True)
        if not ended.done():
            for process in processes:
                process.send_signal(signal.SIGKILL)
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
