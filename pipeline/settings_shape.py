"""The shape of settings: which types a field takes, and which keys may stand in the table at a place."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def kinds(annotation: Any) -> tuple[Any, ...]:
    """The plain types of an annotation: ``Annotated`` and optional unfolded."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return kinds(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in kinds(part) if kind is not NoneType)
    return (annotation,)


def fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model an annotation leads to, and whether a map of names lies between."""
    for kind in kinds(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind, False
        if get_origin(kind) in (dict, Mapping):
            return model_in(get_args(kind)[1])[0], True
    return None, False


def names_at(model: type[BaseModel] | None, place: Sequence[str]) -> list[str]:
    """The keys that may stand in the table at *place*."""
    rest = list(place)
    while model is not None and rest:
        model, through_map = model_in(fields(model).get(rest.pop(0)))
        if through_map and rest:
            rest.pop(0)
        elif through_map:
            return []
    return sorted(fields(model)) if model is not None else []
