"""Which matter of a revised letter is which of before: a part's number never changes its meaning.

Matters keep their order in the letter; of two the more alike belong together. A letter of one matter that still has
one matter speaks of the same, however its words were corrected.
"""

from collections.abc import Sequence

from pipeline.desk.case import overlap

ALIKE = 0.4
"""Less of the shorter text in common is another matter."""


def matched(before: Sequence[str], after: Sequence[str]) -> list[int | None]:
    """For each text of *after* the place in *before* of the matter that it continues, or None: it is new."""
    if len(before) == len(after) == 1:
        return [0]
    shares = [[overlap(old, new) for new in after] for old in before]
    found = _pairs(shares, len(before), len(after))
    if len(before) == 1 and after and 0 not in found:
        found[0] = 0  # a letter of one matter is about that matter, whatever else it now holds
    return found


def _pairs(shares: list[list[float]], olds: int, news: int) -> list[int | None]:
    """The pairs in order of both with the largest sum of shares, only pairs that are alike."""
    best = [[0.0] * (news + 1) for _ in range(olds + 1)]
    for old in range(olds - 1, -1, -1):
        for new in range(news - 1, -1, -1):
            share = shares[old][new]
            together = best[old + 1][new + 1] + share if share >= ALIKE else -1.0
            best[old][new] = max(best[old + 1][new], best[old][new + 1], together)
    found: list[int | None] = [None] * news
    old = new = 0
    while old < olds and new < news:
        share = shares[old][new]
        if share >= ALIKE and best[old][new] == best[old + 1][new + 1] + share:
            found[new] = old
            old, new = old + 1, new + 1
        elif best[old][new] == best[old + 1][new]:
            old += 1
        else:
            new += 1
    return found
