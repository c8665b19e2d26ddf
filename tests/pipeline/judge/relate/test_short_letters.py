"""Short letters of our own writing, as people write them by message and in forms: what is linked by itself is one matter.

Few words tell little: of those about one matter that use other words most are not linked. Which ones are is counted, so
that it does not become fewer unseen.
"""

import csv
from pathlib import Path

from matterkit import letter

from pipeline.judge.relate import SURE, is_short, trace_of
from pipeline.judge.relate.pairs import Pairs

TABLE = Path(__file__).with_name("short_letters.tsv")
FOUND_MIN = 13


def test_what_is_linked_is_one_matter() -> None:
    with TABLE.open(encoding="utf-8") as rows:
        table = list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))
    said = dict.fromkeys(text for row in table for text in (row["one"], row["other"]))
    letters = {text: letter(number, text) for number, text in enumerate(said, start=1)}
    pairs = Pairs.of({text: trace_of(written) for text, written in letters.items()})
    linked = [
        row
        for row in table
        if pairs.compare(row["one"], row["other"]).score >= SURE and not is_short(letters[row["other"]])
    ]
    wrong = [(row["one"], row["other"]) for row in linked if row["label"] != "same"]
    assert wrong == []
    assert len(linked) >= FOUND_MIN
    assert len(table) > 80
