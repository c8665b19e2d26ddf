"""What a case system and a person say: a status or an instruction about the part of a letter.

Pure, like ``letters``. Whatever is said is answered with an event that names its cause, so that the door knows it
arrived: applied, or noted with the reason why not. Said twice, it is answered twice and done once.
"""

from uuid import UUID

from pipeline.desk.effects import Effects
from pipeline.desk.letters import Rules, again, current_decision, facts_of, save
from pipeline.desk.records import (
    PART,
    About,
    Arrival,
    alert_event,
    decision_event,
    order_after,
    order_event,
    reply_to,
)
from pipeline.desk.state import View
from pipeline.judge import replies
from pipeline.judge.judge import in_scope
from pipeline.judge.judgement import CityFacts
from schemas import ids
from schemas.decision import AnswerNow, Decision, Emergency, Held, InScope, Noted, OutOfScope
from schemas.inbox import DecideAnswer, DecideInScope, DecideOutOfScope, Instruction, Status
from schemas.memory import Case, Waiting
from schemas.order import Cleared

WAITING_MAX = 50
"""More statuses than this for a number that no letter has brought: the oldest go."""

NO_SUCH_PART = "没有这个分件"
NO_ORDER = "该编号没有在办的工单"
IS_CLOSED = "该编号已办结"
NOT_HELD = "该编号不在待人工处理或紧急警示之列"
WAITS = "该编号的来信尚未到达,收到后即处理(最多保留30天)"


def decide_status(status: Status, arrival: Arrival, view: View, rules: Rules) -> Effects:
    """The effects of a status. For a number that no letter has brought it waits."""
    case = _case_of(status, view)
    if case is None:
        return _keep_waiting(status, arrival, view)
    if _was_said(case, status.id):
        return again(case, view)
    effects = Effects()
    apply_status(status, arrival, case, effects, rules)
    return effects


def apply_status(status: Status, arrival: Arrival, case: Case, effects: Effects, rules: Rules) -> Case:
    """Apply *status* to its case, adding to *effects*. The case as it is afterwards."""
    refused = _why_not(status, case)
    if refused:
        return _note(status, arrival, case, effects, refused)
    city, policy = rules.cities[status.city]
    match status.state:
        case "signed":
            case = _tell(status, case, arrival, effects, ("signed", replies.signed(status.number)))
        case "closed":
            text = replies.closed(status.number, status.answer, city)
            case = _tell(status, case, arrival, effects, ("closed", text)).model_copy(update={"closed": True})
        case "returned":
            held = Held(clause=policy.house.returned, confidence=1.0, reason="returned")
            case = _take_back(status, arrival, case, held, effects)
        case "extended":
            pass
    return _note(status, arrival, case, effects, "")


def _why_not(status: Status, case: Case) -> str:
    if status.part != PART:
        return NO_SUCH_PART
    if not case.orders or case.orders[-1].tag == "withdrawn":
        return NO_ORDER
    return IS_CLOSED if case.closed else ""


def _take_back(status: Status, arrival: Arrival, case: Case, held: Held, effects: Effects) -> Case:
    """退单: the order is no longer to be worked on; a person decides, and accepting puts the same order forward again."""
    current = current_decision(case)
    event = decision_event(
        case.letter, held, arrival, supersedes=current.id, decided_by=status.actor, reason=status.reason
    )
    effects.decision(event)
    last = case.orders[-1].order
    order = last.model_copy(update={"revision": last.revision + 1})
    withdrawn = order_event(order, "withdrawn", arrival, "承办系统退回")
    effects.order(withdrawn)
    return case.model_copy(
        update={"decisions": (*case.decisions, event), "orders": (*case.orders, withdrawn), "closed": False}
    )


def _keep_waiting(status: Status, arrival: Arrival, view: View) -> Effects:
    effects = Effects()
    waiting = view.waiting(status.number)
    kept = waiting.statuses if waiting else ()
    if all(known.id != status.id for known in kept):
        since = waiting.at if waiting else arrival.at
        effects.wait(
            Waiting(
                city=status.city,
                number=status.number,
                statuses=(*kept, status)[-WAITING_MAX:],
                at=since,
            )
        )
    effects.decision(_noted(status, arrival, UUID(int=0), WAITS))
    return effects


def apply_waiting(arrival: Arrival, case: Case, view: View, rules: Rules) -> Effects:
    """Apply what waited for the letter of this new *case*."""
    effects = Effects()
    waiting = view.waiting(case.letter.number)
    if waiting is None:
        return effects
    effects.forget_waiting(case.letter.number)
    for status in waiting.statuses:
        said = Arrival(arrival.cause.model_copy(update={"item_id": status.id}), arrival.at)
        case = apply_status(status, said, case, effects, rules)
    return effects


def decide_instruction(said: Instruction, arrival: Arrival, view: View, rules: Rules) -> Effects:
    """The effects of a person's instruction: on a held part or an emergency a new decision, else a note."""
    case = _case_of(said, view)
    effects = Effects()
    if case is None:
        effects.decision(_noted(said, arrival, UUID(int=0), "没有这个编号"))
        return effects
    if _was_said(case, said.id):
        return again(case, view)
    current = current_decision(case).decision
    if said.part != PART:
        _note(said, arrival, case, effects, NO_SUCH_PART)
    elif not isinstance(current, Held | Emergency):
        _note(said, arrival, case, effects, NOT_HELD)
    else:
        _decide(said, arrival, case, effects, rules)
    return effects


def _decide(said: Instruction, arrival: Arrival, case: Case, effects: Effects, rules: Rules) -> None:
    letter = case.letter
    facts = facts_of(letter, arrival, None, rules, "")
    before = current_decision(case)
    decision, about, text = _verdict(said, case, facts.city, in_scope(
        letter, facts, facts.policy.house.person, said.verdict.unit if isinstance(said.verdict, DecideInScope) else ""
    ))  # fmt: skip
    event = decision_event(
        letter, decision, arrival, supersedes=before.id, decided_by=said.actor, reason=said.reason
    )
    effects.decision(event)
    orders = case.orders
    if isinstance(decision, InScope):
        orders = (*orders, order_after(letter, decision, case, arrival))
        effects.order(orders[-1])
    alerts = case.alerts
    if isinstance(before.decision, Emergency):
        alerts = (*alerts, alert_event(Cleared, letter, arrival))
        effects.alert(alerts[-1])
    case = case.model_copy(
        update={
            "decisions": (*case.decisions, event),
            "orders": orders,
            "alerts": alerts,
            "closed": not isinstance(decision, InScope),
        }
    )
    case = _tell(said, case, arrival, effects, (about, text))
    save(effects, case, at=arrival.at)


def _verdict(
    said: Instruction, case: Case, city: CityFacts, accepted: InScope
) -> tuple[Decision, About, str]:
    number = case.letter.number
    clause = accepted.clause
    match said.verdict:
        case DecideInScope():
            return accepted, "accepted", replies.accepted(number, accepted, city)
        case DecideOutOfScope(reply=reply):
            return OutOfScope(clause=clause, confidence=1.0), "declined", replies.by_person(number, reply)
        case DecideAnswer(reply=reply):
            return AnswerNow(clause=clause, confidence=1.0), "answered", replies.by_person(number, reply)


def note_fault(said: Status | Instruction, arrival: Arrival) -> Effects:
    """Applying raised: the door hears of it, nothing else changes."""
    effects = Effects()
    effects.decision(_noted(said, arrival, UUID(int=0), "处理时程序出错,未生效"))
    return effects


def _case_of(said: Status | Instruction, view: View) -> Case | None:
    case = view.case_by_number(said.number)
    return case if case is not None and case.letter.city == said.city else None


def _was_said(case: Case, item: UUID) -> bool:
    return any(event.cause.item_id == item for event in case.decisions)


def _tell(
    said: Status | Instruction, case: Case, arrival: Arrival, effects: Effects, told: tuple[About, str]
) -> Case:
    reply = reply_to(case.letter, arrival, said.part, *told)
    effects.reply(reply)
    return case.model_copy(update={"replies": (*case.replies, reply)})


def _note(said: Status | Instruction, arrival: Arrival, case: Case, effects: Effects, refused: str) -> Case:
    event = _noted(said, arrival, case.letter.id, refused)
    effects.decision(event)
    case = case.model_copy(update={"decisions": (*case.decisions, event), "at": arrival.at})
    save(effects, case)
    return case


def _noted(said: Status | Instruction, arrival: Arrival, letter_id: UUID, refused: str) -> Noted:
    note_id = ids.event_id(said.id, "note", said.id)
    return Noted(
        id=ids.event_id(note_id, "applied" if not refused else "noted", said.id),
        city=said.city,
        number=said.number,
        letter_id=letter_id,
        cause=arrival.cause,
        at=arrival.at,
        note_id=note_id,
        part=said.part,
        what=said.state if isinstance(said, Status) else "instruction",
        applied=not refused,
        actor=said.actor,
        note=refused or said.reason,
        answer=said.answer if isinstance(said, Status) else "",
    )
