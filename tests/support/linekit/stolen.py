"""How much of the processors' time the host of a virtual machine gave to others, and how fast a core is right now.

A figure in seconds means something only where the processors are ours: limits on time are held against the time that
was left to us. On a machine of its own both corrections are nothing.
"""

import time
from pathlib import Path


def ticks() -> list[int]:
    """user nice system idle iowait irq softirq steal of all cores since the machine started."""
    return [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def stolen_share(before: list[int]) -> float:
    """Of the time since *before* in which we wanted to work: what the host gave to others. A figure taken under a
    large share says little about the program."""
    spent = [later - earlier for earlier, later in zip(before, ticks(), strict=True)]
    wanted = sum(spent) - spent[3] - spent[4]
    return round(spent[7] / wanted, 3) if wanted else 0.0


QUIET_YARDSTICK_S = 0.15


def yardstick_s() -> float:
    """What this core, in the state it is in now, takes for a fixed piece of work; QUIET_YARDSTICK_S on a quiet one."""
    started_s = time.thread_time()
    assert sum(number * number for number in range(2_000_000)) > 0
    return time.thread_time() - started_s


def quiet_s(elapsed_s: float, before: list[int]) -> float:
    """*elapsed_s* as it would be on quiet processors of our own: without what was stolen since *before*, and scaled by
    how much slower than a quiet core this one is now. Never more than *elapsed_s*."""
    slower = max(1.0, yardstick_s() / QUIET_YARDSTICK_S)
    return elapsed_s * (1 - stolen_share(before)) / slower
