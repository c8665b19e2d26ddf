"""The SMTP dialogue: aiosmtpd's, with the limits and the answers that a door for citizens' mail needs.

DATA is collected under limits (``incoming``) and answered only after ``accept`` returned; idle and total time are
bounded; AUTH, VRFY, EXPN and STARTTLS do not exist; what goes wrong inside is 451, and no answer quotes an exception.
"""

import asyncio
import collections
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.email.addresses import NULL_SENDERS, canonical, domain_of
from connectors.email.incoming import Incoming, Room
from schemas.errors import Malformed, TooLarge, Unavailable

CONNECTOR_FAULT: Final = "connector.fault"

OUR_FAULT = "451 4.3.0 Not possible at the moment, come again"
STORE_FULL = "452 4.3.1 Cannot store mail at the moment, come again"
GOING_DOWN = "421 4.3.2 Going down, come again"
BUSY = "421 4.7.0 Too many connections, come again"
TOO_SLOW = "421 4.4.2 Waited too long, come again"
NOT_HERE = "502 5.5.1 Not offered here"

COMMAND_BYTES_MAX = 64 * 1024
"""Between two mails."""
DISCARDED_BYTES_MAX = 32 * 1024 * 1024
"""How much of a mail that was given up is still read, so that its sender hears why."""
CALLS_MAX = {"*": 20, "MAIL": 1000, "RCPT": 10_000, "DATA": 1000, "RSET": 1000, "NOOP": 100}
_EVERYTHING_BUFFERED = 1 << 30

Store = Callable[[str, Sequence[str], Incoming], Awaitable[Sequence[str]]]
"""(envelope sender, accounts, mail) → the registration numbers, once stored."""


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
        self.closing = False
        self.empty = asyncio.Event()
        self.empty.set()
        self._sessions: dict[Dialogue, str] = {}
        self._per_peer: collections.Counter[str] = collections.Counter()

    def enter(self, session: "Dialogue", peer: str) -> str:
        """An empty string if *session* may talk, else what it is told."""
        if self.closing:
            return GOING_DOWN
        if len(self._sessions) >= self.sessions_max or self._per_peer[peer] >= self.sessions_per_peer_max:
            return BUSY
        self._sessions[session] = peer
        self._per_peer[peer] += 1
        self.empty.clear()
        return ""

    def leave(self, session: "Dialogue") -> None:
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

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = "<>" if address in NULL_SENDERS else address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
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


class Dialogue(SMTP):
    """One connection."""

    def __init__(self, house: House, *, hostname: str, loop: asyncio.AbstractEventLoop) -> None:
        # A table of its own: aiosmtpd shares one among all connections, and every EHLO makes it larger.
        self.command_size_limits = collections.defaultdict(lambda: self.command_size_limit)
        super().__init__(
            house,
            data_size_limit=house.mail_bytes_max,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="ESMTP",
            timeout=house.idle_s_max,
            command_call_limit=CALLS_MAX,
            loop=loop,
        )
        self._house = house
        self._turned_away = False
        self._in_hand = False
        self._being_stored = False
        self._hung_up = False
        self._command_bytes = 0
        self._heard_at_s = 0.0
        self._mail_since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A TCP server makes no other; uvloop's are not asyncio.Transport by class, only by what they can do.
        transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        answer = self._house.enter(self, str(peer[0]) if peer else "")
        if answer:
            self._turned_away = True
            transport.write(answer.encode() + b"\r\n")
            transport.close()
            return
        self._mail_since_s = self.loop.time()
        super().connection_made(transport)
        assert self._handler_coroutine is not None  # noqa: S101 - made by the line above
        self._handler_coroutine.add_done_callback(_no_surprise)

    def connection_lost(self, error: Exception | None) -> None:
        self._house.leave(self)
        if not self._turned_away:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        if self._turned_away:
            return False
        if self._being_stored:
            self._hung_up = True  # it can still hear: the answer comes first
            return True
        return super().eof_received()

    def data_received(self, data: bytes) -> None:
        if self._turned_away:
            return
        self._heard_at_s = self.loop.time()
        if not self._in_hand:
            self._command_bytes += len(data)
            if self._command_bytes > COMMAND_BYTES_MAX:
                self.cut()
                return
        super().data_received(data)

    def go_home(self) -> None:
        """Say goodbye now, or after the mail in hand."""
        if not self._in_hand:
            self._hang_up(GOING_DOWN)

    def cut(self) -> None:
        """End the connection without a word."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()

    def _hang_up(self, last_words: str) -> None:
        if self.transport is not None and not self.transport.is_closing():
            transport = cast("asyncio.Transport", self.transport)
            transport.write(last_words.encode() + b"\r\n")
            transport.close()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """One timer that looks again, rather than a new one for every command."""
        del duration
        self._heard_at_s = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._house.idle_s_max, self._timeout_cb)

    def _timeout_cb(self) -> None:
        now_s = self.loop.time()
        until_s = min(self._heard_at_s + self._house.idle_s_max, self._mail_since_s + self._house.mail_s_max)
        if now_s < until_s or self._being_stored:
            self._timeout_handle = self.loop.call_later(max(0.01, until_s - now_s), self._timeout_cb)
        else:
            self._hang_up(TOO_SLOW)

    async def handle_exception(self, error: Exception) -> str:
        structlog.get_logger().error(CONNECTOR_FAULT, channel="email", exc_info=error)
        return OUR_FAULT

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by these names
        if await self.check_helo_needed():
            return
        assert self.envelope is not None  # noqa: S101 - made with the connection
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Say RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        incoming = Incoming(self._house.room, bytes_max=self._house.mail_bytes_max)
        self._in_hand = True
        try:
            await self.push("354 End with <CR><LF>.<CR><LF>")
            if await self._collect(incoming):
                await self.push(await self._answer(self.envelope, incoming))
        finally:
            incoming.close()
            self._in_hand = self._being_stored = False
            self._command_bytes = 0
            self._mail_since_s = self.loop.time()
            self.envelope = self._create_envelope()
        if self._house.closing:
            self._hang_up(GOING_DOWN)
        elif self._hung_up and self.transport is not None:
            self.transport.close()

    async def _collect(self, incoming: Incoming) -> bool:
        """Whether the final dot came."""
        while not incoming.complete:
            chunk = await self._reader.read(_EVERYTHING_BUFFERED)
            if not chunk:
                return False
            rest = incoming.feed(chunk)
            if rest:
                self._reader.feed_data(rest)
            if incoming.discarded_bytes > DISCARDED_BYTES_MAX:
                self.cut()
                return False
        return True

    async def _answer(self, envelope: Envelope, incoming: Incoming) -> str:
        if incoming.fault is not None:
            return incoming.fault.value
        self._being_stored = True
        try:
            numbers = await self._house.store(envelope.mail_from or "<>", envelope.rcpt_tos, incoming)
        except Unavailable:
            return STORE_FULL
        except TooLarge:
            return "552 5.3.4 Mail too large"
        except Malformed as error:
            # The door knows neither the account nor the size we were configured with: our mistake, not the sender's.
            return await self.handle_exception(error)
        except Exception as error:
            return await self.handle_exception(error)
        return f"250 2.0.0 Registered {', '.join(numbers)}"

    async def smtp_HELP(self, arg: str | None) -> None:  # noqa: N802 - as above
        del arg
        await self.push("214 2.0.0 This server takes mail for its own mailboxes; see RFC 5321")

    async def _not_offered(self, arg: str | None) -> None:
        del arg
        await self.push(NOT_HERE)

    smtp_AUTH = _not_offered  # noqa: N815 - as above
    smtp_VRFY = _not_offered  # noqa: N815 - as above
    smtp_EXPN = _not_offered  # noqa: N815 - as above
    smtp_STARTTLS = _not_offered  # noqa: N815 - as above


def _no_surprise(task: "asyncio.Task[Any]") -> None:
    """A connection that breaks while we answer is everyday life, not an unhandled error."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, OSError):
        structlog.get_logger().error(CONNECTOR_FAULT, channel="email", exc_info=error)
