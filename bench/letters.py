"""All real letters through both channels at full speed; then every one of them must be accounted for, by id.

    python bench/letters.py --clients 32 --mail-clients 8

Reads citizen/messages.jsonl below XINSHU_DATA (the folder of real letters beside the project). Every letter goes once
by the web form's JSON API and once by mail. Afterwards each number heard, and each mail the server said yes to, must
be decided (or linked to another, or in quarantine), and each order must stand exactly once in the case system's table.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

import uvloop
from kit import Report, parser, running_line
from realdata import path, path_or_skip

from linekit.history import Picture, check
from linekit.letters import Draft
from linekit.line import Line
from linekit.load import FormSender, Heard
from linekit.mails import number_in
from linekit.settings import address_of
from linekit.smtp import MailConnection, Refused

SETTLE_S_MAX = 900.0


def real_letters(limit: int) -> Iterator[tuple[str, Draft]]:
    with path("citizen", "messages.jsonl").open(encoding="utf-8") as lines:
        for count, line in enumerate(lines):
            if count >= limit:
                return
            row: dict[str, Any] = json.loads(line)
            who = str(row.get("user") or "匿名")
            yield (
                who,
                Draft(
                    f"letter-{count:06d}-{row['id']}"[:120],
                    who[:100],
                    "",
                    row["subject"][:200],
                    row["detail"],
                    "",
                ),
            )


def as_mail(who: str, draft: Draft, to: str) -> tuple[str, bytes]:
    sender = (
        "".join(character for character in who if character.isascii() and character.isalnum()) or "anonymous"
    )
    address = f"{sender.lower()}@example.cn"
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"], message["To"] = address, to
    message["Subject"] = " ".join(draft.subject.split())
    message["Message-ID"] = f"<{draft.key}@example.cn>"
    message["Date"] = "Mon, 23 Nov 2026 08:00:00 +0800"
    message.set_content(draft.text)
    return address, message.as_bytes()


async def by_form(line: Line, letters: Iterator[tuple[str, Draft]], clients: int) -> Heard:
    heard = Heard()
    sender = FormSender(line.door, line.accounts, heard, connections=clients)

    async def lane() -> None:
        for _, draft in letters:
            await sender.send(draft, time.monotonic())

    await asyncio.gather(*(lane() for _ in range(clients)))
    sender.close()
    return heard


async def by_mail(
    line: Line, letters: Iterator[tuple[str, Draft]], clients: int, answers: Counter[str]
) -> list[str]:
    host, _, port = line.smtp.rpartition(":")
    to = address_of(line.cities[0])
    accepted: list[str] = []

    async def lane() -> None:
        connection = MailConnection(host, int(port))
        for who, draft in letters:
            address, mail = as_mail(who, draft, to)
            for _ in range(200):
                try:
                    accepted.append(number_in(await connection.send(address, to, mail)))
                    answers["250"] += 1
                    break
                except Refused as refused:
                    answers[str(refused.code)] += 1
                    if refused.code >= 500:
                        break
                except (OSError, TimeoutError) as error:
                    answers[type(error).__name__] += 1
                await asyncio.sleep(0.1)
        connection.close()

    await asyncio.gather(*(lane() for _ in range(clients)))
    return accepted


def settle(line: Line, want: int) -> Picture:
    end = time.monotonic() + SETTLE_S_MAX
    while time.monotonic() < end and line.metrics().get("xinshu_spool_depth", 1.0) != 0:
        time.sleep(0.5)
    while True:
        picture = line.picture()
        known = set(picture.decided) | set(picture.linked) | picture.quarantined
        if len(known) >= want or time.monotonic() > end:
            return picture
        time.sleep(1)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--limit", type=int, default=1_000_000, help="only so many letters")
    options.add_argument("--clients", type=int, default=32)
    options.add_argument("--mail-clients", type=int, default=8)
    asked = options.parse_args()
    path_or_skip("citizen", "messages.jsonl")
    report = Report("letters: all real letters through both channels", asked.json)
    answers: Counter[str] = Counter()
    with running_line() as line:
        began = time.monotonic()

        async def both() -> tuple[Heard, list[str]]:
            return await asyncio.gather(
                by_form(line, real_letters(asked.limit), asked.clients),
                by_mail(line, real_letters(asked.limit), asked.mail_clients, answers),
            )

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            heard, mails = runner.run(both())
        took = time.monotonic() - began
        total = len(heard.yes) + len(mails)
        report.figure("accepted by web form", len(heard.yes))
        report.figure("accepted by mail", len(mails))
        report.say(f"{'answers to mails':<44} {dict(answers)}")
        report.figure("accepted_per_s", round(total / took))
        picture = settle(line, total)
        report.figure("accepted to all decided, per s", round(total / (time.monotonic() - began)))
        judge(report, line, heard, mails, picture)
        ledger = line.run("ledger", "--json", timeout_s=300)
        report.say(ledger.stdout.strip()[-2000:])
        report.figure("ledger_exit_code", ledger.returncode, at_most=0)
    return report.end()


def judge(report: Report, line: Line, heard: Heard, mails: list[str], picture: Picture) -> None:
    numbers = heard.all_numbers() + mails
    wait_for_sink(line, picture)
    verdict = check(numbers, picture, line.sql)
    if not verdict.good:
        report.say(str(verdict))
    report.figure("decided or linked", len(picture.decided.keys() | picture.linked.keys()))
    report.figure("linked to another", len(picture.linked))
    report.figure("in quarantine", len(picture.quarantined))
    report.figure("orders", verdict.orders)
    report.figure("lost", len(verdict.lost), at_most=0)
    report.figure("double", len(verdict.double) + len(heard.changed()), at_most=0)


def wait_for_sink(line: Line, picture: Picture) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if not check((), picture, line.sql).lost and _rows(line) >= len(picture.orders):
            return
        time.sleep(1)


def _rows(line: Line) -> int:
    from accept import rows

    return rows(line)


if __name__ == "__main__":
    sys.exit(main())
