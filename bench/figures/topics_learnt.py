"""Topics over the labelled letters: five folds and the learning curve (``bench/topics.py``)."""

from dataclasses import dataclass

import realdata
import topics
from matplotlib.axes import Axes

from figures import base
from figures.base import Asked, Row

TITLE = "Topics: learning curve over the labelled letters"
MACRO_F1, FIRST_TWO = 0.88, 0.97


@dataclass(frozen=True, slots=True)
class Topics:
    """Over letters that were not learnt from; the curve is (letters learnt, macro-F1)."""

    letters: int
    macro_f1: float
    first_two: float
    curve: tuple[tuple[int, float], ...]
    guess_us: float


def measure(_: Asked) -> Topics:
    """All folds: a minute or two."""
    letters = topics.examples(realdata.letters())
    done, curve = topics.cross_validated(letters), topics.learning_curve(letters)
    return Topics(
        done.letters, done.macro_f1, done.first_two,
        tuple((point.letters, point.macro_f1) for point in curve), topics.speed(letters).guess_us,
    )  # fmt: skip


def rows(done: Topics) -> list[Row]:
    """Quality and cost."""
    return [
        Row(
            "topics, five folds: macro-F1",
            f"at least {MACRO_F1}",
            f"{done.macro_f1:.3f}",
            done.macro_f1 >= MACRO_F1,
        ),
        base.at_least("topics: right in the first two", done.first_two, FIRST_TWO),
        Row("topics: a guess", "-", f"{done.guess_us:.0f} µs", None),
    ]


def draw(done: Topics, axes: Axes) -> None:
    """The learning curve."""
    axes.plot(
        [letters for letters, _ in done.curve], [f1 for _, f1 in done.curve], marker="o", color="#4c72b0"
    )
    for letters, f1 in done.curve:
        axes.annotate(f"{f1:.2f}", (letters, f1), textcoords="offset points", xytext=(4, -12), fontsize=8)
    axes.axhline(MACRO_F1, color="#c44e52", label=f"asked of five folds ({done.macro_f1:.3f} measured)")
    axes.set_xlabel("letters learnt from")
    axes.set_ylabel("macro-F1 on the held-out fold")
    axes.legend(fontsize=8)
