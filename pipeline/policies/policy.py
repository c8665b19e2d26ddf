"""A pack ready for use: ``Policy``, one city's rules on top of the house's. Made by ``reading``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipeline.policies import texts
from pipeline.policies.answers import Answer, Answers
from pipeline.policies.calendar import Calendar, Due
from pipeline.policies.engine import Engine, Ruling
from pipeline.policies.matter import Circumstances, Matter
from pipeline.policies.pack_file import (
    Confidentiality,
    Deadline,
    Dispatch,
    Effective,
    OrganEntry,
    PackFile,
    Publicity,
)
from pipeline.policies.territory import Territory
from pipeline.policies.units import Units
from pipeline.policies.yaml_lines import Lines
from schemas.decision import AnsweredBy, Clause, Publication
from schemas.letter import Kind, Said


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """The house rules by code, and the calendar. The ones that the line itself needs have names."""

    version: str
    clauses: Mapping[str, Clause]
    calendar: Calendar

    @property
    def emergency(self) -> Clause:
        """Danger to life or property, where the pack has no clause of its own."""
        return self.clauses["HUB.EMG"]

    @property
    def empty(self) -> Clause:
        """Nothing to read."""
        return self.clauses["HUB.EMPTY"]

    @property
    def fault(self) -> Clause:
        """Judging failed."""
        return self.clauses["HUB.FAULT"]

    @property
    def returned(self) -> Clause:
        """The case system sent it back."""
        return self.clauses["HUB.RETURNED"]

    @property
    def person(self) -> Clause:
        """A person decided."""
        return self.clauses["HUB.PERSON"]

    @property
    def linked(self) -> Clause:
        """The same person on the same matter while its order is open."""
        return self.clauses["HUB.SAME"]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One pack, compiled. *succeeds_as*: the name under which packs follow each other in time. *titles*: of
    the source texts of the packs that its clauses stand in.
    """

    pack: str
    succeeds_as: str
    version: str
    title: str
    effective: Effective
    accept: Clause
    emergency: Clause
    deadlines: tuple[Deadline, ...]
    territory: Territory
    kinds: Mapping[str, Kind]
    mailboxes: tuple[str, ...]
    dispatch: Dispatch | None
    publicity: Publicity
    confidentiality: Confidentiality
    units: Units
    answers: Answers
    clauses: Mapping[str, Clause]
    engine: Engine
    titles: Mapping[str, str]
    house: House
    shared_organs: tuple[OrganEntry, ...]
    file: PackFile
    lines: Lines
    _terms: Mapping[Kind, Deadline] = field(init=False)

    def __post_init__(self) -> None:
        # Of two terms for one kind the first holds.
        terms = {kind: term for term in reversed(self.deadlines) for kind in term.kinds}
        object.__setattr__(self, "_terms", terms)

    def rule(self, matter: Matter, about: Circumstances) -> Ruling:
        """The clause that decides *matter*. Danger is not its business: see ``emergency``."""
        return self.engine.rule(matter, about)

    def clause(self, code: str) -> Clause:
        """The clause of that code, of this pack or of the house. KeyError where there is none."""
        return self.clauses.get(code) or self.house.clauses[code]

    @property
    def deadline(self) -> Deadline:
        """The term of everything that has none of its own."""
        return next(term for term in self.deadlines if not term.kinds)

    def term(self, kind: Kind) -> Deadline:
        """The term of letters of that kind."""
        return self._terms.get(kind) or self.deadline

    def kind(self, said: Said) -> Kind | None:
        """The kind that the sender or the channel named, in the national words or in the pack's own; None: neither."""
        return said.kind or self.kinds.get(said.kind_said)

    @property
    def publication(self) -> Publication:
        """What may become of letters whose senders consent. Where the text does not say, a person looks first."""
        match self.publicity.rule:
            case "off":
                return "no"
            case "unsaid":
                return "reviewed"
            case rule:
                return rule

    @property
    def answered_by(self) -> AnsweredBy:
        """Who answers the sender."""
        return self.dispatch.who_replies if self.dispatch else "unit"

    def due(self, kind: Kind, received_at: datetime, zone: ZoneInfo) -> Due:
        """The end of the last day of the term in the city's time zone, as UTC."""
        term = self.term(kind)
        match term.count:
            case "workdays":
                return self.house.calendar.due(received_at, zone, term.days)
            case "days":
                return self.house.calendar.due_by_days(received_at, zone, term.days)

    def answer(self, question: str, on: date, *, demo: bool) -> Answer | None:
        """What can be told at once to *question* on that day. Samples only in a *demo*."""
        return self.answers.find(question, on, demo=demo)

    def declined(self, number: str, ruling: Ruling, hotline: str, emergency_phones: str = "") -> str:
        """The reply of an excluding *ruling*, or of one that a hold proposes."""
        clause = ruling.clause
        title = self.titles[clause.pack]
        return texts.out_of_scope(
            number,
            ruling.why,
            clause,
            title,
            ruling.organ,
            hotline=hotline,
            emergency_phones=emergency_phones,
        )

    def in_force(self, day: date) -> bool:
        """Is this pack in force on *day*?"""
        return (self.effective.from_ or "") <= day.isoformat() <= (self.effective.to or "9999-12-31")
