"""JSON letters of 1 KiB from a compiled load tool (wrk): how many a second one door accepts.

    python bench/accept.py --seconds 30 --clients 64

Every request is a new letter with an Idempotency-Key of its own. The whole line runs meanwhile: Kafka, desk, sinks
and register share the cores with the door and with wrk itself. At the end the ledger must balance: what wrk heard as
accepted is what the line has decided, and every order stands once in the case system's table.
"""

import sys
from pathlib import Path

from kit import Report, parser, running_line, said, settled, wrk

from linekit.finding import wait_until
from linekit.history import Picture, reading
from linekit.line import Line
from linekit.load import FORM_PATH

BODY_BYTES = 1024
ACCEPTED_PER_S = 1000
SCRIPT = Path(__file__).with_name("accept.lua")


def load(line: Line, clients: int, seconds: int) -> str:
    return wrk(
        SCRIPT,
        f"http://{line.door}{FORM_PATH}",
        line.accounts[0],
        str(BODY_BYTES),
        clients=clients,
        seconds=seconds,
    )


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--clients", type=int, default=64)
    asked = options.parse_args()
    report = Report("accept: 1 KiB JSON letters by wrk", asked.json)
    with running_line() as line:
        load(line, asked.clients, 3)
        warm = line.metrics().get('xinshu_accepted_total{channel="web_form"}', 0.0)
        output = load(line, asked.clients, asked.seconds)
        report.say(output)
        accepted = line.metrics()['xinshu_accepted_total{channel="web_form"}']
        report.figure("clients", asked.clients)
        report.figure(
            "accepted_per_s",
            round(said(output, "created") / said(output, "seconds"), 1),
            at_least=ACCEPTED_PER_S,
        )
        report.figure("not_accepted", int(said(output, "other")), at_most=0)
        report.figure("accept_p50_ms", said(output, "p50_ms"))
        report.figure("accept_p99_ms", said(output, "p99_ms"))
        report.figure("then_decided_within_s", round(settled(line, 600), 1))
        picture = Picture.read(line.bootstrap)
        report.figure("accepted", int(accepted))
        report.figure("accepted_warming_up", int(warm))
        report.figure("decided", len(picture.decided))
        report.figure("lost", max(0, int(accepted) - len(picture.decided)), at_most=0)
        wait_until(lambda: rows(line) >= len(picture.orders), 120, "every order is in the table", pause_s=0.5)
        report.figure("double_orders", sum(len(ids) > 1 for ids in picture.orders.values()), at_most=0)
        report.figure("order_rows", rows(line))
    return report.end()


def rows(line: Line) -> int:
    with reading(line.sql) as database:
        return int(database.execute("SELECT count(*) FROM work_order").fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
