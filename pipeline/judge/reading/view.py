"""What the readers of one matter look at: its clauses, their bits, the words around a token."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.judge.reading.tokens import Clause, Token

LONG_CHARACTERS = 160
OFTEN = 3
"""Clauses of a long text that must speak of a thing before it is what the text is about."""


@dataclass(frozen=True, slots=True)
class View:
    """One matter's clauses in *said*, from *start* to *end*.

    *bits*: of all of them together; *words*: of each word; *sentences*: of each sentence.
    """

    said: str
    clauses: tuple[Clause, ...]
    bits: int
    words: tuple[int, ...]
    sentences: tuple[int, ...]
    start: int
    end: int

    def has(self, bits: int) -> bool:
        """Is any of *bits* there?"""
        return self.bits & bits != 0

    def count(self, bits: int) -> int:
        """How many words have any of *bits*."""
        if not self.bits & bits:
            return 0
        return len([1 for found in self.words if found & bits])

    def tokens(self, bits: int) -> Iterator[tuple[Clause, Token]]:
        """The words that have any of *bits*, each with its clause."""
        if self.bits & bits:
            for clause in self.clauses:
                if clause.bits & bits:
                    for token in clause.tokens:
                        if token[2] & bits:
                            yield clause, token

    def first(self, bits: int) -> Token | None:
        """The first word that has any of *bits*."""
        return next((token for _, token in self.tokens(bits)), None)

    def together(self, *each: int) -> bool:
        """Does one sentence have something of each?"""
        if not all(self.bits & one for one in each):
            return False
        return any(all(bits & one for one in each) for bits in self.sentences)

    def near(self, one: int, other: int) -> bool:
        """Does one clause, or a clause and the next, have something of both?"""
        if not (self.bits & one and self.bits & other):
            return False
        before = 0
        for clause in self.clauses:
            both = before | clause.bits
            if both & one and both & other:
                return True
            before = clause.bits
        return False

    @property
    def is_long(self) -> bool:
        """Is it so long that much is said in passing?"""
        return self.end - self.start > LONG_CHARACTERS

    def is_about(self, bits: int) -> bool:
        """Is *bits* what it is about: said at the start, or again and again; in a short text, at all?"""
        if not self.bits & bits:
            return False
        if not self.is_long or self.clauses[0].bits & bits:
            return True
        return sum(1 for clause in self.clauses if clause.bits & bits) >= OFTEN


def view_of(said: str, clauses: tuple[Clause, ...]) -> View:
    """The view of *clauses*."""
    sentences: list[int] = []
    last, everything = -1, 0
    for _, _, bits, _, sentence in clauses:
        everything |= bits
        if sentence == last:
            sentences[-1] |= bits
        else:
            sentences.append(bits)
            last = sentence
    words = tuple([token[2] for clause in clauses for token in clause.tokens])
    start, end = (clauses[0].start, clauses[-1].end) if clauses else (0, 0)
    return View(said, clauses, everything, words, tuple(sentences), start, end)
