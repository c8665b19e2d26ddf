"""The page's form with two files of 200 KiB each, by a compiled load tool (wrk): how many a second one door accepts.

    python bench/form_files.py --seconds 20 --clients 32

Every request is a new letter with a token, words and files of its own, from an address of its own: the limits of
``[door.limits]`` count as they do in earnest. The whole line runs meanwhile on the same cores. At the end every letter
that wrk heard accepted is decided, and its files lie in the blob store.
"""

import sys
from pathlib import Path

from kit import Report, parser, running_line, said, settled, wrk

from linekit.history import Picture
from linekit.line import Line

FILE_BYTES = 200 * 1024
FORMS_PER_S = 100
SCRIPT = Path(__file__).with_name("form_files.lua")
OVER = {"door": {"trusted_proxies": ["127.0.0.1"]}}


def load(line: Line, clients: int, seconds: int) -> str:
    return wrk(
        SCRIPT,
        f"http://{line.door}/in/web_form/",
        line.accounts[0],
        str(FILE_BYTES),
        clients=clients,
        seconds=seconds,
    )


def blobs(line: Line) -> int:
    return sum(
        1 for path in (line.var / "blobs").rglob("*") if path.is_file() and path.stat().st_size == FILE_BYTES
    )


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--clients", type=int, default=32)
    asked = options.parse_args()
    report = Report("form: two files of 200 KiB by wrk", asked.json)
    with running_line(over=OVER) as line:
        output = load(line, asked.clients, asked.seconds)
        report.say(output)
        report.figure("clients", asked.clients)
        report.figure(
            "forms_per_s", round(said(output, "created") / said(output, "seconds"), 1), at_least=FORMS_PER_S
        )
        report.figure("not_accepted", int(said(output, "other")), at_most=0)
        report.figure("p50_ms", said(output, "p50_ms"))
        report.figure("p99_ms", said(output, "p99_ms"))
        report.figure("then_decided_within_s", round(settled(line, 600), 1))
        accepted = int(line.metrics()['xinshu_accepted_total{channel="web_form"}'])
        report.figure("accepted", accepted)
        report.figure("lost", max(0, accepted - len(Picture.read(line.bootstrap).decided)), at_most=0)
        report.figure("files_missing", max(0, 2 * accepted - blobs(line)), at_most=0)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
