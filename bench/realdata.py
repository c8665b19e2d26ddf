"""Real letters, mails and labels beside the project, where ``XINSHU_DATA`` points. They are never copied into it."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from kit import ROOT

FOLDER = ROOT / os.environ.get("XINSHU_DATA", "../shared/data")


class Absent(Exception):
    """What a measurement needs is not here."""


def path(*parts: str) -> Path:
    """A file or folder of the data. Raises Absent."""
    found = FOLDER.joinpath(*parts)
    if not found.exists():
        raise Absent(
            f"no {'/'.join(parts)} in {FOLDER.resolve()}: set XINSHU_DATA to the folder of real data"
        )
    return found


def path_or_skip(*parts: str) -> Path:
    """``path`` for a bench that measures nothing without it: it says so and ends with 0."""
    try:
        return path(*parts)
    except Absent as absent:
        print(f"skipped: {absent}")
        sys.exit(0)


def letters() -> list[dict[str, Any]]:
    """All real letters, in the order of the file. Raises Absent."""
    return [json.loads(line) for line in path("citizen", "messages.jsonl").read_text("utf-8").splitlines()]
