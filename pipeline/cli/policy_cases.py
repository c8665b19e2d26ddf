"""A table of cases: letters with the decision and the clause that are expected. Read, and counted against what was decided."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.trouble import Trouble

COLUMNS: Final = ("id", "channel", "text", "policy", "expected_decision", "expected_reason_code")
GRAVE_TURNS: Final = frozenset({"accept", "emergency"})
"""Refusing a letter for which one of these is expected is the worst mistake."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    id: str
    channel: str
    text: str
    policy: str
    decision: str
    code: str

    def line(self) -> bytes:
        """The letter as ``judge`` reads it."""
        return json.dumps({"id": self.id, "channel": self.channel, "text": self.text}).encode()


def cases_of(file: Path) -> list[Case]:
    """The rows of a TSV file with a header. Raises Trouble naming the line that is wrong."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        raise Trouble("file.none", path=file) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble("file.unreadable", path=file, reason=str(error)) from None
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise Trouble("line.bad", path=file, line=1, reason=f"no column {', '.join(missing)}")
    cases = []
    for row in reader:
        values = [row[name] for name in COLUMNS]
        if not all(isinstance(value, str) and value for value in values):
            raise Trouble("line.bad", path=file, line=reader.line_num, reason="a cell is empty")
        cases.append(Case(*values))
    return cases


@dataclass(frozen=True, slots=True)
class Scores:
    """*table*: (expected, decided) → rows. *wrong*: the rows that are not as expected, with what was decided."""

    rows: int
    decisions_right: int
    codes_right: int
    table: Counter[tuple[str, str]]
    wrong: tuple[tuple[Case, str, str], ...]

    @property
    def refused_wrongly(self) -> tuple[str, ...]:
        """Ids of rows that were refused and must not be."""
        return tuple(
            case.id
            for case, decision, _ in self.wrong
            if decision == "out_of_scope" and case.decision in GRAVE_TURNS
        )

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "rows": self.rows, "decisions_right": self.decisions_right, "codes_right": self.codes_right,
            "refused_wrongly": list(self.refused_wrongly),
            "table": [{"expected": one, "decided": other, "rows": n} for (one, other), n in sorted(self.table.items())],
            "wrong": [
                {
                    "id": case.id, "expected": case.decision, "decided": decision, "expected_code": case.code,
                    "code": code,
                }
                for case, decision, code in self.wrong
            ],
        }  # fmt: skip


def scores_of(decided: Iterable[tuple[Case, tuple[str, str]]]) -> Scores:
    """Cases with the decision and the code that they got."""
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    right = codes = 0
    for case, (decision, code) in decided:
        table[case.decision, decision] += 1
        right += decision == case.decision
        codes += code == case.code
        if decision != case.decision or code != case.code:
            wrong.append((case, decision, code))
    return Scores(table.total(), right, codes, table, tuple(wrong))
