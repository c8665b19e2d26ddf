"""What may stand in the files that all packs share: house rules with the calendar, the national rule, tables of samples."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.policies.conditions import AnyOf
from pipeline.policies.pack_file import (
    AnswerEntry,
    ClauseEntry,
    Code,
    Effective,
    Exception_,
    OrganEntry,
    Source,
    UnitTable,
    Words,
)
from pipeline.policies.yaml_lines import Part
from schemas.base import Name
from schemas.decision import HeldReason

NAMED: Final = frozenset(
    {
        "HUB.EMG", "HUB.THREAT", "HUB.SELFHARM", "HUB.EMPTY", "HUB.FAULT", "HUB.RETURNED", "HUB.PERSON", "HUB.SAME",
        "HUB.SILENT", "HUB.AMBIG", "HUB.CATCHALL", "HUB.NODEMAND", "DUP.COPY", "DUP.REMIND", "DUP.REPEAT", "DUP.RETURNED", "DUP.RECUR",
        "DUP.XCHAN", "DUP.MASS", "MIXED.SPLIT", "MULTI.DEPT", "NEED_INFO", "STATUS.QUERY",
    }
)  # fmt: skip
"""House rules that the line names by itself: each must be there."""


def _span(text: str) -> str:
    list(days_of(text))
    return text


def days_of(text: str) -> Iterator[date]:
    """The days of ``first/last``, or the one day."""
    first, _, last = text.partition("/")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if end < day:
        message = f"{text}: the end lies before the beginning"
        raise ValueError(message)
    while day <= end:
        yield day
        day += timedelta(days=1)


Days = Annotated[str, AfterValidator(_span)]


class YearTable(Part):
    """One year as published: days off, and weekend days that are worked."""

    holidays: tuple[Days, ...]
    make_up_days: tuple[Days, ...] = ()


class CalendarTable(Part):
    """The years as published."""

    source: Words
    years: dict[int, YearTable]


class HouseClause(Part):
    """A house rule. With *turn* it applies by itself where *when* holds; without, whoever judges names it.

    *turn*: first, before anything the pack says; before_silence, after the pack's refusals; after_silence, before what
    the pack accepts. *proposes*: the code of the national rule that a hold offers.
    """

    code: Code
    quote: Words
    turn: Literal["first", "before_silence", "after_silence"] | None = None
    effect: Literal["accept", "hold", "answer"] = "accept"
    when: AnyOf = ()
    unless: tuple[Exception_, ...] = ()
    reason: HeldReason | None = None
    proposes: Code | None = None
    reply: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.turn is None) != (not any(one.model_fields_set for one in self.when)):
            message = "turn and when belong together"
            raise ValueError(message)
        if (self.effect == "hold") != (self.reason is not None):
            message = "a hold has its reason, nothing else has"
            raise ValueError(message)
        return self


class Note(Part):
    """A mark that a case system is to see where *when* holds."""

    mark: Words
    when: AnyOf = Field(min_length=1)


class HouseFile(Part):
    """``hub.yaml``."""

    pack: Literal["hub"]
    version: Words
    title: Words
    source: Source
    clauses: tuple[HouseClause, ...]
    notes: tuple[Note, ...] = ()
    organs: tuple[OrganEntry, ...] = ()
    calendar: CalendarTable

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = sorted(NAMED - {clause.code for clause in self.clauses})
        if missing:
            message = f"these house rules are missing: {', '.join(missing)}"
            raise ValueError(message)
        return self


class OverlayFile(Part):
    """The national rule: what it sends to a legal route, for packs that are silent."""

    pack: Name
    version: Words
    title: Words
    source: Source
    effective: Effective = Effective()
    clauses: tuple[ClauseEntry, ...] = Field(min_length=1)


class UnitsFile(Part):
    """A unit directory that several packs use."""

    table: Name
    title: Words
    units: UnitTable


class AnswersFile(Part):
    """Answers that several packs use."""

    table: Name
    title: Words
    answers: tuple[AnswerEntry, ...]
