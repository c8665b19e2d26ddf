"""From a ruling to a decision: unit, term, organ, proposal, evidence, and what the citizen is told."""

from dataclasses import dataclass
from typing import Any, Final, Literal, assert_never

from pipeline.judge import replies
from pipeline.judge.judgement import Facts, OrderStep, Part, Told
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
)
from schemas.letter import Letter

Outcome = Literal["accept", "out_of_scope", "answer_now", "escalate"]
_OUTCOMES: Final[dict[str, Outcome]] = {
    "accept": "accept", "forward": "accept", "exclude": "out_of_scope", "answer": "answer_now", "escalate": "escalate",
    "hold": "accept",
}  # fmt: skip
_STATUS_WORDS: Final = "办理进度可凭登记编号和查询码在查询页面查看,也可以拨打{hotline}报登记编号查询"

_Said = tuple[Decision, OrderStep, Told, str]


@dataclass(frozen=True, slots=True)
class Deciding:
    """One matter of *letter* on its way to a decision. *marks*: those of the letter as a whole."""

    letter: Letter
    facts: Facts
    found: Verdict
    marks: tuple[str, ...] = ()

    def part(self, no: int) -> Part:
        """The part of the letter, decided."""
        decision, order, told, reply = self._said()
        piece = self.found.piece
        return Part(no, piece.start, piece.end, self.found.matter, decision, order, told, reply)

    def _said(self) -> _Said:
        effect = self.found.ruling.effect
        match effect:
            case "accept" | "forward" | "escalate":
                return self._taken()
            case "answer":
                return self._answered()
            case "exclude":
                return self._refused()
            case "hold":
                return self._held()
            case _:
                assert_never(effect)

    def _all(self) -> dict[str, Any]:
        """What every decision has."""
        ruling, matter = self.found.ruling, self.found.matter
        return {
            "clause": ruling.clause,
            "confidence": min(ruling.sure, matter.sure),
            "evidence": matter.spans,
            "marks": (*ruling.marks, *self.marks),
        }

    def _taken(self) -> _Said:
        ruling, number, city = self.found.ruling, self.letter.number, self.facts.city
        routed = self._routed()
        due = self.facts.policy.due(routed.appeal, self.letter.received_at, city.zone)
        unit = ruling.unit or (routed.units[0].unit if routed.units else city.fallback_unit)
        opened = self._all() | {
            "unit": unit, "units": _units(ruling, routed), "appeal": routed.appeal, "topic": routed.topic,
            "territory": routed.territory, "due_at": due.at, "due_provisional": due.provisional,
            "urgency": routed.urgency, "dispatch_mode": routed.dispatch_mode,
            "publication": self.facts.policy.publication, "answered_by": self.facts.policy.answered_by,
        }  # fmt: skip
        if ruling.effect == "escalate":
            escalated = Escalated(**opened)
            return escalated, "opened", "escalated", replies.escalated(number, escalated, city)
        taken = InScope(**opened)
        forwarded = ruling.effect == "forward"
        reply = texts.forwarded(number, unit) if forwarded else replies.accepted(number, taken, city)
        return taken, "opened", "accepted", reply

    def _routed(self) -> Routed:
        view = self.found.piece.view
        text = view.said[view.start : view.end]
        return route(self.letter, text, self.found.matter, self.facts.policy, self.facts.city)

    def _answered(self) -> _Said:
        answer, number, city = self.found.answer, self.letter.number, self.facts.city
        said = self._all()
        if answer is not None:
            said["marks"] = (*said["marks"], f"知识库 {answer.id}")
            reply = texts.answered(number, answer.text, answer.unit, city.hotline)
        elif self.found.matter.demand is Demand.STATUS:
            reply = texts.status_told(number, _STATUS_WORDS.format(hotline=city.hotline))
        else:
            message = f"{self.found.ruling.clause.code} answers what nobody has an answer for"
            raise LookupError(message)
        return AnswerNow(**said), "none", "answered", reply

    def _refused(self) -> _Said:
        ruling, city = self.found.ruling, self.facts.city
        refused = OutOfScope(**self._all(), organ=ruling.organ)
        reply = self.facts.policy.declined(self.letter.number, ruling, city.hotline, city.emergency_phones)
        return refused, "none", "declined", reply

    def _held(self) -> _Said:
        held = Held(**self._all(), reason=self.found.ruling.reason or "rule", proposal=self._proposal())
        return held, "none", "accepted", ""

    def _proposal(self) -> Proposal | None:
        proposed, city = self.found.ruling.proposal, self.facts.city
        if proposed is None:
            return None
        outcome = _OUTCOMES[proposed.effect]
        reply = ""
        if outcome == "out_of_scope":
            reply = self.facts.policy.declined(
                self.letter.number, proposed, city.hotline, city.emergency_phones
            )
        return Proposal(
            outcome=outcome, clause=proposed.clause, unit=proposed.unit, organ=proposed.organ, reply=reply
        )


def _units(ruling: Ruling, routed: Routed) -> tuple[ProposedUnit, ...]:
    """The unit that the clause names goes before those that the words propose."""
    if not ruling.unit:
        return routed.units
    return (
        ProposedUnit(unit=ruling.unit, score=1.0, why=f"依据 {ruling.clause.code}"),
        *routed.units[:2],
    )
