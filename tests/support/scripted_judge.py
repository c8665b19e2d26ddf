"""A judge that does what a letter's text says: for tests of what the desk does with a judgement.

A text is parts with ``|`` between them; a part begins with what becomes of it: 受 in scope, 呈 escalated, 答 answered, 出 out
of scope, 等 held with a proposal, 重 held as the same matter again, 险 emergency. A ``#`` and a relation at the end of the
text relate it to what the memory proposes: 并 same person, 催 reminder, 复 recurrence, 重 repeat, 群 same incident, 疑 doubtful.
"""

from datetime import datetime
from itertools import accumulate
from typing import Any

from pipeline.judge import replies
from pipeline.judge.gist import Gist
from pipeline.judge.judgement import Facts, Judgement, Known, Link, Part
from pipeline.policies import texts
from pipeline.policies.matter import Demand, Matter
from schemas.decision import (
    CONFIDENTIAL_MARK,
    AnswerNow,
    Decision,
    Emergency,
    Escalated,
    Held,
    InScope,
    Organ,
    OutOfScope,
    Proposal,
)
from schemas.letter import Letter

DUE = datetime.fromisoformat("2026-03-23T15:59:59+00:00")
RELATIONS = {
    "并": "same_person",
    "催": "reminder",
    "复": "recurrence",
    "重": "repeat",
    "群": "same_incident",
    "疑": "same_incident",
}


def judge(letter: Letter, facts: Facts, _gist: Gist | None = None) -> Judgement:
    text, _, relation = letter.text.partition("#")
    known = _known(letter, facts) if relation else None
    links: tuple[Link, ...] = ()
    if known is not None:
        links = (Link(RELATIONS[relation], known.letter_id, known.number, 0.8, "相似"),)  # type: ignore[arg-type]
    joins = relation in {"并", "催"} and known is not None and known.stands == "open"
    said = text.split("|")
    ends = list(accumulate(len(one) + 1 for one in said))
    parts = tuple(
        _part(
            no,
            end - 1 - len(one),
            one,
            letter,
            facts,
            step=("reminded" if relation == "催" else "appended") if joins else "",
        )
        for no, (one, end) in enumerate(zip(said, ends, strict=True), 1)
    )
    match relation:
        case "群":
            return Judgement(parts, None, links)
        case "疑":
            return Judgement(parts, None, (), links)
        case _:
            return Judgement(parts, links[0] if links else None)


def _known(letter: Letter, facts: Facts) -> Known | None:
    found = sorted(facts.known, key=lambda one: (not one.named, -one.score, one.at))
    return found[0] if found else None


def _part(no: int, start: int, text: str, letter: Letter, facts: Facts, *, step: str) -> Part:
    decision = _decision(text, facts)
    opens = isinstance(decision, InScope | Escalated)
    told, words = _told(decision, letter, facts)
    order: Any = (step or "opened") if opens else "none"
    return Part(no, start, start + len(text), Matter(Demand.HANDLE), decision, order, told, words)


def _decision(text: str, facts: Facts) -> Decision:
    clause = facts.policy.house.person
    base: dict[str, Any] = {"clause": clause, "confidence": 1.0}
    taken = {**base, "unit": "市城管局" if "灯" in text else "市交通局", "due_at": DUE}
    match text[:1]:
        case "呈":
            return Escalated(**{**taken, "unit": "市长办公室", "marks": (CONFIDENTIAL_MARK,)})
        case "答":
            return AnswerNow(**base)
        case "出":
            return OutOfScope(**base, organ=Organ(name="法院", phone="12368"))
        case "等":
            proposal = Proposal(
                outcome="out_of_scope", clause=clause, organ=Organ(name="法院"), reply="请向法院提出。"
            )
            return Held(**base, reason="unsure", proposal=proposal)
        case "重":
            return Held(**base, reason="same_matter")
        case "险":
            return Emergency(**base)
        case _:
            return InScope(**taken)


def _told(decision: Decision, letter: Letter, facts: Facts) -> tuple[Any, str]:
    match decision:
        case InScope():
            return "accepted", replies.accepted(letter.number, decision, facts.city)
        case Escalated():
            return "escalated", replies.escalated(letter.number, decision, facts.city)
        case AnswerNow():
            return "answered", replies.by_person(letter.number, "补办请到窗口。")
        case OutOfScope():
            return "declined", replies.by_person(letter.number, "请向法院提出。")
        case Emergency():
            return "emergency", texts.emergency(letter.number, facts.city.emergency_phones)
        case _:
            return "accepted", ""
