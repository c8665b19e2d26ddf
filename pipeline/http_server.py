"""Serves an ASGI application on a socket: uvicorn, with limits on what comes before a body.

Headers of one request are at most ``HEAD_BYTES_MAX`` (read in chunks, so a little more may be held) and arrive within
``HEAD_TIMEOUT_S``; at most ``CONNECTIONS_MAX`` peers at once, the next hears 503. Signals are the part's own business.
"""

import asyncio
import contextlib
import errno
import socket
from asyncio import AbstractEventLoop, TimerHandle, Transport
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pipeline.trouble import Trouble

HEAD_BYTES_MAX = 64 * 1024
HEAD_TIMEOUT_S = 20.0
CONNECTIONS_MAX = 2000
IDLE_S_MAX = 75
"""Longer than a reverse proxy keeps an idle connection (60 s, as they come), or now and then it sends a letter into one that
is just being closed."""
BACKLOG = 2048


def bound(host: str, port: int, key: str) -> socket.socket:
    """A listening socket; port 0: any free one. *key*: the setting that names the port. Raises Trouble."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Trouble("port.taken", port=port, key=key) from None
        raise Trouble("port.no_address", host=host, reason=error.strerror or "?") from None
    listener.setblocking(False)
    return listener


async def serve(
    application: Any, listener: socket.socket, *, stop: asyncio.Event, grace_s: float = 20.0
) -> None:
    """Answer requests until *stop*; then let those in hand finish, for *grace_s* at most. Closes *listener*."""
    config = Config(
        application, http=BoundedHttp, ws="none", lifespan="off", loop="none", log_config=None, log_level="error", access_log=False,
        proxy_headers=False, server_header=False, limit_concurrency=CONNECTIONS_MAX, backlog=BACKLOG,
        timeout_graceful_shutdown=int(grace_s), timeout_keep_alive=IDLE_S_MAX,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        serving.cancel()
        listener.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the part."""
        yield


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, which by itself would wait for ever for headers without end."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._close(b"HTTP/1.1 431 Request Header Fields Too Large")
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._too_slow)

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        self._close(b"HTTP/1.1 408 Request Timeout")

    def _close(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()
