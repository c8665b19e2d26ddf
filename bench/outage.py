"""Kafka stopped for minutes while letters keep coming: nobody is refused, nobody waits longer, then all is drained.

    python bench/outage.py --minutes 10 --rate 50

A minute of the same load before the outage is what the time during it is compared with.
"""

import sys
import time
from collections import defaultdict

from kit import Report, folder, histogram, latency, parser, percentile
from relay import inversions

from linekit.broker import Broker
from linekit.letters import drafts
from linekit.line import Line
from linekit.load import Heard, Load

RATIO_MAX = 1.2
DRAIN_PER_S = 2000
PEOPLE = 200


def spoken(heard: Heard) -> dict[str, list[str]]:
    told: dict[str, list[str]] = defaultdict(list)
    for yes in sorted(heard.yes.values(), key=lambda yes: heard.heard_at[yes.number]):
        told[yes.draft.phone].append(yes.number)
    return told


def relayed(line: Line) -> float:
    return line.metrics().get('xinshu_relayed_total{channel="web_form"}', 0.0)


def drain(line: Line, goal: float, deadline_s: float) -> tuple[float, float]:
    """Records a second from the first to the last that had waited, and seconds until the first."""
    began, start = time.monotonic(), relayed(line)
    while relayed(line) <= start:
        if time.monotonic() - began > deadline_s:
            raise TimeoutError("nothing was relayed")
        time.sleep(0.01)
    first, at_first = time.monotonic(), relayed(line)
    while (now := relayed(line)) < goal:
        if time.monotonic() - began > deadline_s:
            raise TimeoutError(f"{now:g} of {goal:g} relayed")
        time.sleep(0.01)
    return (goal - start) / max(0.001, time.monotonic() - first), first - began if at_first else 0.0


def measure(
    report: Report, line: Line, broker: Broker, *, minutes: float, rate: int, before_s: float
) -> None:
    heard = Heard()
    with Load(line.door, line.accounts, rate, heard=heard, letters=drafts(people=PEOPLE)) as load:
        load.wait_yes(int(rate * 5), 30)
        mark = time.monotonic()
        load.wait_yes(len(heard.yes) + int(rate * before_s), before_s + 30)
        stopped_at = time.monotonic()
        broker.stop()
        load.wait_yes(len(heard.yes) + int(rate * 60 * minutes), minutes * 60 + 60)
        back_at = time.monotonic()
        waiting = len(heard.yes)
        broker.start()
        speed, first_s = drain(line, waiting, 300)
        load.wait_yes(len(heard.yes) + rate * 5, 30)
    before = [seconds for due, seconds in heard.due_to_answer_s if mark <= due < stopped_at]
    during = [seconds for due, seconds in heard.due_to_answer_s if stopped_at <= due < back_at]
    report.say(f"before {histogram(before)}\nduring {histogram(during)}")
    report.figure("letters during the outage", len(during))
    report.figure("refused", heard.refused.total(), at_most=0)
    report.figure("failed", heard.failed.total(), at_most=0)
    for name, values in (("before", before), ("during", during)):
        for key, value in latency(values).items():
            report.figure(f"accept_{key} {name}", value)
    ratio = percentile(during, 0.99) / percentile(before, 0.99)
    report.figure("accept_p99 during : before", round(ratio, 2), at_most=RATIO_MAX)
    report.figure("first record after Kafka is back, s", round(first_s, 2))
    report.figure("drained_per_s", round(speed), at_least=DRAIN_PER_S)
    verdict = line.assert_whole(heard, 300, ask_again=False)
    report.figure("lost", len(verdict.lost), at_most=0)
    report.figure("double", len(verdict.double), at_most=0)
    report.figure("inversions", inversions(line, spoken(heard)), at_most=0)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--rate", type=int, default=50)
    options.add_argument(
        "--before", type=float, default=60.0, help="seconds of the same load before the outage"
    )
    asked = options.parse_args()
    report = Report(
        f"outage: Kafka stopped for {asked.minutes:g} minutes at {asked.rate} letters/s", asked.json
    )
    with folder() as place:
        broker = Broker(place / "kafka", heap_mb=512)
        broker.start()
        try:
            with Line(place / "line", broker=broker) as line:
                line.up()
                measure(report, line, broker, minutes=asked.minutes, rate=asked.rate, before_s=asked.before)
        finally:
            broker.close()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
