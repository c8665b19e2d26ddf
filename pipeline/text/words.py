"""The words that tell one letter from another: cut, weighed and hashed, the same on every machine.

``heavy_words`` promises: at most ``WORDS_MAX`` words and concepts (``problem_words``), each the heaviest first, from the subject and the first
``READ_CHARACTERS`` of the text. A word weighs by how often it is said; one said in the head (subject and first
clause) weighs double, a word of every letter (``common_words``) nothing, a word of many letters half. How rare a word is
in a city is not known here: whoever compares letters counts that and adds it.
"""

import re
from collections import Counter
from zlib import crc32

import ahocorasick_rs
import rjieba

from pipeline.text import common_words, problem_words

VERSION = "4"
"""Stands with every stored trace: the dictionary of rjieba 0.2 and the lists of ``common_words`` and ``problem_words``."""

READ_CHARACTERS = 600
WORDS_MAX = 32
CONCEPTS_MAX = 8
WEIGHT_MAX = 15

_PROBLEM_WORDS = sorted(problem_words.CONCEPT_OF)
_CONCEPT_NAMES = [f"#{problem_words.CONCEPT_OF[word]}" for word in _PROBLEM_WORDS]
_PROBLEMS = ahocorasick_rs.AhoCorasick(
    _PROBLEM_WORDS,
    matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
    implementation=ahocorasick_rs.Implementation.DFA,
)

_WORDS_KEPT = 65_536
_BETWEEN = "\0"
"""Between head and body, so that both are read at once: folded texts do not hold it, no word or concept reaches over it."""
_HAN = re.compile(r"[\u3400-\u9fff]*")


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
    said = f"{head}{_BETWEEN}{body}"
    met = _PROBLEMS.find_matches_as_indexes(said)
    headed = [_CONCEPT_NAMES[number] for number, start, _ in met if start < len(head)]
    concepts = _ranked(
        headed, [_CONCEPT_NAMES[number] for number, _, _ in met[len(headed) :]], _CONCEPT_BITS, CONCEPTS_MAX
    )
    cut = rjieba.cut(said)
    end = cut.index(_BETWEEN)
    told = _ranked(cut[:end], cut[end + 1 :], _WORD_BITS, WORDS_MAX - len(concepts))
    return (*told, *concepts)


def _ranked(head: list[str], body: list[str], bits: "_Bits", most: int) -> list[int]:
    """The *most* heaviest of the words of both pieces; of equals the longer, then the one of the lesser bits."""
    in_head, in_body = ([*filter(None, map(bits.__getitem__, part))] for part in (head, body))
    # A known word is its weight when said once and, below that, its rank among words of one weight.
    ranked = sorted(
        [
            known if count == 1 else (known & _RANK) + count * (known & ~_RANK)
            for known, count in Counter(in_head + in_head + in_body).items()
        ],
        reverse=True,
    )[:most]
    headed = set(in_head)
    flags = dict.fromkeys([known & _RANK for known in headed], IN_HEAD | bits.flag)
    for known in headed.intersection(in_body):
        flags[known & _RANK] |= AGAIN
    return [
        ((~known & _KEY) << 7)
        | ((weight if (weight := known >> _RANK_BITS) < WEIGHT_MAX else WEIGHT_MAX) << 3)
        | flags.get(known & _RANK, bits.flag)
        for known in ranked
    ]


_KEY, _LENGTH_MAX = (1 << 25) - 1, 15
_RANK_BITS = 29
_RANK = (1 << _RANK_BITS) - 1


class _Bits(dict[str, int]):
    """Word: its weight, its length, its key's complement (2, 4 and 25 bits); 0 for one that says nothing. Filled as met."""

    def __init__(self, flag: int) -> None:
        super().__init__()
        self.flag = flag

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        known = 0
        if worth := 2 if self.flag else _worth(word):
            rank = (min(len(word), _LENGTH_MAX) << 25) | (~word_key(word) & _KEY)
            known = (worth << _RANK_BITS) | rank
        self[word] = known
        return known


_WORD_BITS, _CONCEPT_BITS = _Bits(0), _Bits(CONCEPT)


def _worth(word: str) -> int:
    """2 for a word that tells, 1 for one that many letters hold, 0 for one that says nothing, as a single character does."""
    if len(word) < 2 or word in common_words.EMPTY:
        return 0
    if not _HAN.fullmatch(word):
        return 0 if word.isdigit() or len(word) > 20 or not word.isalnum() else 2
    return 1 if word in common_words.FREQUENT else 2
