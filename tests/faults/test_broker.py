"""The broker is away, forgets its tail, or forgets everything: nobody is refused, and every order stands again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linekit.broker import Broker
from linekit.line import Line
from linekit.load import Heard, Load
from schemas.topics import INBOX

AWAY_S = 20.0
RATE_PER_S = 50
LETTERS = 700
CUT = 500


@pytest.fixture(scope="module")
def watched(place: Path, broker: Broker) -> Iterator[Line]:
    """``xinshu up`` on a broker of ours: it restarts parts that give up."""
    with Line(place / "watched", broker=broker) as line:
        line.up()
        yield line


def loaded(line: Line, letters: int = LETTERS) -> Heard:
    """A line that has taken in and settled some letters."""
    heard = Heard()
    with Load(line.door, line.accounts, 100, heard=heard, letters_max=letters) as load:
        load.wait_yes(letters, 60.0)
    line.assert_whole(heard, ask_again=False)
    return heard


@pytest.mark.slow
def test_a_broker_that_stands_still_is_not_noticed_by_senders(watched: Line, broker: Broker) -> None:
    heard = Heard()
    with Load(watched.door, watched.accounts, RATE_PER_S, heard=heard) as load:
        load.wait_yes(RATE_PER_S, 20.0)
        with broker.frozen():
            load.wait_yes(len(heard.yes) + int(AWAY_S * RATE_PER_S), AWAY_S + 10)
    assert not heard.refused, f"refused while the broker stood still: {dict(heard.refused)}"
    assert not heard.failed, f"unanswered while the broker stood still: {dict(heard.failed)}"
    watched.assert_whole(heard, 90.0)


@pytest.mark.slow
def test_a_broker_killed_and_started_again_is_not_noticed_by_senders(watched: Line, broker: Broker) -> None:
    heard = Heard()
    with Load(watched.door, watched.accounts, RATE_PER_S, heard=heard) as load:
        load.wait_yes(RATE_PER_S, 20.0)
        broker.kill()
        load.wait_yes(len(heard.yes) + RATE_PER_S * 5, 20.0)
        broker.start()
        load.wait_yes(len(heard.yes) + RATE_PER_S * 2, 20.0)
    assert not heard.refused, f"refused while the broker was away: {dict(heard.refused)}"
    assert not heard.failed, f"unanswered while the broker was away: {dict(heard.failed)}"
    watched.assert_whole(heard, 90.0)


@pytest.mark.slow
def test_letters_whose_records_the_broker_lost_stand_again(watched: Line, broker: Broker) -> None:
    heard = loaded(watched)
    with Load(watched.door, watched.accounts, 20, heard=heard) as load:
        broker.kill()
        assert broker.cut_tail(INBOX.name, CUT) >= CUT
        broker.start()
        load.wait_yes(len(heard.yes) + 40, 30.0)
    watched.assert_whole(heard, 120.0)
    assert watched.inbox_holds(heard), "records that the broker had lost were not sent again"


@pytest.mark.slow
def test_everything_stands_again_on_a_broker_that_lost_everything(watched: Line, broker: Broker) -> None:
    heard = loaded(watched)
    with Load(watched.door, watched.accounts, 20, heard=heard) as load:
        broker.kill()
        broker.wipe()
        broker.start()
        load.wait_yes(len(heard.yes) + 40, 30.0)
    watched.assert_whole(heard, 180.0)
    assert watched.inbox_holds(heard), "records that the broker had lost were not sent again"
