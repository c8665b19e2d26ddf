"""When a clause applies: tests of a Matter's fields and its circumstances, never of text; compiled to sets.

A ``When`` names fields; each named field must have one of the values listed. Of several, one must hold.
"""

from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator, Field

from pipeline.policies.matter import (
    Actor,
    Again,
    Breadth,
    Circumstances,
    Demand,
    Matter,
    Object,
    Polarity,
    Procedure,
    Stage,
    Tense,
    Where,
)
from pipeline.policies.yaml_lines import Part

T = TypeVar("T")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


OneOf = Annotated[tuple[T, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One value, or a list of which any will do."""


class When(Part):
    """All fields named must fit."""

    demand: OneOf[Demand] | None = None
    actor: OneOf[Actor] | None = None
    object: OneOf[Object] | None = None
    place: OneOf[Where] | None = None
    tense: OneOf[Tense] | None = None
    polarity: OneOf[Polarity] | None = None
    stage: OneOf[Stage] | None = None
    procedure: OneOf[Procedure] | None = None
    breadth: OneOf[Breadth] | None = None
    again: OneOf[Again] | None = None
    unfounded: OneOf[bool] | None = None
    anonymous: OneOf[bool] | None = None
    has_contact: OneOf[bool] | None = None
    own_department: OneOf[bool] | None = None
    readable: OneOf[bool] | None = None
    complete: OneOf[bool] | None = None
    confidential: OneOf[bool] | None = None
    answer_known: OneOf[bool] | None = None


AnyOf = Annotated[tuple[When, ...], BeforeValidator(_listed)]
"""Several: one must hold."""

_OF_MATTER: Final = (
    "demand", "actor", "object", "place", "tense", "polarity", "stage", "procedure", "breadth", "again", "unfounded",
)  # fmt: skip
_OF_LETTER: Final = (
    "anonymous", "has_contact", "own_department", "readable", "complete", "confidential", "answer_known",
)  # fmt: skip
_FIELDS: Final = (*_OF_MATTER, *_OF_LETTER)
_matter = attrgetter(*_OF_MATTER)
_letter = attrgetter(*_OF_LETTER)

Seen = tuple[Hashable, ...]
"""The values of all fields that rules may test, in the order of ``_FIELDS``."""


def seen(matter: Matter, about: Circumstances) -> Seen:
    """What the rules see."""
    values: Seen = _matter(matter) + _letter(about)
    return values


def holds(any_of: tuple[When, ...]) -> Callable[[Seen], bool]:
    """The test that *any_of* states; none: always true."""
    tests = tuple(_compiled(one) for one in any_of)

    def test(values: Seen) -> bool:
        return not tests or any(all(values[at] in allowed for at, allowed in one) for one in tests)

    return test


def _compiled(when: When) -> tuple[tuple[int, frozenset[Any]], ...]:
    return tuple(
        (at, frozenset(allowed))
        for at, name in enumerate(_FIELDS)
        if (allowed := getattr(when, name)) is not None
    )


def values_of(when: When) -> dict[str, tuple[str, ...]]:
    """The fields named, with their values as they stand in the file: for showing."""
    said = when.model_dump(mode="json", exclude_none=True)
    return {name: tuple(str(value).lower() for value in values) for name, values in said.items()}
