"""Letters that stand under another's order go the way of that order's matter. Pure.

They wait while it waits for a person, stand under it again once it is taken on again, and where it was declined or
answered each goes to a person, with what was decided as the proposal: it may say more than the other did.
"""

from pipeline.desk import case as cases
from pipeline.desk.case import Opened
from pipeline.desk.records import decision_event
from pipeline.desk.step import Step
from pipeline.desk.verdicts import proposal_of
from pipeline.judge import replies
from pipeline.policies.policy import House
from schemas.decision import (
    CONFIDENTIAL_MARK,
    AnswerNow,
    Decided,
    Decision,
    Emergency,
    Escalated,
    Held,
    InScope,
    OutOfScope,
    Proposal,
)
from schemas.letter import Letter
from schemas.memory import Case
from schemas.order import WorkOrder

FOLLOWS = "随所并入的工单"
"""The reason on a decision that a letter has because of another's order."""


def follow(order: WorkOrder, main: Letter, decision: Decision, words: str, step: Step) -> None:
    """The letters under *order*, once its matter is decided so. *words*: what the sender of *main* hears of it."""
    for letter_id in order.letter_ids:
        other = step.case(letter_id) if letter_id != main.id else None
        if other is None:
            continue
        moved = [now for now in cases.decided_now(other) if _stands_under(other, now)]
        for now in moved:
            other = _with(other, now, _after(now, main, decision, words, step), step)
        if moved:
            step.save(other)


def waits_along(now: Decided) -> bool:
    """Does the part wait because of another's order?"""
    return isinstance(now.decision, Held) and now.reason == FOLLOWS


def _stands_under(other: Case, now: Decided) -> bool:
    return not cases.has_own(other, now.part) and (isinstance(now.decision, Opened) or waits_along(now))


def _after(now: Decided, main: Letter, decision: Decision, words: str, step: Step) -> Decision:
    house = step.rules.cities[main.city].house
    marks = tuple(mark for mark in now.decision.marks if mark == CONFIDENTIAL_MARK)
    match decision:
        case InScope() | Escalated():
            return decision.model_copy(update={"clause": house.linked, "evidence": (), "marks": marks})
        case Held():
            return Held(clause=decision.clause, confidence=1.0, reason=decision.reason, marks=marks)
        case OutOfScope() | AnswerNow():
            proposal = proposal_of(decision, replies.as_other(main.number, words))
            return _person(house, marks, proposal)
        case Emergency():
            return _person(house, marks, None)


def _person(house: House, marks: tuple[str, ...], proposal: Proposal | None) -> Held:
    return Held(clause=house.person, confidence=1.0, reason="same_matter", marks=marks, proposal=proposal)


def _with(other: Case, now: Decided, after: Decision, step: Step) -> Case:
    event = decision_event(other.letter, now.part, after, step.arrival, supersedes=now.id, reason=FOLLOWS)
    step.effects.decision(event)
    other = other.model_copy(update={"decisions": (*other.decisions, event), "at": step.arrival.at})
    part = cases.part_of(other, now.part)
    if part is None:
        return other
    return cases.with_part(other, part.model_copy(update={"closed": isinstance(after, Opened)}))
