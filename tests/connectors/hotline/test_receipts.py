"""Receipts of large files come from a process of their own; where that fails the numbers are there all the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from dropkit import HEAD, Watching, notes, put, until, watched

from connectors.hotline import receipt
from connectors.hotline.cut import batch
from connectors.hotline.reading import Reading
from connectors.hotline.receipt import Answer, NoReceipt, written
from schemas.letter import Raw

__all__ = ["watched"]

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROWS = 4000
LARGE = HEAD + "".join(
    f"A{n},1380000{n:04},示例路 {n} 号门前的路灯坏了三天，晚上看不清路。\n" for n in range(ROWS)
)


def made(table: str) -> Raw:
    return batch("wuyang", table.encode(), Reading(format="csv").stored(), AT)


async def test_a_large_file_has_the_receipt_that_a_small_one_has(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [Answer(f"{n:016}", "new") for n in range(ROWS)]
    apart = await written(made(LARGE), answers)
    monkeypatch.setattr(receipt, "IN_THREAD_BYTES_MAX", 1 << 30)
    assert apart == await written(made(LARGE), answers)
    assert (apart["rows"], apart["calls_new"]) == (ROWS, ROWS)
    assert apart["letters"][7] == {"line": 9, "call_id": "A7", "number": f"{7:016}", "outcome": "new"}


@pytest.mark.parametrize("table", [LARGE, HEAD + "A1,1,路灯\n"])
async def test_answers_that_are_not_those_of_the_rows_make_no_receipt(table: str) -> None:
    with pytest.raises(NoReceipt):
        await written(made(table), [Answer("1" * 16, "new")] * 2)


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt, "CHILD_S_MAX", 0.01)
    with pytest.raises(NoReceipt, match="timeout"):
        await written(made(LARGE), [])


async def test_without_a_receipt_the_numbers_stand_in_their_order(
    watched: Watching, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt, "CHILD_S_MAX", 0.0)
    folder = await watched()
    put(folder, "calls.csv", LARGE)
    (said,) = await until(lambda: notes(folder, "done/*.receipt.json"))
    assert said["numbers_in_order"] == [f"{n:016}" for n in range(1, ROWS + 1)]
    await until(lambda: not (folder / "calls.csv").exists())
