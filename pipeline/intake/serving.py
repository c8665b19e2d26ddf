"""HTTP servers of the door: one on its port for citizens and peers, one on a local socket for the command line."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from pipeline.trouble import Trouble

CONNECTIONS_MAX = 2000
SHUTDOWN_S_MAX = 15
KEEP_ALIVE_S = 30


class Server(uvicorn.Server):
    """Serves *app* on an open socket until ``should_exit`` is set. Signals are its process's business."""

    def __init__(self, app: Any, listening: socket.socket) -> None:
        self._listening = listening
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                loop="none",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_S_MAX,
                h11_max_incomplete_event_size=64 * 1024,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    async def run_until_told(self) -> None:
        """Until ``should_exit``; then requests in hand are finished, for a bounded time."""
        await self.serve(sockets=[self._listening])


def listen_tcp(host: str, port: int) -> socket.socket:
    """An open port. Raises Trouble where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise Trouble("door.port_taken", host=host, port=port) from None
    return listening


def listen_local(path: Path) -> socket.socket:
    """A socket in the file system that only its owner can use. What an earlier process left is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    return listening
