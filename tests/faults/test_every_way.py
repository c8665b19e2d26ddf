"""All five channels at once under kills: every letter delivered one to five times, and once more after a restart."""

import asyncio
import random
from itertools import islice
from pathlib import Path

from linekit.everyway import EveryWay, bot_server, channels_for
from linekit.fixtures import Needs
from linekit.killing import Killer
from linekit.letters import drafts
from linekit.line import Line
from linekit.settings import CITIES

SEED = 5
LETTERS = 200
KILLS = 4


def test_five_channels_one_number_and_one_order_each(place: Path, needs: Needs, long: bool) -> None:
    needs("java")
    folder = place / "calls"
    folder.mkdir()
    chance = random.Random(SEED)
    letters = list(enumerate(islice(drafts(), 2000 if long else LETTERS)))
    with bot_server() as bot:
        over = {"connectors": channels_for(CITIES[0], bot.url, folder)}
        with Line(place / "every", over=over) as line:
            line.up()
            ways = EveryWay(line, bot, folder, chance)
            with Killer(line, random.Random(SEED), 20 if long else KILLS):
                asyncio.run(ways.send(letters))
            ways.assert_whole(120.0)
            before = ways.numbers()
            line.stop()
            line.up()
            asyncio.run(ways.send(letters, again=True))
            ways.assert_whole(120.0)
            assert ways.numbers() == before
        line.assert_silent()
