"""What a case system says of the order of one part of a letter.

Pure, like ``letters``. Whatever is said is answered with an event that names its cause, so that the door knows it
arrived: applied, or noted with the reason why not. Said twice, it is answered twice and done once.
"""

from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk.effects import Effects
from pipeline.desk.items import case_of, note, noted, tell, was_said
from pipeline.desk.letters import again
from pipeline.desk.records import About, Arrival, reply_to
from pipeline.desk.settle import Change, settle
from pipeline.desk.state import WAITING
from pipeline.desk.step import Step
from pipeline.desk.told import named
from pipeline.judge import replies
from schemas.decision import Held
from schemas.inbox import Status
from schemas.memory import Case, CasePart, Waiting

WAITING_MAX = 50
"""More statuses than this for a number that no letter has brought: the oldest go."""

NO_SUCH_PART = "没有这个分件"
NO_ORDER = "该编号没有在办的工单"
IS_CLOSED = "该编号已办结"
WAITS = "该编号的来信尚未到达,收到后即处理(最多保留30天)"


def decide_status(status: Status, step: Step) -> Effects:
    """The effects of a status. For a number that no letter has brought it waits."""
    case = case_of(status, step)
    if case is None:
        return _keep_waiting(status, step)
    if was_said(case, status.id):
        return again(case, step)
    apply_status(status, case, step)
    return step.effects


def apply_status(status: Status, case: Case, step: Step) -> Case:
    """Apply *status* to its case, adding to *effects*. The case as it is afterwards."""
    part = cases.part_of(case, status.part)
    refused = _why_not(part, case)
    last = cases.last_order(case, part.no) if part else None
    if part is None or last is None or refused:
        return _noted_in(status, case, step, refused)
    city = step.rules.cities[status.city]
    label = named(status.number, status.part, several=cases.is_several(case))
    match status.state:
        case "signed":
            case = _told(status, case, step, "signed", replies.signed(label))
        case "closed":
            text = replies.closed(label, status.answer, city.facts, last.order.answered_by)
            done = part.model_copy(update={"closed": True, "closed_at": step.arrival.at})
            case = cases.with_part(_told(status, case, step, "closed", text), done)
        case "returned":
            # 退单: a person decides, and accepting puts the same order forward again.
            held = Held(clause=city.house.returned, confidence=1.0, reason="returned")
            change = Change(part, held, status.actor, status.reason, withdrawn="承办系统退回")
            case = settle(case, change, step)
        case "extended":
            pass
    return _noted_in(status, case, step, "")


def _told(status: Status, case: Case, step: Step, about: About, text: str) -> Case:
    return tell(case, reply_to(case.letter, step.arrival, status.part, about, text), step)


def _why_not(part: CasePart | None, case: Case) -> str:
    if part is None:
        return NO_SUCH_PART
    order = cases.last_order(case, part.no)
    if order is None or order.tag == "withdrawn":
        return NO_ORDER
    return IS_CLOSED if part.closed else ""


def _noted_in(status: Status, case: Case, step: Step, refused: str) -> Case:
    case = note(status, case, step, refused)
    step.save(case)
    return case


def _keep_waiting(status: Status, step: Step) -> Effects:
    waiting = _still_waiting(status.number, step)
    kept = waiting.statuses if waiting else ()
    if all(known.id != status.id for known in kept):
        since = waiting.at if waiting else step.arrival.at
        step.effects.wait(
            Waiting(
                city=status.city,
                number=status.number,
                statuses=(*kept, status)[-WAITING_MAX:],
                at=since,
            )
        )
    step.effects.decision(noted(status, step, UUID(int=0), WAITS))
    return step.effects


def _still_waiting(number: str, step: Step) -> Waiting | None:
    """What waits for *number* and is not too old, however records are cut into batches."""
    waiting = step.view.waiting(number)
    return waiting if waiting is not None and waiting.at >= step.arrival.at - WAITING else None


def apply_waiting(case: Case, step: Step) -> Effects:
    """Apply what waited for the letter of this new *case*."""
    waiting = _still_waiting(case.letter.number, step)
    step.effects.forget_waiting(case.letter.number)
    for status in waiting.statuses if waiting else ():
        if status.city != case.letter.city:
            continue
        said = Arrival(step.arrival.cause.model_copy(update={"item_id": status.id}), step.arrival.at)
        case = apply_status(status, case, Step(said, step.view, step.rules, step.effects))
    return step.effects
