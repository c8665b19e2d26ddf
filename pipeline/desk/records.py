"""The records that an arrival makes of a letter: decision, link, order, reply, alert, and what the window keeps.

Pure. Every id is derived from the letter and the item that caused it, so the same arrival makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pipeline.desk.made import made
from pipeline.judge.judgement import Link
from pipeline.text.mask import mask_contact
from schemas import ids
from schemas.decision import Cause, Decided, Decision, InScope, Linked
from schemas.letter import Letter
from schemas.memory import Case, Seen
from schemas.order import AlertEvent, Cleared, Confirmed, OrderEvent, WorkOrder
from schemas.reply import Reply

TITLE_CHARACTERS = 40
About = Literal["accepted", "answered", "declined", "emergency", "linked", "escalated", "signed", "closed"]
PART = 1
"""Letters have one part for now."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an item stood in the inbox, and the id it is known by."""

    cause: Cause
    at: datetime

    @property
    def item(self) -> UUID:
        """The id of the inbox item."""
        return self.cause.item_id


def seen_of(letter: Letter, words: str, arrival: Arrival) -> Seen:
    """What the window keeps of a letter."""
    return made(
        Seen,
        letter_id=letter.id,
        number=letter.number,
        digest=letter.digest,
        words=words,
        person=letter.person,
        received_at=letter.received_at,
        at=arrival.at,
    )


def decision_event(
    letter: Letter,
    decision: Decision,
    arrival: Arrival,
    *,
    supersedes: UUID | None = None,
    decided_by: str = "rules",
    reason: str = "",
) -> Decided:
    """The decision on the letter's part, caused by this arrival."""
    part_id = ids.part_id(letter.id, PART)
    return made(
        Decided,
        id=ids.event_id(part_id, "decided", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        tag="decided",
        part=PART,
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


def linked_event(letter: Letter, link: Link, arrival: Arrival) -> Linked:
    """The letter belongs with an earlier one."""
    link_id = ids.event_id(letter.id, "link", link.to)
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
    )


def order_of(letter: Letter, decision: InScope, revision: int = 1) -> WorkOrder:
    """The work order of the letter's part. No contact of the sender is in it."""
    body = mask_contact(letter.text, letter.sender)
    # Masked before it is cut: half a telephone number would no longer be found.
    title = mask_contact(letter.subject, letter.sender) or body.strip()[:TITLE_CHARACTERS]
    place = letter.place
    if place is not None and place.text:
        place = place.model_copy(update={"text": mask_contact(place.text, letter.sender)})
    return made(
        WorkOrder,
        id=ids.order_id(letter.id, PART),
        number=letter.number,
        part=PART,
        revision=revision,
        letter_ids=(letter.id,),
        city=letter.city,
        mailbox=letter.mailbox,
        channel=letter.channel,
        kind=letter.kind or "其他",
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
        confidential=letter.confidential,
        sender_ref=letter.person,
        territory=decision.territory,
        incident_id=None,
        marks=decision.marks,
        reminders=0,
    )


def order_event(
    order: WorkOrder, tag: Literal["opened", "appended", "withdrawn"], arrival: Arrival, reason: str = ""
) -> OrderEvent:
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


def opened(letter: Letter, decision: InScope, arrival: Arrival) -> OrderEvent:
    """The letter's order begins."""
    return order_event(order_of(letter, decision), "opened", arrival)


def order_after(letter: Letter, decision: InScope, case: Case, arrival: Arrival) -> OrderEvent:
    """The letter's order opened or, where it has one, the next revision of it. Letters joined to it stay."""
    if not case.orders:
        return opened(letter, decision, arrival)
    last = case.orders[-1].order
    files = {file.sha256: file for file in (*letter.attachments, *last.attachments) if file.state == "kept"}
    pending = tuple(file for file in letter.attachments if file.state == "pending")
    order = order_of(letter, decision, last.revision + 1).model_copy(
        update={"letter_ids": last.letter_ids, "attachments": (*files.values(), *pending)}
    )
    return order_event(order, "appended", arrival)


def reply_to(letter: Letter, arrival: Arrival, part: int, about: About, text: str) -> Reply:
    """One message to the sender of *letter*."""
    return made(
        Reply,
        id=ids.event_id(letter.id, f"reply-{about}", arrival.item),
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
