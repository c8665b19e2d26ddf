"""A dictionary that holds the values asked for last, and only so many of them."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most *count_max* values; what was neither set nor asked for longest goes first."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, if it is still here."""
        value = self._values.pop(key, None)
        if value is not None:
            self._values[key] = value
        return value

    def set(self, key: K, value: V) -> None:
        """Keep a value, instead of what was kept under *key*."""
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._count_max:
            del self._values[next(iter(self._values))]

    def drop(self, key: K) -> None:
        """Keep nothing under *key*."""
        self._values.pop(key, None)
