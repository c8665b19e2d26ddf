"""Killed between the store and the move: the file is read again, and its calls hear the same numbers."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("drop_process.py")
ROWS = 300


def run(folder: Path, moment: str) -> int:
    command = [sys.executable, str(PROGRAM), str(folder), str(folder.parent / "store.json"), moment]
    return subprocess.run(command, check=False, timeout=60).returncode


def receipt(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("done/calls.*.receipt.json")
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


@pytest.mark.parametrize("moment", ["stored", "receipt"])
def test_killed_before_the_move_the_file_is_read_again_under_the_same_numbers(
    tmp_path: Path, moment: str
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    rows = "".join(f"A{n},1380000{n:04},示例路 {n} 号的路灯坏了\n" for n in range(ROWS))
    (folder / "calls.csv").write_text(f"来电编号,来电号码,来电内容\n{rows}", "utf-8")
    assert run(folder, moment) == -signal.SIGKILL
    assert (folder / "calls.csv").exists()
    stored = json.loads((tmp_path / "store.json").read_text())
    assert len(stored) == ROWS

    assert run(folder, "never") == 0
    assert json.loads((tmp_path / "store.json").read_text()) == stored
    said = receipt(folder)
    assert [one["outcome"] for one in said["letters"]] == ["again"] * ROWS
    assert [int(one["number"]) for one in said["letters"]] == list(stored.values())
    assert not list(folder.glob("calls*"))
