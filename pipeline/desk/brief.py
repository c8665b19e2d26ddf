"""What judging and linking look at in an earlier letter's case: a few fields, so that the case itself is rarely decoded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.judge.judgement import OrderStands
from schemas.decision import Decision
from schemas.letter import Letter
from schemas.memory import Case


@dataclass(frozen=True, slots=True)
class Brief:
    """A case in short. ``at``: when its letter was first decided. ``closed_at``: when the last of its parts was finished.

    ``under``: the letter whose order this one stands under; None where it has one of its own, or none at all.
    """

    letter_id: UUID
    number: str
    person: str
    way: tuple[str, str]
    at: datetime
    stands: OrderStands
    closed_at: datetime | None
    main: Decision | None
    incident_id: UUID | None
    under: UUID | None


def brief_of(case: Case) -> Brief:
    """The case in short."""
    letter = case.letter
    parts = cases.parts_of(case)
    has_own = bool(case.orders) and any(cases.has_own(case, part.no) for part in parts)
    link = None if has_own else cases.joined_to(case)
    return Brief(
        letter_id=letter.id, number=letter.number, person=letter.person, way=way_of(letter), at=case.decisions[0].at,
        stands=cases.stands(case), closed_at=max((part.closed_at for part in parts if part.closed_at), default=None),
        main=cases.main_decision(case), incident_id=case.incident_id, under=link.to_letter_id if link is not None else None,
    )  # fmt: skip


def way_of(letter: Letter) -> tuple[str, str]:
    """The channel that a letter came by, and the account of it."""
    return letter.channel, letter.account
