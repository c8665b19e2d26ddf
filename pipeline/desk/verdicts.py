"""A person's verdict on a part that waits, as a decision and the words that its sender hears."""

from dataclasses import dataclass

from pipeline.desk.case import Opened
from pipeline.desk.records import About
from pipeline.judge import replies
from pipeline.judge.judge import in_scope
from pipeline.judge.judgement import Facts
from schemas.decision import (
    AnswerNow,
    Clause,
    Decision,
    Escalated,
    Held,
    InScope,
    Organ,
    OutOfScope,
    Proposal,
)
from schemas.inbox import DecideAnswer, DecideInScope, DecideOutOfScope, Verdict
from schemas.letter import Letter
from schemas.numbers import shown


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided, and what the sender is told of it."""

    decision: Decision
    about: About
    words: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The part that is ruled on. *number*: the one its sender is told; *text*: its words; *earlier*: what its
    last order rests on, and whether that was *returned* by its unit.
    """

    letter: Letter
    number: str
    text: str
    facts: Facts
    earlier: Opened | None = None
    returned: bool = False


def ruled(waiting: Waiting, verdict: Verdict) -> Ruling | None:
    """The ruling of a person's own words; None for a verdict that decides nothing."""
    clause, number = waiting.facts.policy.house.person, waiting.number
    match verdict:
        case DecideInScope(unit=unit):
            return _accepted(waiting, clause, unit)
        case DecideOutOfScope(reply=reply):
            return _declined(number, clause, None, reply)
        case DecideAnswer(reply=reply):
            return _answered(number, clause, reply)
        case _:
            return None


def proposed(waiting: Waiting, decision: Decision) -> Ruling | None:
    """The ruling that the machine proposed; None where it proposed nothing."""
    proposal = decision.proposal if isinstance(decision, Held) else None
    if proposal is None:
        return None
    match proposal.outcome:
        case "accept":
            return _accepted(waiting, proposal.clause, proposal.unit)
        case "escalate":
            taken = _taken(waiting, proposal.clause, proposal.unit)
            escalated = Escalated(
                **{name: getattr(taken, name) for name in type(taken).model_fields if name != "kind"}
            )
            return Ruling(
                escalated,
                "escalated",
                proposal.reply or replies.escalated(waiting.number, escalated, waiting.facts.city),
            )
        case "out_of_scope":
            return _declined(waiting.number, proposal.clause, proposal.organ, proposal.reply)
        case "answer_now":
            return _answered(waiting.number, proposal.clause, proposal.reply)


def proposal_of(decision: OutOfScope | AnswerNow, reply: str) -> Proposal:
    """What was decided, as a proposal to decide so again with *reply*."""
    if isinstance(decision, OutOfScope):
        return Proposal(outcome="out_of_scope", clause=decision.clause, organ=decision.organ, reply=reply)
    return Proposal(outcome="answer_now", clause=decision.clause, reply=reply)


def _accepted(waiting: Waiting, clause: Clause, unit: str) -> Ruling:
    decision = _taken(waiting, clause, unit)
    return Ruling(decision, "accepted", replies.accepted(waiting.number, decision, waiting.facts.city))


def _taken(waiting: Waiting, clause: Clause, unit: str) -> InScope:
    """What was an order before is one again, with its term and all it said but the unit, if that gave it back."""
    earlier = waiting.earlier
    if earlier is None:
        return in_scope(waiting.letter, waiting.text, waiting.facts, clause, unit)
    others = [one.unit for one in earlier.units if one.unit != earlier.unit]
    next_unit = next(iter(others), waiting.facts.city.fallback_unit) if waiting.returned else earlier.unit
    kept = {name: getattr(earlier, name) for name in InScope.model_fields if name != "kind"}
    return InScope(**kept | {"clause": clause, "confidence": 1.0, "evidence": (), "unit": unit or next_unit})


def _declined(number: str, clause: Clause, organ: Organ | None, reply: str) -> Ruling:
    decision = OutOfScope(clause=clause, confidence=1.0, organ=organ)
    return Ruling(decision, "declined", _numbered(number, reply))


def _answered(number: str, clause: Clause, reply: str) -> Ruling:
    return Ruling(AnswerNow(clause=clause, confidence=1.0), "answered", _numbered(number, reply))


def _numbered(number: str, reply: str) -> str:
    """A reply that names its number already is sent as it is."""
    return reply if shown(number) in reply else replies.by_person(number, reply)
