"""The kind of an appeal (诉求类型): what its sentences ask for, weighed by forms and words.

The subject counts threefold: people say there what they want, and tell the story below. What the reading found of the
matter (a question, a proposal, thanks) weighs in; what the sender chose in a form stands.
"""

import re
from functools import lru_cache
from typing import Final

from pipeline.judge.route.forms import Forms
from pipeline.judge.route.kind_words import FORMS, GLADNESS_TAKEN_BACK, GREETING, NO_DEMAND, RHETORICAL
from pipeline.policies.matter import Demand, Matter
from schemas.letter import Kind

READ_CHARACTERS: Final = 1200
SHORT_CHARACTERS: Final = 24
NOTHING_CHARACTERS: Final = 3
SUBJECT_WEIGHT: Final = 3.0
BLAME: Final = 4.0
SOFTENED: Final = 0.6
"""From this weight of complaint on, and where a question is rhetorical, questions and requests count that much less."""

ORDER: Final[tuple[Kind, ...]] = ("投诉", "求助", "咨询", "举报", "建议", "表扬")
"""Who wins a tie: the commonest kind first."""

_DEMANDS: Final[dict[Demand, tuple[Kind, float]]] = {
    Demand.ASK: ("咨询", 1),
    Demand.STATUS: ("咨询", 3),
    Demand.SUGGEST: ("建议", 1),
    Demand.PROPOSE: ("建议", 2),
    Demand.PRAISE: ("表扬", 6),
    Demand.ACCUSE: ("举报", 3),
    Demand.REMIND: ("求助", 1),
    Demand.OVERTURN: ("求助", 2),
    Demand.RESCUE: ("求助", 4),
}
"""What the reading of a matter says of the kind, and how much. HANDLE says neither complaint nor request."""

_NOTHING = frozenset({Demand.NONE, Demand.ADVERTISE, Demand.ABUSE})
_GREETING = re.compile(GREETING)
_NO_DEMAND = re.compile(NO_DEMAND)
_TAKEN_BACK = re.compile(GLADNESS_TAKEN_BACK)


def kind_of(subject: str, text: str, matter: Matter | None = None, chosen: Kind | None = None) -> Kind:
    """The kind of the appeal with folded *subject* and *text*. *chosen*: what the sender ticked, which stands."""
    if chosen is not None:
        return chosen
    subject, body = subject.strip(), text[:READ_CHARACTERS].strip()
    if _nothing_said(subject, body, matter):
        return "其他"
    scores = scores_of(subject, body, matter)
    return max(ORDER, key=scores.__getitem__)


def scores_of(subject: str, body: str, matter: Matter | None = None) -> dict[Kind, float]:
    """Kind → weight of what speaks for it. Nothing found: somebody tells of something bad and blames nobody aloud."""
    scores: dict[Kind, float] = dict.fromkeys(ORDER, 0.0)
    for part, share in ((subject, SUBJECT_WEIGHT if body else 1.0), (body, 1.0)):
        for kind, weight in _found(part).items():
            scores[kind] += weight * share
    if matter is not None and matter.demand in _DEMANDS:
        kind, weight = _DEMANDS[matter.demand]
        scores[kind] += weight * matter.sure
    if scores["表扬"] and _TAKEN_BACK.search(f"{subject}。{body}"):
        scores["表扬"] /= 4
    return scores


def _nothing_said(subject: str, body: str, matter: Matter | None) -> bool:
    if matter is not None and matter.demand in _NOTHING:
        return True
    whole = f"{subject} {body}".strip()
    greeting = _GREETING.match(whole)
    if greeting is not None:
        whole = whole[greeting.end() :]
    if len(whole) >= SHORT_CHARACTERS or "?" in whole:
        return False
    return len(whole) < NOTHING_CHARACTERS or _NO_DEMAND.search(whole) is not None


def _found(text: str) -> dict[Kind, float]:
    """Kind → weight in one part of the letter. Who blames asks rhetorically and wants it handled, not help."""
    if not text:
        return {}
    found: dict[Kind, float] = {}
    rhetorical = False
    for kind, weight in _forms().found(text):
        if kind is None:
            rhetorical = True
        else:
            found[kind] = found.get(kind, 0.0) + weight
    blames = found.get("投诉", 0.0) >= BLAME
    if "求助" in found and blames:
        found["求助"] *= SOFTENED
    if "咨询" in found and (blames or rhetorical):
        found["咨询"] *= SOFTENED
    return found


@lru_cache(maxsize=1)
def _forms() -> Forms[tuple[Kind | None, float]]:
    """The forms of all kinds, and under None those of rhetorical questions."""
    rows: list[tuple[tuple[Kind | None, float], str]] = [((None, 0.0), RHETORICAL)]
    rows += [((kind, weight), forms) for kind in ORDER for weight, forms in FORMS[kind]]
    return Forms(rows)
