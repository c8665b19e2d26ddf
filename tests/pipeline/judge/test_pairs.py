"""Pairs of messages that differ in a word and so in one field: the reading's own table."""

import csv
from collections.abc import Iterator

import pytest

from pipeline.judge.danger import danger
from pipeline.judge.reading.reader import placed, read
from schemas.letter import Said
from tests.pipeline.judge.danger.test_danger import PAIRS as DANGERS
from tests.pipeline.judge.judging import HERE

CHENGDU = ("5101",)
FIELDS_OF_THE_LETTER = frozenset(
    {"anonymous", "has_contact", "own_department", "readable", "complete", "confidential"}
)


def pairs() -> Iterator[tuple[str, str, str, str, str]]:
    with (HERE / "pairs.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["field"], row["text"], row["value"], row["other"], row["other_value"]


def value(field: str, text: str) -> str:
    if field == "kind":
        found = danger(text)
        return found.kind if found else "none"
    reading = read(Said(text=text), "web")
    if field == "parts":
        return str(len(reading.pieces))
    piece = reading.pieces[0]
    if field in FIELDS_OF_THE_LETTER:
        return str(getattr(piece.about, field)).lower()
    return str(getattr(placed(piece, reading.letter, CHENGDU), field)).lower()


def test_there_are_enough_pairs_for_every_field() -> None:
    fields = [field for field, *_ in pairs()]
    assert len(fields) + len(DANGERS) >= 200
    assert {
        "demand", "actor", "object", "place", "stage", "procedure", "breadth", "again", "unfounded", "kind", "parts",
        *FIELDS_OF_THE_LETTER,
    } <= set(fields)  # fmt: skip


@pytest.mark.parametrize(("field", "text", "expected", "other", "other_expected"), list(pairs()))
def test_one_word_makes_the_difference(
    field: str, text: str, expected: str, other: str, other_expected: str
) -> None:
    assert value(field, text) == expected
    assert value(field, other) == other_expected
