"""Figures of benches that stand by themselves: run as programs, their last line of JSON is read."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from realdata import Absent

from figures.base import Asked, Row

BENCHES = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Told:
    """What a bench printed: its figures, and which of them missed their aim."""

    name: str
    figures: dict[str, Any]
    asked: dict[str, str]
    missed: tuple[str, ...]


class Bench:
    """A bench of its own file. ``long``: it runs only where long work is asked for."""

    def __init__(self, title: str, file: str, *arguments: str, long: bool = False) -> None:
        self.TITLE = title
        self._file, self._arguments, self._long = file, arguments, long

    def measure(self, asked: Asked) -> Told:
        """Run it to its end."""
        if self._long and not asked.long:
            raise Absent("takes minutes: say --long")
        done = subprocess.run(
            [sys.executable, str(BENCHES / self._file), "--json", *self._arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        if not lines or not lines[-1].startswith("{"):
            raise Absent(
                f"bench/{self._file} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}"
            )
        told = json.loads(lines[-1])
        return Told(self._file, told["figures"], told["asked"], tuple(told["missed"]))

    def rows(self, done: Told) -> list[Row]:
        """Every figure that it printed."""
        bench = done.name.removesuffix(".py")
        return [
            Row(
                f"{bench}: {name}",
                done.asked.get(name, "-"),
                str(value),
                name not in done.missed if name in done.asked else None,
            )
            for name, value in done.figures.items()
        ]

    def draw(self, done: Told, axes: Axes) -> None:
        """What was measured as a share of what is asked, for every figure of which something is asked."""
        named = [
            (f"{name}\n{done.asked[name]}", float(value), aim)
            for name, value in done.figures.items()
            if isinstance(value, int | float) and (aim := _aim(done.asked.get(name, ""))) > 0
        ]
        shares = [value / aim for _, value, aim in named]
        axes.barh([name for name, _, _ in named], shares, color="#4c72b0", height=0.6)
        for place, ((_, value, _), share) in enumerate(zip(named, shares, strict=True)):
            axes.text(share, place, f"  {value:,.6g}", va="center", fontsize=8)
        axes.axvline(1, color="#c44e52")
        axes.invert_yaxis()
        axes.margins(x=0.2)
        axes.tick_params(axis="y", labelsize=8)
        axes.set_xlabel("measured as a share of what is asked (red line)")


def _aim(asked: str) -> float:
    """The number in "at most 500" or "at least 0.94"; 0 where nothing is asked."""
    try:
        return float(asked.rsplit(maxsplit=1)[-1].replace(",", ""))
    except (ValueError, IndexError):
        return 0.0
