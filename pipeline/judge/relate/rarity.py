"""In how many of the remembered letters a word or a place occurs: how much sharing it tells.

Counted online, over exactly the letters in the window: what a city writes about decides what is common there, no table
of somebody's corpus travels with the program, and a desk that restores the window from its changelog has the same
counts as one that never stopped. A quarter of a million counters are shared by hash; two words on one counter look somewhat
more common than they are. While few letters are known, every count is drawn towards that of ``PRIOR_LETTERS`` letters in
which the word stood once.
"""

from dataclasses import dataclass, field

import numpy as np

from pipeline.judge.relate.table import F32, U32

COUNTERS = 1 << 18
PRIOR_LETTERS = 300


def _zeros() -> U32:
    return np.zeros(COUNTERS, dtype=np.uint32)


@dataclass(slots=True)
class Rarity:
    """Letters counted, and for each hashed word or anchor in how many of them it is."""

    letters: int = 0
    counts: U32 = field(default_factory=_zeros)

    @property
    def top(self) -> np.float32:
        """What a word tells that was never met."""
        return np.float32(np.log(self.letters + PRIOR_LETTERS + 1))

    def add(self, words: U32, anchors: U32, by: int = 1) -> None:
        """Count letters in (or out, *by* -1): rows of packed words and anchors."""
        self.letters += by * len(words)
        slots = np.concatenate([_word_slots(words[words != 0]), _anchor_slots(anchors[anchors != 0])])
        np.add.at(self.counts, slots, np.uint32(by & 0xFFFFFFFF))

    def of_words(self, words: U32) -> F32:
        """How much each packed word tells: 0 for one in every letter, about 8 for one never met."""
        return self._tells(_word_slots(words))

    def of_anchors(self, anchors: U32) -> F32:
        return self._tells(_anchor_slots(anchors))

    def _tells(self, slots: U32) -> F32:
        tells: F32 = self.top - np.log(self.counts[slots] + np.float32(1), dtype=np.float32)
        return tells


def _word_slots(words: U32) -> U32:
    return (words >> np.uint32(7)) & np.uint32(COUNTERS - 1)


def _anchor_slots(anchors: U32) -> U32:
    # Another mix than that of words, so that a word and a place of one name do not count each other.
    return ((anchors >> np.uint32(5)) * np.uint32(0x9E3779B1)) >> np.uint32(14)
