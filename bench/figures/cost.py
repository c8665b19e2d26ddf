"""What judging a letter costs on one core, over the real letters, in the order that they were written.

The mean as the desk judges, many letters prepared together; the tail of letters that come alone.
"""

import json
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

import realdata
from kit import percentile
from matplotlib.axes import Axes

from figures import base
from figures.base import Asked, Row
from pipeline.cli import judge as command
from pipeline.desk.letters import decide_letter
from pipeline.judge.gist import TOGETHER_MAX, prepare
from pipeline.policies.model import packaged

TITLE = "Whole judgement on one core"
LETTERS = 3000
WARM = 192
MEAN_US_MAX, P99_US_MAX = 400.0, 3000.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of processor time a letter: facts, judging, the desk's records. Reading JSON and committing apart."""

    letters: int
    mean_us: float
    times_us: tuple[float, ...]


def measure(asked: Asked) -> Cost:
    """With memory, as in a running desk; pinned to one core. The first letters are left out: tables fill then."""
    rows_ = sorted(realdata.letters(), key=lambda row: row.get("time") or "")
    lines = [json.dumps(base.as_line(row), ensure_ascii=False).encode() for row in rows_[: LETTERS + WARM]]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        together = sum(_times_us(asked.pack, lines, TOGETHER_MAX))
        alone = _times_us(asked.pack, lines, 1)
    finally:
        os.sched_setaffinity(0, before)
    return Cost(len(alone), together / len(alone), alone)


def _times_us(pack: str, lines: list[bytes], together: int) -> tuple[float, ...]:
    """Of each letter; what it took to prepare those after it counts with the first of them."""
    times: list[float] = []
    unsaid = 0.0

    def timed(function: Any, *arguments: Any) -> Any:
        nonlocal unsaid
        began = time.process_time()
        done = function(*arguments)
        unsaid += (time.process_time() - began) * 1e6
        return done

    with (
        patch.object(command, "decide_letter", partial(timed, decide_letter)),
        patch.object(command, "prepare", partial(timed, prepare)),
    ):
        for _ in command.answers(packaged(pack), lines, remembers=True, together=together):
            times.append(unsaid)
            unsaid = 0.0
    return tuple(times[WARM:])


def rows(done: Cost) -> list[Row]:
    """Mean and tail."""
    p99 = percentile(done.times_us, 0.99)
    return [
        Row(
            "whole judgement, mean, prepared together",
            f"at most {MEAN_US_MAX:.0f} µs",
            f"{done.mean_us:.0f} µs",
            done.mean_us <= MEAN_US_MAX,
        ),
        Row(
            "whole judgement, p99, each alone",
            f"at most {P99_US_MAX:.0f} µs",
            f"{p99:.0f} µs",
            p99 <= P99_US_MAX,
        ),
    ]


def draw(done: Cost, axes: Axes) -> None:
    """How many letters cost how much."""
    axes.hist([min(each, 5000) for each in done.times_us], bins=100, color="#4c72b0")
    axes.axvline(
        MEAN_US_MAX,
        color="#c44e52",
        label=f"asked of the mean ({done.mean_us:.0f} µs measured, prepared together)",
    )
    axes.axvline(
        P99_US_MAX,
        color="#c44e52",
        linestyle="--",
        label=f"asked of p99 ({percentile(done.times_us, 0.99):.0f} µs measured)",
    )
    axes.set_xlabel("µs of processor time a letter (5,000 and more in the last bar)")
    axes.set_ylabel("letters")
    axes.set_yscale("log")
    axes.legend(fontsize=8)
