"""Answering at once: dated entries, found by RE2 patterns over the normalised question. Linear whatever a pack writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import re2

from pipeline.policies.pack_file import Status

SET_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""re2's default of 8 MiB lets a set of some hundred patterns fall back to its slow way."""

QUESTION_CHARACTERS_MAX: Final = 400


class BadPattern(ValueError):
    """RE2 does not take it. ``at``: its place among the patterns."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry: who says so, and until when it is true."""

    id: str
    title: str
    text: str
    unit: str
    valid_from: date | None
    valid_until: date
    status: Status
    source: str

    def holds_on(self, day: date) -> bool:
        """Is it true on *day*?"""
        return (self.valid_from is None or self.valid_from <= day) and day <= self.valid_until


class Patterns:
    """RE2 patterns, searched all at once."""

    def __init__(self, patterns: Sequence[str]) -> None:
        options = re2.Options()
        options.max_mem = SET_MEMORY_BYTES
        options.log_errors = False
        self._set: Any = re2.Set.SearchSet(options)
        for at, pattern in enumerate(patterns):
            try:
                self._set.Add(pattern)
            except re2.error as error:
                raise BadPattern(at, _said(error)) from None
        if patterns:
            self._set.Compile()
        self._count = len(patterns)

    def found(self, text: str) -> frozenset[int]:
        """The places of the patterns that *text* holds."""
        return frozenset(self._set.Match(text) or ()) if self._count else frozenset()


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else "no pattern of RE2"
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The entries with their patterns. ``owners[n]``: the entry of the nth pattern, and whether it rules the entry out."""

    entries: tuple[Answer, ...]
    patterns: Patterns
    owners: tuple[tuple[int, bool], ...]

    def find(self, question: str, on: date, *, demo: bool) -> Answer | None:
        """The first entry that fits and holds on that day; a sample only in a *demo*."""
        found = [self.owners[at] for at in self.patterns.found(question[:QUESTION_CHARACTERS_MAX])]
        ruled_out = {entry for entry, never in found if never}
        for at in sorted({entry for entry, never in found if not never} - ruled_out):
            answer = self.entries[at]
            if answer.holds_on(on) and (demo or answer.status == "published"):
                return answer
        return None
