"""A letter by each way in becomes one order, in the table, in the file and on the citizen's page."""

import json
from collections.abc import Callable

import pytest

from linekit.finding import wait_until
from linekit.history import Picture, reading
from linekit.letters import Draft, drafts
from linekit.line import Line
from linekit.people import Receipt, by_api, by_mail, by_page

ORDER_S_MAX = 30.0
WAYS: dict[str, Callable[[Line, Draft], Receipt]] = {"api": by_api, "page": by_page, "mail": by_mail}
LETTERS = drafts()


def row(line: Line, number: str) -> dict[str, object]:
    with reading(line.sql) as database:
        cursor = database.execute("SELECT * FROM work_order WHERE number = ?", (number,))
        rows = [dict(zip([column[0] for column in cursor.description], each, strict=True)) for each in cursor]
    assert len(rows) == 1, f"{number} has {len(rows)} rows"
    return rows[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_letter_becomes_an_order(line: Line, way: str) -> None:
    draft = next(LETTERS)
    receipt = WAYS[way](line, draft)
    line.wait_order(receipt.number, ORDER_S_MAX)
    order = row(line, receipt.number)
    assert draft.mark in str(order["body"])
    assert draft.mark in str(order["title"])
    assert (order["city"], order["mailbox"], order["state"]) == (line.cities[0], "mayor", "open")
    assert draft.phone not in json.dumps(order, ensure_ascii=False), "a contact stands in the order"
    assert order["contact_phone"] is None

    picture = Picture.read(line.bootstrap)
    assert len(picture.current(receipt.number, 1)) == 1
    assert [str(order_id) for order_id in picture.orders[receipt.number, 1]] == [order["order_id"]]

    def in_the_file() -> bool:
        lines = line.jsonl.read_text().splitlines() if line.jsonl.exists() else []
        numbers: list[str] = [json.loads(each)["event"]["order"]["number"] for each in lines]
        return numbers.count(receipt.number) == 1

    wait_until(in_the_file, ORDER_S_MAX, "the order in the file of lines")


def test_files_of_the_page_are_with_the_order(line: Line) -> None:
    receipt = by_page(
        line, next(LETTERS), {"井盖.jpg": b"\xff\xd8" + b"x" * 300_000, "路面.jpg": b"\xff\xd8y"}
    )
    line.wait_order(receipt.number, ORDER_S_MAX)
    files = json.loads(str(row(line, receipt.number)["attachments"]))
    assert [(file["name"], file["size_bytes"]) for file in files] == [("井盖.jpg", 300_002), ("路面.jpg", 3)]
    for file in files:
        assert list((line.var / "blobs").rglob(f"*{file['sha256'][-20:]}*")), (
            "a file is not in the blob store"
        )


def test_a_mail_with_a_large_file_arrives(line: Line) -> None:
    receipt = by_mail(line, next(LETTERS), file_bytes=600_000)
    line.wait_order(receipt.number, ORDER_S_MAX)
    (file,) = json.loads(str(row(line, receipt.number)["attachments"]))
    assert (file["name"], file["size_bytes"]) == ("现场照片.jpg", 600_000)


@pytest.mark.parametrize("way", ["api", "mail"])
def test_sent_again_is_the_same_letter(line: Line, way: str) -> None:
    draft = next(LETTERS)
    first = WAYS[way](line, draft)
    line.wait_order(first.number, ORDER_S_MAX)
    assert WAYS[way](line, draft).number == first.number
    later = WAYS[way](line, next(LETTERS))
    line.wait_order(later.number, ORDER_S_MAX)
    row(line, first.number)
