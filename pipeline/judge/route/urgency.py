"""How urgent a matter is: 一般, 紧急 (a hazard in the open, supplies cut off, many people touched), 特急 (life at stake)."""

from functools import lru_cache
from typing import Any, Final

import re2

from pipeline.judge.route.urgency_words import CALM, DANGER, URGENT
from pipeline.policies.matter import Breadth, Demand, Matter, Object, Polarity, Tense
from pipeline.text.literals import Hints
from schemas.decision import Urgency
from schemas.letter import Kind

READ_CHARACTERS: Final = 1200

_EXTREME_OBJECTS = frozenset({Object.LIFE_DANGER, Object.SELF_HARM, Object.THREAT})
_EXTREME_DEMANDS = frozenset({Demand.RESCUE, Demand.THREATEN})
_UNHURRIED: Final[frozenset[Kind]] = frozenset({"咨询", "建议", "表扬"})


def urgency_of(subject: str, text: str, matter: Matter, appeal: Kind) -> Urgency:
    """The urgency of *matter* in folded *subject* and *text*.

    What is over or denied is never urgent; questions, proposals and thanks only where life is at stake.
    """
    if matter.tense is Tense.PAST or matter.polarity is Polarity.DENIED:
        return "一般"
    if matter.object in _EXTREME_OBJECTS or matter.demand in _EXTREME_DEMANDS:
        return "特急"
    if appeal not in _UNHURRIED:
        hurries = _hurries(f"{subject}\n{text[:READ_CHARACTERS]}")
        if hurries is not None:
            return hurries
    return "紧急" if matter.breadth is Breadth.GRAVE or _many_complain(matter, appeal) else "一般"


def _many_complain(matter: Matter, appeal: Kind) -> bool:
    return matter.breadth is Breadth.MANY_PEOPLE and appeal == "投诉"


def _hurries(said: str) -> Urgency | None:
    """How urgent its signs make it; None where there is none, or all of it is announced, imagined or over."""
    if not any(pattern.search(said) for pattern in _urgent().values(said)):
        return None
    if _compiled(CALM).search(said):
        return None
    return "特急" if _compiled(DANGER).search(said) else "紧急"


@lru_cache(maxsize=1)
def _urgent() -> Hints[Any]:
    return Hints([(_compiled((pattern,)), pattern) for pattern in URGENT])


@lru_cache(maxsize=16)
def _compiled(patterns: tuple[str, ...]) -> Any:
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile("|".join(patterns), options)
