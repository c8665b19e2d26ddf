"""The composition root: the name of a part and the settings become a running process.

Promises of every part: SIGTERM and SIGINT ask it to finish what it has in hand and end with 0; a second one makes it
drop what it has in hand (nothing that was acknowledged is lost by that); after ``STOP_S_MAX`` it ends with 75 whatever
it does. 75 also means: it could not go on safely, start it again.
"""

import asyncio
import contextlib
import ctypes
import errno
import gc
import importlib
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal

import structlog
import uvloop

from pipeline import logs
from pipeline.plugins import Group
from pipeline.settings import Settings
from pipeline.trouble import StartAgain, Trouble

Part = Literal["door", "desk", "delivery", "register"]
PARTS: Final[tuple[Part, ...]] = ("door", "desk", "delivery", "register")

GO_ON_ELSEWHERE = 75
"""EX_TEMPFAIL: not our fault alone; whoever watches us should start us again."""
STOP_S_MAX = 25.0
HURRY_S_MAX = 3.0
PARENT = "XINSHU_PARENT"
"""Set by ``up`` for its children: they end when that process does, however it does."""

_HOMES: Final[dict[Part, tuple[str, str]]] = {
    "door": ("pipeline.intake.door", "run_door"),
    "desk": ("pipeline.desk", "run_desk"),
    "delivery": ("pipeline.delivery", "run_delivery"),
    "register": ("pipeline.register.part", "run_register"),
}

_GROUPS: Final[dict[Part, tuple[Group, ...]]] = {
    "door": ("xinshu.connectors",),
    "desk": (),
    "delivery": ("xinshu.sinks",),
    "register": (),
}

_REHEARSALS: Final[dict[Part, str]] = {"door": "channels_of"}
"""Done once for nothing before the address is known, so that everything is loaded by then."""

_ALONE: Final[Part] = "desk"
"""It loads much that no other part needs, some of which starts threads."""

_NICENESS: Final[dict[Part, int]] = {"desk": 10, "delivery": 12, "register": 12}
"""On one machine a citizen at the door waits for nobody; the tables may follow a little later."""

_NEW_VALUES: Final[dict[Part, int]] = {"desk": 100_000}
"""So many more values, some ten megabytes, before the collector looks for cycles among them. The desk's values live as long
as their transaction and hardly make any: what is looked through earlier is looked through in vain."""

Running = Callable[..., Awaitable[None]]
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_NAME_BYTES_MAX = 15
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MALLOC_BYTES = 128 * 1024
"""glibc's own value at the start, kept from growing."""


def plugins_of(part: Part) -> tuple[Group, ...]:
    """The plug-ins a part loads. No other's code is in its memory."""
    return _GROUPS[part]


def run(part: Part, settings: Settings, bootstrap_servers: Callable[[], str]) -> int:
    """Run the part until it is asked to stop; the exit code. Raises Trouble for what an operator must mend first.

    *bootstrap_servers* is asked after the part's code is loaded.
    """
    logs.set_up(part, json={"auto": None, "json": True, "text": False}[settings.log_format])
    signal.signal(signal.SIGTERM, _not_begun)
    give_memory_back(part)
    die_with_parent()
    show_as(part)
    stand_back(part)
    module_name, name = _HOMES[part]
    module = importlib.import_module(module_name)
    start: Running = getattr(module, name)
    if rehearse := _REHEARSALS.get(part):
        getattr(module, rehearse)(settings)
    # What is loaded now stays for ever: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_VALUES.get(part, gc.get_threshold()[0]))
    address = bootstrap_servers()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_watched(start, settings, address))


def load_shared() -> None:
    """Load what most parts need and no plug-in, for the parts that will be forks of this process.

    What is loaded is kept out of the collector's sight: its marks would make every shared page a process's own.
    """
    for part, (module, _) in _HOMES.items():
        if part != _ALONE:
            importlib.import_module(module)
    gc.collect()
    gc.freeze()


def die_with_parent() -> None:
    """Where ``up`` started us: be told to stop when it dies."""
    parent = os.environ.get(PARENT)
    if parent is None:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we asked
        raise SystemExit(GO_ON_ELSEWHERE)


def give_memory_back(part: Part) -> None:
    """What a batch needed goes back to the machine once it is done.

    By itself glibc keeps a heap for each thread and, once it has seen a large block freed, all blocks up to that size
    for later: after ten thousand letters about 5 MiB in each part. The desk's arrays come and go with every letter:
    there it may keep them.
    """
    libc = ctypes.CDLL(None)
    with contextlib.suppress(AttributeError):  # another C library has other ways
        libc.mallopt(_M_ARENA_MAX, 1)
        if part != "desk":
            libc.mallopt(_M_MMAP_THRESHOLD, _MALLOC_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, _MALLOC_BYTES)


def show_as(part: Part) -> None:
    """``ps -e`` and ``top`` name the part: of a fork of ``up`` the command line does not."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, f"xinshu {part}"[:_NAME_BYTES_MAX].encode())


def stand_back(part: Part) -> None:
    """Where ``up`` runs all parts on one machine: the door first, then the desk, then those that only read.

    Each part is a session of its own, and Linux shares a busy processor among sessions before it looks at what is in
    them: so the session's own niceness is set too, where this kernel has one.
    """
    niceness = _NICENESS.get(part)
    if PARENT not in os.environ or niceness is None:
        return
    os.nice(niceness)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def _not_begun(_: int, __: object) -> None:
    """Asked to stop while the part's code was still being loaded: nothing is in hand."""
    raise SystemExit(0)


def address_from_parent() -> str:
    """The broker's address as ``up`` tells it on standard input; empty where nobody does."""
    if PARENT not in os.environ:
        return ""
    address = sys.stdin.readline().strip()
    if not address:  # it died before it knew
        raise SystemExit(GO_ON_ELSEWHERE)
    return address


async def _watched(start: Running, settings: Settings, bootstrap_servers: str) -> int:
    log = structlog.get_logger()
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: int) -> None:
        log.info(logs.PART_STOPPING, signal=number)
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked, number)
    log.info(logs.PART_STARTED, pid=os.getpid())
    work = asyncio.ensure_future(start(settings, bootstrap_servers, stop=stop))
    stopping = asyncio.create_task(stop.wait())
    waited: set[asyncio.Future[Any]] = {work, stopping}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not work.done():
        await _finish(work, hurry)
    try:
        work.result()
    except asyncio.CancelledError:
        return 0
    except Trouble:
        raise
    except StartAgain as why:
        log.info(logs.PART_STOPPED, reason=type(why).__name__.lower())
        return GO_ON_ELSEWHERE
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            log.critical(logs.PART_DIED, exc_info=True)
            return GO_ON_ELSEWHERE
        port = re.search(r", (\d+)\)", str(error))
        raise Trouble("port.taken", port=port[1] if port else "?", key="port") from error
    except Exception:
        log.critical(logs.PART_DIED, exc_info=True)
        return GO_ON_ELSEWHERE
    log.info(logs.PART_STOPPED)
    return 0 if stop.is_set() else GO_ON_ELSEWHERE


async def _finish(work: asyncio.Future[None], hurry: asyncio.Event) -> None:
    hurrying = asyncio.create_task(hurry.wait())
    waited: set[asyncio.Future[Any]] = {work, hurrying}
    await asyncio.wait(waited, timeout=STOP_S_MAX, return_when=asyncio.FIRST_COMPLETED)
    hurrying.cancel()
    if work.done():
        return
    work.cancel()
    await asyncio.wait({work}, timeout=HURRY_S_MAX)
    if not work.done():
        structlog.get_logger().critical(logs.PART_DIED, reason="would not stop", exit_code=GO_ON_ELSEWHERE)
        os._exit(GO_ON_ELSEWHERE)
