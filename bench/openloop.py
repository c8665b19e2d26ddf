"""Letters by the clock at a fixed rate, whatever the answers: how long a sender waits, how long until the order stands.

    python bench/openloop.py --rates 50,500 --seconds 60

Everything runs on this machine: broker, door, desk, sinks, register and the senders. Latency counts from the moment a
letter was due (a slow answer delays nobody's clock: no coordinated omission). "Order" is the time from the sender's
yes until a reader of the order topic, that reads committed records only, has the order. Beside them the door's group
commits of the same minute: what the disk itself takes. The broker is started as ``xinshu up`` starts its own. What counts begins after 15 s at the same rate: a broker just
started compiles itself while it works, which a line that runs for weeks does once.
"""

import asyncio
import sys

import uvloop
from kit import Report, histogram, latency, parser, running_line
from watch import Orders

from linekit.letters import drafts
from linekit.line import Line
from linekit.load import FormSender, Heard, by_the_clock
from linekit.settings import CITIES, TWELVE

ACCEPT_P99_MS = {50: 50.0, 500: 250.0}
ORDER_P50_MS, ORDER_P99_MS = 80.0, 300.0
WARM_UP_S = 15
COMMIT = "xinshu_spool_commit_seconds_bucket"


def commit_p99_ms(before: dict[str, float], after: dict[str, float]) -> float:
    """The 99th percentile of the door's commits between two looks, from the histogram's buckets."""
    grown: list[tuple[float, float]] = []
    for name, value in after.items():
        if name.startswith(COMMIT):
            named = name.partition('le="')[2].partition('"')[0]
            grown.append((float(named.replace("+Inf", "inf")), value - before.get(name, 0.0)))
    grown.sort()
    if not grown or not grown[-1][1]:
        return float("nan")
    wanted, low, below = 0.99 * grown[-1][1], 0.0, 0.0
    for edge, count in grown:
        if count >= wanted:
            share = (wanted - below) / max(1.0, count - below)
            return round((low + share * ((edge if edge != float("inf") else low) - low)) * 1000, 1)
        low, below = edge, count
    return float("nan")


async def one(line: Line, rate: int, seconds: int, report: Report, where: str) -> None:
    heard, source = Heard(), drafts(people=1_000_000)  # nobody writes twice, the warm-up included
    sender = FormSender(line.door, line.accounts, heard, connections=64)
    warming = await by_the_clock(
        lambda draft, due: asyncio.create_task(sender.send(draft, due)),
        source, rate, lambda count: count < rate * WARM_UP_S,
    )  # fmt: skip
    await asyncio.gather(*warming)
    warm = len(heard.yes)
    heard.due_to_answer_s.clear()
    before = line.metrics()
    async with Orders(line.bootstrap) as orders:
        tasks = await by_the_clock(
            lambda draft, due: asyncio.create_task(sender.send(draft, due)),
            source, rate, lambda count: count < rate * seconds,
        )  # fmt: skip
        await asyncio.gather(*tasks)
        after = line.metrics()
        numbers = [yes.number for yes in list(heard.yes.values())[warm:]]
        complete = await orders.all_of(numbers, 120)
        ordered = [orders.seen[n] - heard.heard_at[n] for n in numbers if n in orders.seen]
    sender.close()
    name = f"{rate}/s, {where}"
    report.say(f"\n{name}: {len(numbers)} letters in {seconds} s")
    report.say(f"  accept {histogram(heard.seconds())}")
    report.say(f"  order  {histogram(ordered)}")
    accept = latency(heard.seconds())
    report.figure(f"accept_p99_ms ({name})", accept.pop("p99_ms"), at_most=ACCEPT_P99_MS.get(rate))
    for key, value in accept.items():
        report.figure(f"accept_{key} ({name})", value)
    report.figure(f"spool_commit_p99_ms ({name})", commit_p99_ms(before, after))
    order = latency(ordered)
    aim = rate == 50
    report.figure(f"order_p50_ms ({name})", order.pop("p50_ms"), at_most=ORDER_P50_MS if aim else None)
    report.figure(f"order_p99_ms ({name})", order.pop("p99_ms"), at_most=ORDER_P99_MS if aim else None)
    for key, value in order.items():
        report.figure(f"order_{key} ({name})", value)
    report.figure(f"refused ({name})", heard.refused.total(), at_most=0)
    report.figure(f"failed ({name})", heard.failed.total(), at_most=0)
    report.figure(f"without an order ({name})", len(numbers) - len(ordered), at_most=0)
    if not complete:
        report.say("  orders were still missing after 120 s")


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--rates", default="50,500")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--cities", choices=("one", "twelve", "both"), default="both")
    asked = options.parse_args()
    report = Report("open loop: accept and order latency on the whole line", asked.json)
    for where, cities in (("one city", CITIES), ("twelve cities", TWELVE)):
        if asked.cities == "both" or where.startswith(asked.cities):
            with running_line(cities=cities) as line:
                for rate in map(int, asked.rates.split(",")):
                    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                        runner.run(one(line, rate, asked.seconds, report, where))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
