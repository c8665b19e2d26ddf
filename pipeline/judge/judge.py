"""What becomes of a letter: danger, relation to earlier letters, scope, unit and term. One pure function.

In order: a letter that speaks of danger is an Emergency, whatever else holds; a letter without anything to read is
Held; a letter that the same person's open order carries already joins it or presses for it; a letter about a closed
matter with nothing new, or about one that waits for a person, is looked at by a person; every other letter is decided by its pack, matter by matter.
"""

from dataclasses import replace
from typing import Final

from pipeline.judge import replies
from pipeline.judge.danger import Danger
from pipeline.judge.deciding import Deciding
from pipeline.judge.gist import Gist
from pipeline.judge.judgement import Facts, Judgement, Known, Link, OrderStep, Part, Told
from pipeline.judge.reading.reader import Reading
from pipeline.judge.reading.reports import presses
from pipeline.judge.related import related_to
from pipeline.judge.route.route import route
from pipeline.judge.scope import split_code, verdicts
from pipeline.policies import texts
from pipeline.policies.matter import Again, Demand, Matter, Object, Tense
from pipeline.text.normalise import fold
from schemas.decision import (
    CONFIDENTIAL_MARK,
    AnswerNow,
    Clause,
    Decision,
    Emergency,
    Escalated,
    Held,
    InScope,
    Proposal,
)
from schemas.letter import Letter

_UNREAD: Final = Matter(Demand.HANDLE)
_PRESSING: Final = frozenset({Demand.REMIND, Demand.STATUS})
_DANGERS: Final = {
    "threat": Matter(Demand.THREATEN, object=Object.THREAT, tense=Tense.NOW),
    "self_harm": Matter(Demand.RESCUE, object=Object.SELF_HARM, tense=Tense.NOW),
    "danger": Matter(Demand.RESCUE, object=Object.LIFE_DANGER, tense=Tense.NOW),
}
_DANGER_SURE: Final = 0.9


def judge(letter: Letter, facts: Facts, gist: Gist | None = None) -> Judgement:
    """The judgement on *letter*. Pure: the same letter and facts always give the same. *gist*: where it was prepared."""
    gist = gist or Gist(letter, facts.department)
    found = gist.danger
    if found is not None:
        related = related_to(gist, facts, is_reminder=False)
        return Judgement((emergency(letter, found, facts),), None, related.incidents, related.doubtful)
    if gist.is_empty:
        return Judgement(
            (_part(letter, Held(clause=facts.policy.house.empty, confidence=1.0, reason="empty")),)
        )
    reading = gist.reading
    own = any(known.same_person or known.named for known in facts.known)
    pressing = own and any(
        piece.matter.demand in _PRESSING or presses(piece.view) for piece in reading.pieces
    )
    related = related_to(gist, facts, is_reminder=pressing)
    link = related.link
    known = next((known for known in facts.known if link is not None and known.letter_id == link.to), None)
    if link is not None and known is not None and (joined := _joined(letter, reading, link, known, facts)):
        return Judgement((joined,), link, (), related.doubtful)
    return Judgement(
        _parts(letter, _not_solved(reading, known), facts), link, related.incidents, related.doubtful
    )


def _parts(letter: Letter, reading: Reading, facts: Facts) -> tuple[Part, ...]:
    day = letter.received_at.astimezone(facts.city.zone).date()
    found = verdicts(reading, facts.policy, day, demo=facts.demo)
    code = split_code(found)
    marks = (code,) if code else ()
    return tuple(
        Deciding(letter, facts, verdict, marks).part(no) for no, verdict in enumerate(found, start=1)
    )


def _not_solved(reading: Reading, known: Known | None) -> Reading:
    """Who was answered at once and writes again on the same matter was not helped: it is answered so no more."""
    if known is None or not isinstance(known.main, AnswerNow):
        return reading
    pieces = tuple(
        replace(piece, matter=replace(piece.matter, again=Again.UNSOLVED)) for piece in reading.pieces
    )
    return replace(reading, pieces=pieces)


def _joined(letter: Letter, reading: Reading, link: Link, known: Known, facts: Facts) -> Part | None:
    """The part of a letter that an earlier one carries already; None where it is decided by itself."""
    matter = reading.pieces[0].matter
    if link.relation == "repeat":
        return _part(letter, _looked_at_again(known, facts), matter=matter)
    if known.stands != "open" or not isinstance(known.main, InScope | Escalated):
        return None
    main, city, house = known.main, facts.city, facts.policy.house
    order: OrderStep
    match link.relation:
        case "copy":
            clause, order = house.clauses["DUP.COPY"], "none"
            text = replies.copied(letter.number, known.number, main, city)
        case "reminder" if matter.demand is Demand.STATUS:
            return _asks_how_far(letter, matter, known, main, facts)
        case "reminder":
            clause, order = house.clauses["DUP.REMIND"], "reminded"
            text = (
                replies.reminded(letter.number, known.number, main, city)
                if known.same_person
                else replies.pressed(letter.number)
            )
        case "same_person":
            clause, order = house.linked, "appended"
            text = replies.joined(letter.number, known.number, main, city)
        case _:
            return None
    joined = main.model_copy(update={"clause": clause, "evidence": matter.spans})
    return _part(letter, joined, order=order, told="linked", reply=text, matter=matter)


def _asks_how_far(
    letter: Letter, matter: Matter, known: Known, main: InScope | Escalated, facts: Facts
) -> Part:
    """Who only asks how far an order is does not press for it, and is answered at once."""
    clause = facts.policy.house.clauses["STATUS.QUERY"]
    answered = AnswerNow(clause=clause, confidence=1.0, evidence=matter.spans)
    text = (
        replies.progress(letter.number, known.number, main, facts.city)
        if known.same_person
        else replies.pressed(letter.number)
    )
    return _part(letter, answered, told="answered", reply=text, matter=matter)


def _looked_at_again(known: Known, facts: Facts) -> Held:
    house = facts.policy.house.clauses
    marks = (CONFIDENTIAL_MARK,) if known.main is not None and known.main.confidential else ()
    if known.stands == "waiting":
        return Held(clause=house["DUP.RETURNED"], confidence=1.0, reason="returned", marks=marks)
    again = Proposal(outcome="accept", clause=facts.policy.accept)
    return Held(clause=house["DUP.REPEAT"], confidence=1.0, reason="same_matter", proposal=again, marks=marks)


def matter_of(found: Danger) -> Matter:
    """The matter of a letter that speaks of danger."""
    return _DANGERS[found.kind]


def emergency(letter: Letter, found: Danger, facts: Facts) -> Part:
    """The whole letter, decided as *found* demands."""
    house = facts.policy.house
    clauses = {
        "threat": house.clauses["HUB.THREAT"],
        "self_harm": house.clauses["HUB.SELFHARM"],
        "danger": facts.policy.emergency,
    }
    decision = Emergency(clause=clauses[found.kind], confidence=_DANGER_SURE, evidence=found.spans)
    text = texts.emergency(letter.number, facts.city.emergency_phones, self_harm=found.kind == "self_harm")
    return _part(letter, decision, told="emergency", reply=text, matter=matter_of(found))


def _part(
    letter: Letter,
    decision: Decision,
    *,
    order: OrderStep = "none",
    told: Told = "accepted",
    reply: str = "",
    matter: Matter = _UNREAD,
) -> Part:
    return Part(1, 0, len(letter.text), matter, decision, order, told, reply)


def in_scope(letter: Letter, text: str, facts: Facts, clause: Clause, unit: str = "") -> InScope:
    """*text* of the letter is taken on by a person's word: by *unit* or else the best that the words propose, within the pack's term."""
    policy, city = facts.policy, facts.city
    routed = route(letter, fold(text), _UNREAD, policy, city)
    due = policy.due(routed.appeal, letter.received_at, city.zone)
    proposed = routed.units[0].unit if routed.units else city.fallback_unit
    return InScope(
        clause=clause, confidence=1.0, unit=unit or proposed, units=routed.units, appeal=routed.appeal, topic=routed.topic,
        territory=routed.territory, due_at=due.at, due_provisional=due.provisional, urgency=routed.urgency,
        dispatch_mode=routed.dispatch_mode, publication=policy.publication, answered_by=policy.answered_by,
    )  # fmt: skip
