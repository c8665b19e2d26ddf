"""What servers answer: too little, too much, nonsense. Nothing hangs, nothing is taken that was not given."""

import asyncio
import contextlib
from datetime import date
from typing import Any

import fake_imap
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.email import Email, EmailSettings, ImapSettings
from connectors.email.imap import LOGIN_WAIT_S_MAX, pause_s
from connectors.email.mailbox import BATCH_BYTES_MAX, BATCH_MAILS_MAX, Connection, batches
from schemas.errors import Malformed
from schemas.ports import Mailbox

MAYOR = "shimin@12345.example.gov.cn"
MAILS = {n: b"Message-ID: <%d@mail.example>\r\nFrom: a@mail.example\r\n\r\ntext\r\n" % n for n in (3, 5, 9)}
ACCOUNTS = {MAYOR: Mailbox(city="xingcheng", mailbox="mayor")}


def table(port: int, **more: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": port, "tls": "none", "user": "a", "password": "canary", "account": MAYOR,
        "since": date(2026, 1, 1), "timeout_s": 2,
    } | more  # fmt: skip


def read_once(port: int) -> dict[int, bytes]:
    connection = Connection(ImapSettings.model_validate(table(port, timeout_s=0.05)))
    try:
        connection.open()
        read: dict[int, bytes] = {}
        for uids in connection.waiting(date(2026, 1, 1)):
            for batch in batches(connection.sizes(uids)):
                read |= connection.fetch(batch)
                connection.mark_stored(batch)
    finally:
        connection.drop()
    return read


class Spoiler:
    """A good server, one of whose answers is changed."""

    def __init__(self, place: int, cut: int, noise: bytes, swallowed: int) -> None:
        self.box = fake_imap.Mailbox(MAILS)
        self.place, self.cut, self.noise, self.swallowed = place, cut, noise, swallowed
        self.count = -1

    def __call__(self, command: str, tag: str) -> bytes:
        self.count += 1
        said = self.box(command, tag)
        if self.count != self.place:
            return said
        at = self.cut % (len(said) + 1)
        return said[:at] + self.noise + said[at + self.swallowed :]


NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([
        b"{999999999999}\r\n", b"{67108865}\r\n", b"{-1}\r\n", b"NIL", b"* 1 FETCH (UID 99 BODY[] NIL)\r\n", b"(" * 3000, b"\r\n* BYE\r\n",
        b"* 4294967296 EXISTS\r\n", b"* SEARCH x\r\n", b'"', b"\\", b"* OK [UIDVALIDITY 0] x\r\n", b"\x00", b"x" * 20_000, "（".encode(),
    ]),
)  # fmt: skip


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 7), st.integers(0, 400), NOISE, st.integers(0, 30))
def test_any_answer_is_understood_or_the_connection_is_given_up(
    place: int, cut: int, noise: bytes, swallowed: int
) -> None:
    spoiler = Spoiler(place, cut, noise, swallowed)

    def answer(command: str, tag: str) -> bytes:
        # What comes after the change ends: a server that waits for more would only be waited for.
        return b"" if spoiler.count >= place + 4 else spoiler(command, tag)

    read: dict[int, bytes] = {}
    # The reader takes every exception for a reason to connect anew; what counts is that there is an end.
    with fake_imap.serving(answer) as port, contextlib.suppress(Exception):
        read = read_once(port)
    assert all(isinstance(mail, bytes) for mail in read.values())
    assert len(read) <= len(MAILS)


async def watched(store: Any, box: fake_imap.Mailbox, done: Any, **more: Any) -> None:
    with fake_imap.serving(box) as port:
        imap = {"box": table(port, **({"poll_s": 0.1} | more))}
        email = Email(EmailSettings.model_validate({"accounts": ACCOUNTS, "smtp": False, "imap": imap}))
        task = asyncio.create_task(email.listen(store))
        async with asyncio.timeout(10):
            while not done():
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_keywords_stored_mails_are_moved_by_copy(store: Any) -> None:
    box = fake_imap.Mailbox(MAILS)
    await watched(store, box, lambda: not box.mails)
    assert box.copied == MAILS
    assert [raw.body for raw in store.raws] == list(MAILS.values())


async def test_a_server_that_keeps_no_mark_at_all_is_read_once_and_reported(store: Any, logged: Any) -> None:
    box = fake_imap.Mailbox(MAILS, can="IMAP4rev1")
    await watched(store, box, lambda: sum(heard.startswith("UID SEARCH") for heard in box.heard) >= 4)
    assert len(store.raws) == 3
    assert sum("BODY.PEEK[]" in heard for heard in box.heard) == 1
    assert len(logged("mailbox.keeps_no_marks")) == 1
    assert not any("BODY[]" in heard for heard in box.heard)


async def test_a_mail_that_is_listed_and_never_handed_out_is_reported_once(store: Any, logged: Any) -> None:
    class Withholding(fake_imap.Mailbox):
        def __call__(self, command: str, tag: str) -> bytes:
            if "BODY.PEEK[]" not in command:
                return super().__call__(command, tag)
            kept, self.mails = self.mails, {uid: mail for uid, mail in self.mails.items() if uid != 3}
            said = super().__call__(command, tag)
            self.mails = kept
            return said

    box = Withholding(MAILS, flags="\\*")
    await watched(store, box, lambda: sum("BODY.PEEK[]" in heard for heard in box.heard) >= 4)
    assert [raw.body for raw in store.raws] == [MAILS[5], MAILS[9]]
    assert [entry["uid"] for entry in logged("mail.withheld")] == [3]


async def test_a_size_that_was_not_true_is_noticed(store: Any, logged: Any) -> None:
    class Liar(fake_imap.Mailbox):
        def __call__(self, command: str, tag: str) -> bytes:
            said = super().__call__(command, tag)
            return said.replace(b"RFC822.SIZE 1", b"RFC822.SIZE ") if "SIZE" in command else said

    large = MAILS[3] + b"x" * 26 * 1024 * 1024
    box = Liar({3: large, 5: MAILS[5]}, flags="\\*")
    await watched(store, box, lambda: logged("mail.too_large") and store.raws)
    assert [raw.body for raw in store.raws] == [MAILS[5]]


async def test_a_server_that_never_answers_does_not_hold_up_the_end(store: Any) -> None:
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Silent(fake_imap.Mailbox):
        def __call__(self, command: str, tag: str) -> bytes:
            if not command.startswith("LOGIN"):
                return super().__call__(command, tag)
            loop.call_soon_threadsafe(waiting.set)
            return b"* OK still thinking\r\n"

    began_s = loop.time()
    await watched(store, Silent(MAILS), waiting.is_set)
    assert loop.time() - began_s < 8


async def test_an_account_that_the_store_refuses_is_a_fault_and_never_a_mark(store: Any, logged: Any) -> None:
    async def refuse() -> None:
        raise Malformed("canary")

    store.before = refuse
    box = fake_imap.Mailbox(MAILS, flags="\\*")
    await watched(store, box, lambda: logged("mailbox.away"))
    assert logged("connector.fault")
    assert not any("STORE" in heard for heard in box.heard)


def test_batches_are_bounded_and_leave_nobody_out() -> None:
    sizes = dict.fromkeys(range(1, 201), 1000) | {201: BATCH_BYTES_MAX * 2, 202: BATCH_BYTES_MAX - 1, 203: 2}
    made = list(batches(sizes))
    assert [uid for batch in made for uid in batch] == sorted(sizes)
    assert all(len(batch) <= BATCH_MAILS_MAX for batch in made)
    assert all(len(batch) == 1 or sum(sizes[uid] for uid in batch) <= BATCH_BYTES_MAX for batch in made)


def test_waits_grow_to_their_bound_and_are_never_all_the_same() -> None:
    for failures in range(1, 100):
        assert 0.5 <= pause_s(failures, LOGIN_WAIT_S_MAX) <= LOGIN_WAIT_S_MAX
    assert pause_s(60, 60) >= 30
    assert len({pause_s(9, 60) for _ in range(50)}) > 1


@pytest.mark.parametrize(
    "change",
    [
        {"host": "imap.example.cn"},
        {"after": "move", "done_folder": "INBOX"},
        {"account": "somebody@elsewhere.example"},
        {"poll_s": 541},
        {"since": None},
        {"pasword": "x"},
    ],
)
def test_settings_that_would_lose_mail_or_a_password_are_refused(change: dict[str, Any]) -> None:
    imap = {"box": table(143, **change)}
    with pytest.raises(ValidationError) as refused:
        EmailSettings.model_validate({"accounts": ACCOUNTS, "imap": imap})
    assert "canary" not in str(refused.value)


def test_a_password_is_never_shown() -> None:
    made = EmailSettings.model_validate({"accounts": ACCOUNTS, "imap": {"box": table(143)}})
    assert "canary" not in repr(made) + made.model_dump_json()


def test_neither_way_in_is_no_way() -> None:
    with pytest.raises(ValidationError, match="neither"):
        EmailSettings(accounts=ACCOUNTS, smtp=False)
