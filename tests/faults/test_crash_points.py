"""Every hand-over is passed once by a process that dies exactly there; afterwards nothing is missing or double."""

import signal

import pytest

from linekit.finding import Part
from linekit.letters import drafts
from linekit.line import Line
from linekit.load import Heard, Load
from linekit.mails import mail_until_yes
from linekit.settings import address_of
from pipeline.crash import POINTS

RATE_PER_S = 20
LETTERS = 12
DEATH_S_MAX = 30.0


def owner(point: str) -> Part:
    where = point.partition(".")[0]
    if where == "desk":
        return "desk"
    if where == "delivery":
        return "delivery"
    return "register" if where == "register" else "door"


def test_every_point_has_an_owner() -> None:
    assert {owner(point) for point in POINTS} == {"door", "desk", "delivery", "register"}


# No channel of this line names files that its peer holds: those deaths are tests/pipeline/intake/test_media_faults.py.
@pytest.mark.parametrize("point", [point for point in POINTS if not point.startswith("media.")])
def test_a_death_at_this_point_loses_and_doubles_nothing(line: Line, point: str) -> None:
    part = owner(point)
    line.kill(part)
    line.start(part, crash=point)
    heard = Heard()
    with Load(line.door, line.accounts, RATE_PER_S, heard=heard) as load:
        if point.startswith("blob."):
            # Bytes over 256 KiB go to the blob store: a mail with a file brings them.
            mail_until_yes(
                line.smtp,
                address_of(line.cities[0]),
                next(drafts()),
                file_bytes=400_000,
                stop=lambda: not line.runs(part),
            )
        code = line.wait_death(part, DEATH_S_MAX)
        assert code == -signal.SIGKILL, f"{part} was to die at {point}, but ended with {code}"
        line.start(part)
        load.wait_yes(LETTERS, 30.0)
    line.assert_whole(heard)
