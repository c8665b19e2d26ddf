"""Ten kills -9 of any process under load, the broker among them: the promise of the whole project in one test."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from linekit.fixtures import Needs
from linekit.line import Line
from linekit.load import Heard, Load
from linekit.stolen import quiet_s, ticks

SEED = 20_261_123
KILLS = 10
VICTIMS = ("door", "worker", "desk", "delivery", "register", "broker")
RATE_PER_S = 25
ACCEPTS_AGAIN_S_MAX = 3.0
DESK_AGAIN_S_MAX = 10.0


@pytest.fixture(scope="module")
def whole_line(place: Path, needs: Needs) -> Iterator[Line]:
    """``xinshu up`` with the broker it starts by itself."""
    needs("java")
    with Line(place / "up") as line:
        line.up()
        yield line
    line.assert_silent()


def victims(seed: int) -> list[str]:
    """Each kind at least once, the rest by chance, in an order by chance."""
    chance = random.Random(seed)
    chosen = [*VICTIMS, *chance.choices(VICTIMS, k=KILLS - len(VICTIMS))]
    chance.shuffle(chosen)
    return chosen


@pytest.mark.slow
def test_ten_kills_under_load_lose_and_double_nothing(whole_line: Line, long: bool) -> None:
    line, heard = whole_line, Heard()
    measured: list[str] = []
    with Load(line.door, line.accounts, RATE_PER_S, heard=heard) as load:
        for round_ in range(20 if long else 1):
            for victim in victims(SEED + round_):
                load.wait_yes(len(heard.yes) + 10, 30.0)
                line.wait_process(victim, 30.0)
                line.kill(victim)
                measured.append(f"{victim}: {_mended(line, load, victim):.2f} s")
    print("again after the kill of", *measured, sep="\n  ")
    line.assert_whole(heard, 90.0)


def _mended(line: Line, load: Load, victim: str) -> float:
    """Seconds of quiet processors until the line did again what the dead process did for it."""
    before = ticks()
    accepted = quiet_s(load.wait_next_yes(30.0), before)
    if victim == "door":
        assert accepted <= ACCEPTS_AGAIN_S_MAX, (
            f"accepting again only {accepted:.1f} s after the door's death"
        )
        return accepted
    assert accepted <= ACCEPTS_AGAIN_S_MAX, f"the death of {victim} held up senders for {accepted:.1f} s"
    ordered = quiet_s(line.wait_order(load.heard.newest().number, 60.0), before)
    if victim == "desk":
        assert ordered <= DESK_AGAIN_S_MAX, f"the desk works again only {ordered:.1f} s after its death"
    return ordered
