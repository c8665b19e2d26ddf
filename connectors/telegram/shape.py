"""What every model of Telegram's format is made of.

Unknown fields are ignored: the raw bytes are kept, and Telegram adds some with every release.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from connectors._charset import clean


class Shape(BaseModel):
    """Base of the models."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False, populate_by_name=True
    )


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_cleaned)]
"""Text without NUL and without halves of surrogate pairs, which JSON may hold and our records may not."""

Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""Ids of chats, people and messages: 64 bits, groups are below zero."""

Moment = Annotated[int, Field(ge=0, lt=253_402_300_800)]
"""Seconds since 1970."""
