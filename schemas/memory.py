"""What the desk must remember, as it stands on ``desk.memory.v1`` and ``desk.case.v1``."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record, Sha256
from schemas.decision import DecisionEvent
from schemas.inbox import Status
from schemas.letter import Letter
from schemas.order import AlertEvent, OrderEvent
from schemas.reply import Reply


class Seen(Record):
    """One letter in the window: enough to know the same matter again.

    ``trace`` is what later letters of the city are compared with, as ``Remembered.versions`` stamps it; empty where the
    letter could not be judged. ``again``: a later revision, whose trace takes the place of the one before.
    ``words``: what earlier versions knew the same words by; empty now. ``person`` is a hash that holds the city.
    ``at`` is the LogAppendTime of its inbox record: when the letter leaves the window does not depend on how
    records were cut into transactions.
    """

    letter_id: UUID
    number: str
    digest: Sha256
    words: str = Field(max_length=64)
    person: str = Field(max_length=64)
    received_at: AwareDatetime
    at: AwareDatetime
    trace: bytes = Field(default=b"", max_length=16_384)
    city: str = ""
    again: bool = False


class Remembered(Record):
    """What one transaction adds to the window. ``next_offset`` is the inbox offset the desk reads next.

    ``versions`` stamps normaliser and dictionaries, since hashes of other versions cannot be compared.
    ``at`` is the LogAppendTime of the last inbox record in the transaction.
    """

    next_offset: int = Field(ge=0)
    at: AwareDatetime
    versions: dict[str, str]
    seen: tuple[Seen, ...] = ()


class CasePart(Record):
    """One matter of a letter: its number for ever, and where it stands in ``Letter.text`` (code points).

    ``gone``: the letter's last revision does not speak of it any more. ``closed``: nobody works on it.
    """

    no: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    gone: bool = False
    closed: bool = False
    closed_at: AwareDatetime | None = None


class Case(Record):
    """One letter as the desk knows it: what was said, what was decided, what became of it.

    The events are kept as they were written: a letter that comes again is answered with them again.
    ``closed``: no part is worked on. Deleted once closed and out of the window.
    """

    tag: Literal["case"] = "case"
    letter: Letter
    decisions: tuple[DecisionEvent, ...]
    orders: tuple[OrderEvent, ...] = ()
    replies: tuple[Reply, ...] = ()
    alerts: tuple[AlertEvent, ...] = ()
    closed: bool = False
    at: AwareDatetime
    parts: tuple[CasePart, ...] = ()
    incident_id: UUID | None = None


class Incident(Record):
    """Letters of many people about one matter. ``links``: which letter was linked to which, the latest of them.

    ``letters`` counts the members; ``alarmed`` is the count at which the last alarm was given, 0 before the first.
    """

    tag: Literal["incident"] = "incident"
    id: UUID
    city: Name
    letters: int = Field(ge=0)
    alarmed: int = Field(default=0, ge=0)
    links: tuple[tuple[UUID, UUID], ...] = ()
    at: AwareDatetime


class Waiting(Record):
    """Statuses for a number that no letter has brought yet: kept 30 days, applied when the letter comes."""

    tag: Literal["waiting"] = "waiting"
    city: Name
    number: str
    statuses: tuple[Status, ...]
    at: AwareDatetime


CaseRecord = Annotated[Case | Incident | Waiting, Field(discriminator="tag")]
