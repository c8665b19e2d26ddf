"""A real Dovecot: every mail is stored and only then marked, whatever is cut, renumbered or moved in between."""

import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import CuttingProxy
from mailboxkit import Box, Server

from connectors.email import Email, EmailSettings
from connectors.email.mailbox import TOO_LARGE
from schemas.errors import Unavailable
from schemas.ports import Mailbox

pytestmark = [pytest.mark.integration, pytest.mark.needs("dovecot", "openssl")]
MAYOR = "shimin@12345.example.gov.cn"
SINCE = date(2026, 1, 1)


def mail(number: int, *, size_bytes: int = 0) -> bytes:
    head = f"Message-ID: <{number}@mail.example>\r\nFrom: zhangsan@mail.example\r\nSubject: {number}\r\n\r\n"
    return f"{head}路灯坏了\r\n".encode() + b"".join([b"x" * 76 + b"\r\n"] * (size_bytes // 78))


@pytest.fixture(scope="module")
def server(running: Any, counterparts: Path, free_port: Any) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="xs-", dir="/tmp"))
    folder.chmod(0o755)  # the server drops to its own users
    one = Server(folder, running, counterparts, (free_port(), free_port()))
    one.start()
    yield one
    one.stop()
    shutil.rmtree(folder)


@pytest.fixture
def dovecot(server: Server) -> Box:
    """A mailbox that nobody has used yet."""
    return Box(server, f"u{uuid.uuid4().hex[:12]}")


Watch = Callable[..., Awaitable[Any]]


@pytest.fixture
async def watch(dovecot: Box, store: Any) -> AsyncIterator[Watch]:
    """``await watch(**imap_settings)``: a channel that only reads the mailbox, into ``store``."""
    tasks: list[asyncio.Task[None]] = []

    async def started(*, mail_bytes_max: int = 1024 * 1024, **settings: Any) -> "asyncio.Task[None]":
        table = {
            "host": "127.0.0.1", "port": dovecot.server.port, "tls": "none", "user": dovecot.user, "password": "secret",
            "account": MAYOR, "since": SINCE, "poll_s": 20,
        }  # fmt: skip
        email = Email(
            EmailSettings.model_validate(
                {
                    "accounts": {MAYOR: Mailbox(city="xingcheng", mailbox="mayor")},
                    "smtp": False,
                    "mail_bytes_max": mail_bytes_max,
                    "imap": {"box": table | settings},
                }
            )
        )
        task = asyncio.create_task(email.listen(store))
        tasks.append(task)
        await asyncio.wait_for(email.listening.wait(), 5)
        return task

    yield started
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], Any], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


async def until_stored(store: Any, count: int) -> None:
    await until(lambda: len(store.raws) >= count)


def subjects(store: Any) -> list[str]:
    return [Email.normalise((raw,)).subject for raw in store.raws]


async def test_mails_are_stored_and_only_then_marked_and_stay_unseen(
    dovecot: Box, watch: Watch, store: Any
) -> None:
    dovecot.put(*map(mail, range(120)))
    go = asyncio.Event()
    store.before = go.wait
    await watch()
    await until(lambda: store.calls)
    assert dovecot.marked() == []
    go.set()
    await until(lambda: len(dovecot.marked()) == 120)
    assert subjects(store) == [str(number) for number in range(120)]
    assert {raw.account for raw in store.raws} == {MAYOR}
    assert {raw.conversation for raw in store.raws} == {"zhangsan@mail.example"}
    with dovecot.client() as client:
        assert client.search("SEEN") == []


async def test_idle_tells_of_a_new_mail_long_before_the_next_poll(
    dovecot: Box, watch: Watch, store: Any
) -> None:
    await watch(poll_s=300)
    began_s = time.monotonic()
    for number in range(12):  # at whatever the reader is doing just then
        dovecot.put(mail(number))
        await until_stored(store, number + 1)
    assert time.monotonic() - began_s < 60


async def test_without_idle_mails_come_by_polling(dovecot: Box, watch: Watch, store: Any) -> None:
    await watch(idle=False, poll_s=0.2)
    dovecot.put(mail(1))
    await until(lambda: len(store.raws) == 1)
    dovecot.put(mail(2))
    await until(lambda: len(store.raws) == 2)


async def test_stored_mails_are_moved_where_that_is_wanted(dovecot: Box, watch: Watch, store: Any) -> None:
    dovecot.put(*map(mail, range(60)))
    await watch(after="move", done_folder="已收")
    await until(lambda: len(store.raws) == 60)

    def moved() -> bool:
        with dovecot.client() as client:
            return bool(client.folder_exists("已收")) and client.folder_status("已收")[b"MESSAGES"] == 60

    await until(moved)
    with dovecot.client() as client:
        assert client.search("ALL") == []


async def test_a_renumbered_mailbox_brings_the_same_letters(dovecot: Box, watch: Watch, store: Any) -> None:
    dovecot.put(*map(mail, range(70)))
    await watch()
    await until(lambda: len(dovecot.marked()) == 70)
    numbers = dict(store.known)
    dovecot.renumber()
    assert dovecot.marked() == []
    dovecot.put(mail(70))
    await until(lambda: len(dovecot.marked()) == 71)
    assert len(store.raws) == 71
    assert dict(store.known).items() >= numbers.items()


@pytest.mark.parametrize("cut_after_bytes", [10, 700, 5_000, 60_000, 150_000, 215_000])
async def test_a_connection_cut_in_mid_mail_loses_and_doubles_nothing(
    dovecot: Box, watch: Watch, store: Any, cut_after_bytes: int
) -> None:
    dovecot.put(*(mail(number, size_bytes=4096) for number in range(55)))
    async with CuttingProxy(dovecot.server.port).serving() as proxy:
        proxy.cut_after_bytes = cut_after_bytes
        await watch(port=proxy.port)
        await until(lambda: len(dovecot.marked()) == 55)
        assert proxy.connections >= 2
    assert len(store.raws) == 55
    assert all(len(raw.body) == len(mail(10, size_bytes=4096)) for raw in store.raws[10:])


async def test_a_connection_cut_while_idle_is_made_again(dovecot: Box, watch: Watch, store: Any) -> None:
    async with CuttingProxy(dovecot.server.port).serving() as proxy:
        await watch(port=proxy.port, poll_s=300)
        await until(lambda: proxy.connections)
        dovecot.put(mail(1))
        await until(dovecot.marked)
        proxy.cut_all()
        dovecot.put(mail(2))
        await until(lambda: len(store.raws) == 2)


async def test_a_server_that_is_away_is_tried_again(dovecot: Box, watch: Watch, store: Any) -> None:
    dovecot.server.stop()
    await watch()
    dovecot.server.start()
    dovecot.put(mail(1))
    await until(lambda: len(store.raws) == 1)


async def test_while_the_store_is_full_nothing_is_marked(dovecot: Box, watch: Watch, store: Any) -> None:
    async def full() -> None:
        if store.calls <= 2:
            raise Unavailable("canary", retry_after_s=0.1)

    store.before = full
    dovecot.put(mail(1))
    await watch()
    await until(dovecot.marked)
    assert store.calls == 3
    assert len(store.raws) == 1


async def test_a_mail_too_large_is_reported_and_left_for_a_person(
    dovecot: Box, watch: Watch, store: Any, logged: Any
) -> None:
    dovecot.put(mail(1), mail(2, size_bytes=80_000), mail(3))
    await watch(mail_bytes_max=65_536)
    await until(lambda: dovecot.marked() == [1, 3])
    await until(lambda: dovecot.marked(TOO_LARGE) == [2])
    assert subjects(store) == ["1", "3"]
    (entry,) = logged("mail.too_large")
    assert (entry["uid"], entry["mailbox"]) == (2, "box")


async def test_a_mail_that_came_by_both_ways_keeps_its_number(
    dovecot: Box, watch: Watch, store: Any, door: Any
) -> None:
    peer = await door.connect()
    answer = await peer.mail(mail(1).rstrip(b"\r\n"))
    assert answer.endswith("0000-0000-0000-0001")
    dovecot.put(b"Return-Path: <zhangsan@mail.example>\r\nReceived: by another\r\n" + mail(1), mail(2))
    await watch()
    await until(lambda: len(dovecot.marked()) == 2)
    assert subjects(store) == ["1", "2"]


async def test_somebody_else_deletes_meanwhile(dovecot: Box, watch: Watch, store: Any) -> None:
    dovecot.put(*map(mail, range(100)))

    async def delete_some() -> None:
        def delete() -> None:
            with dovecot.client() as client:
                client.delete_messages(range(60, 80))
                client.expunge(range(60, 80))

        if store.calls == 1:
            await asyncio.to_thread(delete)

    store.before = delete_some
    await watch()
    await until(lambda: len(dovecot.marked()) == 80)
    assert len(store.raws) == 80


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
async def test_the_server_s_certificate_is_checked(
    dovecot: Box, watch: Watch, store: Any, tls: str, logged: Any
) -> None:
    dovecot.put(mail(1))
    port = dovecot.server.tls_port if tls == "ssl" else dovecot.server.port
    stranger = await watch(tls=tls, port=port)
    await until(lambda: logged("mailbox.away"))
    assert store.raws == []
    assert logged("mailbox.away")[0]["error"] == "SSLCertVerificationError"
    stranger.cancel()
    await asyncio.gather(stranger, return_exceptions=True)
    await watch(tls=tls, port=port, ca_file=dovecot.server.folder / "cert.pem")
    await until(dovecot.marked)


async def test_a_wrong_password_is_no_secret_and_stops_nobody(
    dovecot: Box, watch: Watch, store: Any, logged: Any
) -> None:
    await watch(password="wr0ng-canary")
    await until(lambda: logged("mailbox.away"))
    assert logged("mailbox.away")[0]["reason"] == "login"
    assert "canary" not in repr(logged(""))
    assert store.raws == []


async def test_a_hundred_thousand_old_mails_do_not_flood_the_line(
    server: Server, watch: Watch, store: Any
) -> None:
    old = "From a@b.example Thu Jan  2 08:00:00 2020\nMessage-ID: <{0}@old.example>\nFrom: a@b.example\nSubject: {0}\n\nold\n\n"
    home = server.folder / "mail" / "old"
    home.mkdir()
    (home / "inbox").write_text("".join(map(old.format, range(100_000))))
    for path in (home, home / "inbox"):
        shutil.chown(path, "mail", "mail")
    Box(server, "old").put(*map(mail, range(3)))
    began_s = time.monotonic()
    await watch(user="old")
    await until(lambda: len(store.raws) == 3, 60)
    print(f"3 new mails among 100,000 old ones found within {time.monotonic() - began_s:.1f} s")
    assert subjects(store) == ["0", "1", "2"]


async def test_a_hundred_mails_a_second_are_fetched_stored_and_marked(
    dovecot: Box, watch: Watch, store: Any
) -> None:
    dovecot.put(*(mail(number, size_bytes=4096) for number in range(1000)))
    began_s, _ = time.monotonic(), await watch()
    await until(lambda: len(dovecot.marked()) == len(store.raws) == 1000)
    per_s = 1000 / (time.monotonic() - began_s)
    print(f"{per_s:.0f} mails/s fetched, stored and marked")
    assert per_s >= 100
