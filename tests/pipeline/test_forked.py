"""A fork of a process whose loop runs: it hears its line, ends with its code, and takes nothing of its parent's along."""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from pipeline.forked import fork

DEADLINE_S = 10.0


async def ended(run: Callable[[], int], line: str | None = None) -> int:
    """The exit code of a child that does *run*."""
    child = fork(run)
    if line is not None:
        child.tell(line)
    async with asyncio.timeout(DEADLINE_S):
        code = await child.wait()
    assert child.returncode == code
    return code


async def test_it_hears_one_line_and_then_the_end() -> None:
    assert await ended(lambda: 7 if list(sys.stdin) == ["127.0.0.1:9092\n"] else 1, "127.0.0.1:9092") == 7


def fails() -> int:
    raise ValueError


def leaves() -> int:
    raise SystemExit(75)


@pytest.mark.parametrize(("run", "code"), [(lambda: 0, 0), (fails, 1), (leaves, 75)])
async def test_it_ends_with_its_code(run: Callable[[], int], code: int) -> None:
    assert await ended(run) == code


async def test_it_keeps_no_descriptor_but_the_three() -> None:
    with Path(__file__).open() as kept:
        number = kept.fileno()
        assert await ended(lambda: sum(Path(f"/proc/self/fd/{n}").exists() for n in (0, 1, 2, number))) == 3


async def test_it_runs_a_loop_of_its_own() -> None:
    async def work() -> int:
        await asyncio.sleep(0.01)
        return await asyncio.to_thread(lambda: 5)

    def run() -> int:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())

    assert await ended(run) == 5


async def test_a_signal_to_it_is_not_heard_here() -> None:
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    try:
        child = fork(lambda: len(sys.stdin.read()))
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            assert await child.wait() == -signal.SIGTERM
        await asyncio.sleep(0.05)
        assert not heard.is_set()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    child.send_signal(signal.SIGTERM)  # to one that has ended: nothing
    child.tell("nobody listens")
