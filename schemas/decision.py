"""What the desk decides: one current decision per part, each with the clause it rests on."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record, Sha256
from schemas.letter import Kind

DispatchMode = Literal["属地", "归口", "双重"]
"""By territory, by competence, both."""

Publication = Literal["no", "reviewed", "with_opinion", "as_asked"]
"""May letter and answer be made public: no; after a review; only with an opinion on it; as the sender asks."""

AnsweredBy = Literal["unit", "office"]
"""Who answers the sender: the unit in charge (转送), or the city's office after the unit has reported back (交办)."""

Urgency = Literal["一般", "紧急", "特急"]
"""Ordinary, urgent, extremely urgent."""

HeldReason = Literal[
    "empty",
    "fault",
    "returned",
    "no_demand",
    "silent",
    "unsure",
    "unreadable",
    "secret",
    "rule",
    "same_matter",
    "objected",
]
"""Why a person must decide: nothing left to read, judging failed, the case system sent the order back, no demand can be
told, the city's text is silent where the national rule points to a legal route, a rule may fit but is not certain, a
language nobody here reads, something secret, a clause that leaves it to a person, perhaps the same matter again, the sender objects to what was
decided."""

CONFIDENTIAL_MARK = "保密"
"""A decision with this mark makes its order confidential, whatever the sender said."""


class Clause(Record):
    """The rule a decision rests on: which pack, which version, which clause, and its words."""

    pack: Name
    version: str
    code: str
    quote: str


class Span(Record):
    """Evidence: code points [start, end) of ``Letter.text`` as stored."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    cue: str = Field(max_length=64)


class Organ(Record):
    """Who is competent instead of the city's own units: name, number to call, where the number is from."""

    name: str
    phone: str = ""
    source: str = ""


class ProposedUnit(Record):
    """A unit that may be the right one, and the reason in words."""

    unit: str
    score: float = Field(ge=0, le=1)
    why: str


class _Decision(Record):
    """*marks*: what else the rules found and a case system should show (a reminder, a mass matter, missing facts)."""

    clause: Clause
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[Span, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def confidential(self) -> bool:
        """Do the rules keep the matter from others, whatever the sender said?"""
        return CONFIDENTIAL_MARK in self.marks


class _Opened(_Decision):
    """``appeal`` is the kind of appeal (诉求类型), ``territory`` the division code of the matter's place.

    ``publication``: what the rules allow where the sender consents.
    """

    unit: str
    units: tuple[ProposedUnit, ...] = ()
    appeal: Kind = "其他"
    topic: str = ""
    territory: str = ""
    due_at: AwareDatetime
    due_provisional: bool = False
    urgency: Urgency = "一般"
    dispatch_mode: DispatchMode = "归口"
    publication: Publication = "no"
    answered_by: AnsweredBy = "unit"


class InScope(_Opened):
    """受理: the city takes it on; an order is opened."""

    kind: Literal["in_scope"] = "in_scope"


class Escalated(_Opened):
    """呈报: it goes to *unit*, a leader's office, before anybody else sees it; an order is opened for that office."""

    kind: Literal["escalated"] = "escalated"


class AnswerNow(_Decision):
    """直接答复: answered at once, no order."""

    kind: Literal["answer_now"] = "answer_now"


class OutOfScope(_Decision):
    """不予受理: not this city's to handle; the reply names the clause and the right organ."""

    kind: Literal["out_of_scope"] = "out_of_scope"
    organ: Organ | None = None


class Emergency(_Decision):
    """紧急险情: life or property in danger; the duty desk is alerted, the citizen told to call 110/119/120."""

    kind: Literal["emergency"] = "emergency"


class Proposal(Record):
    """What the machine would have decided, for the person who does: the reply is ready to be sent."""

    outcome: Literal["accept", "out_of_scope", "answer_now", "escalate"]
    clause: Clause
    unit: str = ""
    organ: Organ | None = None
    reply: str = ""


class Held(_Decision):
    """待人工: a person decides; nothing else happens until then."""

    kind: Literal["held"] = "held"
    reason: HeldReason
    proposal: Proposal | None = None


Decision = Annotated[
    InScope | Escalated | AnswerNow | OutOfScope | Emergency | Held, Field(discriminator="kind")
]


class Cause(Record):
    """The inbox record that made the desk act: the item and where it stood."""

    item_id: UUID
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)


class _Event(Record):
    id: UUID
    city: Name
    number: str
    letter_id: UUID
    cause: Cause
    at: AwareDatetime


class Decided(_Event):
    """The current decision of one part. Enough of the letter is in it to rebuild the register."""

    tag: Literal["decided"] = "decided"
    part: int
    part_id: UUID
    revision: int
    digest: Sha256
    code_hash: Sha256
    mailbox: Name
    channel: Name
    received_at: AwareDatetime
    decided_by: str = "rules"
    reason: str = ""
    decision: Decision
    supersedes: UUID | None = None


Relation = Literal["copy", "same_person", "reminder", "repeat", "recurrence", "same_incident"]
"""copy (技术重复): the same message came again under another key, nothing new is dispatched;
same_person (多渠道重复): the same person on the same matter while its order is open, joined to it;
reminder (催办): asks after an order that is open, which is pressed once more, never a new order;
repeat (重复诉求): the same person on the same matter after closing, nothing new, or while a person decides it: a person looks again;
recurrence (复发): the same place and cause soon after closing: a new order, linked, with a mark of quality;
same_incident (同类): other people on the same matter; each keeps its number, order and answer."""


class Linked(_Event):
    """The letter belongs with an earlier one; *score* is 1 where the words are equal. ``actor``: the person who says so."""

    tag: Literal["linked"] = "linked"
    link_id: UUID
    relation: Relation
    to_letter_id: UUID
    to_number: str
    score: float = Field(ge=0, le=1)
    why: str
    digest: Sha256
    code_hash: Sha256
    mailbox: Name
    channel: Name
    received_at: AwareDatetime
    actor: str = ""
    incident_id: UUID | None = None


class Suspected(_Event):
    """The letter may belong with an earlier one: a person should look. It counts for nothing until a ``Linked`` says so."""

    tag: Literal["suspected"] = "suspected"
    link_id: UUID
    relation: Relation
    to_letter_id: UUID
    to_number: str
    score: float = Field(ge=0, le=1)
    why: str


class Unlinked(_Event):
    """A person took back that the letter belongs with the other one. ``relation``: what it was taken for."""

    tag: Literal["unlinked"] = "unlinked"
    link_id: UUID
    relation: Relation
    to_letter_id: UUID
    to_number: str
    actor: str
    reason: str


class Noted(_Event):
    """An item was taken note of and changed no decision: a status, or an instruction that came too late.

    ``applied`` is False where it waits for, or does not fit, the part it names; *note* says why.
    """

    tag: Literal["noted"] = "noted"
    note_id: UUID
    part: int
    what: Literal["signed", "returned", "extended", "closed", "instruction"]
    applied: bool
    actor: str
    note: str = ""
    answer: str = ""


DecisionEvent = Annotated[Decided | Linked | Suspected | Unlinked | Noted, Field(discriminator="tag")]
