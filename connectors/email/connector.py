"""The e-mail channel: its settings, and the listener that turns a mail into pieces and waits until they are stored."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field, field_validator

from connectors.email.addresses import NULL_SENDERS, canonical, domain_of, storable
from connectors.email.identity import author, external_id
from connectors.email.incoming import Incoming, Room
from connectors.email.mime import MAIL_BYTES_MAX
from connectors.email.payload import normalise
from connectors.email.smtp import Dialogue, House
from schemas.letter import Raw, RegisteredConflict
from schemas.ports import Accept, ConnectorSettings, Mailbox

_PATIENCE_S = 18.0
_SMALL_BYTES = 512 * 1024


class EmailSettings(ConnectorSettings):
    """``[connectors.email]``; ``accounts`` are recipient addresses, their domains are the own domains."""

    host: str = "127.0.0.1"
    port: int = Field(default=2525, ge=0, le=65535)
    hostname: str = Field(default="", max_length=255, pattern=r"^[A-Za-z0-9.-]*$")
    mail_bytes_max: int = Field(default=MAIL_BYTES_MAX, ge=64 * 1024, le=MAIL_BYTES_MAX)
    receiving_bytes_max: int = Field(default=96 * 1024 * 1024, ge=MAIL_BYTES_MAX)
    recipients_max: int = Field(default=10, ge=1, le=100)
    sessions_max: int = Field(default=100, ge=1, le=10_000)
    sessions_per_peer_max: int = Field(default=20, ge=1, le=10_000)
    idle_s_max: float = Field(default=60, gt=0, le=600)
    mail_s_max: float = Field(default=300, gt=0, le=3600)

    @field_validator("accounts")
    @classmethod
    def _addresses(cls, accounts: dict[str, Mailbox]) -> dict[str, Mailbox]:
        found: dict[str, Mailbox] = {}
        for address, mailbox in accounts.items():
            account = canonical(address)
            if not domain_of(account) or any(character.isspace() for character in account):
                raise ValueError(f"{address!r} is not a mail address")
            if account in found:
                raise ValueError(f"{address!r} stands here twice")
            found[account] = mailbox
        return found


class Email:
    """Takes mail by SMTP. ``listening`` is set, and ``port`` known, once connections are taken."""

    channel: ClassVar[str] = "email"
    Settings: ClassVar[type[ConnectorSettings]] = EmailSettings
    normalise = staticmethod(normalise)

    def __init__(self, settings: EmailSettings) -> None:
        self.settings = settings
        self.listening = asyncio.Event()
        self.port = settings.port

    async def listen(self, accept: Accept) -> None:
        """Until cancelled; then no new mail is begun, and mails in hand get 18 s to be stored and answered."""
        # aiosmtpd logs every command with addresses in it.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
        settings = self.settings
        house = House(
            _Desk(settings, accept).store,
            addresses=frozenset(settings.accounts),
            recipients_max=settings.recipients_max,
            sessions_max=settings.sessions_max,
            sessions_per_peer_max=settings.sessions_per_peer_max,
            idle_s_max=settings.idle_s_max,
            mail_s_max=settings.mail_s_max,
            mail_bytes_max=settings.mail_bytes_max,
            room=Room(settings.receiving_bytes_max),
        )
        loop = asyncio.get_running_loop()
        hostname = settings.hostname or socket.gethostname()
        server = await loop.create_server(
            lambda: Dialogue(house, hostname=hostname, loop=loop), settings.host, settings.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        try:
            await loop.create_future()
        finally:
            self.listening.clear()
            server.close()
            await house.close(_PATIENCE_S)


class _Desk:
    """Makes pieces of a mail and has them stored: one piece for each mailbox that was written to."""

    def __init__(self, settings: EmailSettings, accept: Accept) -> None:
        self._accounts = settings.accounts
        self._accept = accept

    async def store(self, sender: str, accounts: Sequence[str], incoming: Incoming) -> list[str]:
        address = "" if sender in NULL_SENDERS else storable(sender, 320).lower()
        mail = incoming.mail(f"Return-Path: <{address}>\r\n".encode())
        first_line_bytes = mail.index(b"\n") + 1
        if len(mail) > _SMALL_BYTES:
            identity = await asyncio.to_thread(external_id, mail, first_line_bytes)
        else:
            identity = external_id(mail, first_line_bytes)
        conversation = address or author(mail)
        received_at = datetime.now(UTC)
        raws = [
            Raw(
                account=account,
                external_id=identity,
                conversation=conversation[:512],
                letter_key=identity,
                media_type="message/rfc822",
                body=mail,
                received_at=received_at,
                on_conflict="again",
            )
            for account in self._one_address_each(accounts)
        ]
        answers = await self._accept(raws)
        numbers: list[str] = []
        for answer in answers:
            if isinstance(answer, RegisteredConflict):
                raise TypeError("a mail was refused as a conflict although it asks for a new letter")
            numbers.append("-".join(answer.number[i : i + 4] for i in range(0, len(answer.number), 4)))
        return numbers

    def _one_address_each(self, accounts: Sequence[str]) -> list[str]:
        """Two addresses of one mailbox are one letter there: the first one written to counts."""
        by_mailbox: dict[tuple[str, str], str] = {}
        for account in accounts:
            place = self._accounts[account]
            by_mailbox.setdefault((place.city, place.mailbox), account)
        return list(by_mailbox.values())
