"""A TCP proxy of our own that cuts connections in mid-word: after so many bytes from the server, or when told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class CuttingProxy:
    """Listens on ``port``. The next connection is cut after ``cut_after_bytes`` from the server; None: never."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self.port = 0
        self.cut_after_bytes: int | None = None
        self.cuts = 0
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["CuttingProxy"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut_all()

    def cut_all(self) -> None:
        """Every connection ends now, without a goodbye."""
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        ends = {writer, far_writer}
        self._open |= ends
        budget, self.cut_after_bytes = self.cut_after_bytes, None
        up = asyncio.create_task(_copy(reader, far_writer, None))
        down = asyncio.create_task(_copy(far_reader, writer, budget))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            self.cuts += down.done() and down.result()
        finally:
            for end in ends:
                end.transport.abort()
            self._open -= ends
            await asyncio.gather(up, down, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None) -> bool:
    """Whether the budget was used up."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65536 if budget is None else min(65536, budget)):
            writer.write(chunk)
            await writer.drain()
            if budget is not None:
                budget -= len(chunk)
                if budget <= 0:
                    return True
    return False
