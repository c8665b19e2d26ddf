"""Tables of calls, whatever file they came in: which column is which, and what a row says.

A row is a call, or, where a column tells who speaks, a turn of one. Headers are found by their names: those that the
settings map must be there, and none may stand there twice; for the rest the usual Chinese names are known. What a
spreadsheet has spoilt (``1.38E+10``, a number longer than 15 digits, a formula) is refused, never mended.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, get_args

from connectors.hotline.calls import BadTranscript, made, moment
from connectors.hotline.items import Bad, Good, Item
from connectors.hotline.reading import Cast, Column, Columns
from connectors.hotline.text import BROKEN

HEADER_ROWS_MAX = 10
ROWS_MAX = 100_000
COLUMNS_MAX = 200
_SOURCE_CHARACTERS_MAX = 20_000

USUAL: Mapping[Column, tuple[str, ...]] = {
    "call_id": ("call_id", "来电编号", "通话编号", "呼叫编号", "通话id", "呼叫id", "会话id", "录音编号", "工单编号",
                "工单号", "受理编号"),
    "order_no": ("order_no", "工单编号", "工单号", "受理编号"),
    "phone": ("phone", "来电号码", "主叫号码", "来电电话", "联系电话", "电话号码", "手机号", "手机号码", "电话"),
    "name": ("name", "来电人", "来电人姓名", "市民姓名", "诉求人", "诉求人姓名", "姓名"),
    "started_at": ("started_at", "来电时间", "通话开始时间", "通话时间", "呼入时间", "受理时间", "登记时间"),
    "place": ("place", "事发地址", "事发地点", "事件地址", "诉求地址", "地址"),
    "kind": ("kind", "诉求类型", "工单类型", "诉求类别"),
    "subject": ("subject", "标题", "工单标题", "诉求标题", "主题"),
    "text": ("text", "来电内容", "诉求内容", "工单内容", "问题描述", "通话内容", "转写文本", "内容"),
    "speaker": ("speaker", "说话人", "说话人角色", "角色"),
    "channel": ("channel", "声道"),
    "start_ms": ("start_ms", "开始毫秒", "开始时间(毫秒)"),
    "end_ms": ("end_ms", "结束毫秒", "结束时间(毫秒)"),
    "seq": ("seq", "句序", "句号"),
    "confidence": ("confidence", "置信度"),
}  # fmt: skip
_REQUIRED: tuple[Column, ...] = ("call_id", "text")
_EXACT: frozenset[str] = frozenset({"call_id", "order_no", "phone"})
_CALL_COLUMNS: tuple[Column, ...] = ("call_id", "order_no", "phone", "name", "place", "kind", "subject")
_TURN_COLUMNS: tuple[Column, ...] = ("seq", "channel", "start_ms", "end_ms", "confidence", "text")

_SPOILT = re.compile(r"[+-]?\d(\.\d+)?[eE]\+?\d+\Z", re.ASCII)
_KEPT_AS_TEXT = re.compile(r'="([^"=]*)"\Z')
_DIGITS_EXACT = 10**15


class Row(NamedTuple):
    """A row as its file has it: the line (or the sheet's row), and the cells."""

    line: int
    cells: Sequence[Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands among the rows, and the place of each column."""

    row: int
    places: Mapping[Column, int]
    others: Mapping[int, str]

    @property
    def of_turns(self) -> bool:
        """Whether a row is a turn."""
        return "speaker" in self.places or "channel" in self.places


def find_header(rows: Sequence[Sequence[Any]], columns: Columns) -> Header:
    """The header among the first *rows*. Raises BadTranscript naming the first column that is missing."""
    best, missing = -1, _wanted("call_id", columns)
    for number in range(min(len(rows), HEADER_ROWS_MAX)):
        # Below merged cells the second line names the columns; where it is empty the first one does.
        above = rows[number - 1] if number else ()
        names = [
            _name(cell) or _name(above[place] if place < len(above) else "")
            for place, cell in enumerate(rows[number][:COLUMNS_MAX])
        ]
        lacking = _lacking(names, columns)
        if not lacking:
            return _header(number, names, columns)
        known = sum(_place(column, names, columns) is not None for column in get_args(Column))
        if known > best:
            best, missing = known, lacking
    raise BadTranscript(f"表头缺少列“{missing}”")


def knows(columns: Columns) -> Callable[[str], bool]:
    """Whether a cell is the name of a column."""
    names = {_name(header) for header in columns.values()} | {
        name for every in USUAL.values() for name in every
    }
    return lambda cell: _name(cell) in names


def _name(cell: Any) -> str:
    text = unicodedata.normalize("NFKC", str(cell)) if isinstance(cell, str) else ""
    return re.sub(r"[\s\ufeff*]+", "", text).lower()


def _wanted(column: Column, columns: Columns) -> str:
    return columns.get(column) or USUAL[column][1]


def _lacking(names: Sequence[str], columns: Columns) -> str:
    for column in get_args(Column):
        if (column in columns or column in _REQUIRED) and _place(column, names, columns) is None:
            return _wanted(column, columns)
    return ""


def _place(column: Column, names: Sequence[str], columns: Columns) -> int | None:
    known = (_name(columns[column]),) if column in columns else USUAL[column]
    return next((names.index(name) for name in known if name in names), None)


def _header(number: int, names: Sequence[str], columns: Columns) -> Header:
    places: dict[Column, int] = {}
    for column in get_args(Column):
        place = _place(column, names, columns)
        if place is None:
            continue
        if names.count(names[place]) > 1:
            raise BadTranscript(f"列“{names[place]}”出现了两次")
        places[column] = place
    taken = set(places.values())
    others = {place: name[:100] for place, name in enumerate(names) if name and place not in taken}
    return Header(number, places, others)


def items_of(header: Header, rows: Sequence[Row], cast: Cast) -> Iterator[Item]:
    """Every call, and every row that cannot be taken, in the order of their lines."""
    if header.of_turns:
        yield from _by_turns(header, rows, cast)
        return
    for row in rows:
        try:
            cells = _cells(header, row)
            yield Good(row.line, made(_call_fields(header, row, cells) | _said(cells.get("text", ""), cast)))
        except BadTranscript as error:
            yield Bad(row.line, str(error), source_of(row))


def _by_turns(header: Header, rows: Sequence[Row], cast: Cast) -> Iterator[Item]:
    calls: dict[str, dict[str, Any]] = {}
    found: list[tuple[int, str | Bad]] = []
    spoilt: set[str] = set()
    for row in rows:
        call_id = ""
        try:
            cells = _cells(header, row)
            call_id = cells.get("call_id", "")
            turn: dict[str, Any] = {column: cells[column] for column in _TURN_COLUMNS if column in cells}
            turn["speaker"] = cast.who(cells.get("speaker"), cells.get("channel"))
            turn["channel"] = cells.get("channel") or cells.get("speaker", "")
            one = made(_call_fields(header, row, cells) | {"turns": [_numbered(turn, calls.get(call_id))]})
        except BadTranscript as error:
            found.append((row.line, Bad(row.line, str(error), source_of(row))))
            spoilt.add(call_id)
            continue
        if call_id not in calls:
            found.append((row.line, call_id))
            calls[call_id] = {"lines": [], "fields": one.model_dump(exclude={"turns"}), "turns": []}
        calls[call_id]["lines"].append(row.line)
        calls[call_id]["turns"].extend(one.turns)
    for line, item in found:
        yield item if isinstance(item, Bad) else _joined(line, calls[item], item in spoilt)


def _numbered(turn: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    number = str(turn.pop("seq", "") or "")
    place = len(known["turns"]) + 1 if known else 1
    return turn | {"seq": int(number) if number.isascii() and number.isdigit() and len(number) < 9 else place}


def _joined(line: int, call: dict[str, Any], spoilt: bool) -> Item:
    try:
        turns = sorted(call["turns"], key=lambda turn: turn.seq)
        defects = (*call["fields"]["defects"], *(("turns_missing",) if spoilt else ()))
        fields = call["fields"] | {"turns": turns, "defects": defects}
        return Good(line, made(fields), len(call["lines"]))
    except BadTranscript as error:
        source = "\n".join(turn.text for turn in call["turns"])[:_SOURCE_CHARACTERS_MAX]
        return Bad(line, str(error), source, len(call["lines"]))


def _cells(header: Header, row: Row) -> dict[Column, str]:
    if row.problem:
        raise BadTranscript(row.problem)
    if len(row.cells) <= max(header.places[column] for column in header.places):
        raise BadTranscript("列数比表头少，行不完整")
    return {column: _cell(column, row.cells[place]) for column, place in header.places.items()}


def _cell(column: str, value: Any) -> str:
    """A cell as text. Raises BadTranscript where it is not what was written."""
    match value:
        case None:
            return ""
        case str():
            text = kept.strip() if (kept := _unwrapped(value)) is not None else value.strip()
            if kept is None and text.startswith("="):
                raise BadTranscript(f"{_label(column)}是公式")
            if BROKEN in text:
                raise BadTranscript(f"{_label(column)}的字符编码损坏")
            if column in _EXACT and _SPOILT.match(text):
                raise BadTranscript(f"{_label(column)}被表格软件改写成科学计数，原值已丢失")
            return text.removesuffix(".0") if column in _EXACT else text
        case bool():
            return "是" if value else "否"
        case int() | float():
            if column in _EXACT and (value != value // 1 or abs(value) >= _DIGITS_EXACT):
                raise BadTranscript(f"{_label(column)}被表格软件当作数字保存，原值已丢失")
            return str(int(value)) if value == value // 1 else repr(value)
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time() | timedelta():
            return str(value)
        case _:
            raise BadTranscript(f"{_label(column)}无法读取")


def _unwrapped(value: str) -> str | None:
    """What ``="0138…"`` keeps as text, or None."""
    found = _KEPT_AS_TEXT.match(value.strip())
    return found[1] if found else None


def _label(column: str) -> str:
    return "“" + next((names[1] for known, names in USUAL.items() if known == column), column) + "”"


def _call_fields(header: Header, row: Row, cells: Mapping[Column, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {column: cells[column] for column in _CALL_COLUMNS if column in cells}
    if written := cells.get("started_at"):
        fields["started_at"] = moment(written)
        if fields["started_at"] is None:
            fields["defects"] = ("bad_time",)
            fields["other"] = {"started_at": written[:200]}
    others = {name: str(row.cells[place])[:2000] for place, name in header.others.items()
              if place < len(row.cells) and row.cells[place] not in (None, "")}  # fmt: skip
    return fields | {"other": fields.get("other", {}) | others}


def _said(text: str, cast: Cast) -> dict[str, Any]:
    """A text in which every line names its speaker is a dialogue; any other is the agent's note."""
    lines = [line for line in text.splitlines() if line.strip()]
    turns = [cast.named_in(line) for line in lines]
    if not turns or any(who == "unknown" for who, _ in turns):
        return {"text": text}
    return {"turns": [{"seq": n, "speaker": who, "text": words} for n, (who, words) in enumerate(turns, 1)]}


def source_of(row: Row) -> str:
    """A row as a person may read it in quarantine."""
    return "\t".join("" if cell is None else str(cell) for cell in row.cells)[:_SOURCE_CHARACTERS_MAX]
