"""From number and query code to the letter's story, or to nothing at all.

A wrong code and an unknown number are the same case, in words and in time: the same hashes are computed, the same
comparison is made, register and doors are asked alike, and no refusal leaves before ``REFUSAL_S`` have passed. A right
answer may leave at once: whoever gets it knows the code.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline import numbers
from pipeline.portal.doors import Doors
from pipeline.portal.tries import Tries
from pipeline.story import Story

REFUSAL_S = 0.5
"""Longer than a door may take to answer, so that nothing shows through."""
TRIES_PER_CLIENT = 6
"""Times the tries for one number: a client may look after several letters."""

Refusal = Literal["unknown", "too_many"]
ByNumber = Callable[[str, frozenset[str]], Story | None]


@dataclass(frozen=True, slots=True)
class JustRegistered:
    """A door has accepted the letter, the register does not know it yet."""

    number: str
    received_at: datetime


class Lookup:
    """*keys*: every city's key. *by_number*: the story under a number that one of the code hashes opens."""

    def __init__(
        self, keys: Mapping[str, bytes], by_number: ByNumber, doors: Doors, *, tries_max: int, window_s: float
    ) -> None:
        self._keys = dict(keys)
        self._by_number = by_number
        self._doors = doors
        self._per_number = Tries(tries_max, window_s)
        self._per_client = Tries(tries_max * TRIES_PER_CLIENT, window_s)

    async def find(self, number: str, code: str, client: str) -> Story | JustRegistered | Refusal:
        """What number and code, as a person typed them, open. *client*: where the question comes from."""
        until = asyncio.get_running_loop().time() + REFUSAL_S
        number, code = numbers.plain(number), numbers.plain(code)
        allowed = self._per_number.left(number) and self._per_client.left(client)
        if allowed:  # counted before anything is waited for: many questions at once are many tries
            self._per_number.add(number)
            self._per_client.add(client)
        found = await self._open(number, code)
        if allowed and found is not None:
            self._per_number.take_back(number)
            self._per_client.take_back(client)
            return found
        await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))
        return "unknown" if allowed else "too_many"

    async def _open(self, number: str, code: str) -> Story | JustRegistered | None:
        hashes = frozenset(numbers.code_hash(key, number, code) for key in self._keys.values())
        if not numbers.is_number(number):
            # Nothing of ours can look like this; asked for all the same, so that it takes the same steps.
            number = "0" * numbers.NUMBER_DIGITS
        story = self._by_number(number, hashes)
        if story is not None:
            return story
        received_at = await self._doors.received_at(number, hashes)
        return JustRegistered(number, received_at) if received_at is not None else None
