"""A real door that is killed while it takes a file of ten thousand rows: all of the file is stored, or nothing."""

import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linekit.finding import wait_until
from linekit.fixtures import broker, place
from linekit.line import Line

__all__ = ["broker", "place"]

pytestmark = [pytest.mark.integration, pytest.mark.faults, pytest.mark.slow]
ROWS = 10_000


@pytest.fixture
def door(place: Path, broker: Any, tmp_path: Path) -> Iterator[tuple[Line, Path]]:
    """A line whose parts are started one by one, with a drop folder that holds a file."""
    folder = tmp_path / "drop"
    folder.mkdir()
    over = {
        "connectors": {
            "hotline": {
                "accounts": {"jiangcheng": {"city": "jiangcheng", "mailbox": "hotline"}},
                "drops": {"evening": {"folder": str(folder), "account": "jiangcheng", "poll_s": 0.1}},
            }
        }
    }
    with Line(
        place / f"line-{tmp_path.name}", broker=broker, over=over, prefix=f"{tmp_path.name[-20:]}."
    ) as line:
        line.create_topics()
        yield line, folder


def drop(folder: Path) -> None:
    rows = "".join(
        f"A{n},1380000{n:04},示例路 {n} 号门前的路灯坏了三天，晚上看不清路。\n" for n in range(ROWS)
    )
    (folder / "calls.tmp").write_text(f"来电编号,来电号码,来电内容\n{rows}", "utf-8")
    (folder / "calls.tmp").rename(folder / "calls.csv")


def stored(line: Line) -> dict[str, int]:
    """Letters and pieces of the channel in the spool."""
    (path,) = line.var.glob("**/*.db")
    with contextlib.closing(sqlite3.connect(path)) as database:
        pieces = database.execute(
            "SELECT count(*), count(DISTINCT letter) FROM piece WHERE channel='hotline'"
        )
        return dict(zip(("pieces", "letters"), pieces.fetchone(), strict=True))


def receipt(folder: Path) -> dict[str, Any]:
    wait_until(lambda: any(folder.glob("done/calls.*.receipt.json")), 60, "the receipt")
    (path,) = folder.glob("done/calls.*.receipt.json")
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def test_dead_at_the_commit_nothing_is_stored_and_then_all_of_it(door: tuple[Line, Path]) -> None:
    line, folder = door
    drop(folder)
    line.start("door", crash="spool.before_commit")
    assert line.wait_death("door", 60) == -signal.SIGKILL
    assert stored(line) == {"pieces": 0, "letters": 0}
    assert (folder / "calls.csv").exists()
    line.start("door")
    assert receipt(folder)["calls_new"] == ROWS
    assert stored(line) == {"pieces": ROWS, "letters": ROWS}


@pytest.mark.parametrize("after_s", [1.0, 2.0])
def test_killed_at_any_moment_it_is_all_or_nothing(door: tuple[Line, Path], after_s: float) -> None:
    line, folder = door
    line.start("door")
    drop(folder)
    time.sleep(after_s)  # a moment, not a wait: any moment will do
    line.kill("door")
    assert stored(line)["pieces"] in (0, ROWS)
    line.start("door")
    said = receipt(folder)
    assert said["rows_accepted"] == ROWS
    assert len({one["number"] for one in said["letters"]}) == ROWS
    assert stored(line) == {"pieces": ROWS, "letters": ROWS}
