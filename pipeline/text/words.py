"""The words that tell one letter from another: cut, weighed and hashed, the same on every machine.

``heavy_words`` promises: at most ``WORDS_MAX`` words and concepts (``problem_words``), each the heaviest first, from the subject and the first
``READ_CHARACTERS`` of the text. A word weighs by how often it is said; one said in the head (subject and first
clause) weighs double, a word of every letter (``common_words``) nothing, a word of many letters half. How rare a word is
in a city is not known here: whoever compares letters counts that and adds it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
_PROBLEMS = ahocorasick_rs.AhoCorasick(_PROBLEM_WORDS, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

_WORDS_KEPT = 65_536
_HAN_LOW, _HAN_HIGH = "\u3400", "\u9fff"


def word_key(word: str) -> int:
    """25 bits, never zero, that stand for *word* everywhere."""
    return crc32(word.encode()) >> 7 or 1


@dataclass(frozen=True, slots=True)
class Word:
    """A word or concept with its weight; *in_head*: also said in the head; *again*: said in head and body."""

    text: str
    weight: int
    in_head: bool
    again: bool
    is_concept: bool = False

    @property
    def key(self) -> int:
        return word_key(f"#{self.text}" if self.is_concept else self.text)


def heavy_words(head: str, body: str, *, whole_head: str = "", whole_body: str = "") -> tuple[Word, ...]:
    """The heaviest words of a folded text in two pieces, then its concepts, the heaviest first.

    *head* and *body* may have the names of places taken out; concepts are looked for in the whole texts, where given.
    """
    concepts = _ranked(_counted(_concepts(whole_head or head), 4), _counted(_concepts(whole_body or body), 2))[:CONCEPTS_MAX]
    told = _ranked(_counted(_words(head), 4), _counted(_words(body), 2))[: WORDS_MAX - len(concepts)]
    return (
        *(Word(word, weight, head, again) for word, weight, head, again in told),
        *(Word(word, weight, head, again, is_concept=True) for word, weight, head, again in concepts),
    )


def _ranked(head: dict[str, int], body: dict[str, int]) -> list[tuple[str, int, bool, bool]]:
    together = {word: head.get(word, 0) + body.get(word, 0) for word in {**head, **body}}
    ranked = sorted(together.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))
    return [(word, min(weight, WEIGHT_MAX), word in head, word in head and word in body) for word, weight in ranked]


def _counted(said: Iterable[str], weight: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in said:
        worth = _WORTH[word]
        if worth:
            counts[word] = counts.get(word, 0) + (weight if worth == 2 else weight // 2)
    return counts


def _concepts(text: str) -> Iterator[str]:
    for found, _, _ in _PROBLEMS.find_matches_as_indexes(text):
        yield problem_words.CONCEPT_OF[_PROBLEM_WORDS[found]]


def _words(text: str) -> list[str]:
    cut: list[str] = rjieba.cut(text)
    return cut


class _Worth(dict[str, int]):
    """2 for a word that tells, 1 for one that many letters hold, 0 for one that says nothing. Filled as words are met."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        worth = self[word] = _worth(word)
        return worth


_WORTH = _Worth()


def _worth(word: str) -> int:
    if len(word) < 2 or word in common_words.EMPTY:
        return 0
    if not all(_HAN_LOW <= character <= _HAN_HIGH for character in word):
        return 0 if word.isdigit() or len(word) > 20 or not word.isalnum() else 2
    return 1 if word in common_words.FREQUENT else 2
