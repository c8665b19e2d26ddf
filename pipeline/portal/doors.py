"""Speaks to the doors, over a door's local socket or an address ``host:port``.

``GET /register/NUMBER?code_hash=…`` (one hash for each city of this installation) asks all of them about a number that
the register does not know yet, since it may be a second old: 200 with JSON where one of the hashes fits, anything else
means no. ``POST /instruction`` hands what a sender says to the first that stores it. A door that does not answer is no
door: whoever asks comes again.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

ANSWER_TIMEOUT_S = 0.25
STORED_TIMEOUT_S = 5.0
"""A door says yes to an instruction after its fsync."""
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

    async def instruct(self, instruction: Mapping[str, Any]) -> bool:
        """Is *instruction* stored? Its key makes saying it to a second door once."""
        for address in self._addresses:
            try:
                async with asyncio.timeout(STORED_TIMEOUT_S):
                    answer = await _exchange(
                        address, "POST", "/instruction", json.dumps(instruction).encode()
                    )
            except (OSError, TimeoutError, ValueError):
                continue
            if _status(answer) == 200:
                return True
        return False

    async def _ask(self, address: str, target: str) -> datetime | None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return _received_at(await _exchange(address, "GET", target))
        except (OSError, TimeoutError, ValueError, KeyError, TypeError):
            return None


async def _exchange(address: str, method: str, target: str, body: bytes = b"") -> bytes:
    if "/" in address:
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: door\r\nAccept: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        answer = b""
        while len(answer) <= ANSWER_BYTES_MAX and (more := await reader.read(ANSWER_BYTES_MAX)):
            answer += more
        return answer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _status(answer: bytes) -> int:
    """0 where that is no answer."""
    version, _, rest = answer.partition(b" ")
    return int(rest[:3]) if version in {b"HTTP/1.1", b"HTTP/1.0"} and rest[:3].isdigit() else 0


def _received_at(answer: bytes) -> datetime | None:
    if _status(answer) != 200:
        return None
    return datetime.fromisoformat(json.loads(answer.partition(b"\r\n\r\n")[2])["received_at"])
