"""What the desk decides: one current decision per part, each with the clause it rests on."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record, Sha256

Urgency = Literal["一般", "紧急", "特急"]
"""Ordinary, urgent, extremely urgent."""

HeldReason = Literal["empty", "fault", "returned"]
"""Why a person must decide: nothing left to read, judging failed, the case system sent the order back."""


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


class _Decision(Record):
    clause: Clause
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[Span, ...] = ()


class InScope(_Decision):
    """受理: the city takes it on; an order is opened."""

    kind: Literal["in_scope"] = "in_scope"
    unit: str
    topic: str = ""
    due_at: AwareDatetime
    due_provisional: bool = False
    urgency: Urgency = "一般"


class AnswerNow(_Decision):
    """直接答复: answered at once, no order."""

    kind: Literal["answer_now"] = "answer_now"


class OutOfScope(_Decision):
    """不予受理: not this city's to handle; the reply names the clause and the right organ."""

    kind: Literal["out_of_scope"] = "out_of_scope"


class Emergency(_Decision):
    """紧急险情: life or property in danger; the duty desk is alerted, the citizen told to call 110/119/120."""

    kind: Literal["emergency"] = "emergency"


class Held(_Decision):
    """待人工: a person decides; nothing else happens until then."""

    kind: Literal["held"] = "held"
    reason: HeldReason


Decision = Annotated[InScope | AnswerNow | OutOfScope | Emergency | Held, Field(discriminator="kind")]


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


Relation = Literal["copy", "same_person"]
"""copy: the same message came again under another key, nothing new is dispatched;
same_person: the same person on the same matter, each keeps its number (多渠道重复)."""


class Linked(_Event):
    """The letter belongs with an earlier one; *score* is 1 where the words are equal."""

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


DecisionEvent = Annotated[Decided | Linked | Noted, Field(discriminator="tag")]
