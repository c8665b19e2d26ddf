"""The door over a real socket: who is heard, what the answers are, what cannot be exhausted."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from connectors.email import Email, EmailSettings
from schemas.errors import Malformed, TooLarge, Unavailable
from schemas.ports import Mailbox

MAYOR = "shimin@12345.example.gov.cn"
POLICE = "jingcha@12345.example.gov.cn"
MAYOR_TOO = "shizhang@12345.example.gov.cn"
MAIL = b"Message-ID: <1@mail.example>\r\nFrom: zhangsan@mail.example\r\nSubject: x\r\n\r\ntext\r\n..dot"
SMUGGLED = (
    b"MAIL FROM:<a@evil.example>\r\nRCPT TO:<" + MAYOR.encode() + b">\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
)


async def test_yes_is_said_after_the_store_said_it_and_tells_the_number(door: Any) -> None:
    go = asyncio.Event()
    door.store.before = go.wait
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    peer.writer.write(MAIL + b"\r\n.\r\n")
    with pytest.raises(TimeoutError):
        await peer.hear(timeout_s=0.3)
    go.set()
    assert await peer.hear() == "250 2.0.0 Registered 0000-0000-0000-0001"
    assert (
        door.store.raws[0].body
        == b"Return-Path: <zhangsan@mail.example>\r\n" + MAIL.replace(b"..", b".") + b"\r\n"
    )


async def test_one_piece_for_each_mailbox_in_one_accept(door: Any) -> None:
    peer = await door.connect()
    answer = await peer.mail(MAIL, MAYOR.upper(), MAYOR_TOO, POLICE, MAYOR)
    assert answer == "250 2.0.0 Registered 0000-0000-0000-0001, 0000-0000-0000-0002"
    assert door.store.calls == 1
    assert [raw.account for raw in door.store.raws] == [MAYOR, POLICE]
    assert {raw.conversation for raw in door.store.raws} == {"zhangsan@mail.example"}
    assert len({raw.external_id for raw in door.store.raws}) == 1


async def test_the_same_mail_again_hears_the_same_number_and_another_body_another(door: Any) -> None:
    peer = await door.connect()
    first = await peer.mail(MAIL)
    assert await peer.mail(b"Received: by another relay\r\n" + MAIL) == first
    assert await peer.mail(MAIL + b"more") == "250 2.0.0 Registered 0000-0000-0000-0002"


@pytest.mark.parametrize(
    ("recipient", "answer"),
    [
        ("somebody@elsewhere.example", "554 5.7.1"),
        ("nobody@12345.example.gov.cn", "550 5.1.1"),
        ("shimin@12345.example.gov.cn.evil.example", "554 5.7.1"),
        ("shimin%12345.example.gov.cn@elsewhere.example", "554 5.7.1"),
        ("shimin", "554 5.7.1"),
        ("@12345.example.gov.cn", "553 5.1.3"),
        ("Shimin@12345.EXAMPLE.gov.cn", "250 2.1.5"),
        ("市民@市政.example", "250 2.1.5"),
        ("市民@xn--dcsq65h.example", "554 5.7.1"),
    ],
)
async def test_mail_is_taken_for_own_mailboxes_only(door: Any, recipient: str, answer: str) -> None:
    peer = await door.connect()
    assert (await peer.envelope(recipient)).startswith(answer)


async def test_a_domain_in_its_ascii_form_is_the_same_domain(door: Any) -> None:
    peer = await door.connect()
    domain = "市政.example".encode("idna").decode()
    assert (await peer.envelope(f"市民@{domain}")).startswith("250")


async def test_the_null_sender_is_a_bounce_whose_author_names_the_conversation(door: Any) -> None:
    peer = await door.connect()
    assert (await peer.mail(b"From: Mailer <MAILER-DAEMON@mx.example>\r\n" + MAIL, sender="")).startswith(
        "250"
    )
    assert door.store.raws[0].body.startswith(b"Return-Path: <>\r\n")
    assert door.store.raws[0].conversation == "mailer-daemon@mx.example"
    assert "bounce" in Email.normalise(door.store.raws).flags


@pytest.mark.parametrize(
    "command", ["AUTH PLAIN AGEAYg==", "VRFY shimin", "EXPN all", "STARTTLS", "AUTH", "BDAT 5 LAST", "XX"]
)
async def test_what_does_not_exist_is_not_offered(door: Any, command: str) -> None:
    peer = await door.connect()
    offered = await peer.say("EHLO mail.example")
    assert "AUTH" not in offered
    assert "STARTTLS" not in offered
    assert "SIZE 26214400" in offered
    assert "SMTPUTF8" in offered
    assert (await peer.say(command))[:2] == "50"


FAULTS = {
    "a bug": (RuntimeError("canary: 13800001234"), "451 4.3.0"),
    "the store is away": (Unavailable("canary"), "452 4.3.1"),
    "too large for the store": (TooLarge(5), "552 5.3.4"),
    "an account the store does not know": (Malformed("canary"), "451 4.3.0"),
    "no disk": (OSError(28, "canary"), "451 4.3.0"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_faults_inside_are_answered_without_a_word_of_them(door: Any, name: str) -> None:
    fault, answer = FAULTS[name]

    async def fail() -> None:
        raise fault

    door.store.before = fail
    peer = await door.connect()
    with capture_logs() as logs:
        said = await peer.mail(MAIL)
    assert said.startswith(answer)
    assert "canary" not in said
    assert all(set(entry) <= {"event", "channel", "exc_info", "log_level"} for entry in logs)
    door.store.before = None
    assert (await peer.mail(MAIL)).startswith("250")


async def test_a_fault_outside_data_is_451_too(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> str:
        raise RuntimeError("canary")

    monkeypatch.setattr("connectors.email.house.canonical", fail)
    peer = await door.connect()
    with capture_logs() as logs:
        assert await peer.envelope(MAYOR) == "451 4.3.0 Not possible at the moment, come again"
    assert logs[0]["event"] == "connector.fault"


ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r\n\x00.\r\n"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("in_pieces", [False, True])
async def test_a_smuggled_mail_is_never_a_second_one(door: Any, end: bytes, in_pieces: bool) -> None:
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    sent = MAIL + end + SMUGGLED + b"\r\n.\r\n"
    step = 1 if in_pieces else len(sent)
    for start in range(0, len(sent), step):
        peer.writer.write(sent[start : start + step])
        await peer.writer.drain()
    answer = await peer.hear()
    assert await peer.say("NOOP") == "250 OK"
    if b"\x00" in end:
        assert answer.startswith("250")
        assert len(door.store.raws) == 1
    else:
        assert answer.startswith("554 5.5.2")
        assert door.store.raws == []


async def test_commands_that_came_with_the_mail_are_answered_after_it(door: Any) -> None:
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    peer.writer.write(MAIL + b"\r\n.\r\nNOOP\r\nQUIT\r\n")
    assert [(await peer.hear())[:3] for _ in range(3)] == ["250", "250", "221"]


@pytest.mark.parametrize("address", ["shimin", "@example.cn", "a b@example.cn", ""])
def test_settings_take_addresses_only(address: str) -> None:
    with pytest.raises(ValidationError):
        EmailSettings(accounts={address: Mailbox(city="xingcheng", mailbox="mayor")})


def test_settings_refuse_an_address_twice() -> None:
    place = Mailbox(city="xingcheng", mailbox="mayor")
    with pytest.raises(ValidationError, match="twice"):
        EmailSettings(accounts={"a@example.cn": place, "A@example.cn": place})
