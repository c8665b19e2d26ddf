"""How urgent a matter is: 一般, 紧急 (a hazard in the open, supplies cut off, many people touched), 特急 (life at stake)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

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
        signs = _signs(f"{subject}\n{text[:READ_CHARACTERS]}")
        if "urgent" in signs and "calm" not in signs:
            return "特急" if "danger" in signs else "紧急"
    return "紧急" if matter.breadth is Breadth.GRAVE or _many_complain(matter, appeal) else "一般"


def _many_complain(matter: Matter, appeal: Kind) -> bool:
    return matter.breadth is Breadth.MANY_PEOPLE and appeal == "投诉"


def _signs(said: str) -> frozenset[str]:
    """Which of urgent, danger and calm are said; none where nothing may be urgent."""
    return _set()(said) if _hints().values(said) else frozenset()


@lru_cache(maxsize=1)
def _hints() -> Hints[str]:
    return Hints([("urgent", pattern) for pattern in URGENT])


@lru_cache(maxsize=1)
def _set() -> Callable[[str], frozenset[str]]:
    options = re2.Options()
    options.max_mem = 64 << 20
    found = re2.Set.SearchSet(options)
    names: list[str] = []
    for name, patterns in (("urgent", URGENT), ("danger", DANGER), ("calm", CALM)):
        for pattern in patterns:
            found.Add(pattern)
            names.append(name)
    found.Compile()
    return lambda text: frozenset(names[number] for number in found.Match(text) or ())
