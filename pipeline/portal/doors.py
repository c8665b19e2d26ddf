"""Asks the doors about a number that the register does not know yet: it may be a second old.

``GET /register/NUMBER?code_hash=…`` (one for each city of this installation) over a door's local socket or an address
``host:port``; 200 with JSON where one of the hashes fits, anything else means no. A door that does not answer is no
door: whoever asks comes again.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

ANSWER_TIMEOUT_S = 0.25
ANSWER_BYTES_MAX = 16 * 1024


class Doors:
    """*addresses*: paths of Unix sockets (with a slash in them) or ``host:port``."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = tuple(addresses)

    async def received_at(self, number: str, code_hashes: frozenset[str]) -> datetime | None:
        """When a door accepted the letter that number and code open; None where no door says so in time."""
        query = urlencode([("code_hash", code_hash) for code_hash in sorted(code_hashes)])
        target = f"/register/{number}?{query}"
        answers = await asyncio.gather(*(self._ask(address, target) for address in self._addresses))
        return next((answer for answer in answers if answer is not None), None)

    async def _ask(self, address: str, target: str) -> datetime | None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return _received_at(await _get(address, target))
        except (OSError, TimeoutError, ValueError, KeyError, TypeError):
            return None


async def _get(address: str, target: str) -> bytes:
    if "/" in address:
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        request = (
            f"GET {target} HTTP/1.1\r\nHost: door\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode("ascii"))
        await writer.drain()
        answer = b""
        while len(answer) <= ANSWER_BYTES_MAX and (more := await reader.read(ANSWER_BYTES_MAX)):
            answer += more
        return answer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _received_at(answer: bytes) -> datetime | None:
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")):
        return None
    return datetime.fromisoformat(json.loads(body)["received_at"])
