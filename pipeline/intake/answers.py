"""What is asked of the parser worker, and what can come of it."""

from dataclasses import dataclass
from typing import Literal

from schemas.letter import Content


@dataclass(frozen=True, slots=True)
class Request:
    """One letter to be read: its channel, and (meta, bytes, blob path or "") of each piece."""

    channel: str
    pieces: tuple[tuple[bytes, bytes, str], ...]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A letter as it was read. *cue*: of the danger that it speaks of, or empty; the desk looks again."""

    content: Content
    cue: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nobody can read this letter. ``error`` is a name of ours or a type's; ``is_fault``: our bug, not the sender's."""

    error: str
    detail: str = ""
    is_fault: bool = False


Suspect = Literal["suspect"]
Result = Normalised | Unreadable | Suspect
