"""How long the line takes to stand, to stand again, and to accept again after its door was killed.

    python bench/start.py            cold start, second start, deaths of the door
    python bench/start.py --clone    also: git clone, make setup, xinshu up, first letter to first order, in minutes

Once installed. "Cold" is an empty folder: the broker formats its disk, topics, cities and keys are made.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from kit import ROOT, Report, folder, parser

from linekit.letters import drafts
from linekit.line import Line
from linekit.load import Heard, Load

COLD_S_MAX = 10.0
ACCEPT_AGAIN_S_MAX = 3.0
DEATHS = 5


def first_order(line: Line) -> float:
    began, heard = time.monotonic(), Heard()
    with Load(line.door, line.accounts, 5, heard=heard, letters=drafts(), letters_max=1) as load:
        load.wait_yes(1, 30)
    line.wait_order(heard.newest().number, 60)
    return time.monotonic() - began


def starts(report: Report, place: Path) -> None:
    with Line(place) as line:
        report.figure("up, cold, s", round(line.up(ready_s_max=120), 2), at_most=COLD_S_MAX)
        report.figure("first letter to its order in the table, s", round(first_order(line), 2))
        began = time.monotonic()
        line.stop()
        report.figure("stop, s", round(time.monotonic() - began, 2))
        report.figure("up, second start, s", round(line.up(ready_s_max=120), 2), at_most=COLD_S_MAX)
        with Load(line.door, line.accounts, 50) as load:
            load.wait_yes(50, 30)
            for death in range(1, DEATHS + 1):
                line.kill("door")
                seconds = load.wait_next_yes(30)
                report.figure(
                    f"death {death} of the door to the next yes, s",
                    round(seconds, 2),
                    at_most=ACCEPT_AGAIN_S_MAX,
                )
                line.wait_ready("door")


def clone(report: Report, place: Path) -> None:
    began = time.monotonic()
    copy = place / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(copy)], check=True)
    subprocess.run(
        ["make", "setup"], cwd=copy, check=True, env={**os.environ, "CI": "true"}, stdout=subprocess.DEVNULL
    )
    report.figure("clone and set-up, minutes", round((time.monotonic() - began) / 60, 2))
    with Line(place / "first") as line:
        line.up(ready_s_max=120)
        first_order(line)
    report.figure("clone to first order, minutes", round((time.monotonic() - began) / 60, 2))
    shutil.rmtree(copy)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--clone", action="store_true")
    asked = options.parse_args()
    report = Report("start: cold, again, and after a death", asked.json)
    with folder() as place:
        starts(report, place / "line")
        if asked.clone:
            clone(report, place)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
