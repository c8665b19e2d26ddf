"""Rule packs as checked values. An unknown key, a wrong type, an empty quote: refused, naming file, line and reason.

``house`` and ``city_pack`` are pure: text in, value out, or BadPack. The packs that come with Xinshu are in
``packaged``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline.policies.calendar import WORKDAYS_MAX, Calendar, Year
from schemas.base import Name
from schemas.decision import Clause


class BadPack(ValueError):
    """A rule pack that cannot be used: one plain line with file, line number and reason."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Words = Annotated[str, Field(min_length=1, max_length=2000)]


def _span(text: str) -> str:
    list(_days(text))
    return text


def _days(text: str) -> Iterator[date]:
    first, _, last = text.partition("/")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if end < day:
        message = f"{text}: the end lies before the beginning"
        raise ValueError(message)
    while day <= end:
        yield day
        day += timedelta(days=1)


Days = Annotated[str, AfterValidator(_span)]


class Rule(_Part):
    """One clause of a pack: its code and its words."""

    code: str = Field(pattern=r"^[A-Z0-9][A-Za-z0-9.]{0,39}$")
    quote: Words


class HouseRules(_Part):
    """The clauses that every city has."""

    emergency: Rule
    empty: Rule
    fault: Rule
    returned: Rule
    person: Rule
    linked: Rule


class _YearTable(_Part):
    holidays: tuple[Days, ...]
    make_up_days: tuple[Days, ...] = ()


class _CalendarTable(_Part):
    source: Words
    years: dict[int, _YearTable]


class _HouseFile(_Part):
    pack: Name
    version: Words
    title: Words
    clauses: HouseRules
    calendar: _CalendarTable


class Deadline(_Part):
    """A term in workdays, and where it stands. *sample*: made up for trying out, of no authority."""

    workdays: int = Field(ge=1, le=WORKDAYS_MAX)
    status: Literal["sample", "published"]
    source: Words


class _CityFile(_Part):
    pack: Name
    version: Words
    title: Words
    accept: Rule
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class House:
    """The house rules, ready for use."""

    emergency: Clause
    empty: Clause
    fault: Clause
    returned: Clause
    person: Clause
    linked: Clause
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Policy:
    """One city's pack on top of the house rules."""

    pack: str
    version: str
    title: str
    accept: Clause
    deadline: Deadline
    house: House


T = TypeVar("T", bound=BaseModel)


def house(text: str, name: str) -> House:
    """The house rules in *text*; *name* is what an error calls it."""
    read = _read(_HouseFile, text, name)

    def clause(rule: Rule) -> Clause:
        return Clause(pack=read.pack, version=read.version, code=rule.code, quote=rule.quote)

    years = {
        number: Year(
            frozenset(day for span in table.holidays for day in _days(span)),
            frozenset(day for span in table.make_up_days for day in _days(span)),
        )
        for number, table in read.calendar.years.items()
    }
    rules = read.clauses
    return House(
        emergency=clause(rules.emergency),
        empty=clause(rules.empty),
        fault=clause(rules.fault),
        returned=clause(rules.returned),
        person=clause(rules.person),
        linked=clause(rules.linked),
        calendar=Calendar(years, read.calendar.source),
    )


def city_pack(text: str, name: str, rules: House) -> Policy:
    """The city's pack in *text*, on top of *rules*."""
    read = _read(_CityFile, text, name)
    accept = Clause(pack=read.pack, version=read.version, code=read.accept.code, quote=read.accept.quote)
    return Policy(read.pack, read.version, read.title, accept, read.deadline, rules)


def packaged(pack: str) -> Policy:
    """A pack that comes with Xinshu, by name. Raises BadPack where there is none."""
    folder = files("pipeline.policies")
    file = folder / f"{pack}.yaml"
    if pack == "hub" or not file.is_file():
        message = f"no rule pack {pack!r} comes with Xinshu; there is: pass"
        raise BadPack(message)
    rules = house((folder / "hub.yaml").read_text("utf-8"), "hub.yaml")
    return city_pack(file.read_text("utf-8"), file.name, rules)


def _read(model: type[T], text: str, name: str) -> T:
    try:
        node = yaml.compose(text, Loader=_Loader)
        value = _Loader(text).get_single_data() if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BadPack(f"{name}:{line}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}") from None
    except ValueError as error:
        raise BadPack(f"{name}:1: {error}") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        # A misspelt key is both missing and unknown: the unknown one has a line.
        first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
        where = ".".join(map(str, first["loc"])) or "the whole file"
        reason = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise BadPack(f"{name}:{_line(node, first['loc'])}: {where}: {reason}") from None


class _Loader(yaml.SafeLoader):
    """Dates stay text: a day and a span of days are read by the same rule."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _line(node: Any, place: tuple[int | str, ...]) -> int:
    """The line of the deepest node that the *place* of an error names."""
    line: int = node.start_mark.line + 1 if node is not None else 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
