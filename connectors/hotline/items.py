"""What a file holds: calls, and rows that cannot be taken."""

from dataclasses import dataclass

from connectors.hotline.calls import Call


@dataclass(frozen=True, slots=True)
class Good:
    """A call, the line it begins on, and how many rows of the file it took."""

    line: int
    call: Call
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be taken: why (no word of a citizen in it), and the row itself, for whoever mends it."""

    line: int
    problem: str
    source: str
    rows: int = 1


Item = Good | Bad
