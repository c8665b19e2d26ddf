"""The arrays behind the memory: a ring of rows that grows in steps, and chains that lead from a key to its rows.

A row is one letter. The oldest is given up when it leaves the window, or when the ring has as many rows as it may. Every
row hangs in up to ``KEYS`` chains, newest first: ``heads`` says where the chain of a hashed key begins, ``before``
where it goes on. Nothing is ever taken out of a chain: a pointer to a row that was overwritten leads to a younger row, and
that is how a walk sees that the chain has ended. Growing turns the ring so that the oldest row comes first, and lets every
second chain begin in the old one.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import minhash
from pipeline.judge.relate.table import RECORD, U8, U32, U64, Side
from pipeline.judge.relate.trace import ANCHORS_MAX, NAME_SHIFT
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
    "parts": (np.uint32, 0),
    "has_words": (np.uint8, 0),
    "signature": (np.uint8, minhash.VALUES),
    "anchors": (np.uint32, ANCHORS_MAX),
    "words": (np.uint32, WORDS_MAX),
    "state": (np.uint8, 0),
    "before": (np.uint32, KEYS),
}


_GROUP_OF: list[int] = _GROUPS.tolist()
_LOW = 0xFFFFFFFF

Chains = Sequence[tuple[int, int, int]]
"""The chains of one row: column, key (never 0), and its hash (``mixed``)."""

_WIDTHS = {name: np.dtype(kind).itemsize * (width or 1) for name, (kind, width) in _COLUMNS.items()}
_LINKS = _WIDTHS["before"]
_STORED = tuple((name, offset, _WIDTHS[name]) for name, (_, offset, *_) in (RECORD.fields or {}).items())
"""The columns that are in an encoded trace, where, and how many bytes of them are kept."""


def mixed(keys: U32) -> U32:
    """Hashes of *keys* (rows of ``KEYS``), whose low bits say where their chains begin."""
    hashed = (keys ^ _GROUPS) * np.uint32(0xC2B2AE35)
    hashed ^= hashed >> np.uint32(15)
    hashed *= np.uint32(0x27D4EB2F)
    hashed ^= hashed >> np.uint32(13)
    return hashed


def mixed_one(column: int, key: int) -> int:
    """The same for one *key*, without the cost of arrays."""
    hashed = (key ^ _GROUP_OF[column]) * 0xC2B2AE35 & _LOW
    hashed = (hashed ^ hashed >> 15) * 0x27D4EB2F & _LOW
    return hashed ^ hashed >> 13


class Ring:
    """Rows first to last are ``rows``; a *place* is a row's number in the arrays."""

    ids: U8
    at: U32
    person: U64
    text: U64
    way: U32
    files: U32
    place: U32
    parts: U32
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
        """Plain views for single reads and writes: they answer three times as fast as the arrays."""
        self._before, self._heads = self.before.reshape(-1).data, self.heads.data
        self._at, self._state = self.at.data, self.state.data
        self._bytes = {name: getattr(self, name).reshape(-1).view(np.uint8).data for name in _COLUMNS}
        self._numbers = tuple(
            getattr(self, name).reshape(-1).data
            for name in ("person", "text", "way", "files", "place", "parts", "anchors", "words")
        )
        bands = self.signature.view(np.uint32).reshape(-1).data
        # For each column of keys: first and last of its kind, values a row, how far the key is shifted in them, the values.
        anchors = (ANCHORS.start, ANCHORS.stop, ANCHORS_MAX, NAME_SHIFT, self.anchors.reshape(-1).data)
        words = (WORDS.start, WORDS.stop, WORDS_MAX, 7, self.words.reshape(-1).data)
        self._groups: list[tuple[int, int, int, int, memoryview]] = [
            *((band, band + 1, BANDS.stop, 0, bands[band:]) for band in range(BANDS.stop)),
            # Of the 64 bits of a person or a text the lower 32 are the key.
            (PERSON, PERSON + 1, 2, 0, self.person.view(np.uint32).data),
            (TEXT, TEXT + 1, 2, 0, self.text.view(np.uint32).data),
            (ID, ID + 1, 4, 0, self.ids.view(np.uint32).reshape(-1).data),
            *(anchors,) * (ANCHORS.stop - ANCHORS.start),
            *(words,) * (WORDS.stop - WORDS.start),
        ]

    @property
    def nbytes(self) -> int:
        return self.heads.nbytes + sum(int(getattr(self, name).nbytes) for name in _COLUMNS)

    def time(self, place: int) -> int:
        """When the letter at *place* was added."""
        return int(self._at[place])

    def id_at(self, place: int) -> bytes:
        """Its id."""
        return bytes(self._bytes["ids"][place * 16 : place * 16 + 16])

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
        buckets = (mixed(keys) & np.uint32(len(self.heads) - 1)).ravel()
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

    def put(self, letter_id: bytes, at: int, trace: bytes, chains: Chains) -> None:
        """One more row, the newest, in its *chains*; there is room for it. *trace*: encoded."""
        place = (self.first + self.count) % self.size
        self._at[place], self._state[place] = at, 1
        columns = self._bytes
        columns["ids"][place * 16 : place * 16 + 16] = letter_id
        for name, offset, width in _STORED:
            columns[name][place * width : (place + 1) * width] = trace[offset : offset + width]
        columns["before"][place * _LINKS : (place + 1) * _LINKS] = bytes(_LINKS)
        heads, before, mask = self._heads, self._before, len(self.heads) - 1
        for column, _, hashed in chains:
            pointer, bucket = place * KEYS + column, hashed & mask
            before[pointer] = heads[bucket]
            heads[bucket] = pointer + 1
        self.count += 1

    def take_back(self, place: int, chains: Chains) -> None:
        """Undo the links of the row that was put last: each chain begins again where it went on."""
        mask = len(self.heads) - 1
        for column, _, hashed in reversed(chains):
            self._heads[hashed & mask] = self._before[place * KEYS + column]

    def row(self, place: int) -> dict[str, bytes]:
        """Everything that stands at *place*, for ``put_back``."""
        return {
            name: bytes(values[place * width : (place + 1) * width])
            for name, values in self._bytes.items()
            for width in (_WIDTHS[name],)
        }

    def put_back(self, place: int, row: dict[str, bytes]) -> None:
        """What stood at *place* stands there again."""
        for name, value in row.items():
            self._bytes[name][place * len(value) : (place + 1) * len(value)] = value

    def side(self, place: int) -> Side:
        """What of the row at *place* is compared."""
        person, text, way, files, given, parts, anchors, words = self._numbers
        return Side(
            person[place], text[place], way[place], files[place], given[place], parts[place],
            bytes(self._bytes["signature"][place * minhash.VALUES : (place + 1) * minhash.VALUES]),
            anchors[place * ANCHORS_MAX : (place + 1) * ANCHORS_MAX].tolist(),
            words[place * WORDS_MAX : (place + 1) * WORDS_MAX].tolist(),
        )  # fmt: skip

    def newest_of(
        self, chains: Chains, limits: Sequence[int], oldest: int, *, withdrawn: bool = False
    ) -> Iterator[tuple[int, list[int]]]:
        """For each chain its column, and up to so many places as *limits* has for it, of letters that have
        its key there or in a column of its kind, not older than *oldest*, newest first; *withdrawn*: those
        that are no candidates any more too.
        """
        heads, before, times, states = self._heads, self._before, self._at, self._state
        mask, groups = len(heads) - 1, self._groups
        end, turn, most = (self.first + self.count) * KEYS, self.size * KEYS, self.count * KEYS
        for column, key, hashed in chains:
            pointer = heads[hashed & mask]
            if not pointer:
                continue
            low, high, wide, shift, values = groups[column]
            limit, target, span = limits[column], key << shift, 1 << shift
            found: list[int] = []
            last = -1
            for _ in range(HOPS_MAX):
                rank = (end - pointer) % turn
                # A younger row than the last: the pointer is older than what it points at, the chain has ended.
                if rank <= last or rank >= most:
                    break
                last = rank
                pointer -= 1
                column_met = pointer & 31
                if low <= column_met < high:
                    place = pointer >> 5
                    # The high bits of a stored value are the key, the low ones say more of it.
                    if values[place * wide + column_met - low] ^ target < span:
                        if times[place] < oldest:
                            break
                        if (withdrawn or states[place]) and (not found or found[-1] != place):
                            found.append(place)
                            if len(found) == limit:
                                break
                pointer = before[pointer]
                if not pointer:
                    break
            if found:
                yield column, found

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
