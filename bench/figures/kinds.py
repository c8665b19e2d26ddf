"""Kinds of appeal against 200 letters labelled by hand (ids in ``judgement/kinds.tsv``)."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes

from figures import base
from figures.base import Absent, Asked, Row

TITLE = "Kinds of appeal: F1 by kind"
LABELS = Path(__file__).resolve().parent.parent / "judgement" / "kinds.tsv"
PINYIN = {
    "咨询": "question",
    "求助": "help",
    "投诉": "complaint",
    "举报": "report",
    "建议": "proposal",
    "表扬": "praise",
    "其他": "other",
}


@dataclass(frozen=True, slots=True)
class Kinds:
    """F1 and number of letters by kind."""

    letters: int
    f1: dict[str, float]
    counts: dict[str, int]

    @property
    def macro_f1(self) -> float:
        return sum(self.f1.values()) / len(self.f1)


def measure(_: Asked) -> Kinds:
    """Every labelled letter asked."""
    try:
        from pipeline.judge.route.kind import kind_of
    except ImportError as error:
        raise Absent("kinds are not built yet") from error
    if not LABELS.exists():
        raise Absent("no labels")
    labels = {
        row["id"]: row["kind"] for row in csv.DictReader(LABELS.read_text().splitlines(), delimiter="\t")
    }
    pairs = Counter(
        (labels[row["id"]], kind_of(row["subject"], row["detail"]))
        for row in base.letters()
        if row["id"] in labels
    )
    kinds = sorted({wanted for wanted, _ in pairs})
    return Kinds(pairs.total(), {kind: _f1(kind, pairs) for kind in kinds}, dict(Counter(labels.values())))


def _f1(kind: str, pairs: Counter[tuple[str, str]]) -> float:
    wanted = sum(count for (one, _), count in pairs.items() if one == kind)
    got = sum(count for (_, other), count in pairs.items() if other == kind)
    return 2 * pairs[kind, kind] / max(1, wanted + got)


def rows(done: Kinds) -> list[Row]:
    """Printed, nothing is asked of it."""
    return [Row(f"kinds of {done.letters} labelled letters: macro-F1", "-", f"{done.macro_f1:.3f}", None)]


def draw(done: Kinds, axes: Axes) -> None:
    """A bar for each kind."""
    names = [f"{PINYIN.get(kind, kind)} ({done.counts.get(kind, 0)})" for kind in done.f1]
    base.bars(axes, names, list(done.f1.values()), [None] * len(names), "F1")
