"""What the topic model looks at in a letter: characters, pairs of characters and words of a dictionary of its own.

Keys are exact: a pair of code points is one number of 64 bits, so nothing depends on a hash. Training and serving count
with the same functions.
"""

from typing import Final

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Counts = NDArray[np.int64]

READ_CHARACTERS: Final = 600
"""Twice as many were no better in cross-validation and cost twice as much."""

HEAD_CHARACTERS: Final = 60
"""The subject and what follows it, or the first sentence where there is none: there the matter is named."""

_PAIR: Final = np.uint64(1 << 62)
_SHIFT: Final = np.uint64(21)
COUNT_MAX: Final = 255


def whole(subject: str, text: str) -> str:
    """What is read of a letter: the subject twice, then the text, cut."""
    subject = subject.strip()
    return f"{subject}\n{subject}\n{text.strip()[:READ_CHARACTERS]}"


def head(subject: str, text: str) -> str:
    """Where people say what it is about."""
    return f"{subject.strip()}\n{text.strip()[:HEAD_CHARACTERS]}"[:HEAD_CHARACTERS]


def grams(text: str) -> tuple[Keys, Counts]:
    """The characters and pairs of *text* as ascending keys, with how often each stands there."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    pairs = (codes[:-1] << _SHIFT) | codes[1:] | _PAIR
    return counted(np.concatenate((codes, pairs)))


def counted(keys: Keys) -> tuple[Keys, Counts]:
    """The different ones of *keys*, ascending, with how often each is there: ``numpy.unique`` without its overhead."""
    if not len(keys):
        return keys, np.empty(0, np.int64)
    keys.sort()
    first = np.empty(len(keys), np.bool_)
    first[0] = True
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    at = np.flatnonzero(first)
    counts = np.empty(len(at), np.int64)
    np.subtract(at[1:], at[:-1], out=counts[:-1])
    counts[-1] = len(keys) - at[-1]
    return keys[at], np.minimum(counts, COUNT_MAX)


class Dictionary:
    """Words by number; of words that overlap the leftmost counts, and of those the longest."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self._automaton = AhoCorasick(
            words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        )

    def count(self, text: str) -> tuple[Keys, Counts]:
        """The numbers of the words in *text*, ascending, with how often each stands there."""
        hits = self._automaton.find_matches_as_indexes(text)
        return counted(np.array([hit[0] for hit in hits], np.int64).view(np.uint64))
