"""Personal data: planted into real letters, and what is masked in untouched ones (``bench/personal.py``)."""

import random
from dataclasses import dataclass

import personal
import realdata
from matplotlib.axes import Axes

from figures import base
from figures.base import Asked, Row
from pipeline.text.normalise import folded_anew
from pipeline.text.personal import find

TITLE = "Personal data found, planted into real letters"
LETTERS = 1500


@dataclass(frozen=True, slots=True)
class People:
    """Shares found by kind; letters with a wrong mask among the untouched; places masked; the finder's cost."""

    found: dict[str, float]
    wrong_masks: float
    places_masked: int
    find_us: float


def measure(_: Asked) -> People:
    """By the fixed seeds of the bench."""
    rows_ = realdata.letters()
    texts = [row["detail"] for row in random.Random(personal.SEED + 1).sample(rows_, LETTERS)]
    return People(
        {kind: personal.recall(texts, kind).share for kind in personal.AT_LEAST},
        personal.untouched(rows_).wrong_share,
        personal.places_masked(texts),
        personal.speed_us(texts, find) - personal.speed_us(texts, folded_anew),
    )


def rows(done: People) -> list[Row]:
    """As the issue asks, kind by kind."""
    return [
        *(
            base.at_least(f"personal data: {kind} found", done.found[kind], least)
            for kind, least in personal.AT_LEAST.items()
        ),
        base.at_most("personal data: untouched letters with a wrong mask", done.wrong_masks, 0.01),
        Row(
            "personal data: places of the matter masked",
            "at most 0",
            str(done.places_masked),
            done.places_masked == 0,
        ),
        Row("personal data: finding, µs a letter", "-", f"{done.find_us:.0f}", None),
    ]


def draw(done: People, axes: Axes) -> None:
    """A bar for each kind."""
    kinds = list(done.found)
    base.bars(
        axes,
        kinds,
        [100 * done.found[kind] for kind in kinds],
        [100 * personal.AT_LEAST[kind] for kind in kinds],
        "plants found, %",
    )
