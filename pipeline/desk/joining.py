"""What a letter does to the order of the letter it belongs with: its facts are added, or it presses for it."""

from collections.abc import Sequence
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk.orders import MARK_REMINDED, files_of_both, marks_of_both, next_order
from pipeline.desk.records import Arrival
from pipeline.desk.step import Step
from schemas.letter import Letter
from schemas.memory import Case
from schemas.order import OrderEvent, WorkOrder


def main_of(letter_id: UUID, step: Step) -> Case:
    """The case of the letter that another was linked to. Raises LookupError where it has no order to join."""
    case = step.case(letter_id)
    if case is None or not cases.open_orders(case):
        message = "the order that a letter was to join is not worked on"
        raise LookupError(message)
    return case


def append(
    letter: Letter,
    main: Case,
    step: Step,
    *,
    confidential: bool = False,
    brought: Sequence[WorkOrder] = (),
) -> None:
    """The letter and its files join the order of *main* that it speaks of; nothing where that order has them already.

    *confidential*: it was decided so, whatever its sender wished. *brought*: orders that become this one.
    """
    arrival = step.arrival
    told = [
        _joined(event, letter, arrival, confidential=confidential, brought=brought)
        for event in _meant(main, letter)
    ]
    _add(main, told, step)


def remind(letter: Letter, main: Case, step: Step) -> None:
    """催办: the order is pressed for once more; its term does not change."""
    told = [
        next_order(
            event.order, "reminded", step.arrival, "来信人催办", **_both(event, letter),
            reminders=event.order.reminders + 1, marks=marks_of_both(event.order.marks, (MARK_REMINDED,)),
        )
        for event in _meant(main, letter)
    ]  # fmt: skip
    _add(main, told, step)


def take_out(case: Case, main: Case, step: Step) -> None:
    """The letter of *case*, and those that its own orders brought, belong to the orders of *main* no longer.

    Files stay: somebody may have worked with them.
    """
    gone = {case.letter.id, *(one for event in case.orders for one in event.order.letter_ids)}
    told = []
    for event in cases.open_orders(main):
        order = event.order
        if case.letter.id in order.letter_ids:
            others = tuple(one for one in order.letter_ids if one not in gone)
            told.append(next_order(order, "appended", step.arrival, "有来信拆出另办", letter_ids=others))
    _add(main, told, step)


def _meant(main: Case, letter: Letter) -> list[OrderEvent]:
    has_it = [event for event in cases.open_orders(main) if letter.id in event.order.letter_ids]
    return has_it or cases.orders_meant(main, letter.text)


def _joined(
    event: OrderEvent,
    letter: Letter,
    arrival: Arrival,
    *,
    confidential: bool,
    brought: Sequence[WorkOrder],
) -> OrderEvent | None:
    both = _both(event, letter, confidential=confidential, brought=brought)
    if all(getattr(event.order, name) == value for name, value in both.items()):
        return None
    return next_order(event.order, "appended", arrival, "同一人再次来信反映同一事项", **both)


def _both(
    event: OrderEvent, letter: Letter, *, confidential: bool = False, brought: Sequence[WorkOrder] = ()
) -> dict[str, object]:
    """What stands on the order once the letter is under it: its wish to be confidential, and its files, for which it
    has to consent by itself; so has every letter that it brings.
    """
    order = event.order
    wishes = (confidential, order.confidential, letter.confidential, *(one.confidential for one in brought))
    consents = [letter.publish_consent or not letter.attachments]
    consents += [one.publication != "no" or not one.attachments for one in brought]
    files = order.attachments
    for more in (letter.attachments, *(one.attachments for one in brought)):
        files = files_of_both(files, more)
    others = (one for more in brought for one in more.letter_ids)
    return {
        "confidential": any(wishes),
        "publication": order.publication if all(consents) and not any(wishes) else "no",
        "letter_ids": tuple(dict.fromkeys((*order.letter_ids, letter.id, *others))),
        "attachments": files,
    }


def _add(main: Case, told: Sequence[OrderEvent | None], step: Step) -> None:
    events = [event for event in told if event is not None]
    for event in events:
        step.effects.order(event)
    if events:
        step.save(main, orders=(*main.orders, *events), at=step.arrival.at)
