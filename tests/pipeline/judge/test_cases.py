"""The repo's own messages under ten packs, and, where they lie beside the project, the labelled ones."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from tests.pipeline.judge.judging import SAID, Case, cases, decided, judged

OPEN_ROWS_UP_TO = 45
"""Rules were written on the rows up to this one; the others are counted apart."""

NEVER_REFUSED = frozenset({"accept", "emergency"})


def test_there_are_enough_messages() -> None:
    assert len({case.id for case in cases()}) >= 150
    assert len({case.policy for case in cases()}) == 10


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.id}.{case.policy}")
def test_a_message_is_decided_as_expected(case: Case) -> None:
    assert decided(case.text, case.channel, case.policy) == (case.decision, case.code)


def test_every_decision_says_why() -> None:
    for case in cases():
        for part in judged(case.text, case.channel, case.policy).parts:
            decision = part.decision
            assert decision.clause.quote
            assert 0 < decision.confidence <= 1
            assert 0 <= part.start <= part.end <= len(case.text)
            for span in decision.evidence:
                assert 0 <= span.start < span.end <= len(case.text)
            if decision.kind in ("out_of_scope", "answer_now", "emergency", "in_scope"):
                assert part.reply, case


def test_parts_cover_the_letter_in_order() -> None:
    for case in cases():
        parts = judged(case.text, case.channel, case.policy).parts
        assert [part.no for part in parts] == list(range(1, len(parts) + 1))
        assert parts[0].start == 0
        assert parts[-1].end == len(case.text)
        assert all(one.end == other.start for one, other in pairwise(parts))


@pytest.fixture
def labelled(letters_data: Path) -> list[dict[str, str]]:
    with (letters_data / "scope" / "scope_cases.tsv").open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_labelled_messages_are_decided_rightly(labelled: list[dict[str, str]]) -> None:
    right = {False: [0, 0, 0], True: [0, 0, 0]}
    false_alarms = 0
    for row in labelled:
        decision, code = decided(row["text"], row["channel"], row["policy"])
        expected = row["expected_decision"]
        counts = right[int(row["id"][1:].partition(".")[0]) > OPEN_ROWS_UP_TO]
        counts[0] += 1
        counts[1] += decision == expected
        counts[2] += code == row["expected_reason_code"]
        assert expected != "emergency" or decision == "emergency", row["id"]
        assert decision != "out_of_scope" or expected not in NEVER_REFUSED, row["id"]
        false_alarms += decision == "emergency" != expected
    (rows, decisions, codes), (apart, apart_decisions, apart_codes) = right[False], right[True]
    assert (decisions + apart_decisions) / (rows + apart) >= 0.97, right
    assert apart_decisions / apart >= 0.93, right
    assert (codes + apart_codes) / (rows + apart) >= 0.93, right
    assert false_alarms <= 1


def test_every_decision_has_a_word() -> None:
    assert len(SAID) == 6
