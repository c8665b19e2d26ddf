"""The work order of a part: its first state, and each later one as the next revision. Pure."""

from typing import Literal
from uuid import UUID

from pipeline.desk.case import Opened, last_order
from pipeline.desk.made import made
from pipeline.desk.records import Arrival
from pipeline.text.mask import mask_contact, names_in
from schemas import ids
from schemas.letter import Attachment, Letter
from schemas.memory import Case, CasePart
from schemas.order import OrderEvent, WorkOrder

TITLE_CHARACTERS = 40
Tag = Literal["opened", "appended", "reminded", "withdrawn"]

MARK_REMINDED = "催办"
MARK_RECURRENCE = "复发"
MARK_REVISIT = "回访复核"


def order_of(
    letter: Letter,
    part: CasePart,
    decision: Opened,
    *,
    several: bool = False,
    incident_id: UUID | None = None,
) -> WorkOrder:
    """The first state of the work order of a part. No contact of the sender is in it.

    Of *several* parts each order has its own words; a letter with one matter goes out whole.
    """
    text = letter.text[part.start : part.end].strip() if several else letter.text
    confidential = letter.confidential or decision.confidential
    names = names_in(f"{letter.subject}\n{letter.text}")
    body = mask_contact(text, letter.sender, names)
    # Masked before it is cut: half a telephone number would no longer be found.
    subject = "" if several else mask_contact(letter.subject, letter.sender, names)
    title = subject or body.strip()[:TITLE_CHARACTERS]
    place = letter.place
    if place is not None and place.text:
        place = place.model_copy(update={"text": mask_contact(place.text, letter.sender, names)})
    return made(
        WorkOrder,
        id=ids.order_id(letter.id, part.no),
        number=letter.number,
        part=part.no,
        revision=1,
        letter_ids=(letter.id,),
        city=letter.city,
        mailbox=letter.mailbox,
        channel=letter.channel,
        kind=letter.kind or decision.appeal,
        topic=decision.topic,
        title=title or "(无文字,见附件)",
        body=body,
        place=place,
        attachments=letter.attachments,
        unit=decision.unit,
        units=decision.units,
        received_at=letter.received_at,
        due_at=decision.due_at,
        due_provisional=decision.due_provisional,
        urgency=decision.urgency,
        dispatch_mode=decision.dispatch_mode,
        confidential=confidential,
        sender_ref=letter.person,
        territory=decision.territory,
        incident_id=incident_id,
        marks=decision.marks,
        reminders=0,
        publication=decision.publication if letter.publish_consent and not confidential else "no",
        answered_by=decision.answered_by,
    )


def order_event(order: WorkOrder, tag: Tag, arrival: Arrival, reason: str = "") -> OrderEvent:
    """What this arrival did to an order."""
    return made(
        OrderEvent,
        id=ids.event_id(order.id, tag, arrival.item),
        tag=tag,
        city=order.city,
        order=order,
        cause=arrival.item,
        at=arrival.at,
        reason=reason,
    )


def next_order(last: WorkOrder, tag: Tag, arrival: Arrival, reason: str, **changes: object) -> OrderEvent:
    """The order with *changes*, as its next revision."""
    order = last.model_copy(update={"revision": last.revision + 1, **changes})
    return order_event(order, tag, arrival, reason)


def order_after(
    letter: Letter, part: CasePart, decision: Opened, case: Case, arrival: Arrival, *, several: bool
) -> OrderEvent | None:
    """The order of a part opened or, where it has one, the next revision of it; None where that says nothing new.

    An order that was finished is worked on again by its next revision. Letters joined to it, and reminders, stay. What was confidential or not to be made public stays so.
    """
    order = order_of(letter, part, decision, several=several, incident_id=case.incident_id)
    event = last_order(case, part.no)
    if event is None:
        return order_event(order, "opened", arrival)
    last = event.order
    files = {file.sha256: file for file in (*letter.attachments, *last.attachments) if file.state == "kept"}
    pending = tuple(file for file in letter.attachments if file.state == "pending")
    confidential = order.confidential or last.confidential
    order = order.model_copy(
        update={
            "confidential": confidential,
            "publication": "no" if confidential or last.publication == "no" else order.publication,
            "letter_ids": last.letter_ids,
            "attachments": (*files.values(), *pending),
            "reminders": last.reminders,
            "marks": marks_of_both(order.marks, last.marks),
            "revision": last.revision,
        }
    )
    if order == last and event.tag != "withdrawn":
        return None
    return order_event(order.model_copy(update={"revision": last.revision + 1}), "appended", arrival)


def marks_of_both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Each mark once."""
    return tuple(dict.fromkeys((*one, *other)))


def files_of_both(one: tuple[Attachment, ...], other: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Each file once; of those still being fetched, *other* says what has become of those it names."""
    kept = {file.sha256: file for file in (*one, *other) if file.state == "kept"}
    named = {file.name for file in other}
    pending = [file for file in one if file.state == "pending" and file.name not in named]
    return (*kept.values(), *pending, *(file for file in other if file.state == "pending"))
