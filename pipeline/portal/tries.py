"""Few tries: counts wrong answers per number and per client, in memory that does not grow.

The counters stand in a table of fixed size, found by a hash with a secret of this process: nobody can choose two keys
that share a counter, and no flood pushes a counter out. Two keys may share one by chance; then both wait a window.
"""

import hashlib
import secrets
import time
from collections.abc import Callable

SLOTS = 65_536


class Tries:
    """At most *tries_max* wrong tries for one key in each window of *window_s* seconds."""

    def __init__(
        self,
        tries_max: int,
        window_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        slots: int = SLOTS,
    ) -> None:
        self._tries_max = min(tries_max, 255)
        self._window_s = window_s
        self._clock = clock
        self._slots = slots
        self._secret = secrets.token_bytes(16)
        self._counts = bytearray(slots)
        self._window_until = clock() + window_s

    def left(self, key: str) -> bool:
        """Whether one more try is allowed."""
        self._turn()
        return self._counts[self._slot(key)] < self._tries_max

    def add(self, key: str) -> None:
        """One more try, wrong until it is taken back."""
        self._turn()
        slot = self._slot(key)
        self._counts[slot] = min(255, self._counts[slot] + 1)

    def take_back(self, key: str) -> None:
        """The try was right."""
        slot = self._slot(key)
        self._counts[slot] = max(0, self._counts[slot] - 1)

    def _turn(self) -> None:
        now = self._clock()
        if now >= self._window_until:
            self._counts = bytearray(self._slots)
            self._window_until = now + self._window_s

    def _slot(self, key: str) -> int:
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest) % self._slots
