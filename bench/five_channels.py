"""All real letters spread over the five channels, at full speed, while processes are killed: nothing lost, nothing double.

    python bench/five_channels.py --kills 20

Reads citizen/messages.jsonl below XINSHU_DATA. A letter goes by the page's JSON API, by mail, by an SMS vendor's
callback, by a Telegram bot or from a call centre (half of those in files, half pushed), one to five times, in parallel,
until its sender hears yes. Meanwhile any process of the line dies by kill -9, the broker among them. Then the line is
started anew and everything that peers send again by themselves comes again. Every letter must have one number, one
decision and one order in the end, and the ledger must balance.
"""

import asyncio
import random
import sys
import time

import uvloop
from kit import Report, folder, parser
from letters import real_letters
from realdata import path_or_skip

from linekit.everyway import CHANNELS, EveryWay, bot_server, channels_for
from linekit.killing import Killer
from linekit.letters import Draft
from linekit.line import Line
from linekit.settings import CITIES

SEED = 9611
PATIENCE_S = 300.0


def numbered(limit: int) -> list[tuple[int, Draft]]:
    found = []
    for place, (_, draft) in enumerate(real_letters(limit)):
        subject = " ".join(draft.subject.split())
        found.append(
            (
                place,
                Draft(
                    draft.key, f"来信人{place}", f"138{place:08d}", subject or "来信", draft.text, draft.mark
                ),
            )
        )
    return found


def send(ways: EveryWay, letters: list[tuple[int, Draft]], *, again: bool) -> float:
    began = time.monotonic()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ways.send(letters, again=again))
    return time.monotonic() - began


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--limit", type=int, default=1_000_000, help="only so many letters")
    options.add_argument("--kills", type=int, default=20)
    asked = options.parse_args()
    path_or_skip("citizen", "messages.jsonl")
    report = Report("five channels: all real letters, each one to five times, under kills", asked.json)
    letters = numbered(asked.limit)
    with folder() as place, bot_server() as bot:
        drop = place / "calls"
        drop.mkdir()
        with Line(place, over={"connectors": channels_for(CITIES[0], bot.url, drop)}) as line:
            line.up()
            ways = EveryWay(line, bot, drop, random.Random(SEED))
            with Killer(line, random.Random(SEED), asked.kills) as killer:
                took = send(ways, letters, again=False)
            report.figure("letters", len(letters))
            report.figure("accepted, s", round(took, 1))
            report.figure("kills", len(killer.killed), at_least=asked.kills)
            report.say("killed: " + " ".join(killer.killed))
            judge(report, ways, len(letters), "")
            before = ways.numbers()
            line.stop()
            line.up()
            report.figure("all again after a restart, s", round(send(ways, letters, again=True), 1))
            judge(report, ways, len(letters), " (again)")
            report.figure("numbers changed", len(set(before) ^ set(ways.numbers())), at_most=0)
            ledger = line.run("ledger", "--json", timeout_s=300)
            report.figure("ledger_exit_code", ledger.returncode, at_most=0)
    return report.end()


def judge(report: Report, ways: EveryWay, letters: int, when: str) -> None:
    verdict = ways.assert_whole(PATIENCE_S)
    for channel in CHANNELS:
        report.say(f"{channel:<44} {sum(who[0] == channel for who in ways.told):>14}")
    report.figure(f"numbers{when}", len(ways.numbers()), at_least=letters)
    report.figure(f"orders{when}", verdict.orders)
    report.figure(f"lost{when}", len(verdict.lost), at_most=0)
    report.figure(f"double{when}", len(verdict.double), at_most=0)


if __name__ == "__main__":
    sys.exit(main())
