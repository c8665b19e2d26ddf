"""Which chains a letter hangs in, and which letters a new one meets there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import ring
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.ring import Ring
from pipeline.judge.relate.table import U32
from pipeline.text.place_names import Kind

COMPARED_MAX = 12
"""Letters scored against a new one; those that share the most telling keys come first."""
PROLIFIC_LETTERS = 6
"""Letters of one person in the window from which on the person's style tells nothing: words in many of them are left out."""
STYLE_SHARE = 0.15
TOLD_MIN = 1.0
"""What shared keys must tell together, and more, for a letter to be scored at all: a word tells at most 1."""

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
        keys[:, column] = records[name] & np.uint64(0xFFFFFFFF)
    keys[:, ring.ID] = np.ascontiguousarray(ids[:, :4]).view("<u4")[:, 0]
    anchors, words = records["anchors"][:, :_ANCHOR_KEYS], records["words"][:, :_WORD_KEYS]
    names = ((anchors >> np.uint32(2)) & np.uint32(7)) >= Kind.AREA.value
    keys[:, ring.ANCHORS] = (anchors >> np.uint32(5)) * names
    keys[:, ring.WORDS] = (words >> np.uint32(7)) * ((words & np.uint32(1)) == 0)
    return keys


def met(ring_: Ring, rarity: Rarity, record: NDArray[np.void], oldest: int) -> Met:
    """Whom the one letter of *record* meets among those not older than *oldest*."""
    keys = keys_of(np.zeros((1, 16), dtype=np.uint8), record)
    buckets = ring_.buckets(keys)[0].tolist()
    worth = _worth(rarity, record)
    told: dict[int, float] = {}
    own: list[int] = []
    for column, key in enumerate(keys[0].tolist()):
        if key and column != ring.ID:
            found = ring_.newest_of(column, key, buckets[column], _COLUMN_LIMITS[column], oldest)
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


def _worth(rarity: Rarity, record: NDArray[np.void]) -> list[float]:
    worth = list(_COLUMN_WEIGHTS)
    anchors = rarity.of_anchors(record["anchors"][0, :_ANCHOR_KEYS]).tolist()
    words = rarity.of_words(record["words"][0, :_WORD_KEYS]).tolist()
    top = float(rarity.top)
    for column, value in zip(range(ring.ANCHORS.start, ring.WORDS.stop), (*anchors, *words), strict=True):
        worth[column] *= value / top
    return worth


def style_of(words: U32) -> U32:
    """Keys of the words that stand in many of one person's letters; rows of packed words."""
    kept = np.where((words & 1) == 0, words >> np.uint32(7), np.uint32(0))
    keys, counts = np.unique(kept[kept > 0], return_counts=True)
    style: U32 = keys[counts >= max(3, STYLE_SHARE * len(words))]
    return style
