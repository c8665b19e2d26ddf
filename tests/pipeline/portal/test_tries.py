"""Few tries, in memory that does not grow."""

from pipeline.portal.tries import SLOTS, Tries


def test_so_many_and_no_more_until_the_window_is_over() -> None:
    now = 0.0
    tries = Tries(3, 900.0, clock=lambda: now)
    for _ in range(3):
        assert tries.left("a")
        tries.add("a")
    assert not tries.left("a")
    assert tries.left("b")
    now = 899.0
    assert not tries.left("a")
    now = 900.0
    assert tries.left("a")


def test_a_flood_of_other_keys_frees_nobody_and_takes_no_memory() -> None:
    tries = Tries(3, 900.0)
    for _ in range(3):
        tries.add("victim")
    for n in range(2 * SLOTS):
        tries.add(f"other-{n}")
    assert not tries.left("victim")
    assert len(tries._counts) == SLOTS


def test_more_than_a_byte_can_count_still_stops() -> None:
    tries = Tries(10_000, 900.0)
    for _ in range(300):
        tries.add("a")
    assert not tries.left("a")
