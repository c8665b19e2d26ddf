"""How fast the relay empties a full spool once Kafka is back, and whether every conversation kept its order.

    python bench/relay.py --letters 30000

Two runs: the door alone (relaying and marking 1 KiB letters is all that happens), and the whole line (desk, sinks and
register work at the same time, as after a real outage).
"""

import asyncio
import sys
import time
from collections import defaultdict
from itertools import pairwise

from kit import Report, folder, parser

from linekit.broker import Broker
from linekit.history import records
from linekit.letters import Draft, drafts
from linekit.line import Line
from linekit.load import FormSender, Heard
from schemas import topics, wire
from schemas.letter import Letter

ALONE_PER_S, OUTAGE_PER_S = 5000, 2000
CONVERSATIONS = 64
BODY_BYTES = 1024


async def fill(line: Line, letters: int) -> tuple[Heard, dict[str, list[str]]]:
    """Every conversation sends one letter after the other; numbers of each in the order of its answers."""
    heard = Heard()
    sender = FormSender(line.door, line.accounts, heard, connections=CONVERSATIONS)
    spoken: dict[str, list[str]] = defaultdict(list)
    source = drafts(people=CONVERSATIONS)
    mine: list[list[Draft]] = [[] for _ in range(CONVERSATIONS)]
    for number in range(letters):
        mine[number % CONVERSATIONS].append(next(source))

    async def one(todo: list[Draft]) -> None:
        for draft in todo:
            await sender.send(draft, time.monotonic(), bytes_min=BODY_BYTES)
            spoken[draft.phone].append(heard.yes[draft.key].number)

    await asyncio.gather(*(one(todo) for todo in mine))
    sender.close()
    return heard, spoken


def drained(line: Line, letters: int, deadline_s: float) -> tuple[float, float]:
    """Seconds until the first record went out, and from then until the last was marked."""
    began, first = time.monotonic(), 0.0
    while time.monotonic() - began < deadline_s:
        sent = line.metrics().get('xinshu_relayed_total{channel="web_form"}', 0.0)
        now = time.monotonic()
        if sent and not first:
            first = now
        if sent >= letters:
            return first - began, now - first
        time.sleep(0.1 if first else 0.02)  # asking costs the door a millisecond
    raise TimeoutError(f"not drained within {deadline_s:g} s")


def inversions(line: Line, spoken: dict[str, list[str]]) -> int:
    place: dict[str, int] = {}
    for record in records(line.bootstrap, topics.INBOX):
        item = wire.decode(topics.INBOX, record.value)
        if isinstance(item, Letter):
            place.setdefault(item.number, record.offset)
    return sum(place[later] < place[earlier] for told in spoken.values() for earlier, later in pairwise(told))


def run(report: Report, name: str, letters: int, at_least: float, *, whole: bool) -> None:
    with folder() as place:
        broker = Broker(place / "kafka", heap_mb=512)
        broker.start()
        try:
            with Line(place / "line", broker=broker) as line:
                if whole:
                    line.up()
                else:
                    line.create_topics()
                    line.start("door")
                broker.stop()
                began = time.monotonic()
                heard, spoken = asyncio.run(fill(line, letters))
                report.figure(
                    f"accepted_per_s while Kafka is away ({name})",
                    round(letters / (time.monotonic() - began)),
                )
                report.figure(f"refused ({name})", heard.refused.total(), at_most=0)
                broker.start()
                waited, took = drained(line, letters, 300)
                report.figure(f"first record after Kafka is back, s ({name})", round(waited, 2))
                report.figure(f"relayed_per_s ({name})", round(letters / took), at_least=at_least)
                report.figure(f"inversions ({name})", inversions(line, spoken), at_most=0)
                if whole:
                    verdict = line.assert_whole(heard, 300, ask_again=False)
                    report.figure(f"lost ({name})", len(verdict.lost), at_most=0)
                    report.figure(f"double ({name})", len(verdict.double), at_most=0)
        finally:
            broker.close()


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=30_000)
    asked = options.parse_args()
    report = Report("relay: a full spool drained", asked.json)
    run(report, "door alone", asked.letters, ALONE_PER_S, whole=False)
    run(report, "whole line", asked.letters, OUTAGE_PER_S, whole=True)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
