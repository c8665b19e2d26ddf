"""The real letters under one city's pack: how many raise an alarm, wait for a person, are refused, get no unit of their own."""

import random
from collections import Counter
from dataclasses import dataclass

import realdata
from matplotlib.axes import Axes

from figures import base
from figures.base import Asked, Row

TITLE = "What becomes of the real letters"
SHOWN = 50
LIMITS = {"emergency": 0.015, "hold": 0.06, "out_of_scope": 0.03}
FALLBACK = ("兜底单位", "fallback unit", "")


@dataclass(frozen=True, slots=True)
class Letters:
    """Shares by decision; ids to read, by decision; how many accepted letters got only the fallback unit."""

    pack: str
    letters: int
    shares: dict[str, float]
    ids: dict[str, tuple[str, ...]]
    codes: tuple[tuple[str, int], ...]
    only_fallback: float
    faults: int


def measure(asked: Asked) -> Letters:
    """Every letter by itself, without memory, under the pack asked for."""
    lines = [base.as_line(row) for row in realdata.letters()][: asked.letters or None]
    answers = list(base.decided(asked.pack, lines, progress=TITLE))
    counts = Counter(answer["decision"] for answer in answers)
    ids = {kind: _some([answer["id"] for answer in answers if answer["decision"] == kind]) for kind in LIMITS}
    accepted = [answer for answer in answers if answer["decision"] == "accept"]
    return Letters(
        pack=asked.pack,
        letters=len(answers),
        shares={kind: count / len(answers) for kind, count in counts.most_common()},
        ids=ids,
        codes=tuple(Counter(f"{answer['decision']} {answer['code']}" for answer in answers).most_common(20)),
        only_fallback=sum(answer["unit"] in FALLBACK for answer in accepted) / max(1, len(accepted)),
        faults=sum("fault" in answer["code"].lower() for answer in answers),
    )


def _some(ids: list[str]) -> tuple[str, ...]:
    return tuple(random.Random(SHOWN).sample(ids, min(SHOWN, len(ids))))


def rows(done: Letters) -> list[Row]:
    """Three shares with their limits, and those that are only told."""
    named = {"emergency": "alerts", "hold": "held", "out_of_scope": "out_of_scope"}
    return [
        *(
            base.at_most(
                f"{done.letters} letters under {done.pack}: {named[kind]}", done.shares.get(kind, 0.0), most
            )
            for kind, most in LIMITS.items()
        ),
        Row("letters on which judging failed", "at most 0", str(done.faults), done.faults == 0),
        Row("accepted letters with only the fallback unit", "-", f"{done.only_fallback:.1%}", None),
    ]


def draw(done: Letters, axes: Axes) -> None:
    """Shares on a bar each; accepted letters, far the most, stand in the title."""
    kinds = [
        kind
        for kind in ("emergency", "hold", "out_of_scope", "answer_now", "escalate")
        if kind in done.shares or kind in LIMITS
    ]
    values = [100 * done.shares.get(kind, 0.0) for kind in kinds]
    limits = [100 * LIMITS[kind] if kind in LIMITS else None for kind in kinds]
    base.bars(
        axes,
        kinds,
        values,
        limits,
        f"% of {done.letters} letters; accepted: {done.shares.get('accept', 0.0):.1%}",
    )
