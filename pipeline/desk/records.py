"""The records that an arrival makes of a letter: decision, link, order, reply, alert, and what the window keeps.

Pure. Every id is derived from the letter and the item that caused it, so the same arrival makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pipeline.desk.made import made
from pipeline.judge.judgement import Link
from schemas import ids
from schemas.decision import Cause, Decided, Decision, Linked, Suspected, Unlinked
from schemas.letter import Letter
from schemas.memory import Seen
from schemas.order import Acknowledged, AlertEvent, Cleared, Confirmed
from schemas.reply import Reply

About = Literal[
    "accepted", "answered", "declined", "emergency", "linked", "escalated", "signed", "closed", "noted"
]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an item stood in the inbox, and the id it is known by."""

    cause: Cause
    at: datetime

    @property
    def item(self) -> UUID:
        """The id of the inbox item."""
        return self.cause.item_id


def _about(letter: Letter, arrival: Arrival) -> dict[str, Any]:
    """What every decision event says first."""
    return {
        "city": letter.city, "number": letter.number, "letter_id": letter.id, "cause": arrival.cause, "at": arrival.at,
    }  # fmt: skip


def _came(letter: Letter) -> dict[str, Any]:
    """Enough of the letter to rebuild the register."""
    return {
        "digest": letter.digest, "code_hash": letter.code_hash, "mailbox": letter.mailbox, "channel": letter.channel,
        "received_at": letter.received_at,
    }  # fmt: skip


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
        **_about(letter, arrival),
        tag="decided",
        part=part,
        part_id=part_id,
        revision=letter.revision,
        **_came(letter),
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
    return made(
        Linked,
        id=ids.event_id(link_id, "linked", arrival.item),
        **_about(letter, arrival),
        tag="linked",
        link_id=link_id,
        relation=link.relation,
        to_letter_id=link.to,
        to_number=link.to_number,
        score=link.score,
        why=link.why,
        **_came(letter),
        actor=actor,
        incident_id=incident_id,
    )


def suspected_event(letter: Letter, link: Link, arrival: Arrival) -> Suspected:
    """The letter may belong with an earlier one."""
    link_id = ids.link_id(letter.id, link.to)
    return made(
        Suspected,
        id=ids.event_id(link_id, "suspected", arrival.item),
        **_about(letter, arrival),
        tag="suspected",
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
        **_about(letter, arrival),
        link_id=link.link_id,
        relation=link.relation,
        to_letter_id=link.to_letter_id,
        to_number=link.to_number,
        actor=actor,
        reason=reason,
    )


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
