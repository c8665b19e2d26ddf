"""Where a matter goes: kind of appeal, topic, territory, proposed units, urgency, way of dispatch. One pure function."""

from dataclasses import dataclass
from functools import lru_cache

from pipeline.judge.judgement import CityFacts
from pipeline.judge.route.catalogue import own
from pipeline.judge.route.kind import kind_of
from pipeline.judge.route.topics import Guess
from pipeline.judge.route.units import Asked, is_grassroots, units_for
from pipeline.judge.route.urgency import urgency_of
from pipeline.policies.matter import Matter, Where
from pipeline.policies.policy import Policy
from pipeline.text.divisions import Aliases, Division, Role, divisions_in, is_within
from pipeline.text.normalise import fold
from schemas.decision import DispatchMode, ProposedUnit, Urgency
from schemas.letter import Kind, Said


@dataclass(frozen=True, slots=True)
class Routed:
    """``topics`` holds the second topic and how sure both are. ``territory``: six digits, empty where nobody says.

    ``units``: at most three, the first is the one to dispatch to.
    """

    appeal: Kind
    topic: str
    topics: Guess
    territory: str
    units: tuple[ProposedUnit, ...]
    urgency: Urgency
    dispatch_mode: DispatchMode


def route(letter: Said, text: str, matter: Matter, policy: Policy, city: CityFacts) -> Routed:
    """Where *matter* goes that folded *text* tells of, a part of *letter* or all of it."""
    subject = _subject(letter, text)
    guess = (city.topics or own()).guess(subject, text)
    appeal = kind_of(subject, text, matter, policy.kind(letter))
    territory = territory_of(letter, subject, text, matter, policy)
    mode: DispatchMode = policy.dispatch.mode if policy.dispatch is not None else "归口"
    asked = Asked(f"{subject}\n{text}", guess, territory, matter, mode)
    units = units_for(asked, policy.units, policy.units.fallback or city.fallback_unit)
    return Routed(
        appeal=appeal,
        topic=guess.best,
        topics=guess,
        territory=territory,
        units=units,
        urgency=urgency_of(subject, text, matter, appeal),
        dispatch_mode=_mode(mode, units),
    )


def _subject(letter: Said, text: str) -> str:
    """The folded subject, where *text* is most of the letter: it need not speak of a smaller part."""
    return fold(letter.subject).strip() if 2 * len(text) >= len(letter.text.strip()) else ""


def territory_of(letter: Said, subject: str, text: str, matter: Matter, policy: Policy) -> str:
    """The division of the matter's place: what the letter's form says, the finest one named, else the city itself."""
    if letter.place is not None and letter.place.division[:6].isdecimal() and len(letter.place.division) >= 6:
        return letter.place.division[:6]
    home, aliases = _home(policy)
    place = fold(letter.place.text) if letter.place is not None else ""
    for part in (place, subject, text):
        named = [one for one in divisions_in(part, home, aliases) if one.role is Role.PLACE] if part else []
        found = _finest(named, policy.territory.codes, matter)
        if found:
            return found
    return home if matter.place is not Where.ELSEWHERE else ""


def _finest(named: list[Division], codes: tuple[str, ...], matter: Matter) -> str:
    """Of the divisions inside the city the first finest; of a matter elsewhere the first that is named."""
    if matter.place is Where.ELSEWHERE:
        return next((one.code for one in named if not codes or not is_within(one.code, codes)), "")
    inside = [one.code for one in named if not codes or is_within(one.code, codes)]
    return max(inside, key=lambda code: len(code.rstrip("0")), default="")


@lru_cache(maxsize=64)  # one a pack in force
def _home(policy: Policy) -> tuple[str, Aliases]:
    codes = policy.territory.codes
    divisions = policy.territory.divisions or {}
    return (codes[0].ljust(6, "0") if codes else ""), tuple(sorted(divisions.items()))


def _mode(mode: DispatchMode, units: tuple[ProposedUnit, ...]) -> DispatchMode:
    """The city's own way, where the first unit allows it: a street office is territory, whatever the city's way."""
    if units and is_grassroots(units[0].unit):
        return "属地"
    return mode
