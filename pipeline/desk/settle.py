"""A new decision on a part that had one: the order, the alert and the part follow it."""

from dataclasses import dataclass

from pipeline.desk import case as cases
from pipeline.desk.case import Opened
from pipeline.desk.following import follow
from pipeline.desk.orders import next_order, order_after
from pipeline.desk.records import alert_event, decision_event
from pipeline.desk.step import Step
from schemas.decision import Decision, Emergency
from schemas.memory import Case, CasePart
from schemas.order import Cleared, Confirmed, OrderEvent


@dataclass(frozen=True, slots=True)
class Change:
    """The decision on *part*, who made it and why.

    *opens*: a decision that takes the matter on opens or keeps an order of its own; else the letter stands under
    another's. *withdrawn*: what the case system is told where the order is no longer to be worked on. *words*: what the
    sender hears of it.
    """

    part: CasePart
    decision: Decision
    decided_by: str = "rules"
    reason: str = ""
    opens: bool = True
    withdrawn: str = "改判后不再办理"
    words: str = ""


def settle(case: Case, change: Change, step: Step) -> Case:
    """The case once *change* is made, not saved. Letters under its order follow; alerts are ``alerts_after``'s."""
    part, decision = change.part, change.decision
    before = cases.current(case, part.no)
    event = decision_event(
        case.letter, part.no, decision, step.arrival, supersedes=before.id if before else None,
        decided_by=change.decided_by, reason=change.reason,
    )  # fmt: skip
    step.effects.decision(event)
    case = case.model_copy(update={"decisions": (*case.decisions, event), "at": step.arrival.at})
    taken_on = isinstance(decision, Opened)
    last = cases.last_order(case, part.no)
    order: OrderEvent | None = None
    if isinstance(decision, Opened) and change.opens:
        several = len({*(known.no for known in cases.parts_of(case)), part.no}) > 1
        order = order_after(case.letter, part, decision, case, step.arrival, several=several)
        closed = part.closed if order is None else False
    else:
        if last is not None and last.tag != "withdrawn" and not part.closed:
            order = next_order(last.order, "withdrawn", step.arrival, change.withdrawn)
        closed = cases.is_final(decision) or taken_on
    if last is not None and not part.closed and not (taken_on and last.tag != "withdrawn"):
        follow(last.order, case.letter, decision, change.words, step)
    if order is not None:
        step.effects.order(order)
        case = case.model_copy(update={"orders": (*case.orders, order)})
    closed_at = part.closed_at if closed else None
    return cases.with_part(case, part.model_copy(update={"closed": closed, "closed_at": closed_at}))


def alerts_after(case: Case, before: Case, step: Step) -> Case:
    """Confirmed where a decision of this arrival is an emergency; cleared where the last one is gone."""
    new = [event for event in case.decisions[len(before.decisions) :] if event.tag == "decided"]
    stands = any(isinstance(event.decision, Emergency) for event in cases.decided_now(case))
    stood = any(isinstance(event.decision, Emergency) for event in cases.decided_now(before))
    if any(isinstance(event.decision, Emergency) for event in new):
        alert = alert_event(Confirmed, case.letter, step.arrival)
    elif stood and not stands:
        alert = alert_event(Cleared, case.letter, step.arrival)
    else:
        return case
    step.effects.alert(alert)
    return case.model_copy(update={"alerts": (*case.alerts, alert)})
