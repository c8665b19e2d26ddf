"""Everything that is said to a desk: a letter, a case system's status, a person's instruction."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record
from schemas.letter import Letter

OrderState = Literal["signed", "returned", "extended", "closed"]
"""签收, 退单, 延期, 办结: taken over, sent back, term extended, finished."""


class _Item(Record):
    id: UUID
    city: Name
    number: str = Field(pattern=r"^[0-9]{16}$")
    part: int = Field(default=1, ge=1)
    actor: str = Field(min_length=1, max_length=200)
    at: AwareDatetime
    received_at: AwareDatetime
    reason: str = Field(default="", max_length=2000)


class Status(_Item):
    """What a case system says of the order of one part."""

    tag: Literal["status"] = "status"
    state: OrderState
    answer: str = Field(default="", max_length=20_000)


class DecideInScope(Record):
    """The person accepts: an order is opened."""

    outcome: Literal["accept"] = "accept"
    unit: str = Field(default="", max_length=200)


class DecideOutOfScope(Record):
    """The person declines; the citizen is told the reason and the right organ."""

    outcome: Literal["out_of_scope"] = "out_of_scope"
    reply: str = Field(min_length=1, max_length=5000)


class DecideAnswer(Record):
    """The person answers at once; no order is needed."""

    outcome: Literal["answer_now"] = "answer_now"
    reply: str = Field(min_length=1, max_length=20_000)


class DecideAsProposed(Record):
    """The person agrees with what the machine proposed; its reply is sent."""

    outcome: Literal["as_proposed"] = "as_proposed"


class Redecide(Record):
    """Judge again, by the rules in force; what was decided by a person is judged too."""

    outcome: Literal["redecide"] = "redecide"


class LinkTo(Record):
    """The letter belongs with another: the same person's same matter, many people's, or the same trouble come back.

    ``relation`` empty: the same person's where both letters name one person, else many people's.
    """

    outcome: Literal["link"] = "link"
    other: str = Field(pattern=r"^[0-9]{16}$")
    relation: Literal["", "same_person", "same_incident", "recurrence"] = ""


class UnlinkFrom(Record):
    """The letter does not belong with the other one: what followed from it is undone."""

    outcome: Literal["unlink"] = "unlink"
    other: str = Field(pattern=r"^[0-9]{16}$")


class Object(Record):
    """The sender does not agree with what was decided: a person looks again."""

    outcome: Literal["object"] = "object"


class Acknowledge(Record):
    """The person has seen the alert and acts on it."""

    outcome: Literal["acknowledge"] = "acknowledge"


Verdict = Annotated[
    DecideInScope
    | DecideOutOfScope
    | DecideAnswer
    | DecideAsProposed
    | Redecide
    | LinkTo
    | UnlinkFrom
    | Object
    | Acknowledge,
    Field(discriminator="outcome"),
]


class Instruction(_Item):
    """What a person says about one part or, of links and alerts, about the letter; name, time and reason stay with it."""

    tag: Literal["instruction"] = "instruction"
    reason: str = Field(min_length=1, max_length=2000)
    verdict: Verdict


Inbox = Annotated[Letter | Status | Instruction, Field(discriminator="tag")]
