"""The story of one letter: every record that names it, in the order in which it was written.

What a citizen sees on the tracking page and what an operator reads by ``explain`` are both told from it. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.decision import Decided, Escalated, Held, InScope, Linked, Noted, Suspected, Unlinked
from schemas.inbox import Instruction, Status
from schemas.letter import Letter
from schemas.order import Acknowledged, Cleared, Confirmed, Mass, OrderEvent, Raised, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply

Told = (
    Letter | Status | Instruction | Decided | Linked | Suspected | Unlinked | Noted | OrderEvent | Receipt | Reply
    | Raised | Confirmed | Cleared | Acknowledged | Mass | Quarantined
)  # fmt: skip

State = Literal[
    "registered",
    "unreadable",
    "linked",
    "held",
    "accepted",
    "escalated",
    "signed",
    "closed",
    "declined",
    "answered",
    "emergency",
]
"""Where one matter stands, from the citizen's side."""

OWN = frozenset({"copy", "same_person", "reminder", "repeat"})
"""Relations of one person's letters: only these may name the other letter to its sender."""

_BY_DECISION: dict[str, State] = {
    "in_scope": "accepted", "escalated": "escalated", "answer_now": "answered", "out_of_scope": "declined", "emergency": "emergency",
    "held": "held",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with the time Kafka wrote it down (LogAppendTime)."""

    written_at: datetime
    record: Told


@dataclass(frozen=True, slots=True)
class PartState:
    """One matter as it stands: its current decision, the newest order, what was said back.

    ``link``: the sender's own earlier letter on the matter, never another person's.
    """

    part: int
    state: State
    decision: Decided | None = None
    order: OrderEvent | None = None
    notes: tuple[Noted, ...] = ()
    replies: tuple[Reply, ...] = ()
    link: Linked | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the unit must have answered; only while an order is being worked on."""
        decision = self.decision.decision if self.decision else None
        return (
            decision.due_at if isinstance(decision, InScope | Escalated) and self.state != "closed" else None
        )

    @property
    def answer(self) -> str:
        """What the unit said when it closed the matter."""
        return next((note.answer for note in reversed(self.notes) if note.answer), "")


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known under one number. ``parts`` is never empty."""

    number: str
    city: str
    entries: tuple[Entry, ...]
    parts: tuple[PartState, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(_parts(self)))

    @property
    def received_at(self) -> datetime | None:
        """When the door said yes."""
        return next(
            (
                entry.record.received_at
                for entry in self.entries
                if isinstance(entry.record, Letter | Decided | Linked | Quarantined)
            ),
            None,
        )


def current(decisions: list[Decided]) -> Decided | None:
    """The decision that no other one supersedes; the last written of several."""
    superseded = {decision.supersedes for decision in decisions}
    return next((d for d in reversed(decisions) if d.id not in superseded), None)


def _parts(story: Story) -> Iterator[PartState]:
    told = [entry.record for entry in story.entries]
    link = next((t for t in reversed(_links(told)) if t.relation in OWN), None)
    numbers = _part_numbers(told)
    unreadable = any(isinstance(t, Quarantined) for t in told)
    for part in numbers:
        decision = current([t for t in told if isinstance(t, Decided) and t.part == part])
        notes = tuple(t for t in told if isinstance(t, Noted) and t.part == part)
        orders = [t for t in told if isinstance(t, OrderEvent) and t.order.part == part]
        yield PartState(
            part=part,
            state=_state(decision, link, notes, unreadable=unreadable),
            decision=decision,
            order=max(orders, key=lambda event: event.order.revision, default=None),
            notes=notes,
            replies=tuple(t for t in told if isinstance(t, Reply) and t.part in {0, part}),
            link=link,
        )


def _links(told: list[Told]) -> list[Linked]:
    """The links that nobody has taken back."""
    found: dict[UUID, Linked] = {}
    for event in told:
        if isinstance(event, Linked):
            found[event.link_id] = event
        elif isinstance(event, Unlinked):
            found.pop(event.link_id, None)
    return list(found.values())


def _part_numbers(told: list[Told]) -> list[int]:
    """Those that were decided; a number that somebody only asked for is no part."""
    decided = sorted({t.part for t in told if isinstance(t, Decided)})
    return decided or sorted({t.part for t in told if isinstance(t, Noted | Reply) and t.part}) or [1]


def _state(
    decision: Decided | None, link: Linked | None, notes: tuple[Noted, ...], *, unreadable: bool
) -> State:
    if decision is None:
        return "linked" if link else "unreadable" if unreadable else "registered"
    if isinstance(decision.decision, Held):
        return "held"
    done: set[str] = set()
    for note in notes:
        if note.applied and note.what == "returned":
            done.clear()  # what was done before an order came back counts no more
        elif note.applied:
            done.add(note.what)
    if "closed" in done:
        return "closed"
    if isinstance(decision.decision, InScope | Escalated) and "signed" in done:
        return "signed"
    return _BY_DECISION[decision.decision.kind]
