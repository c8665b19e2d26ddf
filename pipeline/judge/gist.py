"""What a letter says by itself, whatever is known of others: worked out when it is asked for, and only once.

Each question walks through tables of its own, some megabytes together. Letters that stand one behind the other are asked
the same question in turn: its tables stay in the processor's cache, which saves a quarter of the whole judgement.
"""

import contextlib
from collections.abc import Sequence
from functools import cached_property

from pipeline.judge.danger import Danger, danger_of
from pipeline.judge.reading.reader import Reading, Seen, read, seen
from pipeline.judge.relate import Trace, trace_of
from pipeline.text.normalise import fold, is_empty
from pipeline.text.plain import Writing, writing_of
from schemas.letter import Letter

TOGETHER_MAX = 64
"""Letters that are worth preparing together; more gain nothing."""


class Gist:
    """Pure questions to one letter. *department*: the unit whose own mailbox it came to, if any."""

    def __init__(self, letter: Letter, department: str = "") -> None:
        self.letter = letter
        self._department = department

    @cached_property
    def trace(self) -> Trace:
        """What is remembered of it."""
        return trace_of(self.letter)

    @cached_property
    def writing(self) -> Writing:
        """Its words in plain writing."""
        return writing_of(self.letter)

    @cached_property
    def danger(self) -> Danger | None:
        """The danger it speaks of."""
        return danger_of(self.letter, self.writing)

    @cached_property
    def is_empty(self) -> bool:
        """Is there nothing to read, and no file either?"""
        if self.letter.attachments or self.letter.text_blob is not None:
            return False
        return is_empty(fold(self.letter.text)) and is_empty(fold(self.letter.subject))

    @cached_property
    def seen(self) -> Seen:
        """It in clauses."""
        return seen(self.letter, self.writing)

    @cached_property
    def reading(self) -> Reading:
        """Its matters."""
        return read(self.letter, self.letter.channel, self._department, self.seen)


def prepare(gists: Sequence[Gist]) -> None:
    """Have ready what judging will ask. Where that raises, nothing is ready: judging asks again and hears it."""
    for question in (_compared, _written, _endangered, _seen, _read):
        for gist in gists:
            with contextlib.suppress(Exception):
                question(gist)


def _compared(gist: Gist) -> None:
    _ = gist.trace


def _written(gist: Gist) -> None:
    _ = gist.writing


def _endangered(gist: Gist) -> None:
    _ = gist.danger


def _seen(gist: Gist) -> None:
    if gist.danger is None and not gist.is_empty:
        _ = gist.seen


def _read(gist: Gist) -> None:
    if gist.danger is None and not gist.is_empty:
        _ = gist.reading
