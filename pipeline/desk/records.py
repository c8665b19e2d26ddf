"""The records that an arrival makes of a letter: decision, link, order, reply, alert, and what the window keeps.

Pure. Every id is derived from the letter and the item that caused it, so the same arrival makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pipeline.desk.case import Opened, last_order
from pipeline.desk.made import made
from pipeline.judge.judgement import Link
from pipeline.text.mask import mask_contact
from schemas import ids
from schemas.decision import CONFIDENTIAL_MARK, Cause, Decided, Decision, Linked, Suspected, Unlinked
from schemas.letter import Attachment, Letter
from schemas.memory import Case, CasePart, Seen
from schemas.order import Acknowledged, AlertEvent, Cleared, Confirmed, OrderEvent, WorkOrder
from schemas.reply import Reply

TITLE_CHARACTERS = 40
About = Literal[
    "accepted", "answered", "declined", "emergency", "linked", "escalated", "signed", "closed", "noted"
]
Tag = Literal["opened", "appended", "reminded", "withdrawn"]

MARK_REMINDED = "催办"
MARK_RECURRENCE = "复发"
MARK_REVISIT = "回访复核"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an item stood in the inbox, and the id it is known by."""

    cause: Cause
    at: datetime

    @property
    def item(self) -> UUID:
        """The id of the inbox item."""
        return self.cause.item_id


def seen_of(letter: Letter, trace: bytes, arrival: Arrival, *, again: bool = False) -> Seen:
    """What the window keeps of a letter."""
    return made(
        Seen,
        letter_id=letter.id,
        number=letter.number,
        digest=letter.digest,
        words="",
        person=letter.person,
        received_at=letter.received_at,
        at=arrival.at,
        trace=trace,
        city=letter.city,
        again=again,
    )


def decision_event(
    letter: Letter,
    part: int,
    decision: Decision,
    arrival: Arrival,
    *,
    supersedes: UUID | None = None,
    decided_by: str = "rules",
    reason: str = "",
) -> Decided:
    """The decision on a part of the letter, caused by this arrival."""
    part_id = ids.part_id(letter.id, part)
    return made(
        Decided,
        id=ids.event_id(part_id, "decided", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        tag="decided",
        part=part,
        part_id=part_id,
        revision=letter.revision,
        digest=letter.digest,
        code_hash=letter.code_hash,
        mailbox=letter.mailbox,
        channel=letter.channel,
        received_at=letter.received_at,
        decided_by=decided_by,
        reason=reason,
        decision=decision,
        supersedes=supersedes,
    )


def linked_event(
    letter: Letter, link: Link, arrival: Arrival, *, actor: str = "", incident_id: UUID | None = None
) -> Linked:
    """The letter belongs with an earlier one."""
    link_id = ids.link_id(letter.id, link.to)
    return Linked(
        id=ids.event_id(link_id, "linked", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        link_id=link_id,
        relation=link.relation,
        to_letter_id=link.to,
        to_number=link.to_number,
        score=link.score,
        why=link.why,
        digest=letter.digest,
        code_hash=letter.code_hash,
        mailbox=letter.mailbox,
        channel=letter.channel,
        received_at=letter.received_at,
        actor=actor,
        incident_id=incident_id,
    )


def suspected_event(letter: Letter, link: Link, arrival: Arrival) -> Suspected:
    """The letter may belong with an earlier one."""
    link_id = ids.link_id(letter.id, link.to)
    return Suspected(
        id=ids.event_id(link_id, "suspected", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        link_id=link_id,
        relation=link.relation,
        to_letter_id=link.to,
        to_number=link.to_number,
        score=link.score,
        why=link.why,
    )


def unlinked_event(
    letter: Letter, link: Linked | Suspected, arrival: Arrival, actor: str, reason: str
) -> Unlinked:
    """A person took back that the letter belongs, or may belong, with another."""
    return Unlinked(
        id=ids.event_id(link.link_id, "unlinked", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        link_id=link.link_id,
        relation=link.relation,
        to_letter_id=link.to_letter_id,
        to_number=link.to_number,
        actor=actor,
        reason=reason,
    )


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
    body = mask_contact(text, letter.sender)
    # Masked before it is cut: half a telephone number would no longer be found.
    subject = "" if several else mask_contact(letter.subject, letter.sender)
    title = subject or body.strip()[:TITLE_CHARACTERS]
    place = letter.place
    if place is not None and place.text:
        place = place.model_copy(update={"text": mask_contact(place.text, letter.sender)})
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
        confidential=letter.confidential or CONFIDENTIAL_MARK in decision.marks,
        sender_ref=letter.person,
        territory=decision.territory,
        incident_id=incident_id,
        marks=decision.marks,
        reminders=0,
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

    Letters joined to it, and reminders, stay.
    """
    order = order_of(letter, part, decision, several=several, incident_id=case.incident_id)
    event = last_order(case, part.no)
    if event is None:
        return order_event(order, "opened", arrival)
    last = event.order
    files = {file.sha256: file for file in (*letter.attachments, *last.attachments) if file.state == "kept"}
    pending = tuple(file for file in letter.attachments if file.state == "pending")
    order = order.model_copy(
        update={
            "letter_ids": last.letter_ids,
            "attachments": (*files.values(), *pending),
            "reminders": last.reminders,
            "marks": marks_of_both(order.marks, last.marks),
            "revision": last.revision,
        }
    )
    if order == last and event.tag != "withdrawn" and not part.closed:
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


def reply_to(letter: Letter, arrival: Arrival, part: int, about: About, text: str) -> Reply:
    """One message to the sender of *letter*; *part* 0: of all its parts."""
    kind = f"reply-{about}" if part < 2 else f"reply-{about}-{part}"
    return made(
        Reply,
        id=ids.event_id(letter.id, kind, arrival.item),
        city=letter.city,
        number=letter.number,
        part=part,
        letter_id=letter.id,
        about=about,
        text=text,
        cause=arrival.item,
        at=arrival.at,
    )


def alert_event(kind: type[Confirmed] | type[Cleared], letter: Letter, arrival: Arrival) -> AlertEvent:
    """An alert event on the letter, caused by this arrival."""
    name = "confirmed" if kind is Confirmed else "cleared"
    return kind(
        id=ids.event_id(letter.id, name, arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        at=arrival.at,
    )


def acknowledged_event(letter: Letter, arrival: Arrival, actor: str, reason: str) -> Acknowledged:
    """A person has seen the alert on the letter."""
    return Acknowledged(
        id=ids.event_id(letter.id, "acknowledged", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        actor=actor,
        reason=reason,
        at=arrival.at,
    )
