"""Mails: how many real ones are read and how well, and how fast mails come through every door of the mail channel.

    python bench/mails.py [--mails 1000]

Real mails lie beside the project (``XINSHU_DATA``); without them the first part is left out. Reading is measured in the
parser worker, one process on one core. SMTP (by smtp-source, ten connections, 4 KiB) and IMAP (out of a Dovecot, which
needs root) go through the real spool with its fsync; what is timed ends with the last mail stored, by IMAP also marked.
"""

import asyncio
import collections
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop
from kit import ROOT, Report, folder, parser
from mailboxkit import Box, Server
from realdata import Absent, path
from realmails import Compared, compared, mails, raw

from connectors.email import Email, EmailSettings
from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake.accepting import Intake
from pipeline.intake.answers import Request, Unreadable
from pipeline.intake.spool import Spool
from pipeline.intake.worker import Worker
from pipeline.kafka.broker import free_port
from pipeline.settings import Door as DoorSettings
from schemas.letter import Raw, Registered
from schemas.ports import Accept, Mailbox

READ_PER_S, SMTP_PER_S, IMAP_PER_S = 300, 100, 100
QUARANTINED_SHARE_MAX, TEXT_SHARE_MIN = 0.01, 0.9
BATCH = 64
KEY = bytes(range(32))
ACCOUNT = "shimin@12345.example.gov.cn"
ACCOUNTS = {ACCOUNT: Mailbox(city="jiangcheng", mailbox="mayor")}


def real_mails(report: Report, place: Path, data: Path) -> None:
    """Read every real mail in the worker; compare those that an expected parse stands beside."""
    files = mails(data)
    requests = [Request("email", ((_meta(path), path.read_bytes(), ""),)) for path in files]
    worker = Worker(("email",), BlobStore(place / "blobs"), place / "scratch", 512 * 1024 * 1024, 10.0)
    try:
        list(worker.read(requests[:BATCH]))
        began_s = time.monotonic()
        results: list[Any] = []
        for start in range(0, len(requests), BATCH):
            results += worker.read(requests[start : start + BATCH])
        took_s = time.monotonic() - began_s
    finally:
        worker.kill()
    unreadable = [result for result in results if isinstance(result, Unreadable)]
    raised = [result for result in results if result == "suspect"] + [r for r in unreadable if r.is_fault]
    report.figure("real_mails", len(files))
    report.figure("raised_or_killed", len(raised), at_most=0)
    report.figure("quarantined_share", round(len(unreadable) / len(files), 4), at_most=QUARANTINED_SHARE_MAX)
    for detail, count in collections.Counter(one.detail for one in unreadable).most_common():
        report.say(f"  {count} × {detail}")
    report.figure("read_in_the_worker_per_s", round(len(files) / took_s, 1), at_least=READ_PER_S)
    agreement(report, list(compared(data)))


def _meta(path: Path) -> bytes:
    piece = raw(b"", path.name)
    return piece.__pydantic_serializer__.to_json(piece, exclude={"body"})


def agreement(report: Report, every: Sequence[Compared]) -> None:
    differences = [difference for one in every for difference in one.differences]
    report.figure("expected_parses", len(every))
    for what in ("sender", "name", "subject", "files", "text"):
        stated = sum(what in one.stated for one in every)
        differing = sum(difference.what == what for difference in differences)
        aim = TEXT_SHARE_MIN if what == "text" else None
        report.figure(f"{what}_agreement", round(1 - differing / stated, 3), at_least=aim)
    for difference in differences:
        report.say(f"  {difference.mail} {difference.what}: {difference.reason or 'NOT EXPLAINED'}")
    report.figure("differences_without_reason", sum(not one.reason for one in differences), at_most=0)


@contextlib.asynccontextmanager
async def channel(place: Path, **settings: Any) -> AsyncIterator[tuple[Email, Callable[[], int]]]:
    """The mail channel on a spool of its own, and how many letters are stored."""

    def number_of(_: str, letter: UUID, counter: int) -> str:
        return numbers.registration_number(KEY, letter, counter)

    stored: set[str] = set()
    spool = Spool(place / "spool" / "spool.db", DoorSettings(), number_of, lambda: None)
    intake: Accept = Intake(spool, BlobStore(place / "blobs"), {"jiangcheng": KEY}, lambda: None).accept_for(
        "email", ACCOUNTS
    )

    async def accept(raws: Sequence[Raw]) -> tuple[Registered, ...]:
        answers = await intake(raws)
        stored.update(answer.number for answer in answers if answer.outcome != "conflict")
        return answers

    email = Email(EmailSettings.model_validate({"accounts": ACCOUNTS, "port": 0, **settings}))
    task = asyncio.create_task(email.listen(accept))
    await email.listening.wait()
    try:
        yield email, lambda: len(stored)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await spool.close()


async def by_smtp(place: Path, program: str, count: int) -> float:
    async with channel(place) as (email, stored):
        command = (
            program, "-m", str(count), "-s", "10", "-l", "4096", "-f", "a@citizen.example", "-t", ACCOUNT,
            f"127.0.0.1:{email.port}",
        )  # fmt: skip
        began_s = time.monotonic()
        process = await asyncio.create_subprocess_exec(*command)
        if await process.wait():
            sys.exit("smtp-source did not end well")
        took_s = time.monotonic() - began_s
        assert stored() <= count
    return count / took_s


async def by_imap(place: Path, server: Server, count: int) -> float:
    box = Box(server, "bench")
    await asyncio.to_thread(box.put, *(_letter(number) for number in range(count)))
    table = {
        "host": "127.0.0.1", "port": server.port, "tls": "none", "user": box.user, "password": "secret",
        "account": ACCOUNT, "since": "2026-01-01",
    }  # fmt: skip
    began_s = time.monotonic()
    async with channel(place, smtp=False, imap={"bench": table}) as (_, stored):
        async with asyncio.timeout(600):
            while stored() < count:  # noqa: ASYNC110 - a look at a counter
                await asyncio.sleep(0.005)
            while len(await asyncio.to_thread(box.marked)) < count:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
        took_s = time.monotonic() - began_s
    return count / took_s


def _letter(number: int) -> bytes:
    head = f"Message-ID: <{number}@bench.example>\r\nFrom: a@citizen.example\r\nSubject: {number}\r\n\r\n"
    return head.encode() + b"".join([b"x" * 76 + b"\r\n"] * 51)


@contextlib.contextmanager
def running(command: Sequence[object], *, ready: Callable[[], bool]) -> Iterator[None]:
    """A foreground program for as long as the block lasts."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline_s:
                sys.exit("the mail server did not start (it needs root)")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(15)


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    # Its own users must be able to pass every folder above.
    home = Path(tempfile.mkdtemp(prefix="xs-", dir="/tmp"))
    home.chmod(0o755)
    server = Server(home, running, ROOT / "tests" / "counterparts", (free_port(), free_port()))
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{name} is missing: deploy/setup/system-packages.sh test")
    return found


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--mails", type=int, default=1000)
    asked = options.parse_args()
    report = Report("mails: read, by SMTP, by IMAP", asked.json)
    with folder() as place:
        try:
            real_mails(report, place, path("mail").parent)
        except Absent as absent:
            report.say(f"left out: {absent}")
        program("dovecot")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, dovecot() as server:
            by = runner.run(by_smtp(place / "smtp", program("smtp-source"), asked.mails))
            report.figure("by_smtp_per_s", round(by, 1), at_least=SMTP_PER_S)
            by = runner.run(by_imap(place / "imap", server, asked.mails))
            report.figure("by_imap_per_s", round(by, 1), at_least=IMAP_PER_S)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
