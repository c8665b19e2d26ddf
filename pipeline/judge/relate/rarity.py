"""In how many of the remembered letters a word or a place occurs: how much sharing it tells.

Counted online, over exactly the letters in the window: what a city writes about decides what is common there, no table
of somebody's corpus travels with the program, and a desk that restores the window from its changelog has the same
counts as one that never stopped. A quarter of a million counters are shared by hash; two words on one counter look somewhat
more common than they are. While few letters are known, every count is drawn towards that of ``PRIOR_LETTERS`` letters in
which the word stood once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from pipeline.judge.relate.table import U32
from pipeline.judge.relate.trace import NAME_SHIFT

COUNTERS = 1 << 18
PRIOR_LETTERS = 300


def _zeros() -> U32:
    return np.zeros(COUNTERS, dtype=np.uint32)


@dataclass(slots=True)
class Rarity:
    """Letters counted, and for each hashed word or anchor in how many of them it is."""

    letters: int = 0
    counts: U32 = field(default_factory=_zeros)
    _counts: memoryview = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._counts = self.counts.data  # a plain view for single counters: it answers three times as fast

    @property
    def top(self) -> float:
        """What a word tells that was never met."""
        return log(self.letters + PRIOR_LETTERS + 1)

    def add(self, words: U32, anchors: U32, by: int = 1) -> None:
        """Count letters in (or out, *by* -1): rows of packed words and anchors."""
        self.letters += by * len(words)
        slots = np.concatenate([_word_slots(words[words != 0]), _anchor_slots(anchors[anchors != 0])])
        np.add.at(self.counts, slots, np.uint32(by & 0xFFFFFFFF))

    def add_one(self, words: Sequence[int], anchors: Sequence[int]) -> None:
        """Count one letter in, the same as ``add``."""
        self.letters += 1
        counts = self._counts
        for word in words:
            if word:
                counts[(word >> 7) & _SLOTS] += 1
        for anchor in anchors:
            if anchor:
                counts[_anchor_slot(anchor >> NAME_SHIFT)] += 1

    def of_word(self, key: int, top: float) -> float:
        """How much the word of *key* tells: 0 for one in every letter, *top* for one never met."""
        return top - log(self._counts[key & _SLOTS] + 1)

    def of_words(self, keys: Sequence[int], top: float) -> list[float]:
        """The same of several."""
        counts = self._counts
        return [top - log(counts[key & _SLOTS] + 1) for key in keys]

    def of_anchors(self, keys: Sequence[int], top: float) -> list[float]:
        """The same of places."""
        counts = self._counts
        return [top - log(counts[_anchor_slot(key)] + 1) for key in keys]


_SLOTS = COUNTERS - 1
_MIX = 0x9E3779B1


def _word_slots(words: U32) -> U32:
    return (words >> np.uint32(7)) & np.uint32(_SLOTS)


def _anchor_slots(anchors: U32) -> U32:
    # Another mix than that of words, so that a word and a place of one name do not count each other.
    return ((anchors >> np.uint32(NAME_SHIFT)) * np.uint32(_MIX)) >> np.uint32(14)


def _anchor_slot(key: int) -> int:
    return (key * _MIX & 0xFFFFFFFF) >> 14
