"""Sentence forms found in one pass: phrases, and pairs of phrases in one clause (``希望|请…维修|修复``).

Patterns with gaps would do the same, but hundreds of gaps at once make an automaton of millions of states.
"""

import re
from collections.abc import Hashable, Sequence
from typing import Final, Generic, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

T = TypeVar("T", bound=Hashable)

GAP: Final = "…"
GAP_CHARACTERS_MAX: Final = 16
_BREAK = re.compile(r"[,。;!?\n]")


class Forms(Generic[T]):
    """Rows of forms, each with a value that stands for the row."""

    def __init__(self, rows: Sequence[tuple[T, str]]) -> None:
        self._values = tuple(value for value, _ in rows)
        alone: dict[str, list[int]] = {}
        first: dict[str, list[int]] = {}
        second: dict[str, list[int]] = {}
        pairs: list[int] = []
        for row, (_, forms) in enumerate(rows):
            for form in forms.split():
                before, gap, after = form.partition(GAP)
                if not gap:
                    alone.setdefault(form, []).append(row)
                    continue
                for phrase in before.split("|"):
                    first.setdefault(phrase, []).append(len(pairs))
                for phrase in after.split("|"):
                    second.setdefault(phrase, []).append(len(pairs))
                pairs.append(row)
        phrases = sorted({*alone, *first, *second})
        self._rows_of_pairs = tuple(pairs)
        self._roles = tuple(
            (tuple(alone.get(phrase, ())), tuple(second.get(phrase, ())), tuple(first.get(phrase, ())))
            for phrase in phrases
        )
        self._automaton = AhoCorasick(
            phrases, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def found(self, text: str) -> list[T]:
        """The values of the rows that have a form in *text*, in the order of the rows."""
        rows: set[int] = set()
        open_pairs: dict[int, int] = {}
        roles, rows_of_pairs = self._roles, self._rows_of_pairs
        for phrase, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            alone, second, first = roles[phrase]
            if alone:
                rows.update(alone)
            if second and open_pairs:
                for pair in second:
                    begun = open_pairs.get(pair)
                    if begun is not None and rows_of_pairs[pair] not in rows and _near(text, begun, start):
                        rows.add(rows_of_pairs[pair])
            for pair in first:
                open_pairs[pair] = end
        return [self._values[row] for row in sorted(rows)]


def _near(text: str, begun: int, start: int) -> bool:
    """Does the second phrase follow the first, not far behind and in the same clause?"""
    return 0 <= start - begun <= GAP_CHARACTERS_MAX and _BREAK.search(text, begun, start) is None
