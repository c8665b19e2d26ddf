"""What judging is given and what it says, as values: facts in, a judgement of parts and links out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pipeline.judge.route.topics import Topics
from pipeline.policies.matter import Matter
from pipeline.policies.model import Policy
from schemas.decision import Decision, Relation

Told = Literal["accepted", "answered", "declined", "emergency", "linked", "escalated"]
OrderStep = Literal["opened", "appended", "reminded", "none"]
OrderStands = Literal["open", "closed", "waiting", "withdrawn", "none"]
"""*waiting*: taken back, and a person decides whether it is put forward again."""


@dataclass(frozen=True, slots=True)
class CityFacts:
    """What judging and replies need to know of a city. ``topics``: its own; else the catalogue that comes with Xinshu."""

    title: str
    fallback_unit: str
    zone: ZoneInfo
    emergency_phones: str
    hotline: str
    topics: Topics | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier letter that may be about the same matter, as the desk remembers it.

    ``score`` and ``why``: how alike its words are, 0 to 1. ``vetoed``: alike, but about another place or question.
    ``stands``: its order. ``at``: when the desk received it.
    ``closed_at``: when its order was finished. ``named``: the letter names its number.
    ``main``: the decision that its order rests on or, without an order, the one it got.
    """

    letter_id: UUID
    number: str
    at: datetime
    same_person: bool
    stands: OrderStands
    score: float = 0.0
    why: str = ""
    same_text: bool = False
    same_files: bool = False
    same_way: bool = False
    vetoed: bool = False
    closed_at: datetime | None = None
    main: Decision | None = None
    incident_id: UUID | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything judging may know, gathered beforehand. ``at``: when the desk received the letter.

    ``known`` holds the candidates that the memory proposes, and every letter whose number this one names.
    ``demo``: answers that are samples count. ``department``: the unit whose own mailbox the letter came to, if any.
    """

    policy: Policy
    city: CityFacts
    at: datetime
    copy_window: timedelta
    known: tuple[Known, ...] = ()
    demo: bool = False
    department: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """To which earlier letter this one belongs, how, how surely, and why."""

    relation: Relation
    to: UUID
    to_number: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """One matter of the letter: where it stands in the text (code points), how it was read, what becomes of it.

    ``order``: opened, an order of its own; appended or reminded, the order of the letter it is linked to; none, nothing.
    ``told`` and ``reply``: what the citizen is to hear of this part; an empty reply says nothing.
    """

    no: int
    start: int
    end: int
    matter: Matter
    decision: Decision
    order: OrderStep
    told: Told = "accepted"
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """At least one part. ``link``: the letter it repeats; ``incidents``: other people's letters on the same matter;

    ``doubtful``: links that a person should look at, and that count for nothing until then.
    """

    parts: tuple[Part, ...]
    link: Link | None = None
    incidents: tuple[Link, ...] = ()
    doubtful: tuple[Link, ...] = ()
