"""The broker is away, forgets its tail, or forgets everything: nobody is refused, and every order stands again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linekit.broker import cut_tail, wipe
from linekit.fixtures import Needs
from linekit.line import Line
from linekit.load import Heard, Load
from schemas.topics import INBOX

AWAY_S = 20.0
RATE_PER_S = 50
LETTERS = 700
CUT = 500


@pytest.fixture(scope="module")
def whole_line(place: Path, needs: Needs) -> Iterator[Line]:
    """``xinshu up`` with the broker it starts by itself, and starts again."""
    needs("java")
    with Line(place / "up") as line:
        line.up()
        yield line
    line.assert_silent()


def loaded(line: Line, letters: int = LETTERS) -> Heard:
    """A line that has taken in and settled some letters."""
    heard = Heard()
    with Load(line.door, line.accounts, 100, heard=heard, letters_max=letters) as load:
        load.wait_yes(letters, 60.0)
    line.assert_whole(heard, ask_again=False)
    return heard


def nobody_noticed(heard: Heard) -> None:
    assert not heard.refused, f"refused while the broker was away: {dict(heard.refused)}"
    assert not heard.failed, f"unanswered while the broker was away: {dict(heard.failed)}"


@pytest.mark.slow
def test_a_broker_that_stands_still_is_not_noticed_by_senders(whole_line: Line) -> None:
    heard = Heard()
    with Load(whole_line.door, whole_line.accounts, RATE_PER_S, heard=heard) as load:
        load.wait_yes(RATE_PER_S, 20.0)
        with whole_line.frozen("broker"):
            load.wait_yes(len(heard.yes) + int(AWAY_S * RATE_PER_S), AWAY_S + 10)
    nobody_noticed(heard)
    whole_line.assert_whole(heard, 90.0)


@pytest.mark.slow
def test_letters_whose_records_the_broker_lost_stand_again(whole_line: Line) -> None:
    heard = loaded(whole_line)
    with Load(whole_line.door, whole_line.accounts, 20, heard=heard) as load:
        gone = whole_line.hurt_broker(lambda folder: cut_tail(folder, INBOX.name, CUT))
        assert gone >= CUT
        load.wait_yes(len(heard.yes) + 40, 30.0)
    nobody_noticed(heard)
    whole_line.assert_whole(heard, 120.0)
    assert whole_line.inbox_holds(heard), "records that the broker had lost were not sent again"


@pytest.mark.slow
def test_everything_stands_again_on_a_broker_that_lost_everything(whole_line: Line) -> None:
    heard = loaded(whole_line)
    with Load(whole_line.door, whole_line.accounts, 20, heard=heard) as load:
        whole_line.hurt_broker(wipe)
        load.wait_yes(len(heard.yes) + 40, 30.0)
    nobody_noticed(heard)
    whole_line.assert_whole(heard, 180.0)
    assert whole_line.inbox_holds(heard), "records that the broker had lost were not sent again"
