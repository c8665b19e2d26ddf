"""A process that is a fork of this one: what is loaded here need not be loaded there, and its memory is shared.

It hears one line on its standard input, and ends with what its function returns, in a session of its own. Nothing of
this process goes on in it: no descriptor but the three standard ones, no signal handler, no way back into our frames.
Fork where no other thread runs.
"""

import asyncio
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

_ASKS = (signal.SIGTERM, signal.SIGINT)
_FAULT = 1
_STANDARD = 2


class Forked:
    """A child. Made by ``fork``, on a running loop."""

    def __init__(self, pid: int, telling: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        """As ``wait`` gives it; None while it lives."""
        self._telling: int | None = telling
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._watching = os.pidfd_open(pid)
        self._loop.add_reader(self._watching, self._reap)

    def _reap(self) -> None:
        self._loop.remove_reader(self._watching)
        os.close(self._watching)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._close()
        self._ended.set_result(self.returncode)

    def _close(self) -> None:
        if self._telling is not None:
            os.close(self._telling)
            self._telling = None

    async def wait(self) -> int:
        """The exit code once it has ended; below zero: the signal it died of."""
        return await asyncio.shield(self._ended)

    def tell(self, line: str) -> None:
        """Say this to it, and no more after that. A line of a few hundred bytes never waits."""
        if self._telling is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._telling, line.encode() + b"\n")
            self._close()

    def send_signal(self, number: signal.Signals) -> None:
        """Nothing, where it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)  # not reaped yet: the pid is still its own


@contextlib.contextmanager
def waiting_without_threads() -> Iterator[None]:
    """No thread waits for the end of a program that asyncio starts. Pythons from 3.12 on have none by themselves."""
    if sys.version_info >= (3, 12):
        yield
        return
    before = asyncio.get_child_watcher()
    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
    try:
        yield
    finally:
        asyncio.set_child_watcher(before)


def fork(run: Callable[[], int]) -> Forked:
    """A child that does *run*."""
    listening, telling = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal between the fork and the child's first step would be taken for one of ours.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKS)
    pid = os.fork()
    if pid == 0:
        _live(run, listening, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(listening)
    return Forked(pid, telling)


def _live(run: Callable[[], int], listening: int, signals: "set[signal.Signals | int]") -> NoReturn:
    code = _FAULT
    try:
        signal.set_wakeup_fd(-1)
        for number in _ASKS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        os.setsid()
        os.dup2(listening, 0)
        for path in list(Path("/proc/self/fd").iterdir()):
            if (descriptor := int(path.name)) > _STANDARD:
                with contextlib.suppress(OSError):  # the listing's own
                    os.close(descriptor)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for life
        code = run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else _FAULT
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
