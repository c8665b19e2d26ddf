"""From alikeness to what it means: copy, same person, reminder, repeat, recurrence, same incident, or a question to a person.

| relation | test | effect (the desk's) |
|---|---|---|
| copy | same person, same way, same words and files, within the copy window | absorbed: counted, nothing else |
| reminder | asks when, or urges, and its order stands open: one it names, the person's own on this matter, or the only one where it tells of no matter | order reminded +1, no order |
| same_person | same person, same matter, order open | appended to the order, its term unchanged |
| repeat | same person, same matter, order closed and nothing new, or its order taken back and a person at it | a person looks |
| recurrence | same matter closed within ``recurrence``; the same person, or somebody who says that it is back | order of its own, linked, quality flag |
| same_incident | different people, same matter | order of its own, incident |

Sure links hold by themselves. Doubtful ones go to a person and count for nothing. Merging never hides anybody: only a copy
is absorbed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pipeline.judge.judgement import Link, OrderStands
from pipeline.judge.relate.score import DOUBTFUL, SURE
from pipeline.text.normalise import fold
from schemas.decision import Relation
from schemas.letter import Said

RECURRENCE = timedelta(days=30)
INCIDENTS_MAX = 3
OWN_FEW = 3
"""Who has more letters in the memory may have an open order among those that were not looked at."""

SHORT_CHARACTERS = 30
"""A text this short (见附件, 请尽快处理) that says no place names no matter by itself: with other files it is another
matter. Whether one is about the matter of another person's letter, a person decides, unless it names the place and is
as alike as ``SURE_SHORT``.
"""
SURE_SHORT = 0.9

_WAITS = "的工单已撤回,待人工判定"

_AGAIN = re.compile(
    r"又(?!名|称|快又|好又)|再次(?!反映|投诉|举报|来信|咨询|请求|恳请|感谢)|再度|复发|反弹|死灰复燃|老问题|故态复萌|依然|依旧|仍然|没(?:有)?(?:过)?几天"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier letter, how alike, and how its matter stands. *vetoed*: the same words about another city,
    place or question. *closed_at*: when its order was finished.
    """

    letter_id: UUID
    number: str
    at: datetime
    score: float
    why: str
    same_person: bool
    same_text: bool
    same_way: bool
    same_files: bool
    vetoed: bool = False
    stands: OrderStands = "open"
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The letter that is looked at. *named*: numbers of earlier letters that it names; *is_reminder*: it
    urges or asks how far the matter is; *says_again*: it says that a trouble is back; *short*: too short to
    be sure of; *names_place*: it says where; *names_nothing*: it tells of nothing but waiting.
    """

    at: datetime
    copy_window: timedelta
    named: frozenset[str] = frozenset()
    is_reminder: bool = False
    says_again: bool = False
    short: bool = False
    names_place: bool = False
    names_nothing: bool = False
    recurrence: timedelta = RECURRENCE


@dataclass(frozen=True, slots=True)
class Related:
    """What is sure: at most one *link* to the person's own matter or one gone before, and links to
    *incidents* of other people; and what is *doubtful*.
    """

    link: Link | None = None
    incidents: tuple[Link, ...] = ()
    doubtful: tuple[Link, ...] = ()


def says_again(letter: Said) -> bool:
    """Does the letter say that a trouble is back, or has never gone?"""
    return _AGAIN.search(fold(f"{letter.subject}\n{letter.text[:2000]}")) is not None


def is_short(letter: Said) -> bool:
    return len(letter.text.strip()) + len(letter.subject.strip()) < SHORT_CHARACTERS


def relate(asked: Asked, known: Sequence[Earlier]) -> Related:
    """What *asked* is to each of the *known*. Of equals the newest, then the least id: the same answer everywhere."""
    ranked = sorted(known, key=lambda one: (-one.score, -one.at.timestamp(), one.letter_id.bytes))
    if (named := _named(asked, ranked)) is not None:
        return Related(link=named)
    if (only := _only_open(asked, ranked)) is not None:
        return Related(link=only)
    own = [found for one in ranked if one.same_person and (found := _own(asked, one))]
    sure_own = next((link for link, sure in own if sure), None)
    others = [found for one in ranked if not one.same_person and (found := _others(asked, one))]
    recurred = next((link for link, sure in others if sure and link.relation == "recurrence"), None)
    doubtful = [link for link, sure in (*own, *others) if not sure]
    if sure_own is not None:
        doubtful = [link for link in doubtful if link.relation == "same_incident"]
    return Related(
        link=sure_own or recurred,
        incidents=tuple(link for link, sure in others if sure and link.relation == "same_incident")[
            :INCIDENTS_MAX
        ],
        doubtful=tuple(doubtful[:INCIDENTS_MAX]),
    )


def _named(asked: Asked, ranked: Sequence[Earlier]) -> Link | None:
    """A letter that names a number is about that one: by the same person, or urging it."""
    for one in ranked:
        if one.number not in asked.named or not (one.same_person or asked.is_reminder):
            continue
        if asked.is_reminder and one.stands == "open":
            return _link("reminder", one, f"信中提到编号 {one.number} 并催问", score=1.0)
        if one.same_person and one.stands == "open":
            return _link("same_person", one, f"信中提到本人的编号 {one.number}", score=1.0)
        if one.same_person and one.stands == "waiting":
            return _link("repeat", one, f"信中提到本人的编号 {one.number},该件{_WAITS}", score=1.0)
        if one.same_person and one.stands == "closed":
            return _link(
                _after_closing(asked, one), one, f"信中提到本人的编号 {one.number},该件已办结", score=1.0
            )
    return None


def _only_open(asked: Asked, ranked: Sequence[Earlier]) -> Link | None:
    """The person's only open order, for who tells of nothing but waiting."""
    if not asked.names_nothing:
        return None
    own = {one.letter_id: one for one in ranked if one.same_person}
    match [one for one in own.values() if one.stands == "open"]:
        case [one] if len(own) <= OWN_FEW:
            return _link("reminder", one, "只催问而未提何事,本人在办的只有这一件", score=1.0)
    return None


def _own(asked: Asked, one: Earlier) -> tuple[Link, bool] | None:
    if one.stands == "withdrawn":
        return None
    same_words = one.same_text and not one.vetoed
    names_matter = not asked.short or asked.names_place or asked.is_reminder
    if not names_matter and not (same_words and one.same_files):
        return None
    score = 1.0 if same_words else one.score
    if score < DOUBTFUL:
        return None
    sure = score >= SURE
    if one.stands == "waiting":
        why = "同一人的相同诉求" if same_words else one.why
        return _link("repeat", one, f"{why},前一件{_WAITS}", score=score), sure
    if same_words and one.same_way and one.same_files and asked.at - one.at <= asked.copy_window:
        return _link("copy", one, "同一渠道短时间内收到的相同来信", score=1.0), True
    relation: Relation
    if one.stands == "closed":
        relation = _after_closing(asked, one)
    elif asked.is_reminder and one.stands == "open":
        relation = "reminder"
    else:
        relation = "same_person"
    return _link(relation, one, "同一人的相同诉求" if same_words else one.why, score=score), sure


def _after_closing(asked: Asked, one: Earlier) -> Relation:
    back = one.closed_at is not None and asked.at - one.closed_at <= asked.recurrence
    return "recurrence" if back and asked.says_again and not one.same_text else "repeat"


def _others(asked: Asked, one: Earlier) -> tuple[Link, bool] | None:
    if one.score < DOUBTFUL or one.stands in {"waiting", "withdrawn"}:
        return None
    back = (
        one.stands == "closed" and one.closed_at is not None and asked.says_again
        and timedelta() <= asked.at - one.closed_at <= asked.recurrence
    )  # fmt: skip
    relation: Relation = "recurrence" if back else "same_incident"
    sure = one.score >= (SURE_SHORT if asked.short else SURE) and (asked.names_place or not asked.short)
    return _link(relation, one, one.why, score=one.score), sure


def _link(relation: Relation, one: Earlier, why: str, *, score: float) -> Link:
    return Link(relation, one.letter_id, one.number, round(score, 4), why)
