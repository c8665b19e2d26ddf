"""A person says that letters belong together, or that they do not: what followed from it is done, or undone."""

from pipeline.desk import case as cases
from pipeline.desk import incidents, joining
from pipeline.desk.case import Opened
from pipeline.desk.items import note, tell
from pipeline.desk.known import facts_alone, main_case
from pipeline.desk.orders import MARK_RECURRENCE, marks_of_both, next_order
from pipeline.desk.records import linked_event, reply_to, unlinked_event
from pipeline.desk.revising import renumbered
from pipeline.desk.settle import Change, settle
from pipeline.desk.step import Step
from pipeline.desk.told import Saying, reply_of
from pipeline.judge import replies
from pipeline.judge.judge import judge
from pipeline.judge.judgement import Link
from schemas.decision import Held, Linked, Relation, Suspected
from schemas.inbox import Instruction, LinkTo, UnlinkFrom
from schemas.memory import Case, CasePart

NO_OTHER = "没有要关联的那个编号"
ITSELF = "不能与自己关联"
LINKED_ALREADY = "两个编号已经关联"
NOT_LINKED = "两个编号没有关联"
OTHER_NOT_OPEN = "要并入的来信没有在办的工单"
NOT_TAKEN_ON = "该编号没有受理,不能并入"
TWO_INCIDENTS = "两个编号已分属不同的同类事件,不能关联;请先解除其中一个的关联"


def link(said: Instruction, verdict: LinkTo, case: Case, step: Step) -> None:
    """The letter belongs with the other one, as far as both allow it."""
    other = step.view.case_by_number(verdict.other)
    refused = _why_not(case, other, said.city)
    if other is None or refused:
        step.save(note(said, case, step, refused))
        return
    relation: Relation = verdict.relation or (
        "same_person" if case.letter.person and case.letter.person == other.letter.person else "same_incident"
    )
    found = Link(relation, other.letter.id, other.letter.number, 1.0, said.reason)
    if relation == "same_person":
        case, refused = _merge(said, found, case, other, step)
    elif relation == "recurrence":
        case = _mark_recurrence(case, step)
        case = _with_link(said, case, found, step)
    else:
        incident_id = incidents.bring_together(case, other, found, step)
        if incident_id is None:
            refused = TWO_INCIDENTS
        else:
            if case.incident_id is None:
                case = incidents.mark(case, incident_id, step)
            case = _with_link(said, case, found, step, incident=True)
    step.save(note(said, case, step, refused))


def _why_not(case: Case, other: Case | None, city: str) -> str:
    if other is None or other.letter.city != city:
        return NO_OTHER
    if other.letter.id == case.letter.id:
        return ITSELF
    links = (*cases.links_of(case), *cases.links_of(other))
    # A repeat is a question to a person, who may answer it with a link.
    pairs = {(one.letter_id, one.to_letter_id) for one in links if one.relation != "repeat"}
    ours, theirs = case.letter.id, other.letter.id
    return LINKED_ALREADY if (ours, theirs) in pairs or (theirs, ours) in pairs else ""


def _with_link(said: Instruction, case: Case, found: Link, step: Step, *, incident: bool = False) -> Case:
    cluster = case.incident_id if incident else None
    event = linked_event(case.letter, found, step.arrival, actor=said.actor, incident_id=cluster)
    step.effects.decision(event)
    return case.model_copy(update={"decisions": (*case.decisions, event), "at": step.arrival.at})


def _mark_recurrence(case: Case, step: Step) -> Case:
    told = []
    for event in cases.open_orders(case):
        marks = marks_of_both(event.order.marks, (MARK_RECURRENCE,))
        told.append(next_order(event.order, "appended", step.arrival, "工作人员认定为复发", marks=marks))
        step.effects.order(told[-1])
    return case.model_copy(update={"orders": (*case.orders, *told)})


def _unmark_recurrence(case: Case, step: Step) -> Case:
    if any(link.relation == "recurrence" for link in cases.links_of(case)):
        return case
    told = []
    for event in cases.open_orders(case):
        marks = tuple(mark for mark in event.order.marks if mark != MARK_RECURRENCE)
        if marks != event.order.marks:
            told.append(
                next_order(event.order, "appended", step.arrival, "工作人员认定不是复发", marks=marks)
            )
            step.effects.order(told[-1])
    return case.model_copy(update={"orders": (*case.orders, *told)})


def _merge(said: Instruction, found: Link, case: Case, other: Case, step: Step) -> tuple[Case, str]:
    """并单: the letter's own orders are withdrawn and it joins the other's. Why not, where that cannot be."""
    main = main_case(step, other)
    event = next(iter(cases.open_orders(main)), None)
    main_decision = cases.current(main, event.order.part) if event is not None else None
    if (
        main_decision is None
        or not isinstance(main_decision.decision, Opened)
        or main.letter.id == case.letter.id
    ):
        return case, OTHER_NOT_OPEN
    taken = [now for now in cases.decided_now(case) if isinstance(now.decision, Opened | Held)]
    if not taken:
        return case, NOT_TAKEN_ON
    city = step.rules.cities[said.city]
    brought = [event.order for now in taken if (event := cases.last_order(case, now.part)) is not None]
    joined = main_decision.decision.model_copy(update={"clause": city.house.linked})
    for now in taken:
        part = cases.part_of(case, now.part)
        if part is not None and not part.closed:
            change = Change(
                part, joined, said.actor, said.reason, opens=False, withdrawn="已并入同一人的另一工单"
            )
            case = settle(case, change, step)
    link = Link(found.relation, main.letter.id, main.letter.number, 1.0, said.reason)
    case = _with_link(said, case, link, step)
    joining.append(
        case.letter,
        main,
        step,
        confidential=any(now.decision.confidential for now in taken),
        brought=brought,
    )
    text = replies.joined(case.letter.number, main.letter.number, joined, city.facts)
    reply = reply_to(case.letter, step.arrival, 0 if cases.is_several(case) else 1, "linked", text)
    return tell(case, reply, step), ""


def unlink(said: Instruction, verdict: UnlinkFrom, case: Case, step: Step) -> None:
    """The two letters do not belong together, whichever of them the link stands in."""
    other = step.view.case_by_number(verdict.other)
    pairs = [(case, verdict.other)]
    if other is not None and other.letter.city == said.city:
        pairs.append((other, case.letter.number))
    found = next(((one, link) for one, number in pairs if (link := _link_between(one, number))), None)
    if found is None:
        step.save(note(said, case, step, NOT_LINKED))
        return
    _take_back(said, *found, step)
    step.save(note(said, step.case(case.letter.id) or case, step, ""))


def _take_back(said: Instruction, case: Case, taken: Linked | Suspected, step: Step) -> None:
    """*taken* stands in *case*, and no longer holds."""
    event = unlinked_event(case.letter, taken, step.arrival, said.actor, said.reason)
    step.effects.decision(event)
    joined = cases.joined_to(case)
    case = case.model_copy(update={"decisions": (*case.decisions, event), "at": step.arrival.at})
    if isinstance(taken, Linked):
        if joined is not None and joined.link_id == taken.link_id:
            case = _on_its_own(said, joined, case, step)
        elif taken.relation == "recurrence":
            case = _unmark_recurrence(case, step)
    step.save(case)
    if taken.tag == "linked" and taken.relation == "same_incident":
        incidents.unlinked(case, taken.to_letter_id, step)


def _link_between(case: Case, other: str) -> Linked | Suspected | None:
    """The link to the other number that holds, or that a person was asked about."""
    linked = next((one for one in cases.links_of(case) if one.to_number == other), None)
    if linked is not None:
        return linked
    asked = [one for one in cases.suspected_of(case) if one.to_number == other]
    return asked[-1] if asked else None


def _on_its_own(said: Instruction, link: Linked, case: Case, step: Step) -> Case:
    """拆单: the letter leaves the other's order and is judged by itself."""
    main = step.case(link.to_letter_id)
    if main is not None:
        joining.take_out(case, main_case(step, main), step)
    judgement = judge(case.letter, facts_alone(case.letter, step))
    case, numbers = renumbered(case.letter, case, judgement.parts)
    sayings = []
    for number, judged in zip(numbers, judgement.parts, strict=True):
        part = cases.part_of(case, number)
        if part is not None and not cases.has_own(case, number):
            case = settle(case, Change(part, judged.decision, said.actor, said.reason), step)
            sayings.append(Saying(number, judged.told, judged.reply))
    for part in cases.parts_of(case):
        if part.gone and _has_lost_its_order(case, part):
            held = Held(clause=step.rules.cities[said.city].house.person, confidence=1.0, reason="no_demand")
            case = settle(case, Change(part, held, said.actor, said.reason), step)
    reply = reply_of(case.letter, sayings, step.arrival, several=cases.is_several(case))
    return tell(case, reply, step)


def _has_lost_its_order(case: Case, part: CasePart) -> bool:
    now = cases.current(case, part.no)
    return now is not None and isinstance(now.decision, Opened) and not cases.has_own(case, part.no)
