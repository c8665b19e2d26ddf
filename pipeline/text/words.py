"""The words that tell one letter from another: cut, weighed and hashed, the same on every machine.

``heavy_words`` promises: at most ``WORDS_MAX`` words and concepts (``problem_words``), each the heaviest first, from the subject and the first
``READ_CHARACTERS`` of the text. A word weighs by how often it is said; one said in the head (subject and first
clause) weighs double, a word of every letter (``common_words``) nothing, a word of many letters half. How rare a word is
in a city is not known here: whoever compares letters counts that and adds it.
"""

from collections.abc import Iterable
from zlib import crc32

import ahocorasick_rs
import rjieba

from pipeline.text import common_words, problem_words

VERSION = "1"
"""Stands with every stored trace: the dictionary of rjieba 0.2 and the lists of ``common_words``."""

READ_CHARACTERS = 600
WORDS_MAX = 32
CONCEPTS_MAX = 8
WEIGHT_MAX = 15

_PROBLEM_WORDS = sorted(problem_words.CONCEPT_OF)
_CONCEPT_NAMES = [f"#{problem_words.CONCEPT_OF[word]}" for word in _PROBLEM_WORDS]
_PROBLEMS = ahocorasick_rs.AhoCorasick(_PROBLEM_WORDS, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

_WORDS_KEPT = 65_536
_HAN_LOW, _HAN_HIGH = "\u3400", "\u9fff"


def word_key(word: str) -> int:
    """25 bits, never zero, that stand for *word* everywhere."""
    return crc32(word.encode()) >> 7 or 1


IN_HEAD, AGAIN, CONCEPT = 4, 2, 1
"""Flags of a packed word: also said in the head; said in head and body; a concept."""


def heavy_words(head: str, body: str) -> tuple[int, ...]:
    """The heaviest words of a folded text in two pieces, then its concepts, the heaviest first; packed.

    A packed word: 25 bits of the word (``word_key``), four of its weight, three flags.
    The names of places are to be taken out before: a hospital's name is no talk of hospitals.
    """
    concepts = _ranked(_concepts(head), _concepts(body), _CONCEPT_BITS, CONCEPTS_MAX)
    told = _ranked(rjieba.cut(head), rjieba.cut(body), _WORD_BITS, WORDS_MAX - len(concepts))
    return (*told, *concepts)


def _ranked(head: Iterable[str], body: Iterable[str], bits: "_Bits", most: int) -> list[int]:
    """The *most* heaviest of the words of both pieces; of equals the longer, then the one of the lesser bits."""
    counts: dict[int, int] = {}
    in_head: set[int] = set()
    in_body: set[int] = set()
    for word in head:
        if known := bits[word]:
            in_head.add(known)
            counts[known] = counts.get(known, 0) + (4 if known & _TELLS else 2)
    for word in body:
        if known := bits[word]:
            in_body.add(known)
            counts[known] = counts.get(known, 0) + (2 if known & _TELLS else 1)
    ranked = sorted([(-count, -(known & _LENGTH), known) for known, count in counts.items()])[:most]
    packed = []
    for count, _, known in ranked:
        flags = (IN_HEAD | (AGAIN if known in in_body else 0)) if known in in_head else 0
        packed.append((known >> 5 << 7) | (min(-count, WEIGHT_MAX) << 3) | flags | bits.flag)
    return packed


def _concepts(text: str) -> list[str]:
    return [_CONCEPT_NAMES[found] for found, _, _ in _PROBLEMS.find_matches_as_indexes(text)]


_TELLS, _LENGTH = 16, 15


class _Bits(dict[str, int]):
    """Word: its key, does it tell much, its length (25, 1 and 4 bits); 0 for one that says nothing. Filled as words are met."""

    def __init__(self, flag: int) -> None:
        super().__init__()
        self.flag = flag

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        worth = 2 if self.flag else _worth(word)
        known = (word_key(word) << 5) | (_TELLS if worth == 2 else 0) | min(len(word), _LENGTH)
        known = self[word] = known if worth else 0
        return known


_WORD_BITS, _CONCEPT_BITS = _Bits(0), _Bits(CONCEPT)


def _worth(word: str) -> int:
    """2 for a word that tells, 1 for one that many letters hold, 0 for one that says nothing."""
    if len(word) < 2 or word in common_words.EMPTY:
        return 0
    if not all(_HAN_LOW <= character <= _HAN_HIGH for character in word):
        return 0 if word.isdigit() or len(word) > 20 or not word.isalnum() else 2
    return 1 if word in common_words.FREQUENT else 2
