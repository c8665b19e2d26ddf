"""A small HTTP/1.1 client that costs little: the machine's cores belong to the line under test."""

import asyncio
import http.client
import json
from dataclasses import dataclass
from typing import Any

BODY_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode()


class Cut(ConnectionError):
    """The connection ended before the whole answer had come."""


class Connection:
    """One kept-alive connection, opened when first needed and again after it was lost. One request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
    ) -> Answer:
        """Raises OSError (Cut among them) or TimeoutError; the connection is dropped then."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(method, path, headers or {}, body)
        except BaseException:
            self.close()
            raise

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if self._reader is not None and self._reader.at_eof():
            self.close()  # idle for so long that the server let it go
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        head = [f"{method} {path} HTTP/1.1", f"host: {self.host}:{self.port}", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        try:
            raw = await self._reader.readuntil(b"\r\n\r\n")
            answer = await self._answer(raw, self._reader)
        except asyncio.IncompleteReadError as error:
            raise Cut("the connection ended within an answer") from error
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    async def _answer(self, raw: bytes, reader: asyncio.StreamReader) -> Answer:
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        status = int(first.split(" ", 2)[1])
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(status, headers, body)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    total = 0
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        total += size
        if total > BODY_BYTES_MAX:
            raise Cut("the answer is larger than any of ours")
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


def get(address: str, path: str, *, timeout_s: float = 5.0) -> Answer:
    """One request of its own, for code that is not asynchronous. Raises OSError, TimeoutError."""
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"connection": "close"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read(BODY_BYTES_MAX))
    except http.client.HTTPException as error:
        raise Cut(type(error).__name__) from error
    finally:
        connection.close()
