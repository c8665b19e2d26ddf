"""The supervisor with real processes: what dies is started again, what is asked to stop stops."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from linekit.stolen import quiet_s, ticks
from pipeline.supervisor import Child, PartFailed, Supervisor, is_ready, pause_s

PART = """
import http.server, os, pathlib, signal, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
assert sys.stdin.readline() == "127.0.0.1:9092\\n"
port, pids, deaf = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["deaf"]
with pids.open("a") as file:
    print(os.getpid(), file=file)
signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else lambda *_: sys.exit(0))
http.server.HTTPServer(("127.0.0.1", port), Ready).serve_forever()
"""


def program(text: str, *arguments: str) -> Callable[[], int]:
    """A child that becomes this program."""
    return lambda: os.execv(sys.executable, [sys.executable, "-c", text, *arguments])


class Line:
    """Two made-up parts under a supervisor."""

    def __init__(self, folder: Path, free_port: Callable[[], int], *how: str) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("one", "two")}
        self.supervisor = Supervisor(
            [
                Child(name, program(PART, str(port), str(folder / name), *how), ("127.0.0.1", port))
                for name, port in self.ports.items()
            ]
        )
        self.ready = asyncio.Event()

    def start(self) -> "asyncio.Task[None]":
        self.supervisor.address.set_result("127.0.0.1:9092")
        return asyncio.create_task(self.supervisor.run(self.ready.set))

    def pids(self, name: str) -> list[int]:
        return [int(line) for line in (self.folder / name).read_text().splitlines()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_part_is_started_again_at_once(tmp_path: Path, free_port: Callable[[], int]) -> None:
    line = Line(tmp_path, free_port)
    running = line.start()
    async with asyncio.timeout(20):
        await line.ready.wait()
        (first,) = line.pids("one")
        before, started = ticks(), time.monotonic()
        os.kill(first, signal.SIGKILL)
        while len(line.pids("one")) < 2 or not await is_ready("127.0.0.1", line.ports["one"]):
            await asyncio.sleep(0.02)
        assert quiet_s(time.monotonic() - started, before) < 3
        assert len(line.pids("two")) == 1
        line.supervisor.stop.set()
        await running
    assert not any(alive(pid) for name in line.ports for pid in line.pids(name))


async def test_a_part_that_does_not_listen_is_killed_when_hurried(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    line = Line(tmp_path, free_port, "deaf")
    running = line.start()
    async with asyncio.timeout(20):
        await line.ready.wait()
        line.supervisor.stop.set()
        await asyncio.sleep(0.3)
        assert not running.done()
        line.supervisor.hurry.set()
        await running
    assert not any(alive(pid) for name in line.ports for pid in line.pids(name))


async def test_wrong_settings_at_the_first_start_stop_everything(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    line = Line(tmp_path, free_port)
    line.supervisor.children = [
        *line.supervisor.children,
        Child("wrong", lambda: 2, ("127.0.0.1", free_port())),
    ]
    async with asyncio.timeout(20):
        with pytest.raises(PartFailed) as failed:
            await line.start()
    assert failed.value.part == "wrong"
    assert not line.ready.is_set()
    started = [pid for name in line.ports if (tmp_path / name).exists() for pid in line.pids(name)]
    assert not any(alive(pid) for pid in started)


def test_a_part_that_keeps_dying_waits_longer_but_never_for_ever() -> None:
    pauses = [pause_s(deaths) for deaths in range(1, 40)]
    assert pauses[:2] == [0, 0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10
