"""What the line holds in memory: PSS of every process but the broker, idle and after many letters.

    python bench/memory.py --letters 10000

PSS (proportional set size) counts a page shared by two processes half for each: the sum is what the machine really
gives. The letters come at full speed by the web form, one in twenty by mail.
"""

import sys
import threading
from pathlib import Path

from kit import Report, parser, running_line

from linekit.letters import drafts
from linekit.line import Line
from linekit.load import Heard, Load
from linekit.mails import mail_until_yes
from linekit.settings import address_of

PSS_MIB_MAX = 400.0


def pss_mib(pid: int) -> float:
    for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if row.startswith("Pss:"):
            return int(row.split()[1]) / 1024
    return 0.0


def table(line: Line) -> dict[str, float]:
    return {
        part: round(sum(pss_mib(process.pid) for process in processes), 1)
        for part, processes in sorted(line.processes().items())
        if part != "broker"
    }


def send(line: Line, letters: int) -> Heard:
    heard = Heard()
    by_mail = threading.Thread(target=mails, args=(line, letters // 20))
    by_mail.start()
    with Load(line.door, line.accounts, 400, heard=heard, letters_max=letters - letters // 20) as load:
        load.wait_yes(letters - letters // 20, 600)
    by_mail.join()
    return heard


def mails(line: Line, count: int) -> None:
    for _, draft in zip(range(count), drafts(), strict=False):
        mail_until_yes(line.smtp, address_of(line.cities[0]), draft, file_bytes=20_000)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=10_000)
    asked = options.parse_args()
    report = Report("memory: PSS of all processes without the broker", asked.json)
    with running_line() as line:
        idle = table(line)
        heard = send(line, asked.letters)
        verdict = line.assert_whole(heard, 300, ask_again=False)
        loaded = table(line)
    for part, value in loaded.items():
        report.figure(f"{part}_mib", value)
        report.say(f"{'':<10}{part}: {idle.get(part, 0.0)} MiB idle")
    report.figure("letters", verdict.letters)
    report.figure("idle_mib", round(sum(idle.values()), 1))
    report.figure("together_mib", round(sum(loaded.values()), 1), at_most=PSS_MIB_MAX)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
