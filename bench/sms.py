"""SMS callbacks from a compiled load tool (wrk): how many a second one door accepts.

    python bench/sms.py --seconds 30 --clients 64

Every request is a new message, pushed as Aliyun does. The whole line runs meanwhile and shares the cores with the door
and with wrk. At the end the ledger must balance: what wrk heard as accepted is what the line has decided.
"""

import sys
from pathlib import Path
from typing import Any

from kit import Report, parser, running_line, said, settled, wrk

from linekit.history import Picture
from linekit.line import Line

ACCEPTED_PER_S = 800
SCRIPT = Path(__file__).with_name("sms.lua")
SECRET = "bench-path-0001x"
CHANNEL: dict[str, Any] = {
    "accounts": {"10690012345": {"city": "jiangcheng", "mailbox": "sms"}},
    "gateways": {"aliyun": {"vendor": "aliyun", "secrets": [SECRET]}},
}
TOTAL = 'xinshu_accepted_total{channel="sms"}'


def load(line: Line, clients: int, seconds: int) -> str:
    return wrk(SCRIPT, f"http://{line.door}/in/sms/aliyun/{SECRET}", clients=clients, seconds=seconds)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--clients", type=int, default=64)
    asked = options.parse_args()
    report = Report("sms: callbacks by wrk", asked.json)
    with running_line(over={"connectors": {"sms": CHANNEL}}) as line:
        load(line, asked.clients, 3)
        output = load(line, asked.clients, asked.seconds)
        report.say(output)
        report.figure("clients", asked.clients)
        report.figure(
            "accepted_per_s",
            round(said(output, "accepted") / said(output, "seconds"), 1),
            at_least=ACCEPTED_PER_S,
        )
        report.figure("not_accepted", int(said(output, "other")), at_most=0)
        report.figure("accept_p50_ms", said(output, "p50_ms"))
        report.figure("accept_p99_ms", said(output, "p99_ms"))
        accepted = int(line.metrics()[TOTAL])
        report.figure("then_decided_within_s", round(settled(line, 600), 1))
        picture = Picture.read(line.bootstrap)
        report.figure("accepted", accepted)
        report.figure("decided", len(picture.decided))
        report.figure("lost", max(0, accepted - len(picture.decided)), at_most=0)
        report.figure("double_orders", sum(len(ids) > 1 for ids in picture.orders.values()), at_most=0)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
