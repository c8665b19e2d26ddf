"""Which units should handle a matter: up to three of the city's directory, each with its reason.

Competence before territory: a unit is proposed for its topic, for words that point to it and where the sender asks it by
name; one that works in some divisions only where the matter lies there. What a department must handle is never passed down to a street office or a
village (国办函〔2025〕66号): those come after it, and only where the city dispatches by territory. A unit that is itself
accused is passed over.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pipeline.judge.route.topics import Guess
from pipeline.policies.matter import Actor, Demand, Matter
from pipeline.policies.units import Unit, Units
from pipeline.text.divisions import is_within, name_of
from schemas.decision import DispatchMode, ProposedUnit

UNITS_MAX: Final = 3
TOPIC_SHARE: Final = 0.6
GROUP_SHARE: Final = 0.9
"""What naming the whole group of a topic counts beside naming the topic itself."""

SECOND_SHARE: Final = 0.5
CUE_SHARE: Final = 0.15
CUES_MAX: Final = 2
CALLED_SHARE: Final = 0.5
"""What being asked by name counts: more than a topic alone, less than a topic and a word that points to it."""

PLACE_SHARE: Final = 0.1
SCORE_MIN: Final = 0.1

_GRASSROOTS = (
    "街道",
    "街道办事处",
    "街道办",
    "镇",
    "镇政府",
    "乡",
    "乡政府",
    "社区",
    "居委会",
    "村委会",
    "村",
)
Competence = tuple[float, str]
"""How surely the matter's topic is the unit's, and which topic; 0 and none where it is not."""

_NOT_COMPETENT: Final[Competence] = (0.0, "")
_OFFICE_ENDS = ("局", "委", "办", "站", "所", "中心", "队", "会", "公司")
_ASKING = re.compile("(?:请|望|盼|求|由|让|督促|麻烦)[^,。!?;:、\n]{0,4}$")
_ASKING_MAX = 8
_BLAMED = frozenset({Actor.OFFICIAL, Actor.DISCIPLINE})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known when units are looked for. *text*: folded, with the subject."""

    text: str
    topics: Guess
    territory: str
    matter: Matter
    mode: DispatchMode


def units_for(asked: Asked, directory: Units, fallback: str) -> tuple[ProposedUnit, ...]:
    """The best units first; the *fallback* alone where the directory has none (first to take it keeps it)."""
    pointed = directory.pointed_at(asked.text)
    found: list[tuple[bool, float, ProposedUnit]] = []
    for unit, competence in _candidates(directory, asked.topics, pointed):
        proposed = _proposed(unit, asked, competence, pointed.get(unit.name, ()))
        if proposed is not None:
            found.append((is_grassroots(unit.name), -proposed.score, proposed))
    functional = any(not low for low, _, _ in found)
    if functional and asked.mode == "归口":
        found = [row for row in found if not row[0]]
    if not found:
        why = "目录里没有对得上的单位,先由兜底单位接办"
        return (ProposedUnit(unit=fallback, score=0.0, why=why),) if fallback else ()
    found.sort(key=lambda row: row[:2])  # stable: of equal ones the first of the directory
    return tuple(proposed for _, _, proposed in found[:UNITS_MAX])


@lru_cache(maxsize=64)  # one a pack in force
def _by_topic(directory: Units) -> dict[str, tuple[int, ...]]:
    """Topic or group → places in the directory; under the empty name those that claim no topic."""
    found: dict[str, tuple[int, ...]] = {}
    for place, unit in enumerate(directory.entries):
        for topic in unit.topics or ("",):
            found[topic] = (*found.get(topic, ()), place)
    return found


@lru_cache(maxsize=64)
def _by_name(directory: Units) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for place, unit in enumerate(directory.entries):
        found[unit.name] = (*found.get(unit.name, ()), place)
    return found


@lru_cache(maxsize=4096)  # letters of one pair of topics have one table
def _competent(directory: Units, best: str, second: str) -> dict[int, Competence]:
    """Place in the directory → how surely the matter's topic is the unit's, and which; in the order of the directory.

    Those that claim no topic are in it, too.
    """
    by_topic = _by_topic(directory)
    places = set(by_topic.get("", ()))
    for topic in (best, second):
        places.update(by_topic.get(topic, ()))
        places.update(by_topic.get(topic.partition("/")[0], ()))
    return {place: _competence(directory.entries[place], best, second) for place in sorted(places)}


def _candidates(directory: Units, topics: Guess, pointed: Iterable[str]) -> list[tuple[Unit, Competence]]:
    """The units that may score at all, in the order of the directory."""
    competent, by_name = _competent(directory, topics.best, topics.second), _by_name(directory)
    more = {place for name in pointed for place in by_name[name] if place not in competent}
    places: Iterable[int] = sorted((*competent, *more)) if more else competent
    return [(directory.entries[place], competent.get(place, _NOT_COMPETENT)) for place in places]


@lru_cache(maxsize=4096)
def is_grassroots(unit: str) -> bool:
    """Is it a street office, a town or a village?"""
    return unit.endswith(_GRASSROOTS)


def _proposed(unit: Unit, asked: Asked, competence: Competence, cues: tuple[str, ...]) -> ProposedUnit | None:
    called = next((cue for cue in cues if _is_called(cue, asked.text)), "")
    if not called and _accused(unit, asked):
        return None
    here = is_within(asked.territory, unit.territories) if asked.territory and unit.territories else False
    if unit.territories and not here:
        return None
    share, topic = competence
    score = TOPIC_SHARE * share + CUE_SHARE * min(CUES_MAX, len(cues)) + (PLACE_SHARE if here else 0.0)
    score += CALLED_SHARE if called else 0.0
    if score < SCORE_MIN or (unit.topics and not topic and not cues):
        return None
    return ProposedUnit(
        unit=unit.name, score=round(min(1.0, score), 4), why=_why(asked, topic, cues, called, here=here)
    )


def _competence(unit: Unit, best: str, second: str) -> Competence:
    shares = (_names(unit, best), best), (SECOND_SHARE * _names(unit, second), second)
    share, topic = max(shares, key=lambda pair: pair[0])
    return (share, topic) if share else _NOT_COMPETENT


def _names(unit: Unit, topic: str) -> float:
    if not topic:
        return 0.0
    if topic in unit.topics:
        return 1.0
    return GROUP_SHARE if topic.partition("/")[0] in unit.topics else 0.0


def _is_called(cue: str, text: str) -> bool:
    """Is *cue* the name of an office that the sender asks: 请住建局…, 希望市民政局…?"""
    return cue.endswith(_OFFICE_ENDS) and any(
        _ASKING.search(text, max(0, match.start() - _ASKING_MAX), match.start())
        for match in re.finditer(re.escape(cue), text)
    )


def _accused(unit: Unit, asked: Asked) -> bool:
    blames_officials = asked.matter.demand is Demand.ACCUSE or asked.matter.actor in _BLAMED
    return blames_officials and unit.name in asked.text


def _why(asked: Asked, topic: str, cues: tuple[str, ...], called: str, *, here: bool) -> str:
    reasons = [f"来信点名请“{called}”办理"] if called else []
    if topic:
        said = (
            f"(“{'”“'.join(asked.topics.cues)}”)" if topic == asked.topics.best and asked.topics.cues else ""
        )
        reasons.append(f"事项属于{topic}{said},是该单位的职责")
    if cues:
        reasons.append(f"来信提到“{'”“'.join(cues[:CUES_MAX])}”")
    if here:
        reasons.append(f"地点在{name_of(asked.territory) or asked.territory}")
    return ";".join(reasons)
