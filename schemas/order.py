"""The work order (工单) a case system receives, and what a sink says of it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record
from schemas.decision import AnsweredBy, DispatchMode, ProposedUnit, Publication, Urgency
from schemas.letter import Attachment, Kind, Place


class WorkOrder(Record):
    """One matter, ready to be worked on. No contact of the sender is in it; ``sender_ref`` stands for the person.

    ``publication`` is ``no`` unless the sender consented to it; what else it says is the city's rule.
    """

    id: UUID
    number: str
    part: int
    revision: int = Field(ge=1)
    letter_ids: tuple[UUID, ...]
    city: Name
    mailbox: Name
    channel: Name
    kind: Kind
    topic: str = ""
    title: str
    body: str
    place: Place | None = None
    attachments: tuple[Attachment, ...] = ()
    unit: str
    units: tuple[ProposedUnit, ...] = ()
    received_at: AwareDatetime
    due_at: AwareDatetime
    due_provisional: bool = False
    urgency: Urgency = "一般"
    dispatch_mode: DispatchMode = "归口"
    confidential: bool = False
    sender_ref: str = ""
    territory: str = ""
    incident_id: UUID | None = None
    marks: tuple[str, ...] = ()
    reminders: int = Field(default=0, ge=0)
    publication: Publication = "no"
    answered_by: AnsweredBy = "unit"


class OrderEvent(Record):
    """What happened to an order, with the full order as it stands after it. Apply every new ``id`` once.

    opened: a new order; appended: more facts of the same letter or person; reminded: the sender presses for it (催办);
    withdrawn: no longer to be worked on (``reason`` says why).
    """

    id: UUID
    tag: Literal["opened", "appended", "reminded", "withdrawn"]
    city: Name
    order: WorkOrder
    cause: UUID
    at: AwareDatetime
    reason: str = ""


class Contact(Record):
    """What a sink with ``disclose = contact`` is told about the sender, at delivery time only."""

    name: str = Field(default="", repr=False)
    phone: str = Field(default="", repr=False)
    address: str = Field(default="", repr=False)


class Receipt(Record):
    """What became of one order event in one sink instance."""

    event_id: UUID
    order_id: UUID
    number: str
    city: Name
    sink: Name
    outcome: Literal["delivered", "already_there", "refused"]
    reference: str = ""
    at: AwareDatetime


class Raised(Record):
    """A letter speaks of danger: the door says so before the desk has judged it."""

    tag: Literal["raised"] = "raised"
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    cue: str
    at: AwareDatetime


class Confirmed(Record):
    """The desk judged the letter an emergency: a duty officer must act."""

    tag: Literal["confirmed"] = "confirmed"
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    at: AwareDatetime


class Cleared(Record):
    """The desk judged that there is no danger."""

    tag: Literal["cleared"] = "cleared"
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    at: AwareDatetime


class Acknowledged(Record):
    """A person has seen the alert and acts on it; it stands until it is cleared."""

    tag: Literal["acknowledged"] = "acknowledged"
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    actor: str
    reason: str = ""
    at: AwareDatetime


class Mass(Record):
    """So many letters are about one incident. Said when a cluster reaches the city's threshold, and at each doubling.

    ``number`` and ``letter_id`` are those of the letter that reached it; ``letters`` counts the cluster.
    """

    tag: Literal["mass"] = "mass"
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    incident_id: UUID
    letters: int
    at: AwareDatetime


AlertEvent = Annotated[Raised | Confirmed | Cleared | Acknowledged | Mass, Field(discriminator="tag")]
