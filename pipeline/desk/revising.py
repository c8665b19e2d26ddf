"""A letter that grew or was corrected, or is judged again: its matters keep their numbers, its orders follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.desk import case as cases
from pipeline.desk import joining
from pipeline.desk.case import Opened
from pipeline.desk.effects import Effects
from pipeline.desk.following import waits_along
from pipeline.desk.items import tell
from pipeline.desk.known import facts_again, main_case
from pipeline.desk.matching import matched
from pipeline.desk.orders import order_after
from pipeline.desk.records import seen_of
from pipeline.desk.settle import Change, alerts_after, settle
from pipeline.desk.step import Step
from pipeline.desk.told import Saying, named, reply_of
from pipeline.judge import replies
from pipeline.judge.judge import judge
from pipeline.judge.judgement import Judgement, Part
from pipeline.judge.relate import trace_of
from schemas.decision import Decided, Decision, Emergency
from schemas.letter import Letter
from schemas.memory import Case, CasePart


@dataclass(frozen=True, slots=True)
class Again:
    """Why a letter is judged again. *overrules*: also what a person decided, and the unit that has the order."""

    reason: str = ""
    overrules: bool = False


def revise(letter: Letter, case: Case, step: Step) -> Effects:
    """The effects of a later revision of a letter."""
    changed = judged_again(letter, case, step, Again())
    step.save(changed)
    step.effects.seen.append(seen_of(letter, trace_of(letter).encode(), step.arrival, again=True))
    return step.effects


def judged_again(letter: Letter, before: Case, step: Step, again: Again) -> Case:
    """The case once the letter is judged again; not saved."""
    judgement = judge(letter, facts_again(letter, before, step))
    main = main_case(step, before)
    joins = main is not before and _joins(judgement) and bool(cases.open_orders(main))
    link = cases.joined_to(before)
    # What a person joined stays under that order, whatever the words say.
    merged = link is not None and link.actor != "" and main is not before and bool(cases.open_orders(main))
    case, numbers = renumbered(letter, before, judgement.parts)
    several = cases.is_several(case)
    sayings = []
    for number, judged in zip(numbers, judgement.parts, strict=True):
        change = _change(case, number, judged, again, joins=joins or merged)
        saying = _saying(case, change, judged, joins=joins)
        if (reopened := _reopened(case, change, step)) is not None:
            change = replace(change, decision=reopened)
            saying = Saying(number, "accepted", _words(case, number, reopened, step))
        sayings.append(saying)
        case = settle(case, change, step)
    if joins and any(isinstance(event.decision, Opened) for event in cases.decided_now(case)):
        joining.append(letter, main, step)
    said = [one for one in sayings if one.words]
    reply = reply_of(letter, said, step.arrival, several=several)
    return alerts_after(tell(case, reply, step), before, step)


def _joins(judgement: Judgement) -> bool:
    link = judgement.link
    return link is not None and all(part.order != "opened" for part in judgement.parts)


def renumbered(letter: Letter, case: Case, judged: Sequence[Part]) -> tuple[Case, list[int]]:
    """The case with *letter* as it is now, and the number of each matter that was judged.

    What was spoken of before keeps its number, what is new gets one that no other matter had, what is spoken of no
    more is gone and keeps its decision.
    """
    known = [part for part in cases.parts_of(case) if not part.gone]
    texts = [cases.words_of_part(case, part) for part in known]
    places = matched(texts, [letter.text[part.start : part.end] for part in judged])
    gone = {"gone": True, "start": 0, "end": 0}
    now = {part.no: part.model_copy(update=gone) for part in cases.parts_of(case)}
    numbers = []
    for part, place in zip(judged, places, strict=True):
        spot = {"start": part.start, "end": part.end, "gone": False}
        number = max(now) + 1 if place is None else known[place].no
        old = CasePart(no=number, start=0, end=0) if place is None else known[place]
        now[number] = old.model_copy(update=spot)
        numbers.append(number)
    return case.model_copy(update={"letter": letter, "parts": tuple(now[no] for no in sorted(now))}), numbers


def _change(case: Case, number: int, judged: Part, again: Again, *, joins: bool) -> Change:
    part = cases.part_of(case, number)
    if part is None:
        message = "a part was numbered and is not there"
        raise LookupError(message)
    before = cases.current(case, number)
    change = Change(part, judged.decision, reason=again.reason, opens=not joins, words=judged.reply)
    if before is None:
        return change
    if waits_along(before) and not again.overrules and not isinstance(judged.decision, Emergency):
        return replace(change, decision=before.decision, reason=before.reason)
    # Judging again is no reason to work again on what is finished, and more pieces do not overrule a person.
    finished = again.overrules and part.closed and cases.has_own(case, number)
    by_person = before.decided_by != "rules" and not again.overrules
    if (finished or by_person) and not isinstance(judged.decision, Emergency):
        kept = replace(change, decision=before.decision, decided_by=before.decided_by)
        return replace(kept, opens=change.opens and not finished)
    return replace(change, decision=_as_promised(case, before, judged.decision, again, joins=joins))


def _as_promised(case: Case, before: Decided, decision: Decision, again: Again, *, joins: bool) -> Decision:
    """An order that is out keeps its term and, unless that is overruled, its unit; so does one joined to."""
    if not isinstance(decision, Opened) or not isinstance(before.decision, Opened):
        return decision
    if not joins and cases.last_order(case, before.part) is None:
        return decision
    kept: dict[str, object] = {
        "due_at": before.decision.due_at,
        "due_provisional": before.decision.due_provisional,
    }
    if not again.overrules:
        kept["unit"] = before.decision.unit
    return decision.model_copy(update=kept)


def _reopened(case: Case, change: Change, step: Step) -> Opened | None:
    """The decision by which a finished order is worked on again, with a new term; None where the letter says nothing new."""
    part, decision, letter = change.part, change.decision, case.letter
    if not part.closed or not change.opens or not isinstance(decision, Opened):
        return None
    several = cases.is_several(case)
    if (
        not cases.has_own(case, part.no)
        or order_after(letter, part, decision, case, step.arrival, several=several) is None
    ):
        return None
    city = step.rules.cities[letter.city]
    due = city.policy(letter.mailbox, letter.received_at).due(
        decision.appeal, step.arrival.at, city.facts.zone
    )
    return decision.model_copy(update={"due_at": due.at, "due_provisional": due.provisional})


def _words(case: Case, number: int, reopened: Opened, step: Step) -> str:
    label = named(case.letter.number, number, several=cases.is_several(case))
    return replies.reopened(label, reopened, step.rules.cities[case.letter.city].facts)


def _saying(case: Case, change: Change, judged: Part, *, joins: bool) -> Saying:
    """What the sender hears: of a matter that is new or decided otherwise than before."""
    number = change.part.no
    before = cases.current(case, number)
    nothing = Saying(number, judged.told, "")
    if change.decided_by != "rules":
        return nothing
    if before is None or before.decision.kind != change.decision.kind:
        return Saying(number, judged.told, judged.reply)
    is_new = isinstance(change.decision, Opened) and not joins and cases.last_order(case, number) is None
    return Saying(number, judged.told, judged.reply) if is_new else nothing
