"""Desks come, go, are frozen and wake: whoever holds a city's partition, no letter is decided by two or by none."""

import random
import time
from pathlib import Path

from linekit.broker import Broker
from linekit.finding import wait_until
from linekit.line import Line
from linekit.load import Heard, Load
from linekit.settings import TWELVE

SEED = 4
RATE_PER_S = 40
READY_S_MAX = 60.0
FROZEN_S = 9.0
"""Longer than a member's session (6 s): it wakes as a stranger with a transaction in its hands."""


def test_members_join_leave_freeze_and_wake(place: Path, broker: Broker, long: bool) -> None:
    chance = random.Random(SEED)
    with Line(place / "members", broker=broker, cities=TWELVE, prefix="members.") as line:
        line.create_topics()
        line.start()
        line.start_desk("desk-2")
        heard = Heard()
        end = time.monotonic() + (120 if long else 25)
        with Load(line.door, line.accounts, RATE_PER_S, heard=heard) as load:
            while time.monotonic() < end:
                _disturb(line, chance)
                load.wait_yes(len(heard.yes) + 20, 30.0)
        _wait_both_ready(line)
        line.assert_whole(heard, 90.0)


def _wait_both_ready(line: Line) -> None:
    """Whoever was frozen too long, or lost a partition while it started, is fenced, and ends so as to be started again."""

    def ready() -> bool:
        line.start_again()
        return line.is_ready("desk") and line.is_desk_ready("desk-2")

    wait_until(ready, READY_S_MAX, "both desks ready")


def _disturb(line: Line, chance: random.Random) -> None:
    """One thing that happens to desks. Both run again when it returns."""
    _wait_both_ready(line)
    what = chance.choice(("leaves", "dies", "frozen"))
    name = chance.choice(("desk", "desk-2"))
    if what == "frozen":
        with line.frozen(name):
            time.sleep(FROZEN_S)  # the fault itself: it lasts this long
        return
    if what == "leaves":
        code, _ = line.stop_part(name)
        assert code == 0, f"{name} ended with {code}"
    else:
        line.kill(name)
    if name == "desk":
        line.start("desk")
    else:
        line.start_desk(name)
