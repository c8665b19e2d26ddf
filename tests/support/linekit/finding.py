"""Finding processes by what they are, and waiting for conditions with a deadline."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import psutil

from linekit.web import get

Part = Literal["door", "desk", "delivery", "register"]
PARTS: tuple[Part, ...] = ("door", "desk", "delivery", "register")


class NotReady(AssertionError):
    """A part did not do what it should have done in time; the message ends with what it printed."""


def wait_until(
    condition: Callable[[], bool], deadline_s: float, what: str, *, pause_s: float = 0.02
) -> float:
    """Seconds until *condition* held. Raises NotReady after *deadline_s*."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > deadline_s:
            raise NotReady(f"not within {deadline_s:g} s: {what}")
        time.sleep(pause_s)
    return time.monotonic() - began


def answers_ready(address: str) -> bool:
    """Whether the part at *address* says that it is ready."""
    try:
        return get(address, "/ready", timeout_s=2.0).status == 200
    except (OSError, TimeoutError):
        return False


def family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kind_of(process: psutil.Process, known: str) -> str:
    if known:
        return known
    try:
        words: list[str] = process.cmdline()
        name: str = process.name()
    except psutil.NoSuchProcess:
        return "gone"
    if name.startswith("xinshu ") and (part := name.removeprefix("xinshu ")) in PARTS:
        return part
    if words and Path(words[0]).name == "java":
        return "broker"
    if "pipeline.intake.worker_main" in words:
        return "worker"
    if "run" in words and (part := words[words.index("run") + 1]) in PARTS:
        return part
    return "worker"


def listener(properties: Path) -> str:
    for line in properties.read_text().splitlines():
        if line.startswith("advertised.listeners="):
            return line.rpartition("//")[2].strip()
    raise NotReady(f"no address in {properties}")
