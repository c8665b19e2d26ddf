"""What becomes of a letter: danger, relation to earlier letters, scope, unit and term. One pure function.

In order: a letter that speaks of danger is an Emergency, whatever else holds; a letter without anything to read is
Held; the same person's same words while the order is open are joined to it; every other letter is in scope and gets an order
of its own (linked to the earlier one, where that was closed before).
"""

from functools import lru_cache

from pipeline.judge import replies
from pipeline.judge.danger import Danger, danger_of
from pipeline.judge.judgement import Facts, Judgement, Known, Link, OrderStep, Part, Told
from pipeline.judge.relate import Related
from pipeline.judge.related import related_to
from pipeline.policies.calendar import Due
from pipeline.policies.matter import Demand, Matter
from pipeline.text.normalise import fold, is_empty
from schemas.decision import Clause, Decision, Emergency, Escalated, Held, InScope
from schemas.letter import Letter

_UNREAD = Matter(Demand.HANDLE)


def judge(letter: Letter, facts: Facts) -> Judgement:
    """The judgement on *letter*. Pure: the same letter and facts always give the same."""
    rules = facts.policy.house
    found = danger_of(letter)
    related, known = _related(letter, facts)
    link = related.link
    if found is not None:
        text = replies.emergency(letter.number, facts.city)
        part = _part(letter, _emergency(found, rules.emergency), told="emergency", reply=text)
        return Judgement((part,), None, related.incidents, related.doubtful)
    if _nothing_to_read(letter):
        return Judgement((_part(letter, Held(clause=rules.empty, confidence=1.0, reason="empty")),))
    if link is not None and known is not None and (joined := _joined(letter, link, known, facts)) is not None:
        return Judgement((joined,), link, (), related.doubtful)
    decision = in_scope(letter, facts, facts.policy.accept)
    text = replies.accepted(letter.number, decision, facts.city)
    part = _part(letter, decision, order="opened", reply=text)
    return Judgement((part,), link, related.incidents, related.doubtful)


def _joined(letter: Letter, link: Link, known: Known, facts: Facts) -> Part | None:
    """The part of a letter that an open order carries already; None where it gets an order of its own."""
    if known.stands != "open" or not isinstance(known.main, InScope | Escalated):
        return None
    words = replies.copied if link.relation == "copy" else replies.joined
    text = words(letter.number, known.number, known.main, facts.city)
    joined = known.main.model_copy(update={"clause": facts.policy.house.linked})
    order: OrderStep = "none" if link.relation == "copy" else "appended"
    return _part(letter, joined, order=order, told="linked", reply=text)


def _part(
    letter: Letter, decision: Decision, *, order: OrderStep = "none", told: Told = "accepted", reply: str = ""
) -> Part:
    return Part(1, 0, len(letter.text), _UNREAD, decision, order, told, reply)


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


def _related(letter: Letter, facts: Facts) -> tuple[Related, Known | None]:
    """What the letter is to earlier ones, and the one it is linked to."""
    related = related_to(letter, facts, is_reminder=False)
    link = related.link
    known = next((known for known in facts.known if link is not None and known.letter_id == link.to), None)
    return related, known
