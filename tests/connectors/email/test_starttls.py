"""STARTTLS: offered with a certificate only, everything said before it forgotten, nothing smuggled in beside it."""

import asyncio
import contextlib
import smtplib
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import uvloop
from pydantic import ValidationError

from connectors.email import Email, EmailSettings
from schemas.ports import Mailbox

pytestmark = [pytest.mark.integration, pytest.mark.needs("openssl")]
MAYOR = "shimin@12345.example.gov.cn"
MAIL = b"Message-ID: <1@mail.example>\r\nFrom: zhangsan@mail.example\r\nSubject: x\r\n\r\ntext"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
async def safe_door(open_door: Any, certificate: tuple[Path, Path]) -> Any:
    return await open_door(tls_cert=certificate[0], tls_key=certificate[1])


async def encrypt(peer: Any, cert: Path) -> None:
    assert (await peer.say("STARTTLS")).startswith("220")
    await peer.writer.start_tls(ssl.create_default_context(cafile=cert), server_hostname="127.0.0.1")


async def test_a_mail_over_an_encrypted_line(safe_door: Any, certificate: tuple[Path, Path]) -> None:
    peer = await safe_door.connect()
    assert "STARTTLS" in await peer.say("EHLO mail.example")
    await peer.say("MAIL FROM:<forgotten@mail.example>")
    await encrypt(peer, certificate[0])
    assert (await peer.say(f"RCPT TO:<{MAYOR}>")).startswith("503")
    offered = await peer.say("EHLO mail.example")
    assert "STARTTLS" not in offered
    assert "AUTH" not in offered
    assert (await peer.say("STARTTLS")).startswith("502")
    assert (await peer.mail(MAIL)).startswith("250 2.0.0 Registered")
    assert (await peer.mail(MAIL + b"x" * 300_000)).startswith("250 2.0.0 Registered")
    assert [raw.conversation for raw in safe_door.store.raws] == ["zhangsan@mail.example"] * 2


async def test_what_was_sent_along_with_starttls_is_never_obeyed(
    safe_door: Any, certificate: tuple[Path, Path]
) -> None:
    peer = await safe_door.connect()
    await peer.say("EHLO mail.example")
    peer.writer.write(
        b"STARTTLS\r\nMAIL FROM:<evil@mail.example>\r\nRCPT TO:<" + MAYOR.encode() + b">\r\nDATA\r\n"
    )
    assert await peer.hear() == ""  # no yes to STARTTLS, no answer to what was smuggled in: the line is cut
    fresh = await safe_door.connect()
    await fresh.say("EHLO mail.example")
    await encrypt(fresh, certificate[0])
    assert (await fresh.mail(MAIL)).startswith("250")
    assert len(safe_door.store.raws) == 1


async def test_who_cannot_speak_tls_harms_nobody(safe_door: Any, certificate: tuple[Path, Path]) -> None:
    peer = await safe_door.connect()
    await peer.say("EHLO mail.example")
    assert (await peer.say("STARTTLS")).startswith("220")
    peer.writer.write(b"EHLO in the clear\r\n" * 10)
    await asyncio.wait_for(peer.reader.read(), 10)
    other = await safe_door.connect()
    await other.say("EHLO mail.example")
    await encrypt(other, certificate[0])
    assert (await other.mail(MAIL)).startswith("250")


async def test_going_down_over_tls_is_said(safe_door: Any, certificate: tuple[Path, Path]) -> None:
    peer = await safe_door.connect()
    await peer.say("EHLO mail.example")
    await encrypt(peer, certificate[0])
    await peer.say("EHLO mail.example")
    safe_door.task.cancel()
    assert (await peer.hear()).startswith("421 4.3.2")


def test_the_loop_that_the_line_runs_on_does_it_too(certificate: tuple[Path, Path], store: Any) -> None:
    accounts = {MAYOR: Mailbox(city="xingcheng", mailbox="mayor")}
    email = Email(EmailSettings(accounts=accounts, port=0, tls_cert=certificate[0], tls_key=certificate[1]))

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", email.port, timeout=10) as client:
            client.starttls(context=ssl.create_default_context(cafile=certificate[0]))
            client.sendmail("a@mail.example", [MAYOR], MAIL + b"\r\n" + b"x" * 300_000)

    async def served() -> None:
        task = asyncio.create_task(email.listen(store))
        await email.listening.wait()
        await asyncio.to_thread(send)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(served())
    assert len(store.raws) == 1


@pytest.mark.needs("swaks")
async def test_swaks_insists_on_tls(safe_door: Any, needs: Any) -> None:
    process = await asyncio.create_subprocess_exec(
        needs("swaks"), "--server", f"127.0.0.1:{safe_door.email.port}", "--tls", "--from", "a@mail.example", "--to", MAYOR,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, said.decode()
    assert b"TLS started" in said
    assert b"<~  250 2.0.0 Registered" in said


@pytest.mark.parametrize("half", ["tls_cert", "tls_key"])
def test_a_certificate_needs_its_key(half: str) -> None:
    accounts = {MAYOR: Mailbox(city="xingcheng", mailbox="mayor")}
    with pytest.raises(ValidationError, match="belong together"):
        EmailSettings.model_validate({"accounts": accounts, half: "x.pem"})
