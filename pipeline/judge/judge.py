"""What becomes of a letter: danger, relation to earlier letters, scope, unit and term. One pure function.

In order: a letter that speaks of danger is an Emergency, whatever else holds; a letter without anything to read is
Held; the same person's same words while the order is open are joined to it; every other letter is in scope and gets an order
of its own (linked to the earlier one, where that was closed before).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.judge.danger import Danger, danger_of
from pipeline.policies.calendar import Due
from pipeline.policies.model import Policy
from pipeline.text.normalise import fold, is_empty, words_hash
from schemas.decision import Clause, Emergency, Held, InScope, Relation
from schemas.letter import Letter

SHORT_CHARACTERS = 30
"""A text this short ("见附件", "请尽快处理") names no matter by itself: with other files it is another matter."""


@dataclass(frozen=True, slots=True)
class CityFacts:
    """What judging and replies need to know of a city."""

    title: str
    fallback_unit: str
    zone: ZoneInfo
    emergency_phones: str
    hotline: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier letter of the same person with the same words that has an order. ``at``: when the desk received it.

    *joinable* is its decision while the order is being worked on; None once it is closed or was withdrawn.
    """

    letter: Letter
    at: datetime
    joinable: InScope | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything judging may know, gathered beforehand. ``at``: when the desk received the letter."""

    policy: Policy
    city: CityFacts
    at: datetime
    copy_window: timedelta
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """To which earlier letter this one belongs, and how."""

    relation: Relation
    to: Letter
    why: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision on the letter's one part, its link, and what happens to orders.

    opened: an order of its own; appended: the linked letter's order; none: nothing.
    """

    decision: InScope | Emergency | Held
    order: Literal["opened", "appended", "none"]
    link: Link | None = None


def words_of(letter: Letter) -> str:
    """What ``Earlier`` is looked up by: a keyed hash, empty for a letter without person or without words."""
    if not letter.person:
        return ""
    folded = fold(letter.text)
    return "" if is_empty(folded) else words_hash(folded, letter.person)


def judge(letter: Letter, facts: Facts) -> Judgement:
    """The judgement on *letter*. Pure: the same letter and facts always give the same."""
    rules = facts.policy.house
    found = danger_of(letter)
    link = _related(letter, facts)
    if found is not None:
        return Judgement(_emergency(found, rules.emergency), "none", link)
    if _nothing_to_read(letter):
        return Judgement(Held(clause=rules.empty, confidence=1.0, reason="empty"), "none")
    if link is not None and facts.earlier is not None and facts.earlier.joinable is not None:
        joined = facts.earlier.joinable.model_copy(update={"clause": rules.linked})
        return Judgement(joined, "appended" if link.relation == "same_person" else "none", link)
    return Judgement(in_scope(letter, facts, facts.policy.accept), "opened", link)


def in_scope(letter: Letter, facts: Facts, clause: Clause, unit: str = "") -> InScope:
    """The letter is taken on, by *unit* or else the city's fallback unit, within the pack's term."""
    policy = facts.policy
    due = policy.due(letter.kind or "其他", letter.received_at, facts.city.zone)
    return _in_scope(clause, unit or facts.city.fallback_unit, due)


@lru_cache(maxsize=1024)  # letters of one day and unit have one decision
def _in_scope(clause: Clause, unit: str, due: Due) -> InScope:
    return InScope(clause=clause, confidence=1.0, unit=unit, due_at=due.at, due_provisional=due.provisional)


def _emergency(found: Danger, clause: Clause) -> Emergency:
    return Emergency(clause=clause, confidence=0.9, evidence=found.spans)


def _nothing_to_read(letter: Letter) -> bool:
    if letter.attachments or letter.text_blob is not None:
        return False
    return is_empty(fold(letter.text)) and is_empty(fold(letter.subject))


def _related(letter: Letter, facts: Facts) -> Link | None:
    earlier = facts.earlier
    if earlier is None or not _same_matter(letter, earlier.letter):
        return None
    other = earlier.letter
    if earlier.joinable is None:
        return Link("same_person", other, "同一人的相同诉求,原工单已不在办理")
    same_files = _files(letter) == _files(other)
    same_way = (letter.channel, letter.account) == (other.channel, other.account)
    if same_files and same_way and facts.at - earlier.at <= facts.copy_window:
        return Link("copy", other, "同一渠道短时间内收到的相同来信")
    if not same_files and len(letter.text.strip()) < SHORT_CHARACTERS:
        return None
    return Link("same_person", other, "同一人的相同诉求,原工单尚在办理")


def _same_matter(letter: Letter, other: Letter) -> bool:
    here = fold(letter.place.text).strip() if letter.place else ""
    there = fold(other.place.text).strip() if other.place else ""
    return letter.text_blob == other.text_blob and (not here or not there or here == there)


def _files(letter: Letter) -> frozenset[str]:
    return frozenset(file.sha256 for file in letter.attachments)
