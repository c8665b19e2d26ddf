"""The arrays behind the memory: a ring of rows that grows in steps, and chains that lead from a key to its rows.

A row is one letter. The oldest is given up when it leaves the window, or when the ring has as many rows as it may. Every
row hangs in up to ``KEYS`` chains, newest first: ``heads`` says where the chain of a hashed key begins, ``before``
where it goes on. Nothing is ever taken out of a chain: a pointer to a row that was overwritten leads to a younger row, and
that is how a walk sees that the chain has ended. Growing turns the ring so that the oldest row comes first, and lets every
second chain begin in the old one.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import minhash
from pipeline.judge.relate.table import U8, U32, U64
from pipeline.judge.relate.trace import ANCHORS_MAX
from pipeline.text.words import WORDS_MAX

KEYS = 32
"""Chains a row hangs in: 16 bands of the signature, person, text, id, six anchors, seven words."""
BANDS = slice(0, 16)
PERSON, TEXT, ID = 16, 17, 18
ANCHORS = slice(19, 25)
WORDS = slice(25, 32)

ROWS_FIRST = 1024
HOPS_MAX = 4096
"""Steps of one walk. Only letters made to collide come near it."""

_GROUPS: NDArray[np.uint32] = np.array(
    [*range(16), 16, 17, 18, *(19,) * 6, *(20,) * 7], dtype=np.uint32
) * np.uint32(0x85EBCA6B) + np.uint32(1)
_COLUMNS: dict[str, tuple[type[np.generic], int]] = {
    "ids": (np.uint8, 16),
    "at": (np.uint32, 0),
    "person": (np.uint64, 0),
    "text": (np.uint64, 0),
    "way": (np.uint32, 0),
    "files": (np.uint32, 0),
    "place": (np.uint32, 0),
    "has_words": (np.uint8, 0),
    "signature": (np.uint8, minhash.VALUES),
    "anchors": (np.uint32, ANCHORS_MAX),
    "words": (np.uint32, WORDS_MAX),
    "state": (np.uint8, 0),
    "before": (np.uint32, KEYS),
}


class Ring:
    """Rows first to last are ``rows``; a *place* is a row's number in the arrays."""

    ids: U8
    at: U32
    person: U64
    text: U64
    way: U32
    files: U32
    place: U32
    has_words: U8
    signature: U8
    anchors: U32
    words: U32
    state: U8
    before: U32

    def __init__(self, rows_max: int) -> None:
        if not 0 < rows_max < 2**27:
            raise ValueError("a ring has 1 to 134 million rows")
        self.rows_max = rows_max
        self.size = min(ROWS_FIRST, rows_max)
        self.first = 0
        self.count = 0
        self.heads: U32 = np.zeros(_heads_for(self.size), dtype=np.uint32)
        for name, (kind, width) in _COLUMNS.items():
            setattr(self, name, np.zeros((self.size, width) if width else self.size, dtype=kind))
        self._looked()

    def _looked(self) -> None:
        """Plain views for single reads: they answer three times as fast as the arrays."""
        self._before, self._heads = self.before.reshape(-1).data, self.heads.data
        self._at, self._state = self.at.data, self.state.data
        self._person, self._text = self.person.view(np.uint32).data, self.text.view(np.uint32).data
        self._anchors, self._words = self.anchors.reshape(-1).data, self.words.reshape(-1).data
        self._bands = self.signature.view(np.uint32).reshape(-1).data
        self._ids = self.ids.view(np.uint32).reshape(-1).data

    @property
    def nbytes(self) -> int:
        return self.heads.nbytes + sum(int(getattr(self, name).nbytes) for name in _COLUMNS)

    def age(self, place: int) -> int:
        """0 for the newest row; at least ``count`` for a place that holds none."""
        return (self.first + self.count - 1 - place) % self.size

    def holds(self, place: int) -> bool:
        return self.age(place) < self.count

    def drop(self, rows: int) -> None:
        """Give up the oldest *rows*."""
        self.first = (self.first + rows) % self.size
        self.count -= rows

    def oldest(self, rows: int) -> NDArray[np.int64]:
        """The places of the oldest *rows*."""
        return (self.first + np.arange(rows, dtype=np.int64)) % self.size

    def newest(self, rows: int) -> NDArray[np.int64]:
        """The places that the next *rows* will have; there is room for them."""
        return (self.first + self.count + np.arange(rows, dtype=np.int64)) % self.size

    def room(self, rows: int) -> None:
        """Grow until *rows* more fit, or the ring is as large as it may be."""
        size = self.size
        while size < self.count + rows and size < self.rows_max:
            size = min(self.rows_max, size * 2 if size < 65536 else size + size // 4)
        if size > self.size:
            self._turn()
            for name in _COLUMNS:
                old = getattr(self, name)
                grown = np.zeros((size, *old.shape[1:]), dtype=old.dtype)
                grown[: self.size] = old
                setattr(self, name, grown)
            self.size = size
            while len(self.heads) < _heads_for(size):
                self.heads = np.concatenate([self.heads, self.heads])
            self._looked()

    def _turn(self) -> None:
        """The oldest row comes to place 0."""
        if not self.first:
            return
        for name in _COLUMNS:
            setattr(self, name, np.roll(getattr(self, name), -self.first, axis=0))
        for pointers in (self.before, self.heads):
            some = pointers > 0
            was = pointers[some] - 1
            turned = (was // KEYS + self.size - self.first) % self.size
            pointers[some] = (turned * KEYS + was % KEYS + 1).astype(np.uint32)
        self.first = 0

    def link(self, places: NDArray[np.int64], keys: U32) -> None:
        """Hang the new rows at *places*, oldest first, into the chains of their *keys* (0: none)."""
        self.before[places] = 0
        if len(places) == 1:
            self._link_one(int(places[0]), keys)
            return
        buckets = self.buckets(keys).ravel()
        pointers = (places[:, None] * KEYS + np.arange(KEYS)[None, :]).ravel().astype(np.uint32)
        some = keys.ravel() != 0
        buckets, pointers = buckets[some], pointers[some]
        order = np.argsort(buckets, kind="stable")
        buckets, pointers = buckets[order], pointers[order]
        again = buckets[1:] == buckets[:-1]
        earlier = self.heads[buckets]
        earlier[1:][again] = pointers[:-1][again] + np.uint32(1)
        self.before.reshape(-1)[pointers] = earlier
        last = np.ones(len(buckets), dtype=bool)
        last[:-1] = ~again
        self.heads[buckets[last]] = pointers[last] + np.uint32(1)

    def _link_one(self, place: int, keys: U32) -> None:
        """The same for one row, without the cost of arrays."""
        heads, before = self._heads, self._before
        for column, (key, bucket) in enumerate(
            zip(keys[0].tolist(), self.buckets(keys)[0].tolist(), strict=True)
        ):
            if key:
                pointer = place * KEYS + column
                before[pointer] = heads[bucket]
                heads[bucket] = pointer + 1

    def buckets(self, keys: U32) -> NDArray[np.int64]:
        """Where the chains of *keys* (rows of ``KEYS``) begin."""
        mixed = (keys ^ _GROUPS) * np.uint32(0xC2B2AE35)
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x27D4EB2F)
        mixed ^= mixed >> np.uint32(13)
        return (mixed & np.uint32(len(self.heads) - 1)).astype(np.int64)

    def newest_of(
        self, column: int, key: int, bucket: int, limit: int, oldest: int, *, withdrawn: bool = False
    ) -> list[int]:
        """Up to *limit* places whose letters have *key* in *column* or its like, not older than *oldest*, newest first;

        *withdrawn*: those that are no candidates any more too.
        """
        low, high, wide, shift, values = self._group(column)
        target, span = key << shift, 1 << shift
        before, times, states = self._before, self._at, self._state
        newest, size, most = self.first + self.count - 1, self.size, self.count * KEYS
        found: list[int] = []
        pointer, last = self._heads[bucket], -1
        for _ in range(HOPS_MAX):
            if not pointer:
                break
            pointer -= 1
            place, met = pointer >> 5, pointer & 31
            rank = ((newest - place) % size) * KEYS + KEYS - met
            # A younger row than the last: the pointer is older than what it points at, the chain has ended.
            if rank <= last or rank > most:
                break
            last = rank
            # The high bits of a stored value are the key, the low ones say more of it.
            if low <= met < high and values[place * wide + met - low] ^ target < span:
                if times[place] < oldest:
                    break
                if (withdrawn or states[place]) and (not found or found[-1] != place):
                    found.append(place)
                    if len(found) == limit:
                        break
            pointer = before[pointer]
        return found

    def _group(self, column: int) -> tuple[int, int, int, int, memoryview]:
        """First and last column of a key's kind, values a row, how far the key is shifted in them, the values."""
        if column < PERSON:
            return column, column + 1, BANDS.stop, 0, self._bands[column:]
        if column >= WORDS.start:
            return WORDS.start, WORDS.stop, WORDS_MAX, 7, self._words
        if column >= ANCHORS.start:
            return ANCHORS.start, ANCHORS.stop, ANCHORS_MAX, 5, self._anchors
        if column == ID:
            return ID, ID + 1, 4, 0, self._ids
        # Of the 64 bits of a person or a text the lower 32 are the key.
        return column, column + 1, 2, 0, self._person if column == PERSON else self._text

    def dump(self) -> dict[str, NDArray[np.generic]]:
        """Every array, the oldest row first, without the rows that hold nothing."""
        self._turn()
        self._looked()
        held = {name: getattr(self, name)[: self.count] for name in _COLUMNS}
        return {**held, "heads": self.heads, "ring": np.array([self.size, self.count], dtype=np.int64)}

    @classmethod
    def load(cls, dumped: dict[str, NDArray[np.generic]], rows_max: int) -> "Ring":
        """The ring of ``dump``. KeyError or ValueError for arrays that are none; ValueError where it has too many rows."""
        size, count = (int(value) for value in dumped["ring"])
        if not 0 <= count <= size <= rows_max:
            raise ValueError(f"a ring of {size} rows with {count} in use, at most {rows_max} allowed")
        ring = cls(rows_max)
        ring.size, ring.count = size, count
        ring.heads = np.array(dumped["heads"], dtype=np.uint32)
        for name, (kind, width) in _COLUMNS.items():
            column = np.zeros((size, width) if width else size, dtype=kind)
            column[:count] = dumped[name]
            setattr(ring, name, column)
        ring._looked()
        return ring


def _heads_for(rows: int) -> int:
    """A power of two, 10 to 20 for each row."""
    return 1 << (10 * rows).bit_length()
