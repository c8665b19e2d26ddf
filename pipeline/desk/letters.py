"""What a letter does: judged when new, answered again when known, merged when revised, joined when it repeats another.

Pure: an item, a view and the desk's rules in, effects out.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk import incidents, joining
from pipeline.desk.brief import Brief, way_of
from pipeline.desk.case import Opened
from pipeline.desk.effects import Effects, new_case
from pipeline.desk.items import was_said
from pipeline.desk.known import facts_of, main_case
from pipeline.desk.made import made
from pipeline.desk.orders import MARK_RECURRENCE, marks_of_both, order_event, order_of
from pipeline.desk.records import alert_event, decision_event, linked_event, seen_of, suspected_event
from pipeline.desk.revising import revise
from pipeline.desk.step import Step
from pipeline.desk.told import Saying, reply_of
from pipeline.judge.gist import Gist
from pipeline.judge.judge import judge
from pipeline.judge.judgement import Judgement, Part
from schemas.decision import Decision, Emergency, Held
from schemas.letter import Letter
from schemas.memory import Case, CasePart
from schemas.order import Confirmed


def decide_letter(letter: Letter, value: bytes, step: Step, gist: Gist | None = None) -> Effects:
    """The effects of one letter. *value* is the letter as it stands in the inbox; *gist*: where it was prepared."""
    case = step.view.case(letter.id.bytes)
    if case is None:  # new, or its case is closed and gone: judged anew, with the same ids
        return _first(letter, value, step, gist or Gist(letter, step.rules.department(letter)))
    if case.letter.digest == letter.digest or was_said(case, step.arrival.item):
        return again(case, step)
    if letter.revision < case.letter.revision:
        return _outdated(case, step)
    return revise(letter, case, step)


def _first(letter: Letter, value: bytes, step: Step, gist: Gist) -> Effects:
    trace = gist.trace
    judgement = judge(letter, facts_of(letter, trace, step), gist)
    parts = tuple(_case_part(part) for part in judgement.parts)
    several = len(parts) > 1
    decided = {part.no: _marked(part, judgement) for part in judgement.parts}
    decisions = [
        step.effects.decision(decision_event(letter, number, decision, step.arrival))
        for number, decision in decided.items()
    ]
    incident_id = _incident(letter, judgement, step)
    decisions += _links(letter, judgement, step, incident_id)
    orders = []
    for part, kept in zip(judgement.parts, parts, strict=True):
        decision = decided[part.no]
        if _opens(part) and isinstance(decision, Opened):
            order = order_of(letter, kept, decision, several=several, incident_id=incident_id)
            orders.append(step.effects.order(order_event(order, "opened", step.arrival)))
    _touch_main(letter, judgement, step)
    sayings = [Saying(part.no, part.told, part.reply) for part in judgement.parts]
    reply = reply_of(letter, sayings, step.arrival, several=several)
    told = [step.effects.reply(reply)] if reply is not None else []
    alarming = any(isinstance(decision, Emergency) for decision in decided.values())
    alerts = [step.effects.alert(alert_event(Confirmed, letter, step.arrival))] if alarming else []
    at = f'"{_json_time(step.arrival.at)}"'.encode()
    case = new_case(value, decisions, orders, told, alerts, at=at, parts=parts, incident_id=incident_id)
    brief = _brief(letter, judgement, decided, incident_id, step.arrival.at)
    closed = all(part.closed for part in parts)
    step.effects.case(brief, letter.city, case, closed=closed, seen=step.arrival.at)
    step.effects.seen.append(seen_of(letter, trace.encode(), step.arrival))
    return step.effects


def _brief(
    letter: Letter,
    judgement: Judgement,
    decided: Mapping[int, Decision],
    incident_id: UUID | None,
    at: datetime,
) -> Brief:
    """What ``brief_of`` would say of the new case."""
    first = next((part for part in judgement.parts if _opens(part)), None)
    link = judgement.link
    joins = link is not None and link.relation in cases.JOINING and first is None
    return Brief(
        letter_id=letter.id, number=letter.number, person=letter.person, way=way_of(letter), at=at,
        stands="none" if first is None else "open", closed_at=None, main=decided[(first or judgement.parts[0]).no],
        incident_id=incident_id, under=link.to if joins and link is not None else None,
    )  # fmt: skip


def _opens(part: Part) -> bool:
    return part.order == "opened" and isinstance(part.decision, Opened)


def _case_part(part: Part) -> CasePart:
    taken_on = isinstance(part.decision, Opened)
    closed = cases.is_final(part.decision) or (taken_on and part.order != "opened")
    return made(
        CasePart, no=part.no, start=part.start, end=part.end, gone=False, closed=closed, closed_at=None
    )


def _marked(part: Part, judgement: Judgement) -> Decision:
    """The decision, with the mark of a trouble that came back."""
    link = judgement.link
    if link is None or link.relation != "recurrence" or not isinstance(part.decision, Opened):
        return part.decision
    marks = marks_of_both(part.decision.marks, (MARK_RECURRENCE,))
    return part.decision.model_copy(update={"marks": marks})


def _incident(letter: Letter, judgement: Judgement, step: Step) -> UUID | None:
    if not judgement.incidents or not any(part.order == "opened" for part in judgement.parts):
        return None
    return incidents.join(letter, judgement.incidents, step)


def _links(letter: Letter, judgement: Judgement, step: Step, incident_id: UUID | None) -> list[bytes]:
    """Links by itself, and those that a person should look at; of one other letter the first that is said."""
    said: set[UUID] = set()
    written = []
    for link in (judgement.link, *judgement.incidents):
        if link is not None and link.to not in said:
            said.add(link.to)
            cluster = incident_id if link.relation == "same_incident" else None
            written.append(
                step.effects.decision(linked_event(letter, link, step.arrival, incident_id=cluster))
            )
    for link in judgement.doubtful:
        if link.to not in said:
            said.add(link.to)
            written.append(step.effects.decision(suspected_event(letter, link, step.arrival)))
    return written


def _touch_main(letter: Letter, judgement: Judgement, step: Step) -> None:
    steps = {part.order for part in judgement.parts}
    if judgement.link is None or not steps & {"appended", "reminded"}:
        return
    main = joining.main_of(judgement.link.to, step)
    if "reminded" in steps:
        joining.remind(letter, main, step)
    else:
        joining.append(letter, main, step)


def again(case: Case, step: Step) -> Effects:
    """Everything that was said of a known letter, once more, byte for byte and in order; nothing else."""
    orders = case.orders or main_case(step, case).orders
    for decision in case.decisions:
        step.effects.decision(decision)
    for order in orders:
        step.effects.order(order)
    for reply in case.replies:
        step.effects.reply(reply)
    for alert in case.alerts:
        step.effects.alert(alert)
    step.effects.decided.clear()
    step.effects.ordered.clear()
    return step.effects


def _outdated(case: Case, step: Step) -> Effects:
    """An older revision than the one decided: its decisions are those that hold."""
    said = []
    for now in cases.decided_now(case):
        event = decision_event(
            case.letter, now.part, now.decision, step.arrival, supersedes=now.id, decided_by=now.decided_by
        )
        step.effects.decision(event)
        said.append(event)
    step.save(case, decisions=(*case.decisions, *said), at=step.arrival.at)
    return step.effects


def hold_for_fault(letter: Letter, step: Step) -> Effects:
    """Judging raised: a person decides. What was decided before stays on record."""
    held = Held(clause=step.rules.cities[letter.city].house.fault, confidence=1.0, reason="fault")
    case = step.view.case(letter.id.bytes)
    if case is None:
        parts: tuple[CasePart, ...] = (CasePart(no=1, start=0, end=len(letter.text)),)
        case = Case(letter=letter, decisions=(), at=step.arrival.at, parts=parts)
    case = case.model_copy(update={"letter": letter})
    for part in cases.parts_of(case):
        case = _hold(case, part, held, step)
    step.save(case)
    step.effects.seen.append(seen_of(letter, b"", step.arrival))
    return step.effects


def _hold(case: Case, part: CasePart, held: Held, step: Step) -> Case:
    # An order that is out stays out, and so does an alert: only the decision waits for a person.
    before = cases.current(case, part.no)
    alarmed = before.decision if before is not None and isinstance(before.decision, Emergency) else None
    event = decision_event(
        case.letter,
        part.no,
        alarmed or held,
        step.arrival,
        supersedes=before.id if before else None,
        reason="判定程序出错",
    )
    step.effects.decision(event)
    case = case.model_copy(update={"decisions": (*case.decisions, event), "at": step.arrival.at})
    return cases.with_part(case, part.model_copy(update={"closed": False, "closed_at": None}))


def _json_time(at: datetime) -> str:
    """As pydantic writes a UTC time."""
    return at.isoformat().replace("+00:00", "Z")
