"""Where a key stands in a TOML file: the standard parser gives values without places, and an error without a line is a riddle."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*(?P<keys>[^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(
    r"""^\s*(?P<keys>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_FENCES = ('"""', "'''")


def _keys(text: str) -> tuple[str, ...]:
    return tuple(found.group().strip("\"'") for found in _KEY.finditer(text))


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line, from 1, of every table and key of a file that parses. Keys of inline tables have their table's line."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        fence = next((mark for mark in _FENCES if line.count(mark) % 2 == 1), "")
        if header := _HEADER.match(line):
            table = _keys(header["keys"])
            _note(lines, table, number)
        elif pair := _PAIR.match(line):
            _note(lines, table + _keys(pair["keys"]), number)
    return lines


def _note(lines: dict[tuple[str, ...], int], path: tuple[str, ...], number: int) -> None:
    for length in range(1, len(path) + 1):
        lines.setdefault(path[:length], number)


def line_of(lines: dict[tuple[str, ...], int], path: Sequence[str]) -> int:
    """The line of *path*, or of the nearest table around it; 1 where nothing of it is written."""
    for length in range(len(path), 0, -1):
        if (found := lines.get(tuple(path[:length]))) is not None:
            return found
    return 1
