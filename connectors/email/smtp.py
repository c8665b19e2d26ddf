"""The SMTP dialogue: aiosmtpd's, with the limits and the answers that a door for citizens' mail needs.

DATA is collected under limits (``incoming``) and answered only after ``accept`` returned; idle and total time are
bounded; AUTH, VRFY and EXPN do not exist; what goes wrong inside is 451, and no answer quotes an exception.
"""

import asyncio
import collections
import ssl
from typing import Any, Final, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope

from connectors.email.house import GOING_DOWN, House
from connectors.email.incoming import Incoming
from schemas.errors import Malformed, TooLarge, Unavailable

CONNECTOR_FAULT: Final = "connector.fault"

OUR_FAULT = "451 4.3.0 Not possible at the moment, come again"
STORE_FULL = "452 4.3.1 Cannot store mail at the moment, come again"
TOO_SLOW = "421 4.4.2 Waited too long, come again"
NOT_HERE = "502 5.5.1 Not offered here"

COMMAND_BYTES_MAX = 64 * 1024
"""Between two mails."""
DISCARDED_BYTES_MAX = 32 * 1024 * 1024
"""How much of a mail that was given up is still read, so that its sender hears why."""
CALLS_MAX = {"*": 20, "MAIL": 1000, "RCPT": 10_000, "DATA": 1000, "RSET": 1000, "NOOP": 100}
_EVERYTHING_BUFFERED = 1 << 30


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
        if self._being_stored and self.session is not None and self.session.ssl is None:
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

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - as above
        """The library's own way breaks on other event loops than asyncio's, and takes what was sent too early."""
        assert self.session is not None  # noqa: S101 - made with the connection
        if arg:
            await self.push("501 5.5.4 Syntax: STARTTLS")
        elif self._house.tls is None or self.session.ssl is not None:
            await self.push(NOT_HERE)
        else:
            await self._encrypt(self._house.tls)

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        plain = cast("asyncio.Transport", self.transport)
        plain.pause_reading()
        # Commands sent along with STARTTLS came from whoever sits on the line: RFC 3207 has them thrown away. A
        # client that does so is broken or attacked; it is better off without a connection.
        if self._reader._buffer:  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio has no public look at it
            self.cut()
            return
        plain.write(b"220 2.0.0 Go ahead\r\n")
        try:
            encrypted = await self.loop.start_tls(
                plain, self, context, server_side=True, ssl_handshake_timeout=self._house.idle_s_max
            )
        except OSError:
            self.cut()
            return
        if encrypted is None:
            return
        self.transport = encrypted
        for end in (self._reader, self._writer):
            end._transport = encrypted  # type: ignore[union-attr]  # noqa: SLF001 - asyncio's own StreamWriter.start_tls does so
        # Nothing that was said before counts.
        self.envelope = self._create_envelope()
        self.session = self._create_session()
        self.session.ssl = encrypted.get_extra_info("ssl_object")

    async def smtp_HELP(self, arg: str | None) -> None:  # noqa: N802 - as above
        del arg
        await self.push("214 2.0.0 This server takes mail for its own mailboxes; see RFC 5321")

    async def _not_offered(self, arg: str | None) -> None:
        del arg
        await self.push(NOT_HERE)

    smtp_AUTH = _not_offered  # noqa: N815 - as above
    smtp_VRFY = _not_offered  # noqa: N815 - as above
    smtp_EXPN = _not_offered  # noqa: N815 - as above


def _no_surprise(task: "asyncio.Task[Any]") -> None:
    """A connection that breaks while we answer is everyday life, not an unhandled error."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, OSError):
        structlog.get_logger().error(CONNECTOR_FAULT, channel="email", exc_info=error)
