"""A story as its own writer may see it: state, decision with its clause, what was answered. Pure.

Nothing of the letter's words, no contact and no name of an officer is in it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.numbers import shown
from pipeline.portal.lookup import JustRegistered
from pipeline.portal.objecting import may_object
from pipeline.portal.words import MEANINGS, STATES, Locale, pick
from pipeline.settings import City
from pipeline.story import PartState, Story
from schemas.decision import Escalated, InScope

_JOINED = frozenset({"linked", "accepted", "escalated", "signed", "closed"})


@dataclass(frozen=True, slots=True)
class PartView:
    """One matter."""

    part: int
    state: str
    state_shown: str
    meaning: str
    clause: str = ""
    reason: str = ""
    unit: str = ""
    due: str = ""
    due_provisional: bool = False
    replies: tuple[str, ...] = ()
    answer: str = ""
    joined_to: str = ""
    may_object: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The whole letter."""

    number: str
    number_shown: str
    received: str
    parts: tuple[PartView, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs: the same, with every part's fields."""
        return asdict(self)


def view_of(found: Story | JustRegistered, city: City, locale: Locale) -> View:
    """*found* in the words of *locale* and the time of *city*."""
    if isinstance(found, JustRegistered):
        parts: tuple[PartView, ...] = (_part(PartState(part=1, state="registered"), city, locale),)
    else:
        parts = tuple(_part(part, city, locale) for part in found.parts)
    received = found.received_at
    when = _time(received, city, locale) if received else ""
    return View(found.number, shown(found.number), when, parts)


def _part(part: PartState, city: City, locale: Locale) -> PartView:
    decision = part.decision.decision if part.decision else None
    scope = decision if isinstance(decision, InScope | Escalated) else None
    order = part.order.order if part.order else None
    return PartView(
        part=part.part,
        state=part.state,
        state_shown=pick(STATES[part.state], locale),
        meaning=pick(MEANINGS[part.state], locale),
        clause=decision.clause.quote if decision and part.state not in {"held", "emergency"} else "",
        reason=_reason(part),
        unit=order.unit if order and scope else scope.unit if scope else "",
        due=_day(part.due_at, city, locale) if part.due_at else "",
        due_provisional=scope.due_provisional if scope else False,
        replies=tuple(dict.fromkeys(reply.text for reply in part.replies)),
        answer=part.answer,
        joined_to=shown(part.link.to_number) if part.link and part.state in _JOINED and order is None else "",
        may_object=may_object(part),
    )


def _reason(part: PartState) -> str:
    """Why a matter was declined, where the rules say so; a person's own note is for colleagues, the reply for citizens."""
    decided = part.decision
    return decided.reason if decided and part.state == "declined" and decided.decided_by == "rules" else ""


def _time(moment: datetime, city: City, locale: Locale) -> str:
    return f"{_day(moment, city, locale)} {moment.astimezone(ZoneInfo(city.time_zone)):%H:%M}"


def _day(moment: datetime, city: City, locale: Locale) -> str:
    local = moment.astimezone(ZoneInfo(city.time_zone))
    return f"{local:%Y-%m-%d}" if locale == "en" else f"{local.year} 年 {local.month} 月 {local.day} 日"
