"""Kinds of appeal against 200 letters labelled by hand (``routing.py``)."""

import routing
from matplotlib.axes import Axes
from routing import KindFigures

from figures import base
from figures.base import Asked, Row

TITLE = "Kinds of appeal: F1 by kind"
PINYIN = {
    "咨询": "question",
    "求助": "help",
    "投诉": "complaint",
    "举报": "report",
    "建议": "proposal",
    "表扬": "praise",
    "其他": "other",
}


def measure(_: Asked) -> KindFigures:
    """Every labelled letter asked."""
    return routing.kinds(routing.by_id())


def rows(done: KindFigures) -> list[Row]:
    """Printed, nothing is asked of it."""
    return [Row(f"kinds of {done.letters} labelled letters: macro-F1", "-", f"{done.macro_f1:.3f}", None)]


def draw(done: KindFigures, axes: Axes) -> None:
    """A bar for each kind."""
    names = [f"{PINYIN.get(kind, kind)} ({count})" for kind, _, count in done.f1]
    base.bars(axes, names, [score for _, score, _ in done.f1], [None] * len(names), "F1")
