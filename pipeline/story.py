"""The story of one letter: every record that names it, in the order in which it was written.

What a citizen sees on the tracking page and what an operator reads by ``explain`` are both told from it. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from schemas.decision import Decided, Held, InScope, Linked, Noted
from schemas.inbox import Instruction, Status
from schemas.letter import Letter
from schemas.order import Cleared, Confirmed, OrderEvent, Raised, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply

Told = (
    Letter | Status | Instruction | Decided | Linked | Noted | OrderEvent | Receipt | Reply | Raised | Confirmed
    | Cleared | Quarantined
)  # fmt: skip

State = Literal[
    "registered",
    "unreadable",
    "linked",
    "held",
    "accepted",
    "signed",
    "closed",
    "declined",
    "answered",
    "emergency",
]
"""Where one matter stands, from the citizen's side."""

_BY_DECISION: dict[str, State] = {
    "in_scope": "accepted", "answer_now": "answered", "out_of_scope": "declined", "emergency": "emergency",
    "held": "held",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with the time Kafka wrote it down (LogAppendTime)."""

    written_at: datetime
    record: Told


@dataclass(frozen=True, slots=True)
class PartState:
    """One matter as it stands: its current decision, the newest order, what was said back."""

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
        return decision.due_at if isinstance(decision, InScope) and self.state != "closed" else None

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
    link = next((t for t in reversed(told) if isinstance(t, Linked)), None)
    numbers = sorted({t.part for t in told if isinstance(t, Decided | Noted | Reply)}) or [1]
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
            replies=tuple(t for t in told if isinstance(t, Reply) and t.part == part),
            link=link,
        )


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
    if decision.decision.kind == "in_scope" and "signed" in done:
        return "signed"
    return _BY_DECISION[decision.decision.kind]
