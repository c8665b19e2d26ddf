"""From a ruling to a decision: unit, term, organ, proposal, evidence, and what the citizen is told."""

from typing import Any, Final, Literal, assert_never

from pipeline.judge import replies
from pipeline.judge.judgement import Facts, OrderStep, Part, Told
from pipeline.judge.reading.reader import Reading
from pipeline.judge.route.route import Routed, route
from pipeline.judge.scope import Verdict
from pipeline.policies import texts
from pipeline.policies.engine import Ruling
from pipeline.policies.matter import Demand
from schemas.decision import (
    AnswerNow,
    Decision,
    Escalated,
    Held,
    InScope,
    OutOfScope,
    Proposal,
    ProposedUnit,
    Span,
)
from schemas.letter import Letter

Outcome = Literal["accept", "out_of_scope", "answer_now", "escalate"]
_OUTCOMES: Final[dict[str, Outcome]] = {
    "accept": "accept", "forward": "accept", "exclude": "out_of_scope", "answer": "answer_now", "escalate": "escalate",
    "hold": "accept",
}  # fmt: skip
_STATUS_WORDS: Final = "办理进度可凭登记编号和查询码在查询页面查看,也可以拨打{hotline}报登记编号查询"


def decided(
    no: int, found: Verdict, letter: Letter, reading: Reading, facts: Facts, marks: tuple[str, ...]
) -> Part:
    """The part of *letter* that *found* rules on. *marks*: those of the letter as a whole."""
    ruling, matter = found.ruling, found.matter
    clause, sure, spans = ruling.clause, min(ruling.sure, matter.sure), matter.spans
    marks = (*ruling.marks, *marks)
    match ruling.effect:
        case "accept" | "forward" | "escalate":
            decision, told, reply = _taken(found, letter, reading, facts, spans, marks)
            return _part(no, found, decision, "opened", told, reply)
        case "answer":
            answered, reply = _answered(found, letter, facts, spans, marks)
            return _part(no, found, answered, "none", "answered", reply)
        case "exclude":
            refused = OutOfScope(
                clause=clause, confidence=sure, evidence=spans, marks=marks, organ=ruling.organ
            )
            reply = facts.policy.declined(
                letter.number, ruling, facts.city.hotline, facts.city.emergency_phones
            )
            return _part(no, found, refused, "none", "declined", reply)
        case "hold":
            held = Held(
                clause=clause, confidence=sure, evidence=spans, marks=marks,
                reason=ruling.reason or "rule", proposal=_proposal(ruling, letter, facts),
            )  # fmt: skip
            return _part(no, found, held, "none", "accepted", "")
        case _:
            assert_never(ruling.effect)


def _part(no: int, found: Verdict, decision: Decision, order: OrderStep, told: Told, reply: str) -> Part:
    piece = found.piece
    return Part(no, piece.start, piece.end, found.matter, decision, order, told, reply)


def _taken(
    found: Verdict,
    letter: Letter,
    reading: Reading,
    facts: Facts,
    spans: tuple[Span, ...],
    marks: tuple[str, ...],
) -> tuple[InScope | Escalated, Told, str]:
    ruling, city = found.ruling, facts.city
    routed = _routed(found, letter, reading, facts)
    due = facts.policy.due(routed.appeal, letter.received_at, city.zone)
    unit = ruling.unit or (routed.units[0].unit if routed.units else city.fallback_unit)
    said: dict[str, Any] = dict(
        clause=ruling.clause, confidence=min(ruling.sure, found.matter.sure), evidence=spans, marks=marks,
        unit=unit, units=_units(ruling, routed), appeal=routed.appeal, topic=routed.topic, territory=routed.territory,
        due_at=due.at, due_provisional=due.provisional, urgency=routed.urgency, dispatch_mode=routed.dispatch_mode,
    )  # fmt: skip
    if ruling.effect == "escalate":
        escalated = Escalated(**said)
        return escalated, "escalated", replies.escalated(letter.number, escalated, city)
    taken = InScope(**said)
    if ruling.effect == "forward":
        return taken, "accepted", texts.forwarded(letter.number, unit)
    return taken, "accepted", replies.accepted(letter.number, taken, city)


def _units(ruling: Ruling, routed: Routed) -> tuple[ProposedUnit, ...]:
    """The unit that the clause names goes before those that the words propose."""
    if not ruling.unit:
        return routed.units
    return (ProposedUnit(unit=ruling.unit, score=1.0, why=f"依据 {ruling.clause.code}"), *routed.units[:2])


def _routed(found: Verdict, letter: Letter, reading: Reading, facts: Facts) -> Routed:
    told = found.piece.view
    text = told.said[told.start : told.end]
    return route(letter, text, found.matter, facts.policy, facts.city)


def _answered(
    found: Verdict, letter: Letter, facts: Facts, spans: tuple[Span, ...], marks: tuple[str, ...]
) -> tuple[AnswerNow, str]:
    answer, city = found.answer, facts.city
    if answer is not None:
        marks = (*marks, f"知识库 {answer.id}")
        words, unit = answer.text, answer.unit
    else:
        words, unit = _STATUS_WORDS.format(hotline=city.hotline), city.title
    decision = AnswerNow(
        clause=found.ruling.clause, confidence=found.matter.sure, evidence=spans, marks=marks
    )
    if found.matter.demand is Demand.STATUS:
        return decision, texts.status_told(letter.number, words)
    return decision, texts.answered(letter.number, words, unit, city.hotline)


def _proposal(ruling: Ruling, letter: Letter, facts: Facts) -> Proposal | None:
    proposed = ruling.proposal
    if proposed is None:
        return None
    outcome = _OUTCOMES[proposed.effect]
    reply = ""
    if outcome == "out_of_scope":
        reply = facts.policy.declined(
            letter.number, proposed, facts.city.hotline, facts.city.emergency_phones
        )
    return Proposal(
        outcome=outcome, clause=proposed.clause, unit=proposed.unit, organ=proposed.organ, reply=reply
    )
