"""What all SMTP sessions of the mail door share: who may write to whom, how many may talk at once, when to go home."""

import asyncio
import collections
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Said

from connectors.email.addresses import NULL_SENDERS, canonical, domain_of
from connectors.email.incoming import Incoming, Room

GOING_DOWN = "421 4.3.2 Going down, come again"
BUSY = "421 4.7.0 Too many connections, come again"

Store = Callable[[str, Sequence[str], Incoming], Awaitable[Sequence[str]]]
"""(envelope sender, accounts, mail) → the registration numbers, once stored."""


class Session(Protocol):
    """A conversation that can be ended."""

    def go_home(self) -> None:
        """Say goodbye now, or after the mail in hand."""
        ...

    def cut(self) -> None:
        """End the connection without a word."""
        ...


class House:
    """What all sessions share: who may write to whom, how many may talk at once, and whether we are going down."""

    def __init__(
        self,
        store: Store,
        *,
        addresses: frozenset[str],
        recipients_max: int,
        sessions_max: int,
        sessions_per_peer_max: int,
        idle_s_max: float,
        mail_s_max: float,
        mail_bytes_max: int,
        room: Room,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.store = store
        self.addresses = addresses
        self.domains = frozenset(domain_of(address) for address in addresses)
        self.recipients_max = recipients_max
        self.sessions_max = sessions_max
        self.sessions_per_peer_max = sessions_per_peer_max
        self.idle_s_max = idle_s_max
        self.mail_s_max = mail_s_max
        self.mail_bytes_max = mail_bytes_max
        self.room = room
        self.tls = tls
        self.closing = False
        self.empty = asyncio.Event()
        self.empty.set()
        self._sessions: dict[Session, str] = {}
        self._per_peer: collections.Counter[str] = collections.Counter()

    def enter(self, session: Session, peer: str) -> str:
        """An empty string if *session* may talk, else what it is told."""
        if self.closing:
            return GOING_DOWN
        if len(self._sessions) >= self.sessions_max or self._per_peer[peer] >= self.sessions_per_peer_max:
            return BUSY
        self._sessions[session] = peer
        self._per_peer[peer] += 1
        self.empty.clear()
        return ""

    def leave(self, session: Session) -> None:
        """The session's connection is gone."""
        peer = self._sessions.pop(session, None)
        if peer is not None:
            self._per_peer[peer] -= 1
            if not self._per_peer[peer]:
                del self._per_peer[peer]
        if not self._sessions:
            self.empty.set()

    async def close(self, patience_s: float) -> None:
        """Send everybody home: at once who has no mail in hand, the others as soon as theirs is answered."""
        self.closing = True
        for session in tuple(self._sessions):
            session.go_home()
        try:
            await asyncio.wait_for(self.empty.wait(), patience_s)
        except TimeoutError:
            for session in tuple(self._sessions):
                session.cut()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, _server: SMTP, session: Said, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """What we offer: never AUTH, and STARTTLS where we have a certificate and the line is not encrypted yet."""
        session.host_name = hostname
        offered = [line for line in responses if not line.startswith("250-AUTH")]
        if self.tls is not None and session.ssl is None:
            offered.insert(1, "250-STARTTLS")
        return offered

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, _server: SMTP, _session: Said, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = "<>" if address in NULL_SENDERS else address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, _server: SMTP, _session: Said, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        account = canonical(address)
        if account not in self.addresses:
            if domain_of(account) in self.domains:
                return "550 5.1.1 No such mailbox"
            return "554 5.7.1 We do not relay"
        if account not in envelope.rcpt_tos:
            if len(envelope.rcpt_tos) >= self.recipients_max:
                return "452 4.5.3 Too many recipients"
            envelope.rcpt_tos.append(account)
            envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"
