"""Says whether a part lives, whether it is ready, and its figures, to whoever watches it. No web framework.

GET ``/live`` answers 200 while the event loop runs; ``/ready`` 200 or 503, as the part says; ``/metrics`` in
Prometheus' text format. A request is read up to 8 KiB and 5 s, one to a connection, 32 connections at a time.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

REQUEST_BYTES_MAX = 8 * 1024
REQUEST_TIMEOUT_S = 5.0
CONNECTIONS_MAX = 32

_PLAIN = "text/plain; charset=utf-8"
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class HealthServer:
    """``async with HealthServer(port, ready):`` answers until the block is left. Port 0: any free one."""

    def __init__(self, port: int, ready: Callable[[], bool], host: str = "127.0.0.1") -> None:
        self._wanted = (host, port)
        self._ready = ready
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on. Only while it is open."""
        if self._server is None:
            raise RuntimeError("the health server is not open")
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def __aenter__(self) -> Self:
        host, port = self._wanted
        self._server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES_MAX)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= CONNECTIONS_MAX:
            writer.close()
            return
        self._open.add(task)
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b"\r\n", 1)[0]))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asks badly or goes away hears nothing
        finally:
            self._open.discard(task)
            writer.close()

    def _answer(self, request_line: bytes) -> bytes:
        match request_line.split(b" "):
            case [b"GET" | b"HEAD", target, _]:
                status, body, media_type = self._page(target.partition(b"?")[0])
            case [_, _, _]:
                status, body, media_type = 405, b"GET only\n", _PLAIN
            case _:
                status, body, media_type = 400, b"not HTTP\n", _PLAIN
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        return head.encode("ascii") + (b"" if request_line.startswith(b"HEAD ") else body)

    def _page(self, path: bytes) -> tuple[int, bytes, str]:
        match path:
            case b"/live":
                return 200, b"live\n", _PLAIN
            case b"/ready":
                return (200, b"ready\n", _PLAIN) if self._ready() else (503, b"not ready\n", _PLAIN)
            case b"/metrics":
                return 200, generate_latest(), CONTENT_TYPE_LATEST
            case _:
                return 404, b"/live /ready /metrics\n", _PLAIN
