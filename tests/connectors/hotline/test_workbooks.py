"""Spreadsheets written by openpyxl and read by calamine: what cells mean, and archives that are traps."""

import io
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook
from xls_file import xls

from connectors.hotline import workbook
from connectors.hotline.calls import BadTranscript
from connectors.hotline.payload import normalise
from schemas.errors import Malformed
from schemas.letter import Content, Raw

Cut = Callable[..., Sequence[Raw]]
HEAD = ("来电编号", "来电号码", "来电时间", "来电内容")
SHEET = "xl/worksheets/sheet1.xml"


def book(*rows: Sequence[Any], change: Callable[[Workbook], None] | None = None) -> bytes:
    made = Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    if change is not None:
        change(made)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def repacked(data: bytes, **parts: Callable[[bytes], bytes]) -> bytes:
    """The archive with parts changed (their names with __ for / and _ for .) or added."""
    changes = {name.replace("__", "/").replace("_xml", ".xml"): change for name, change in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in changes if name not in old.namelist())]:
            part = old.read(name) if name in old.namelist() else b""
            new.writestr(name, changes[name](part) if name in changes else part)
    return file.getvalue()


def contents(pieces: Sequence[Raw]) -> list[Content | str]:
    found: list[Content | str] = []
    for piece in pieces:
        try:
            found.append(normalise((piece,)))
        except Malformed as error:
            found.append(str(error))
    return found


def test_cells_mean_what_was_typed(cut_file: Cut) -> None:
    when = datetime(2026, 11, 23, 15, 42)  # noqa: DTZ001 - a cell has no zone
    data = book(
        HEAD,
        (20261123001, 13800001234, when, "路灯坏了"),
        ("A2", "013800001234", "2026年11月23日 8时5分", "井盖"),
    )
    one, two = contents(cut_file(data, "calls.xlsx"))
    assert isinstance(one, Content)
    assert isinstance(two, Content)
    assert (one.sender.phone, two.sender.phone) == ("13800001234", "013800001234")
    assert [str(found.sent_at) for found in (one, two)] == [
        "2026-11-23 15:42:00+08:00", "2026-11-23 08:05:00+08:00",
    ]  # fmt: skip
    assert cut_file(data, "calls.xlsx")[0].letter_key == "20261123001"


def test_the_same_rows_as_csv_are_the_same_calls(cut_file: Cut) -> None:
    (sheet,) = cut_file(book(HEAD, ("A1", 13800001234, "2026-11-23 15:42", "路灯坏了")), "calls.xlsx")
    (text,) = cut_file(
        "来电编号,来电号码,来电时间,来电内容\nA1,13800001234,2026-11-23 15:42,路灯坏了\n".encode(), "c.csv"
    )
    assert sheet.external_id == text.external_id


def test_merged_header_cells_and_a_title(cut_file: Cut) -> None:
    def merged(made: Workbook) -> None:
        sheet = made.worksheets[0]
        sheet.merge_cells("A1:D1")
        sheet.merge_cells("A2:C2")
        sheet.merge_cells("D2:D3")

    data = book(
        ("来电明细",), ("来电信息", None, None, "来电内容"), ("来电编号", "来电号码", "来电时间"),
        ("A1", 13800001234, None, "路灯坏了"), change=merged,
    )  # fmt: skip
    (found,) = contents(cut_file(data, "calls.xlsx"))
    assert isinstance(found, Content)
    assert found.text == "路灯坏了"


def test_numbers_that_lost_their_digits_and_formulas_turn_their_row_away(cut_file: Cut) -> None:
    rows = (
        ("A1", 1, None, "路灯"), (2026112300000000123, 2, None, "井盖"), ("A3", 3, None, "=A1"), ("A4", 4.5, None, "垃圾"),
        ("A5", "1.38E+10", None, "噪声"), (None, None, None, None), ("A6", 6, None, "油烟"),
    )  # fmt: skip
    found = contents(cut_file(book(HEAD, *rows), "calls.xlsx", rows=6))
    assert [one for one in found if isinstance(one, str)] == [
        "第 3 行：“来电编号”被表格软件当作数字保存，原值已丢失",
        "第 4 行：有公式，不是录入的内容",
        "第 5 行：“来电号码”被表格软件当作数字保存，原值已丢失",
        "第 6 行：“来电号码”被表格软件改写成科学计数，原值已丢失",
    ]
    assert [one.text for one in found if isinstance(one, Content)] == ["路灯", "油烟"]


def test_other_sheets_are_left_alone_and_two_tables_are_one_too_many(cut_file: Cut) -> None:
    def with_notes(made: Workbook) -> None:
        made.create_sheet("说明", 0).append(["填表说明"])
        hidden = made.create_sheet("旧表")
        hidden.append(HEAD)
        hidden.sheet_state = "hidden"

    def twice(made: Workbook) -> None:
        made.create_sheet("二").append(HEAD)

    row = ("A1", 1, None, "路灯")
    assert len(cut_file(book(HEAD, row, change=with_notes), "c.xlsx")) == 1
    with pytest.raises(BadTranscript, match="几张工作表"):
        cut_file(book(HEAD, row, change=twice), "c.xlsx")


def test_a_header_that_changed_is_refused_naming_the_column(cut_file: Cut) -> None:
    with pytest.raises(BadTranscript, match="表头缺少列“来电内容”"):
        cut_file(book(("来电编号", "来电号码", "说明"), ("A1", 1, "路灯")), "c.xlsx")


@pytest.mark.parametrize("at", [*range(0, 5200, 400), -1])
def test_a_workbook_cut_anywhere_is_refused_whole(cut_file: Cut, at: int) -> None:
    data = book(HEAD, ("A1", 1, None, "路灯"))
    with pytest.raises(BadTranscript):
        cut_file(data[: at % len(data)], "c.xlsx")


def test_changed_bytes_raise_nothing_but_ours(cut_file: Cut) -> None:
    data = book(HEAD, ("A1", 1, None, "路灯"))
    for place in range(0, len(data), 37):
        spoilt = data[:place] + bytes([data[place] ^ 0xA5]) + data[place + 1 :]
        try:
            contents(cut_file(spoilt, "c.xlsx"))
        except BadTranscript:
            continue


def with_dtd(part: bytes) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + part


def far_cell(part: bytes) -> bytes:
    return part.replace(b"</sheetData>", b'<row r="99999"><c r="XFD99999"><v>1</v></c></row></sheetData>')


def low_cell(part: bytes) -> bytes:
    return part.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')


def placeless_formula(part: bytes) -> bytes:
    return part.replace(b"</sheetData>", b"<row><c><f>1+1</f><v>2</v></c></row></sheetData>")


def as_utf16(part: bytes) -> bytes:
    return part.decode().encode("utf-16")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_dtd, "DTD"),
        (far_cell, "范围超过"),
        (low_cell, "超过 100000 行"),
        (placeless_formula, "有公式不在带位置的单元格里"),
        (as_utf16, "编码不是 UTF-8"),
        (lambda part: part + b" " * 40_000_000, "压缩比超过"),
        (lambda part: part + b" " * (workbook.UNPACKED_BYTES_MAX + 1), "解开后过大"),
    ],
)
def test_a_sheet_that_is_a_trap_is_refused_before_it_is_read(
    cut_file: Cut, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes], why: str
) -> None:
    class Unread:
        @staticmethod
        def from_filelike(*_: object) -> None:
            pytest.fail("the reader saw a trap")

    monkeypatch.setattr(workbook, "CalamineWorkbook", Unread)
    data = repacked(book(HEAD, ("A1", 1, None, "路灯")), xl__worksheets__sheet1_xml=change)
    with pytest.raises(BadTranscript, match=why):
        cut_file(data, "c.xlsx")


def test_too_many_parts_and_names_that_climb_are_refused(cut_file: Cut) -> None:
    data = book(HEAD, ("A1", 1, None, "路灯"))
    many = repacked(data, **{f"x{number}_xml": lambda _: b"<a/>" for number in range(workbook.ENTRIES_MAX)})
    climbing = repacked(data, **{"..__..__a_xml": lambda _: b"<a/>"})
    for trap, why in ((many, "解开后过大"), (climbing, "部件名称")):
        with pytest.raises(BadTranscript, match=why):
            cut_file(trap, "c.xlsx")


def test_an_entry_that_lies_about_its_size_is_refused(cut_file: Cut) -> None:
    data = bytearray(
        repacked(
            book(HEAD, ("A1", 1, None, "路灯")), xl__worksheets__sheet1_xml=lambda part: part + b" " * 500_000
        )
    )
    name = data.rindex(SHEET.encode())
    data[name - 46 + 24 : name - 46 + 28] = (100).to_bytes(4, "little")
    with pytest.raises(BadTranscript):
        cut_file(bytes(data), "c.xlsx")


def test_rubbish_that_is_named_a_workbook_is_refused(cut_file: Cut) -> None:
    for data in (
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"<table><tr><td>x</td></tr></table>",
    ):
        with pytest.raises(BadTranscript):
            cut_file(data, "calls.xlsx")


def test_ten_thousand_rows_are_read_in_order(cut_file: Cut) -> None:
    data = book(HEAD, *((f"A{n}", 13800000000 + n, None, f"示例路 {n} 号的路灯坏了") for n in range(10_000)))
    pieces = cut_file(data, "calls.xlsx", rows=10_000)
    assert [piece.letter_key for piece in pieces] == [f"A{n}" for n in range(10_000)]


def test_an_old_workbook_that_is_named_xlsx_is_read(cut_file: Cut) -> None:
    data = xls(
        [("来电编号", "来电号码", "来电内容"), ("A1", 13800001234.0, "路灯坏了"), ("A2", 1.5, "井盖丢了")]
    )
    good, bad = contents(cut_file(data, "calls.xlsx", rows=2))
    assert isinstance(good, Content)
    assert (good.sender.phone, good.text) == ("13800001234", "路灯坏了")
    assert bad == "第 3 行：“来电号码”被表格软件当作数字保存，原值已丢失"


def test_a_binary_workbook_whose_formulas_nobody_sees_is_refused(cut_file: Cut) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")
    with pytest.raises(BadTranscript, match="不是 XLSX、XLS 或 ODS"):
        cut_file(file.getvalue(), "calls.xlsx")


@pytest.mark.parametrize(
    ("far", "why"),
    [
        (b"<row r='1048576'><c><v>1</v></c></row>", "超过 100000 行"),
        (b"<row><c r='XFD99999'><v>1</v></c></row>", "范围超过"),
    ],
)
def test_other_quotes_and_cells_without_a_place_are_measured_too(cut_file: Cut, far: bytes, why: str) -> None:
    data = repacked(
        book(HEAD, ("A1", 1, None, "路灯")),
        xl__worksheets__sheet1_xml=lambda part: part.replace(b"</sheetData>", far + b"</sheetData>"),
    )
    with pytest.raises(BadTranscript, match=why):
        cut_file(data, "c.xlsx")


def test_a_sheet_of_open_tags_costs_no_minutes(cut_file: Cut) -> None:
    data = repacked(
        book(HEAD, ("A1", 1, None, "路灯")), xl__worksheets__sheet1_xml=lambda _: b"<c <row " * 100_000
    )
    began = time.process_time()
    with pytest.raises(BadTranscript):
        cut_file(data, "c.xlsx")
    assert time.process_time() - began < 5
