"""Which conversations wait, for what and until when. Nobody else waits with them.

A conversation waits for the end of a suspect's trial, or for a letter of its own that is not ready to go. Rows that
come to it meanwhile are skipped, and read again in their order when the wait is over. Used by the relay's thread.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from pipeline.intake.rows import Row

For = Literal["pieces", "files"]


@dataclass(slots=True)
class _Wait:
    """``letter`` None: the end of a trial. ``newest``: the last row of the letter that is waited for."""

    letter: UUID | None = None
    what: For = "pieces"
    newest: int = 0
    until: float = 0.0
    skipped: set[int] = field(default_factory=set)


class Waiting:
    """*rewind* is told from which row on to read again."""

    def __init__(self, rewind: Callable[[int], None]) -> None:
        self._rewind = rewind
        self._waits: dict[bytes, _Wait] = {}
        self._over: dict[tuple[UUID, For], int] = {}

    def lets_pass(self, row: Row) -> bool:
        """Whether nothing stands before *row*; where something does, the row is read again later."""
        wait = self._waits.get(row.conversation)
        if wait is None or (wait.letter is not None and wait.letter == row.letter):
            return True
        wait.skipped.add(row.seq)
        return False

    def is_over(self, group: Sequence[Row], what: For) -> bool:
        """Whether this letter, with no newer piece, has waited long enough."""
        letter = group[0].letter
        return letter is not None and self._over.get((letter, what), -1) >= _newest(group)

    def hold(self, group: Sequence[Row], what: For, wait_s: float) -> None:
        """The letter waits for so long at most, counted anew where a piece has come since; its conversation with it."""
        first, newest = group[0], _newest(group)
        wait = self._waits.get(first.conversation)
        if wait is None or (wait.letter, wait.what, wait.newest) != (first.letter, what, newest):
            skipped = wait.skipped if wait is not None else set()
            wait = _Wait(first.letter, what, newest, time.monotonic() + wait_s, skipped)
            self._waits[first.conversation] = wait
        wait.skipped.update(row.seq for row in group)

    def try_alone(self, conversation: bytes) -> None:
        """A suspect of this conversation is tried."""
        wait = self._waits.get(conversation)
        self._waits[conversation] = _Wait(skipped=wait.skipped if wait is not None else set())

    def free(self, conversation: bytes) -> None:
        """Nothing is waited for any more."""
        wait = self._waits.pop(conversation, None)
        if wait is not None and wait.skipped:
            self._rewind(min(wait.skipped))

    def goes(self, group: Sequence[Row]) -> None:
        """The letter waits no more."""
        wait = self._waits.get(group[0].conversation)
        if wait is not None and wait.letter == group[0].letter:
            self.free(group[0].conversation)

    def free_letter(self, letter: UUID, what: For) -> None:
        """What *letter* waits for has come."""
        waits = ((at, wait) for at, wait in self._waits.items() if (wait.letter, wait.what) == (letter, what))
        for conversation, _ in list(waits):
            self.free(conversation)

    def end_what_is_over(self) -> None:
        """Let go whoever has waited long enough."""
        now = time.monotonic()
        for conversation, wait in list(self._waits.items()):
            if wait.letter is not None and wait.until <= now:
                self._over[wait.letter, wait.what] = wait.newest
                self.free(conversation)

    def forget(self, letter: UUID) -> None:
        """The letter has gone. From any thread."""
        if self._over:
            self._over.pop((letter, "pieces"), None)
            self._over.pop((letter, "files"), None)


def _newest(group: Sequence[Row]) -> int:
    return max(row.seq for row in group)
