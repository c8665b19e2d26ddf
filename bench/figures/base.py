"""What the figures share: rows of the table, and judging a list of letters by the command's own code."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matplotlib.axes import Axes

from pipeline.cli.judge import answers
from pipeline.policies.model import packaged

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``met`` is None where nothing is asked of the figure."""

    what: str
    asked: str
    measured: str
    met: bool | None


def at_least(what: str, value: float, least: float) -> Row:
    """A share that has to reach *least*."""
    return Row(what, f"at least {least:.1%}", f"{value:.1%}", value >= least)


def at_most(what: str, value: float, most: float) -> Row:
    """A share that has to stay below *most*."""
    return Row(what, f"at most {most:.1%}", f"{value:.1%}", value <= most)


class Asked(Protocol):
    """The command's options."""

    pack: str
    letters: int
    long: bool


class Figure(Protocol):
    """What a figure's module offers."""

    TITLE: str

    def measure(self, asked: Asked) -> Any:
        """The measurement. Raises Absent."""

    def rows(self, done: Any) -> list[Row]:
        """The lines of the table."""

    def draw(self, done: Any, axes: Axes) -> None:
        """The plot, labelled so that it can be read alone."""


def as_line(row: dict[str, Any]) -> dict[str, Any]:
    """A real letter as ``judge`` reads it."""
    return {"id": row["id"], "channel": "web_form", "subject": row["subject"], "text": row["detail"]}


def decided(pack: str, lines: Sequence[dict[str, Any]], *, progress: str = "") -> Iterator[dict[str, Any]]:
    """What ``xinshu judge --no-memory`` answers for each line under exactly that pack."""
    policy = packaged(pack)
    for number, answer in enumerate(answers(policy, _encoded(lines), remembers=False), 1):
        if progress and number % CHUNK == 0:
            print(f"  {progress}: {number} of {len(lines)}", file=sys.stderr, flush=True)
        yield answer


def _encoded(lines: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for line in lines:
        yield json.dumps(line, ensure_ascii=False).encode()


def bars(
    axes: Axes, names: Sequence[str], values: Sequence[float], limits: Sequence[float | None], unit: str
) -> None:
    """Horizontal bars, each with its value written out and its limit as a mark."""
    places = range(len(names))
    axes.barh(list(places), list(values), color="#4c72b0", height=0.6)
    for place, value, limit in zip(places, values, limits, strict=True):
        axes.text(value, place, f"  {value:.3g}", va="center", fontsize=8)
        if limit is not None:
            axes.plot([limit, limit], [place - 0.4, place + 0.4], color="#c44e52", linewidth=2)
    axes.set_yticks(list(places), list(names), fontsize=8)
    axes.invert_yaxis()
    asked = any(limit is not None for limit in limits)
    axes.set_xlabel(f"{unit} (red mark: what is asked)" if asked else unit)
    axes.margins(x=0.15)
