"""Text that every later reader can bear: no NUL, no lone surrogate, no more of it than a record holds."""

import re
from typing import Any

from schemas.base import Record
from schemas.topics import TEXT_BYTES_MAX

_BAD = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """*text* without NUL; a lone surrogate becomes U+FFFD."""
    return _BAD.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def within(text: str) -> str:
    """As much of *text* as a record holds."""
    data = text.encode()
    return text if len(data) <= TEXT_BYTES_MAX else data[:TEXT_BYTES_MAX].decode(errors="ignore")


def cleaned(value: Any) -> Any:
    """*value* with every string in it clean, through records, tuples and mappings."""
    match value:
        case str():
            return clean(value)
        case Record():
            return value.model_copy(
                update={name: cleaned(getattr(value, name)) for name in type(value).model_fields}
            )
        case tuple():
            return tuple(cleaned(item) for item in value)
        case dict():
            return {key: cleaned(item) for key, item in value.items()}
        case _:
            return value
