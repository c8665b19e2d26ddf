"""Which chains a letter hangs in, and which letters a new one meets there."""

import struct
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import ring
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.ring import Chains, Ring
from pipeline.judge.relate.table import U32, Side, side_of
from pipeline.judge.relate.trace import NAME_SHIFT
from pipeline.text.place_keys import Kind

COMPARED_MAX = 12
"""Letters scored against a new one; those that share the most telling keys come first."""
PROLIFIC_LETTERS = 6
"""Letters of one person in the window from which on the person's style tells nothing: words in many of them are left out."""
STYLE_SHARE = 0.15
TOLD_MIN = 1.0
"""What shared keys must tell together, and more, for a letter to be scored at all: a word tells at most 1."""

_LOW = 0xFFFFFFFF
_AREA = int(Kind.AREA)
_BANDS = struct.Struct("<16I")
_ANCHOR_KEYS = ring.ANCHORS.stop - ring.ANCHORS.start
_WORD_KEYS = ring.WORDS.stop - ring.WORDS.start
_KINDS: tuple[str, ...] = (
    ("band",) * 16 + ("person", "text", "id") + ("anchor",) * _ANCHOR_KEYS + ("word",) * _WORD_KEYS
)
_LIMITS = {"band": 4, "person": 16, "text": 4, "id": 1, "anchor": 16, "word": 6}
"""Of each chain so many, the newest. Of an incident with a thousand reports the latest are enough to join it."""
_WEIGHTS = {"band": 3.0, "person": 1.2, "text": 9.0, "id": 0.0, "anchor": 2.0, "word": 1.0}
"""What a shared key tells; of a place or word, where it is in no other letter."""
_COLUMN_WEIGHTS = tuple(_WEIGHTS[kind] for kind in _KINDS)
_COLUMN_LIMITS = tuple(_LIMITS[kind] for kind in _KINDS)


@dataclass(frozen=True, slots=True)
class Met:
    """Places of the letters to be scored, those that share the most first; *own*: the same person's, newest first."""

    places: list[int]
    own: list[int]


def keys_of(ids: NDArray[np.uint8], records: NDArray[np.void]) -> U32:
    """The chains that letters hang in: rows of ``KEYS``, 0 where there is none."""
    keys = np.zeros((len(records), ring.KEYS), dtype=np.uint32)
    keys[:, ring.BANDS] = np.ascontiguousarray(records["signature"]).view("<u4")
    for column, name in ((ring.PERSON, "person"), (ring.TEXT, "text")):
        keys[:, column] = records[name] & np.uint64(_LOW)
    keys[:, ring.ID] = np.ascontiguousarray(ids[:, :4]).view("<u4")[:, 0]
    anchors, words = records["anchors"][:, :_ANCHOR_KEYS], records["words"][:, :_WORD_KEYS]
    names = ((anchors >> np.uint32(2)) & np.uint32(7)) >= Kind.AREA.value
    keys[:, ring.ANCHORS] = (anchors >> np.uint32(NAME_SHIFT)) * names
    keys[:, ring.WORDS] = (words >> np.uint32(7)) * ((words & np.uint32(1)) == 0)
    return keys


@lru_cache(maxsize=16)  # a letter is looked up, remembered, and taken back
def chains_of(encoded: bytes) -> Chains:
    """The chains of one encoded trace, but that of its letter's id: the same as ``keys_of``."""
    side = side_of(encoded)
    keys = [
        *_BANDS.unpack(side.signature),
        side.person & _LOW,
        side.text & _LOW,
        0,
        *(
            anchor >> NAME_SHIFT if (anchor >> 2) & 7 >= _AREA else 0
            for anchor in side.anchors[:_ANCHOR_KEYS]
        ),
        *(0 if word & 1 else word >> 7 for word in side.words[:_WORD_KEYS]),
    ]
    hashed = ring.mixed(np.array(keys, dtype=np.uint32)).tolist()
    return [(column, key, value) for column, (key, value) in enumerate(zip(keys, hashed, strict=True)) if key]


@lru_cache(maxsize=16)
def all_chains(letter_id: bytes, encoded: bytes) -> Chains:
    """The chains of a letter, in the order of their columns."""
    chains, own = chains_of(encoded), chain_of_id(letter_id)
    at = bisect(chains, (ring.ID,))
    return [*chains[:at], *own, *chains[at:]]


def chain_of_id(letter_id: bytes) -> Chains:
    """The chain in which a letter is found by its id; none for an id that begins with zeros."""
    key = int.from_bytes(letter_id[:4], "little")
    return [(ring.ID, key, ring.mixed_one(ring.ID, key))] if key else []


def met(ring_: Ring, rarity: Rarity, encoded: bytes, oldest: int) -> Met:
    """Whom the one letter with this *encoded* trace meets among those not older than *oldest*."""
    worth = _worth(rarity, side_of(encoded))
    told: dict[int, float] = {}
    own: list[int] = []
    for column, found in ring_.newest_of(chains_of(encoded), _COLUMN_LIMITS, oldest):
        tells = worth[column]
        for place in found:
            told[place] = told.get(place, 0.0) + tells
        if column == ring.PERSON:
            own = found
    newest, size = ring_.first + ring_.count - 1, ring_.size
    best = sorted(
        [
            (-round(value, 3), (newest - place) % size, place)
            for place, value in told.items()
            if value > TOLD_MIN
        ]
    )
    return Met([place for _, _, place in best[:COMPARED_MAX]], own)


def _worth(rarity: Rarity, side: Side) -> list[float]:
    """What a shared key tells, by column."""
    top = rarity.top
    anchors = rarity.of_anchors([anchor >> NAME_SHIFT for anchor in side.anchors[:_ANCHOR_KEYS]], top)
    words = rarity.of_words([word >> 7 for word in side.words[:_WORD_KEYS]], top)
    named, said = _WEIGHTS["anchor"] / top, _WEIGHTS["word"] / top
    return [
        *_COLUMN_WEIGHTS[: ring.ANCHORS.start],
        *(value * named for value in anchors),
        *(value * said for value in words),
    ]


def style_of(letters: Iterable[Sequence[int]]) -> frozenset[int]:
    """Keys of the words that stand in many of one person's *letters*: packed words of each."""
    told = list(letters)
    counts = Counter(word >> 7 for words in told for word in words if word and not word & 1)
    least = max(3, STYLE_SHARE * len(told))
    return frozenset(key for key, count in counts.items() if count >= least)
