"""CSV as call centres export it: comma, semicolon or tab, line breaks inside quotes, ``sep=;`` in front.

A row that breaks the rules of quoting is turned away with its line; the reader goes on with the next line.
"""

import csv
import io
from collections.abc import Callable, Iterator

from connectors.hotline.calls import BadTranscript
from connectors.hotline.tables import ROWS_MAX, Row

_FIELD_CHARACTERS_MAX = 1_048_576
_DELIMITERS = ",;\t，；|"
_SNIFFED_LINES = 10
_HEADER_CHARACTERS_MAX = 10_000


class _Lines:
    """Lines of a text, remembering those of the row in hand."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.row.append(line)
        return line


def rows_of(text: str, known: Callable[[str], bool]) -> list[Row]:
    """Every row that is not blank, the header among them; *known* tells a header's name.

    Raises BadTranscript where they are too many.
    """
    delimiter, text, skipped = _delimiter(text, known)
    csv.field_size_limit(_FIELD_CHARACTERS_MAX)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[Row] = []
    while True:
        begins = reader.line_num + 1 + skipped
        lines.row.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error:
            rows.append(Row(begins, ["".join(lines.row)], "引号不成对，或一格过长"))
            continue
        if any(cell.strip() for cell in cells):
            rows.append(Row(begins, cells))
        if len(rows) > ROWS_MAX + 1:
            raise BadTranscript(f"超过 {ROWS_MAX} 行，请分成几个文件")


def _delimiter(text: str, known: Callable[[str], bool]) -> tuple[str, str, int]:
    """The delimiter, the text without a line that only names it, and how many lines that were.

    It is the one that makes the most known headers: what citizens say is full of commas and semicolons.
    """
    first, _, rest = text.partition("\n")
    named = first.rstrip("\r")
    if named.lower().startswith("sep=") and len(named) == len("sep=") + 1:
        return named[-1], rest, 1
    head = [
        line
        for line in text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
        if len(line) < _HEADER_CHARACTERS_MAX
    ]

    def headers(mark: str) -> int:
        return max(
            (sum(known(cell.strip('"')) for cell in line.strip().split(mark)) for line in head), default=0
        )

    return max(_DELIMITERS, key=headers), text, 0
