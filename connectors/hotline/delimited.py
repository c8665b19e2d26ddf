"""CSV as call centres export it: comma, semicolon or tab, line breaks inside quotes, ``sep=;`` in front.

A line that breaks the rules of quoting is turned away; the reader goes on with the next line, whatever a quote that
never ends has swallowed of it.
"""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator

from connectors.hotline.calls import BadTranscript
from connectors.hotline.tables import ROWS_MAX, Row

_FIELD_CHARACTERS_MAX = 1_048_576
_DELIMITERS = ",;\t，；|"
_SNIFFED_LINES = 10
ROW_LINES_MAX = 500
"""Lines inside the quotes of one row: more is a quote that does not end."""
_HEADER_CHARACTERS_MAX = 10_000
_LIST_NUMBER_CHARACTERS_MAX = 3


class _Lines:
    """Lines of a text, remembering those of the row in hand. Raises csv.Error where a row has too many."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._again: deque[str] = deque()
        self.row: list[str] = []
        self.read = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= ROW_LINES_MAX:
            raise csv.Error("a quote does not end")
        line = self._again.popleft() if self._again else next(self._lines)
        self.row.append(line)
        self.read += 1
        return line

    def only_the_first(self) -> str:
        """Of the row in hand only its first line is used up; the others are read again."""
        first, *others = self.row
        self._again.extendleft(reversed(others))
        self.read -= len(others)
        return first


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
        begins = lines.read + 1 + skipped
        lines.row.clear()
        try:
            cells = next(reader)
            broken = "引号不成对，吞掉了下一行" if _swallowed_a_row(lines.row, cells, delimiter) else ""
        except StopIteration:
            return rows
        except csv.Error:
            cells, broken = [], "引号不成对，或一格过长"
        if broken:
            rows.append(Row(begins, [lines.only_the_first()], broken))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        elif any(cell.strip() for cell in cells):
            rows.append(Row(begins, cells))
        if len(rows) > ROWS_MAX + 1:
            raise BadTranscript(f"超过 {ROWS_MAX} 行，请分成几个文件")


def _swallowed_a_row(lines: list[str], cells: list[str], delimiter: str) -> bool:
    """A line inside quotes begins as its row does (``A0017,``): a quote that a later row closed, not words.

    Of short numbers nothing is said: ``1,`` is what a list begins with.
    """
    if len(lines) == 1:
        return False
    shape = _shape(cells[0]) if cells else ""
    if "9" not in shape or len(shape) <= _LIST_NUMBER_CHARACTERS_MAX:
        return False
    return any(
        delimiter in line and _shape(line.split(delimiter, 1)[0].strip('"')) == shape for line in lines[1:]
    )


def _shape(cell: str) -> str:
    """``A0017`` is ``a9999``."""
    return "".join("9" if one.isdigit() else "a" if one.isalpha() else one for one in cell)


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
