"""What is one matter and what is not, on pairs of our own writing: sure for one matter, never sure for two."""

from itertools import pairwise

import pytest
from apartkit import OTHER_PART, OTHER_PLACE, OTHER_PROBLEM, OTHER_QUESTION, TEMPLATES
from matterkit import (
    ASKED_ABOUT,
    COPIES,
    FOLLOW_UPS,
    MORE_SAME,
    OTHER_WORDS,
    letter,
)

from pipeline.judge.relate import DOUBTFUL, SURE, Trace, trace_of
from pipeline.judge.relate.pairs import Pairs

Said = str | tuple[str, str]


def said(number: int, words: Said, person: str = "") -> Trace:
    subject, text = ("", words) if isinstance(words, str) else words
    return trace_of(letter(number, text, subject, person=person))


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """All letters of the table together, as a city would have received them."""
    traces: dict[str, Trace] = {}
    tables: list[tuple[str, list[tuple[Said, Said]], bool]] = [
        ("copy", list(COPIES), False), ("other words", list(OTHER_WORDS + MORE_SAME), False), ("asked", list(ASKED_ABOUT), False),
        ("place", list(OTHER_PLACE), False), ("part", list(OTHER_PART), False),
        ("question", list(OTHER_QUESTION), False), ("problem", list(OTHER_PROBLEM), False),
        ("follow", list(FOLLOW_UPS), True), ("template", list(TEMPLATES), True),
    ]  # fmt: skip
    number = 0
    for kind, table, same_person in tables:
        for place, pair in enumerate(table):
            for side, words in enumerate(pair):
                number += 1
                # The author of the templates is one person, and writes often.
                who = "" if not same_person else "author" if kind == "template" else f"{kind}{place}"
                traces[f"{kind}{place}{side}"] = said(number, words, who)
    return Pairs.of(traces)


def test_the_table_is_long_enough() -> None:
    count = len(
        [*COPIES, *OTHER_WORDS, *MORE_SAME, *ASKED_ABOUT, *OTHER_PLACE, *OTHER_QUESTION, *OTHER_PROBLEM]
    )
    assert count + len(FOLLOW_UPS) + len(TEMPLATES) >= 55


@pytest.mark.parametrize("place", range(len(COPIES)))
def test_an_edited_copy_is_one_matter(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"copy{place}0", f"copy{place}1")
    assert found.score >= SURE, found


@pytest.mark.parametrize("place", range(len(OTHER_WORDS + MORE_SAME)))
def test_other_words_of_other_people_are_one_matter(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"other words{place}0", f"other words{place}1")
    assert found.score >= SURE, found


@pytest.mark.parametrize("place", range(len(ASKED_ABOUT)))
def test_where_many_things_happen_a_person_is_asked(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"asked{place}0", f"asked{place}1")
    assert DOUBTFUL <= found.score < SURE, found


@pytest.mark.parametrize("place", range(len(OTHER_PART)))
def test_another_part_or_namesake_is_never_sure(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"part{place}0", f"part{place}1")
    assert found.score < SURE, found
    assert found.vetoed or "似有不同" in found.why, found


@pytest.mark.parametrize("place", range(len(FOLLOW_UPS)))
def test_who_comes_back_to_a_matter_is_seen(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"follow{place}0", f"follow{place}1")
    assert found.same_person
    assert found.score >= SURE, found


@pytest.mark.parametrize("place", range(len(OTHER_PLACE)))
def test_the_same_text_about_another_place_is_another_matter(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"place{place}0", f"place{place}1")
    assert found.vetoed, found
    assert found.score < DOUBTFUL


@pytest.mark.parametrize("place", range(len(OTHER_QUESTION)))
def test_another_question_is_another_matter(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"question{place}0", f"question{place}1")
    assert found.score < SURE, found


@pytest.mark.parametrize("place", range(len(OTHER_PROBLEM)))
def test_another_problem_at_the_same_place_is_another_matter(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"problem{place}0", f"problem{place}1")
    assert found.score < SURE, found


@pytest.mark.parametrize("place", range(len(TEMPLATES)))
def test_an_author_with_one_style_has_many_matters(pairs: Pairs, place: int) -> None:
    found = pairs.compare(f"template{place}0", f"template{place}1")
    assert found.score < SURE, found


@pytest.mark.parametrize("kind", ["copy", "place", "problem", "template"])
def test_comparing_is_the_same_both_ways(pairs: Pairs, kind: str) -> None:
    there, back = pairs.compare(f"{kind}00", f"{kind}01"), pairs.compare(f"{kind}01", f"{kind}00")
    assert there.score == pytest.approx(back.score, abs=1e-3)
    assert there.vetoed == back.vetoed


def test_every_score_has_its_reasons(pairs: Pairs) -> None:
    names = list(pairs.traces)
    for one, other in pairwise(names):
        assert pairs.compare(one, other).why
