"""SIGTERM under load: a part ends by itself within 30 s, with its work done."""

import pytest

from linekit.finding import PARTS, Part
from linekit.line import Line
from linekit.load import Heard, Load

STOP_S_MAX = 30.0


@pytest.mark.parametrize("part", PARTS)
def test_a_part_told_to_end_finishes_its_work(line: Line, part: Part) -> None:
    heard = Heard()
    with Load(line.door, line.accounts, 40, heard=heard) as load:
        load.wait_yes(40, 20.0)
        code, seconds = line.stop_part(part, stop_s_max=STOP_S_MAX)
        assert code == 0, f"{part} ended with {code}\n{line.tail(part)}"
        assert seconds <= STOP_S_MAX
        line.start(part)
        load.wait_yes(len(heard.yes) + 40, 30.0)
    line.assert_whole(heard)
