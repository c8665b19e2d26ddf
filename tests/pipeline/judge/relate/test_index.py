"""The memory: finds what it should, forgets what is old, never grows past its bound, and is the same after a restart."""

import random
from uuid import UUID

import numpy as np
import pytest
from apartkit import OTHER_PLACE
from matterkit import COPIES, OTHER_WORDS, letter

from pipeline.judge.relate import SURE, Candidate, Index, Trace, trace_of
from pipeline.judge.relate.ring import ROWS_FIRST

DAY = 86_400
TRACES: list[Trace] = [
    trace_of(letter(number, words if isinstance(words, str) else words[1], "" if isinstance(words, str) else words[0],
                    person=f"p{number % 7}" if number % 3 else ""))
    for number, words in enumerate(words for pair in (*COPIES, *OTHER_WORDS, *OTHER_PLACE) for words in pair)
]  # fmt: skip


def uuid(number: int) -> UUID:
    return UUID(int=(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)


def filled(count: int, *, step_s: int = 3600, window_s: int = 90 * DAY, rows_max: int = 10_000) -> Index:
    index = Index(window_s=window_s, rows_max=rows_max)
    for number in range(count):
        index.add(uuid(number), number * step_s, TRACES[number % len(TRACES)])
    return index


def answers(index: Index, at: int) -> list[tuple[Candidate, ...]]:
    return [index.candidates(trace, at) for trace in TRACES]


def test_a_copy_and_a_neighbour_in_other_words_are_found() -> None:
    index = Index()
    for number, trace in enumerate(TRACES):
        index.add(uuid(number), number, trace)
    for number in (1, 3, 5, 7):
        found = index.candidates(TRACES[number], len(TRACES))
        assert {one.letter_id for one in found if one.score >= SURE} >= {uuid(number - 1)}
    other_words = 2 * len(COPIES)
    found = index.candidates(TRACES[other_words + 1], len(TRACES))
    assert any(one.letter_id == uuid(other_words) and one.score >= SURE and one.why for one in found)


def test_a_new_city_remembers_nothing() -> None:
    index = Index()
    assert index.candidates(TRACES[0], 0) == ()
    assert index.place_of(uuid(0)) is None
    index.withdraw(uuid(0))
    assert len(index) == 0


def test_candidates_come_best_first_then_newest() -> None:
    index = filled(3 * len(TRACES))
    for found in answers(index, 3 * len(TRACES) * 3600):
        order = [(-one.score, -one.at) for one in found]
        assert order == sorted(order)


def test_the_window_is_cut_by_time() -> None:
    index = filled(50, step_s=DAY, window_s=10 * DAY)
    assert len(index) == 11
    assert index.place_of(uuid(38)) is None
    assert index.place_of(uuid(39)) is not None
    late = index.candidates(TRACES[45 % len(TRACES)], 70 * DAY)
    assert late == ()


def test_never_more_rows_than_allowed_and_the_newest_stay() -> None:
    index = filled(5000, rows_max=1500)
    assert len(index) == index.ring.size == 1500
    assert index.place_of(uuid(4999)) is not None
    assert index.place_of(uuid(3500)) is not None
    assert index.place_of(uuid(3499)) is None
    assert index.rarity.letters == 1500


def test_a_small_city_pays_for_a_small_memory() -> None:
    assert Index().ring.nbytes < 2_000_000
    assert filled(100).ring.size == ROWS_FIRST


def test_counts_are_those_of_the_letters_in_the_window() -> None:
    index = filled(3000, step_s=3600, window_s=20 * DAY)
    fresh = Index(window_s=20 * DAY)
    for number in range(3000 - len(index), 3000):
        fresh.add(uuid(number), number * 3600, TRACES[number % len(TRACES)])
    assert np.array_equal(index.rarity.counts, fresh.rarity.counts)


def test_a_withdrawn_letter_is_no_candidate() -> None:
    index = Index()
    index.add(uuid(0), 0, TRACES[0])
    assert index.candidates(TRACES[1], 1)
    index.withdraw(uuid(0))
    assert index.candidates(TRACES[1], 1) == ()
    assert [one.letter_id for one in index.compare(TRACES[1], [uuid(0), uuid(5)])] == [uuid(0)]


def test_time_never_goes_back() -> None:
    index = Index()
    index.add(uuid(0), 1000, TRACES[0])
    index.add(uuid(1), 10, TRACES[1])
    assert index.candidates(TRACES[0], 1000)[0].at == 1000


@pytest.mark.parametrize("seed", range(6))
def test_restored_from_snapshot_and_changelog_it_answers_as_if_it_had_never_stopped(seed: int) -> None:
    rng = random.Random(seed)
    count, window_s = rng.choice([300, 1500, 4000]), rng.choice([5, 30, 90]) * DAY
    rows_max = rng.choice([200, 1100, 10_000])
    at = [0]
    for _ in range(count - 1):
        at.append(at[-1] + rng.choice([0, 60, 3600, 7200]))
    traces = [rng.choice(TRACES) for _ in range(count)]
    live = Index(window_s=window_s, rows_max=rows_max)
    snapshot_at = rng.randrange(count)
    dumped = None
    for number in range(count):
        if number == snapshot_at:
            dumped = {name: array.copy() for name, array in live.dump().items()}
        live.add(uuid(number), at[number], traces[number])
    assert dumped is not None
    restored = Index.load(dumped, window_s=window_s, rows_max=rows_max)
    changelog = Index(window_s=window_s, rows_max=rows_max)
    # The changelog holds at least the window; how far back it goes beyond that is chance.
    reach = max(
        0,
        min(count - rows_max, next(n for n in range(count) if at[n] >= at[-1] - window_s))
        - rng.randrange(50),
    )
    for index, start in ((restored, snapshot_at), (changelog, reach)):
        place = start
        while place < count:
            end = min(count, place + rng.choice([1, 7, 200]))
            records = b"".join(trace.encode() for trace in traces[place:end])
            index.add_many([uuid(number).bytes for number in range(place, end)], at[place:end], records)
            place = end
    assert len(restored) == len(changelog) == len(live)
    expected = answers(live, at[-1])
    assert answers(restored, at[-1]) == expected
    assert answers(changelog, at[-1]) == expected


def test_a_dump_that_is_none_is_refused() -> None:
    dumped = dict(filled(30).dump())
    with pytest.raises(ValueError, match="at most"):
        Index.load(dumped, rows_max=10)
    del dumped["words"]
    with pytest.raises(KeyError):
        Index.load(dumped)
