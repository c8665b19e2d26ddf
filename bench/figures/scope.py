"""scope_cases.tsv: rows the rules were written on (o01 to o45) and rows kept apart (o46 to o84)."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from realdata import Absent, path

from figures import base
from figures.base import Asked, Row
from pipeline.cli.policy_cases import Case, cases_of

TITLE = "Scope: decisions and clause codes of the open cases"
APART_FROM = 46
FALSE_EMERGENCIES_MAX = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One half of the table: shares right, and the ids of rows that went wrong."""

    rows: int
    decisions: float
    codes: float
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """All rows, the written ones and those apart; what must never happen, by id."""

    whole: Part
    written: Part
    apart: Part
    missed_emergencies: tuple[str, ...]
    false_emergencies: tuple[str, ...]
    refused_wrongly: tuple[str, ...]
    table: tuple[tuple[str, str, int], ...]


def measure(_: Asked) -> Scope:
    """Every row judged by itself, under its own pack."""
    cases = cases_of(path("scope", "scope_cases.tsv"))
    if not cases:
        raise Absent("the table has no rows")
    told = {
        case.id: answer
        for pack in sorted({case.policy for case in cases})
        for case, answer in _under(pack, cases)
    }
    pairs = [(case, *told[case.id]) for case in cases]
    return Scope(
        whole=_part(pairs),
        written=_part([pair for pair in pairs if _number(pair[0]) < APART_FROM]),
        apart=_part([pair for pair in pairs if _number(pair[0]) >= APART_FROM]),
        missed_emergencies=_ids(pairs, lambda case, told: case.decision == "emergency" != told),
        false_emergencies=_ids(pairs, lambda case, told: told == "emergency" != case.decision),
        refused_wrongly=_ids(
            pairs, lambda case, told: told == "out_of_scope" and case.decision in ("accept", "emergency")
        ),
        table=tuple(
            (wanted, got, count)
            for (wanted, got), count in sorted(
                Counter((case.decision, got) for case, got, _ in pairs).items()
            )
        ),
    )


def _under(pack: str, cases: list[Case]) -> list[tuple[Case, tuple[str, str]]]:
    own = [case for case in cases if case.policy == pack]
    lines = [{"id": case.id, "channel": case.channel, "text": case.text} for case in own]
    return [
        (case, (got["decision"], got["code"]))
        for case, got in zip(own, base.decided(pack, lines), strict=True)
    ]


def _number(case: Case) -> int:
    found = re.match(r"o(\d+)", case.id)
    if found is None:
        raise Absent(f"row {case.id} has no number")
    return int(found[1])


def _part(pairs: list[tuple[Case, str, str]]) -> Part:
    right = sum(case.decision == got for case, got, _ in pairs)
    codes = sum(case.code == code for case, _, code in pairs)
    wrong = tuple(f"{case.id} {case.decision}→{got}" for case, got, _ in pairs if case.decision != got)
    return Part(len(pairs), right / len(pairs), codes / len(pairs), wrong)


def _ids(pairs: list[tuple[Case, str, str]], test: Callable[[Case, str], bool]) -> tuple[str, ...]:
    return tuple(case.id for case, got, _ in pairs if test(case, got))


def rows(done: Scope) -> list[Row]:
    """Shares, and counts of what must not happen with their ids."""
    return [
        base.at_least(f"scope: decisions, all {done.whole.rows} rows", done.whole.decisions, 0.97),
        base.at_least(f"scope: decisions, {done.apart.rows} rows apart", done.apart.decisions, 0.93),
        base.at_least("scope: codes, all rows", done.whole.codes, 0.93),
        Row("scope: codes, rows apart", "-", f"{done.apart.codes:.1%}", None),
        _count("scope: emergencies missed", done.missed_emergencies, 0),
        _count("scope: false emergencies", done.false_emergencies, FALSE_EMERGENCIES_MAX),
        _count("scope: refused where accept or emergency is due", done.refused_wrongly, 0),
    ]


def _count(what: str, ids: tuple[str, ...], most: int) -> Row:
    return Row(what, f"at most {most}", " ".join([str(len(ids)), *ids[:4]]), len(ids) <= most)


def draw(done: Scope, axes: Axes) -> None:
    """Six shares as bars."""
    parts = (("all", done.whole), ("o01-o45", done.written), ("o46-o84", done.apart))
    names = [f"{kind}, {name}" for kind in ("decisions", "codes") for name, _ in parts]
    values = [100 * part.decisions for _, part in parts] + [100 * part.codes for _, part in parts]
    base.bars(axes, names, values, [97, None, 93, 93, None, None], "rows right, %")
