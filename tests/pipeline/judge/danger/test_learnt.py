"""What was learnt: the tables that come with Xinshu are those that our letters teach, and a text is asked piece by piece."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.judge.danger.learnt import WINDOW_MAX, Heard, Tables, encode, places, tables, windows_of
from pipeline.judge.danger.training import FRAMES, Example, fit

LETTERS = Path(__file__).parents[4] / "bench" / "danger"


def letters() -> list[Example]:
    files = sorted(LETTERS.glob("*.tsv"))
    return [Example.read(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_the_tables_are_those_that_our_letters_teach() -> None:
    """Rounding apart, which differs with the processor: ``make bench-danger ARGS=--write`` writes them anew."""
    found, served = fit(letters()), tables()
    assert np.array_equal(found.rarity, served.rarity)
    for name in ("weights", "self_harm", "threat"):
        apart = np.abs(getattr(found, name).astype(int) - getattr(served, name).astype(int))
        assert apart.max() <= 8, name


def test_what_the_tables_are_written_as_is_what_is_read() -> None:
    assert encode(tables()) == encode(tables())
    assert isinstance(tables(), Tables)
    assert tables().weights.dtype == np.int16


def test_digits_are_one_and_rare_characters_have_a_place() -> None:
    assert np.array_equal(places("三楼"), places("5楼"))
    assert [places(text).shape for text in ("", "火", "𠮷野家")] == [(2, 0), (2, 1), (2, 3)]


def test_windows_are_one_to_three_sentences_of_bounded_length() -> None:
    assert windows_of("") == [(0, 0)]
    three = [(0, 2), (0, 4), (0, 6), (2, 4), (2, 6), (2, 7), (4, 6), (4, 7), (6, 7)]
    assert sorted(windows_of("甲。乙!丙?丁")) == three
    long = windows_of("字" * 1000)
    assert max(end - start for start, end in long) <= WINDOW_MAX
    assert (0, WINDOW_MAX) in long


@pytest.mark.parametrize(("before", "after"), FRAMES)
def test_what_is_written_around_a_matter_hides_no_danger(before: str, after: str) -> None:
    text = "三楼窗户往外冒浓烟,有人在喊"
    heard = Heard(f"{before}{text}{after}")
    start, end = heard.clause
    assert heard.score > 1
    assert len(before) <= start < end <= len(before) + len(text)


def test_a_kind_is_told() -> None:
    assert Heard("我写好遗书了,今晚就从楼上跳下去").kind == "self_harm"
    assert Heard("再不给钱我就带刀来砍死你们").kind == "threat"
    assert Heard("孩子掉进河里了").kind == "danger"


def test_a_label_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no label and text"):
        Example.read("maybe\t着火了")
    with pytest.raises(ValueError, match="no label and text"):
        Example.read("danger 着火了")
