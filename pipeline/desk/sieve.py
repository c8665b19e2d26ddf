"""Says of an id that was never put in, most often, that it was not: most letters are new, and the table is not asked."""

_BITS = 1 << 24


class Sieve:
    """2 MiB. Ids must be evenly spread in their first six bytes, as derived ids are; of a million one in eighty is let through."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)

    def put(self, key: bytes) -> None:
        """From now on *key* may be there."""
        for place in (int.from_bytes(key[:3]), int.from_bytes(key[3:6])):
            self._bits[place >> 3] |= 1 << (place & 7)

    def may_hold(self, key: bytes) -> bool:
        """False: *key* was never put in."""
        one, other = int.from_bytes(key[:3]), int.from_bytes(key[3:6])
        bits = self._bits
        return bool(bits[one >> 3] >> (one & 7) & bits[other >> 3] >> (other & 7) & 1)
