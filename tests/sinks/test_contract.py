"""Every sink of ours keeps the contract; and the contract finds the sinks that do not."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from sinks.contract import ContractBroken, Trial, check_sink


def lines(path: Path) -> Callable[[UUID], int]:
    def effects(event_id: UUID) -> int:
        said = path.read_bytes().split(b"\n")
        assert said.pop() == b""
        return sum(json.loads(line)["event"]["id"] == str(event_id) for line in said)

    return effects


def rows(path: Path) -> Callable[[UUID], int]:
    def effects(event_id: UUID) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            found = db.execute("SELECT count(*) FROM inbox WHERE event_id = ?", (str(event_id),)).fetchone()
        return int(found[0])

    return effects


def test_sql(tmp_path: Path) -> None:
    path = tmp_path / "made" / "orders.db"
    check_sink(Trial("sinks.sql:Sql", {"path": str(path)}, rows(path)))


def test_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "made" / "orders.jsonl"
    check_sink(Trial("sinks.jsonl:Jsonl", {"path": str(path)}, lines(path)))


FORGETFUL = """
from sinks.jsonl import Jsonl
class Forgetful(Jsonl):
    def _read_tail(self, file):
        import os
        self._size_bytes = os.fstat(file).st_size
"""


def test_a_sink_that_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forgetful_sink.py").write_text(FORGETFUL)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "orders.jsonl"
    with pytest.raises(ContractBroken, match="after reopening"):
        check_sink(Trial("forgetful_sink:Forgetful", {"path": str(path)}, lines(path)))
