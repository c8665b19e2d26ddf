"""A pattern that matches is never left out by what its hints say."""

from pathlib import Path

import pytest

from pipeline.judge.danger.cues import CUES
from pipeline.judge.route.urgency_words import URGENT
from pipeline.text.literals import Hints, needed

LETTERS = Path(__file__).parents[1] / "judge" / "danger" / "unseen.tsv"


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("着火", [[{"着火"}]]),
        ("[着起]火|失火", [[{"着火", "起火"}], [{"失火"}]]),
        ("着了?火", [[{"着火", "着了火"}]]),
        ("(?:房|楼)[^,。]{0,6}(?:塌|倒)了", [[{"塌了", "倒了"}, {"房", "楼"}]]),
        ("(?:很多)+人", [[{"很多"}, {"人"}]]),
        ("[0-9]{1,2}人?", [[]]),
        (r"a\.b.c", [[{"a.b"}, {"c"}]]),
    ],
)
def test_what_a_pattern_needs(pattern: str, needs: list[list[set[str]]]) -> None:
    assert [[set(strings) for strings in branch] for branch in needed(pattern)] == needs


def test_a_parenthesis_too_many_is_an_error() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        needed("着火)了")


def test_a_pattern_without_literals_is_always_tried() -> None:
    assert Hints([("number", "[0-9]+"), ("fire", "着火")]).values("下雨") == {"number"}


def test_each_need_has_to_be_met() -> None:
    hints = Hints([("falls", "(?:房|楼)[^,。]{0,6}(?:塌|倒)了")])
    assert hints.values("楼有点歪") == set()
    assert hints.values("昨天楼塌了") == {"falls"}


def test_no_match_is_left_out() -> None:
    texts = [row.split("\t", 1)[1] for row in LETTERS.read_text("utf-8").splitlines()]
    patterns = [cue.pattern for cue in CUES]
    hints = Hints([(at, pattern.pattern) for at, pattern in enumerate(patterns)])
    matching = 0
    for text in texts:
        found = {at for at, pattern in enumerate(patterns) if pattern.search(text)}
        matching += len(found)
        assert found <= hints.values(text), text
    assert matching > len(texts) // 20


def test_the_signs_of_urgency_can_be_hinted() -> None:
    assert all(all(branches) for pattern in URGENT for branches in [needed(pattern)])
