"""The files of the letters that the relay has in hand: asked for once they are known, waited for a little.

A conversation waits ``WAIT_S`` at most for the files of a letter, counted from when they were first asked for; then the
letter goes with the rest pending, and goes again when they have come. Used by the relay's thread.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from pipeline.intake import media
from pipeline.intake.media import FILES_PER_LETTER_MAX, LOST, File
from pipeline.intake.rows import Row
from pipeline.intake.spool import now_us
from schemas.letter import Content

WAIT_S = 60.0

Want = Callable[[UUID, str, Sequence[str]], None]
"""Letter, channel and the peer's names of files that are to be fetched."""


class LetterFiles:
    """*channels* are those whose peers can be asked for files."""

    def __init__(
        self, reader: sqlite3.Connection, channels: frozenset[str], want: Want, wait_s: float = WAIT_S
    ) -> None:
        self._reader = reader
        self._channels = channels
        self._want = want
        self._wait_s = wait_s

    def of(self, group: Sequence[Row], content: Content) -> tuple[Mapping[str, File] | None, float]:
        """What is known of the letter's files (None: it has none to be fetched), and how long to wait for them."""
        first, refs = group[0], media.refs_of(content)
        if first.letter is None or first.channel not in self._channels or not (refs or first.pieces != 1):
            return None, 0.0
        known: dict[str, File] = media.of_letter(self._reader, first.letter)
        wanted, beyond = refs[:FILES_PER_LETTER_MAX], refs[FILES_PER_LETTER_MAX:]
        unknown = [ref for ref in wanted if ref not in known]
        if unknown:
            self._want(first.letter, first.channel, unknown)
        now = now_us()
        asked_us = [
            known[ref].first_us if ref in known else now for ref in wanted if not _settled(known, ref)
        ]
        wait_s = self._wait_s - (now - max(asked_us)) / 1e6 if asked_us else 0.0
        return known | dict.fromkeys(beyond, LOST), min(max(wait_s, 0.0), self._wait_s)


def _settled(known: Mapping[str, File], ref: str) -> bool:
    return ref in known and known[ref].settled
