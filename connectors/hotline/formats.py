"""From the bytes of a file or a push to what it holds: one function over all formats, pure."""

from collections.abc import Iterator
from typing import Any

from connectors.hotline import asr, delimited, subtitles, tables, workbook
from connectors.hotline.calls import BadTranscript, made
from connectors.hotline.canonical import call_of, filled
from connectors.hotline.items import Bad, Good, Item
from connectors.hotline.reading import Cast, Reading
from connectors.hotline.text import BROKEN, json_of, text_of

_SOURCE_CHARACTERS_MAX = 20_000


def items_of(data: bytes, reading: Reading) -> list[Item]:
    """Raises BadTranscript where the whole of it cannot be taken."""
    cast = Cast(reading.speakers)
    format_ = reading.known_format()
    match format_:
        case "csv":
            items = list(_csv(data, reading, cast))
        case "xlsx":
            header, rows = workbook.rows_of(data, reading.columns)
            items = list(tables.items_of(header, rows, cast))
        case "json":
            items = list(_json(json_of(data), reading, cast))
        case "jsonl":
            items = list(_json_lines(text_of(data), cast))
        case "vtt":
            items = [_one(reading, "", {"turns": subtitles.vtt_turns(text_of(data), cast)})]
        case "srt":
            items = [_one(reading, "", {"turns": subtitles.srt_turns(text_of(data), cast)})]
        case "aliyun" | "tencent" | "iflytek" | "funasr":
            results = asr.results(format_, data, cast)
            items = [_one(reading, name, {"turns": turns}) for name, turns in results]
        case "auto":
            raise BadTranscript("没有写明格式")
    if not items:
        raise BadTranscript("没有一行数据")
    rows_read = sum(item.rows for item in items)
    if reading.rows is not None and reading.rows != rows_read:
        raise BadTranscript(f"清单写明 {reading.rows} 行，文件里有 {rows_read} 行")
    return items


def the_call(data: bytes, reading: Reading) -> Good:
    """The only call in *data*. Raises BadTranscript."""
    items = items_of(data, reading)
    if len(items) != 1:
        raise BadTranscript(f"一次推送只能有一通来电，这里有 {len(items)} 通")
    match items[0]:
        case Good() as good:
            return good
        case Bad() as bad:
            raise BadTranscript(bad.problem)


def _csv(data: bytes, reading: Reading, cast: Cast) -> Iterator[Item]:
    rows = delimited.rows_of(text_of(data), tables.knows(reading.columns))
    header = tables.find_header([row.cells for row in rows[: tables.HEADER_ROWS_MAX]], reading.columns)
    yield from tables.items_of(header, rows[header.row + 1 :], cast)


def _json(read: Any, reading: Reading, cast: Cast) -> Iterator[Item]:
    if not isinstance(read, list):
        yield Good(1, call_of(read, cast, dict(reading.call)))
        return
    if len(read) > tables.ROWS_MAX:
        raise BadTranscript(f"超过 {tables.ROWS_MAX} 通，请分成几个文件")
    for number, one in enumerate(read, 1):
        try:
            yield Good(number, call_of(one, cast, {}))
        except BadTranscript as error:
            yield Bad(number, str(error), repr(one)[:_SOURCE_CHARACTERS_MAX])


def _json_lines(text: str, cast: Cast) -> Iterator[Item]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > tables.ROWS_MAX:
        raise BadTranscript(f"超过 {tables.ROWS_MAX} 行，请分成几个文件")
    for number, line in lines:
        try:
            if BROKEN in line:
                raise BadTranscript("字符编码损坏")
            yield Good(number, call_of(json_of(line), cast, {}))
        except BadTranscript as error:
            yield Bad(number, str(error), line[:_SOURCE_CHARACTERS_MAX])


def _one(reading: Reading, name: str, fields: dict[str, Any]) -> Item:
    """A call whose format has no room for its name: a push says it, else the recogniser's name, else the file's."""
    said = {"call_id": name or reading.stem()} | reading.call
    return Good(1, made(filled(dict(fields), said)))
