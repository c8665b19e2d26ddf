"""A person's verdict on a part that waits, as a decision and the words that its sender hears."""

from dataclasses import dataclass

from pipeline.desk.records import About
from pipeline.judge import replies
from pipeline.judge.judge import in_scope
from pipeline.judge.judgement import Facts
from schemas.decision import AnswerNow, Clause, Decision, Escalated, Held, InScope, Organ, OutOfScope
from schemas.inbox import DecideAnswer, DecideInScope, DecideOutOfScope, Verdict
from schemas.letter import Letter
from schemas.numbers import shown


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided, and what the sender is told of it."""

    decision: Decision
    about: About
    words: str


def ruled(letter: Letter, number: str, verdict: Verdict, facts: Facts) -> Ruling | None:
    """The ruling of a person's own words; None for a verdict that decides nothing. *number* is the one to be told."""
    clause = facts.policy.house.person
    match verdict:
        case DecideInScope(unit=unit):
            return _accepted(letter, number, clause, unit, facts)
        case DecideOutOfScope(reply=reply):
            return _declined(number, clause, None, reply)
        case DecideAnswer(reply=reply):
            return _answered(number, clause, reply)
        case _:
            return None


def proposed(letter: Letter, number: str, decision: Decision, facts: Facts) -> Ruling | None:
    """The ruling that the machine proposed; None where it proposed nothing."""
    proposal = decision.proposal if isinstance(decision, Held) else None
    if proposal is None:
        return None
    match proposal.outcome:
        case "accept":
            return _accepted(letter, number, proposal.clause, proposal.unit, facts)
        case "escalate":
            taken = in_scope(letter, facts, proposal.clause, proposal.unit)
            escalated = Escalated(
                **{name: getattr(taken, name) for name in type(taken).model_fields if name != "kind"}
            )
            return Ruling(
                escalated, "escalated", proposal.reply or replies.escalated(number, escalated, facts.city)
            )
        case "out_of_scope":
            return _declined(number, proposal.clause, proposal.organ, proposal.reply)
        case "answer_now":
            return _answered(number, proposal.clause, proposal.reply)


def _accepted(letter: Letter, number: str, clause: Clause, unit: str, facts: Facts) -> Ruling:
    decision: InScope = in_scope(letter, facts, clause, unit)
    return Ruling(decision, "accepted", replies.accepted(number, decision, facts.city))


def _declined(number: str, clause: Clause, organ: Organ | None, reply: str) -> Ruling:
    decision = OutOfScope(clause=clause, confidence=1.0, organ=organ)
    return Ruling(decision, "declined", _numbered(number, reply))


def _answered(number: str, clause: Clause, reply: str) -> Ruling:
    return Ruling(AnswerNow(clause=clause, confidence=1.0), "answered", _numbered(number, reply))


def _numbered(number: str, reply: str) -> str:
    """A reply that names its number already is sent as it is."""
    return reply if shown(number) in reply else replies.by_person(number, reply)
