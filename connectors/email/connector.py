"""The e-mail channel: takes mail by SMTP, reads mailboxes by IMAP, and turns both into pieces that are stored."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from connectors.email.addresses import NULL_SENDERS, storable
from connectors.email.house import House
from connectors.email.imap import Watcher
from connectors.email.incoming import Incoming, Room
from connectors.email.letters import delivered
from connectors.email.payload import normalise
from connectors.email.settings import EmailSettings
from connectors.email.smtp import Dialogue
from schemas.letter import Raw, RegisteredConflict
from schemas.numbers import shown
from schemas.ports import Accept, ConnectorSettings

_PATIENCE_S = 18.0
_SMALL_BYTES = 512 * 1024


class Email:
    """Takes and fetches mail. ``listening`` is set, and ``port`` known, once that has begun."""

    channel: ClassVar[str] = "email"
    Settings: ClassVar[type[ConnectorSettings]] = EmailSettings
    normalise = staticmethod(normalise)

    def __init__(self, settings: EmailSettings) -> None:
        self.settings = settings
        self.listening = asyncio.Event()
        self.port = settings.port

    async def listen(self, accept: Accept) -> None:
        """Until cancelled; then no new mail is begun, and mails in hand get 18 s to be stored and answered."""
        watchers = [
            Watcher(name, mailbox, mail_bytes_max=self.settings.mail_bytes_max, accept=accept)
            for name, mailbox in self.settings.imap.items()
        ]
        async with contextlib.AsyncExitStack() as open_now:
            for watcher in watchers:
                await open_now.enter_async_context(watcher.watching(_PATIENCE_S))
            if self.settings.smtp:
                await open_now.enter_async_context(self._serving(accept))
            self.listening.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.listening.clear()
                for watcher in watchers:
                    watcher.stop()

    @contextlib.asynccontextmanager
    async def _serving(self, accept: Accept) -> AsyncIterator[None]:
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
            tls=_tls(settings),
        )
        loop = asyncio.get_running_loop()
        hostname = settings.hostname or socket.gethostname()
        server = await loop.create_server(
            lambda: Dialogue(house, hostname=hostname, loop=loop), settings.host, settings.port
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await house.close(_PATIENCE_S)


def _tls(settings: EmailSettings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


class _Desk:
    """Makes pieces of a mail and has them stored: one piece for each mailbox that was written to."""

    def __init__(self, settings: EmailSettings, accept: Accept) -> None:
        self._accounts = settings.accounts
        self._accept = accept

    async def store(self, sender: str, accounts: Sequence[str], incoming: Incoming) -> list[str]:
        address = "" if sender in NULL_SENDERS else storable(sender, 320).lower()
        mail = incoming.mail(f"Return-Path: <{address}>\r\n".encode())
        first, *others = self._one_address_each(accounts)
        if len(mail) > _SMALL_BYTES:
            raw = await asyncio.to_thread(_piece, mail, first, address)
        else:
            raw = _piece(mail, first, address)
        raws = [raw, *(raw.model_copy(update={"account": account}) for account in others)]
        numbers: list[str] = []
        for answer in await self._accept(raws):
            if isinstance(answer, RegisteredConflict):
                raise TypeError("a mail was refused as a conflict although it asks for a new letter")
            numbers.append(shown(answer.number, "-"))
        return numbers

    def _one_address_each(self, accounts: Sequence[str]) -> list[str]:
        """Two addresses of one mailbox are one letter there: the first one written to counts."""
        by_mailbox: dict[tuple[str, str], str] = {}
        for account in accounts:
            place = self._accounts[account]
            by_mailbox.setdefault((place.city, place.mailbox), account)
        return list(by_mailbox.values())


def _piece(mail: bytes, account: str, sender: str) -> Raw:
    return delivered(
        mail,
        account,
        sender=sender,
        own_line_bytes=mail.index(b"\n") + 1,
        received_at=datetime.now(UTC),
    )
