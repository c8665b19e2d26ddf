"""Text of packs into rules ready for use, or BadPack with file, line and reason. Pure: no file is opened here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel

from pipeline.policies.answers import Answer, Answers, BadPattern, Patterns
from pipeline.policies.calendar import Calendar, Year
from pipeline.policies.compiling import engine_of, maker_of
from pipeline.policies.house_file import AnswersFile, HouseFile, OverlayFile, UnitsFile, days_of
from pipeline.policies.pack_file import (
    AnswerEntry,
    ClauseEntry,
    PackFile,
    TerritoryTable,
    UnitTable,
)
from pipeline.policies.policy import House, Policy
from pipeline.policies.quotes import stands_in
from pipeline.policies.territory import Territory
from pipeline.policies.units import Unit, Units
from pipeline.policies.yaml_lines import Lines
from schemas.decision import Clause

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Shared:
    """What packs stand on: house rules, national rules by name, tables of units and answers by name."""

    house: HouseFile
    overlays: Mapping[str, OverlayFile]
    units: Mapping[str, UnitTable]
    answers: Mapping[str, tuple[AnswerEntry, ...]]


def house(text: str, name: str) -> HouseFile:
    """The house rules in *text*; *name* is what an error calls it."""
    return Lines(text, name).read(HouseFile)


def overlay(text: str, name: str, source: str | None = None) -> OverlayFile:
    """A national rule. *source*: its text, where it is at hand; every quote must stand in it."""
    lines = Lines(text, name)
    read = lines.read(OverlayFile)
    _check_quotes(lines, read, source)
    return read


def units_table(text: str, name: str) -> UnitTable:
    """A unit directory of its own."""
    return Lines(text, name).read(UnitsFile).units


def answers_table(text: str, name: str) -> tuple[AnswerEntry, ...]:
    """Answers of their own, with patterns that RE2 takes."""
    lines = Lines(text, name)
    read = lines.read(AnswersFile)
    _answers(lines, read.answers)
    return read.answers


def city_pack(text: str, name: str, shared: Shared, source: str | None = None) -> Policy:
    """The pack in *text* on top of *shared*. *source*: its source text, where it is at hand."""
    lines = Lines(text, name)
    file = lines.read(PackFile)
    _check_quotes(lines, file, source)
    national = _named(lines, "silence", file.silence, shared.overlays)
    accept = _check_order(lines, file)
    clause = maker_of(file)
    common = _house(shared.house)
    emergency = clause(file.emergency) if file.emergency else common.emergency
    entries = _named(lines, "answers_from", file.answers_from, shared.answers) or ()
    return Policy(
        pack=file.pack,
        succeeds_as=file.succeeds_as or file.pack,
        version=file.version,
        title=file.title,
        effective=file.effective,
        accept=clause(accept),
        emergency=emergency,
        deadlines=file.deadlines,
        territory=_territory(file.territory),
        kinds=file.kinds,
        mailboxes=file.mailboxes,
        dispatch=file.dispatch,
        publicity=file.publicity,
        confidentiality=file.confidentiality,
        units=_units(file.units or _named(lines, "units_from", file.units_from, shared.units)),
        answers=_answers(lines, (*file.answers, *entries)),
        clauses=_by_code(file),
        engine=engine_of(lines, file, national, shared.house, common),
        titles=_titles(file, national, shared.house),
        house=common,
        shared_organs=shared.house.organs,
        file=file,
        lines=lines,
    )


def _named(lines: Lines, key: str, name: str | None, there: Mapping[str, Any]) -> Any:
    if name is None:
        return None
    if name not in there:
        raise lines.bad((key,), f"there is no {name!r}; there is: {', '.join(sorted(there)) or 'nothing'}")
    return there[name]


def _check_quotes(lines: Lines, file: BaseModel, source: str | None) -> None:
    if source is None:
        return
    for place, quote in _quotes(file.model_dump(mode="json", by_alias=True), ()):
        if not stands_in(quote, source):
            raise lines.bad(place, f"these words do not stand in the source text: {quote}")


def _quotes(value: Any, place: tuple[int | str, ...]) -> Iterable[tuple[tuple[int | str, ...], str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "quote" and isinstance(inner, str):
                yield (*place, key), inner
            else:
                yield from _quotes(inner, (*place, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _quotes(inner, (*place, at))


def _check_order(lines: Lines, file: PackFile) -> ClauseEntry:
    """The clause that accepts what no other clause decides: the last one, and the only one without a when."""
    for at, entry in enumerate(file.clauses[:-1]):
        if not _tests(entry):
            raise lines.bad(
                ("clauses", at), "it applies to everything, so that the clauses after it never do"
            )
    last = file.clauses[-1]
    if _tests(last) or last.effect != "accept":
        raise lines.bad(
            ("clauses", len(file.clauses) - 1), "the last clause accepts what no other decides: no when"
        )
    if all(term.kinds for term in file.deadlines):
        raise lines.bad(("deadlines",), "one term without kinds is needed, for everything else")
    return last


def _tests(entry: ClauseEntry) -> bool:
    return any(one.model_fields_set for one in entry.when)


def _by_code(file: PackFile) -> Mapping[str, Clause]:
    make = maker_of(file)
    found = {file.emergency.code: make(file.emergency)} if file.emergency else {}
    for entry in file.clauses:
        found.setdefault(entry.code, make(entry))
        for one in entry.unless:
            if one.code and one.quote:
                found.setdefault(one.code, make.of(one.code, one.quote))
    return found


def _house(file: HouseFile) -> House:
    make = maker_of(file)
    years = {
        number: Year(
            frozenset(day for span in table.holidays for day in days_of(span)),
            frozenset(day for span in table.make_up_days for day in days_of(span)),
        )
        for number, table in file.calendar.years.items()
    }
    clauses: dict[str, Clause] = {}
    for entry in file.clauses:
        clauses.setdefault(entry.code, make(entry))
    return House(file.version, clauses, Calendar(years, file.calendar.source))


def _titles(file: PackFile, national: OverlayFile | None, rules: HouseFile) -> Mapping[str, str]:
    files = (rules, national, file) if national else (rules, file)
    return {one.pack: one.source.title for one in files}


def _territory(table: TerritoryTable) -> Territory:
    divisions = {name: code for code, names in table.divisions.items() for name in names}
    return Territory(table.codes, table.names, table.aliases, divisions)


def _units(table: UnitTable | None) -> Units:
    if table is None:
        return Units()
    entries = tuple(
        Unit(one.unit, one.topics, one.territories, one.cues, one.leader, one.liaison, one.status, one.source)
        for one in table.entries
    )
    return Units(entries, table.fallback)


def _answers(lines: Lines, entries: tuple[AnswerEntry, ...]) -> Answers:
    patterns: list[str] = []
    owners: list[tuple[int, bool]] = []
    places: list[tuple[int | str, ...]] = []
    for at, entry in enumerate(entries):
        for key, never in (("asks", False), ("never", True)):
            for number, pattern in enumerate(getattr(entry, key)):
                patterns.append(pattern)
                owners.append((at, never))
                places.append(("answers", at, key, number))
    try:
        compiled = Patterns(patterns)
    except BadPattern as error:
        raise lines.bad(places[error.at], f"RE2 does not take this pattern: {error}") from None
    return Answers(tuple(_answer(entry) for entry in entries), compiled, tuple(owners))


def _answer(entry: AnswerEntry) -> Answer:
    return Answer(
        entry.id, entry.title, entry.answer, entry.unit,
        date.fromisoformat(entry.valid_from) if entry.valid_from else None, date.fromisoformat(entry.valid_until),
        entry.status, entry.source,
    )  # fmt: skip
