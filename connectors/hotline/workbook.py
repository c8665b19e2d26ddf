"""Spreadsheets (XLSX, XLS, ODS): looked over as an archive first, then read by python-calamine.

The reader holds a sheet as one block from its first to its last cell, so a cell at the far end of a nearly empty
sheet would cost gigabytes: what an archive unpacks to, and how far its cells reach, is measured before. Values of
formulas are whatever was computed last by somebody else: rows with formulas are turned away. Of XLS and ODS, which
cannot be looked over in the same way, this is not seen; the worker's limits hold for them.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from connectors.hotline.calls import BadTranscript
from connectors.hotline.reading import Columns
from connectors.hotline.tables import COLUMNS_MAX, HEADER_ROWS_MAX, ROWS_MAX, Header, Row, find_header

ENTRIES_MAX = 1000
UNPACKED_BYTES_MAX = 100 * 1024 * 1024
RATIO_MAX = 100
_SMALL_BYTES = 1024 * 1024
"""An archive that unpacks to less is no bomb, however well it was packed."""
CELLS_MAX = 5_000_000

_ZIP = b"PK\x03\x04"
_CELL = re.compile(
    rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]*>(\s{0,100}<(?:\w+:)?f[\s/>])?"
)
_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br=[\"'](\d{1,10})[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([^\"']{1,40})")
_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def rows_of(data: bytes, columns: Columns) -> tuple[Header, list[Row]]:
    """The header and the rows below it of the one sheet that has such a header. Raises BadTranscript."""
    formulas = _looked_over(data) if data.startswith(_ZIP) else {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        found: list[tuple[Header, list[Row]]] = []
        lacking: list[BadTranscript] = []
        for sheet in book.sheets_metadata:
            if sheet.visible is not SheetVisibleEnum.Visible:
                continue
            cells = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False, nrows=_READ_ROWS)
            try:
                found.append(_sheet(cells, columns, formulas.get(sheet.name, frozenset())))
            except BadTranscript as error:
                if any(any(cell != "" for cell in row) for row in cells):
                    lacking.append(error)
    except PasswordError:
        raise BadTranscript("表格有密码保护") from None
    except CalamineError:
        raise BadTranscript("不是完整的表格文件") from None
    if len(found) != 1:
        raise (
            BadTranscript("有几张工作表都像是来电表，请只留一张")
            if found
            else next(iter(lacking), BadTranscript("表格是空的"))
        )
    return found[0]


_READ_ROWS = ROWS_MAX + HEADER_ROWS_MAX + 1


def _sheet(cells: list[list[Any]], columns: Columns, formulas: frozenset[int]) -> tuple[Header, list[Row]]:
    header = find_header([row[:COLUMNS_MAX] for row in cells[:HEADER_ROWS_MAX]], columns)
    rows = [
        Row(number, row[:COLUMNS_MAX], "有公式，不是录入的内容" if number in formulas else "")
        for number, row in enumerate(cells[header.row + 1 :], header.row + 2)
        if number in formulas or any(cell not in ("", None) for cell in row)
    ]
    if len(rows) > ROWS_MAX:
        raise BadTranscript(f"超过 {ROWS_MAX} 行，请分成几个文件")
    return header, rows


def _looked_over(data: bytes) -> dict[str, frozenset[int]]:
    """The rows with formulas of each sheet. Raises BadTranscript for an archive that is a trap."""
    formulas: dict[str, frozenset[int]] = {}
    kept: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _measured(entries, len(data))
            if not {_BOOK, "content.xml"} & {entry.filename for entry in entries}:
                raise BadTranscript("不是 XLSX、XLS 或 ODS 表格")
            for name, part in _xml_parts(archive, entries):
                if "/worksheets/" in f"/{name}":
                    formulas[name] = _cells_of(part)
                elif name in (_BOOK, _RELATIONS):
                    kept[name] = part
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        raise BadTranscript("不是完整的表格文件") from None
    return {sheet: formulas.get(part, frozenset()) for sheet, part in _sheets(kept).items()}


def _measured(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES_MAX or unpacked > UNPACKED_BYTES_MAX:
        raise BadTranscript(f"表格解开后过大（最多 {ENTRIES_MAX} 个部件、{UNPACKED_BYTES_MAX} 字节）")
    if unpacked > _SMALL_BYTES and unpacked > RATIO_MAX * size:
        raise BadTranscript(f"表格的压缩比超过 {RATIO_MAX} 倍")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names) or any(
        name.startswith("/") or ".." in name.split("/") for name in names
    ):
        raise BadTranscript("表格文件的部件名称不合规")
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadTranscript("表格有密码保护")


def _xml_parts(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    """Every XML part, none of them with a DTD. What an entry unpacks to is checked by its size and checksum."""
    for entry in entries:
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        part = archive.read(entry)
        declared = _DECLARED.search(part[:400])
        if part[:2] in (b"\xff\xfe", b"\xfe\xff") or (
            declared and declared[1].lower() not in (b"utf-8", b"us-ascii")
        ):
            raise BadTranscript("表格文件的编码不是 UTF-8")
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise BadTranscript("表格文件里有 DTD")
        yield entry.filename, part


def _cells_of(part: bytes) -> frozenset[int]:
    """The rows in which a cell holds a formula. Raises BadTranscript where cells reach too far."""
    widest = last = formulas = 0
    rows: set[int] = set()
    for found in _CELL.finditer(part):
        row = int(found[2])
        widest, last = max(widest, _column_no(found[1])), max(last, row)
        if found[3]:
            rows.add(row)
            formulas += 1
    last = max(last, max((int(found[1]) for found in _ROW.finditer(part)), default=0))
    if last > _READ_ROWS:
        raise BadTranscript(f"超过 {ROWS_MAX} 行，请分成几个文件")
    if last * widest > CELLS_MAX:
        raise BadTranscript(f"工作表的范围超过 {CELLS_MAX} 格")
    if len(_FORMULA.findall(part)) > formulas:
        raise BadTranscript("有公式不在带位置的单元格里，无法判断在哪一行")
    return frozenset(rows)


def _column_no(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(parts: dict[str, bytes]) -> dict[str, str]:
    """Which part holds which sheet. Raises BadTranscript."""
    try:
        book = ET.fromstring(parts.get(_BOOK, b"<none/>"))  # noqa: S314 - parts with a DTD were refused
        relations = ET.fromstring(parts.get(_RELATIONS, b"<none/>"))  # noqa: S314 - as above
    except ET.ParseError:
        raise BadTranscript("不是完整的表格文件") from None
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
    found = {}
    for sheet in book.iter():
        if sheet.tag.endswith("}sheet"):
            target = targets.get(sheet.get(_RELATION, ""), "")
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            found[sheet.get("name", "")] = str(PurePosixPath(part))
    return found
