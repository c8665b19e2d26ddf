"""Files that a letter names and its peer still holds: what the spool knows of each.

A file is *wanted*, then *settled*: its bytes lie in the blob store, or it cannot be had. A letter that went without it
is sent again once, by the transaction that notes so. What is settled is part of a letter's digest, so that it is
another revision; a letter without such files has the digest it would have anyway.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pipeline.intake.marking import Marking
from schemas.letter import Content, MediaRef

FILES_PER_LETTER_MAX = 20
LETTERS_PER_LOOK = 200

_WANTED, _SETTLED, _GONE = 0, 1, 2
"""Gone: with its letter, or the letter waits to go with it."""

_LANDED = (
    "SELECT DISTINCT m.letter FROM media m WHERE m.state=1"
    " AND NOT EXISTS (SELECT 1 FROM letter l JOIN piece p ON p.seq=l.first_seq WHERE l.id=m.letter AND p.state=0)"
    " AND NOT EXISTS (SELECT 1 FROM piece p WHERE p.letter=m.letter AND p.pieces<>1 AND p.state=0)"
    " LIMIT ?"
)
_PIECES = "SELECT first_seq FROM letter WHERE id=?1 UNION SELECT seq FROM piece WHERE letter=?1 AND pieces<>1"


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a wanted file. Settled with an empty *sha256*: it cannot be had."""

    settled: bool
    first_us: int
    sha256: str = ""
    size_bytes: int = 0


LOST = File(settled=True, first_us=0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be fetched now."""

    letter: UUID
    ref: str
    channel: str
    tries: int
    first_us: int


def refs_of(content: Content) -> tuple[str, ...]:
    """The files that the letter's peer holds, each once."""
    return tuple(dict.fromkeys(file.ref for file in content.attachments if isinstance(file, MediaRef)))


def digest_with(digest: str, files: Mapping[str, File]) -> str:
    """The digest of a letter whose pieces have *digest*, with the *files* that are settled."""
    if not files:
        return digest
    made = hashlib.sha256(bytes.fromhex(digest))
    for ref, file in sorted(files.items()):
        made.update(hashlib.sha256(ref.encode()).digest() + hashlib.sha256(file.sha256.encode()).digest())
    return made.hexdigest()


def of_letter(reader: sqlite3.Connection, letter: UUID) -> dict[str, File]:
    """What is known of the files of a letter."""
    cursor = reader.execute(
        "SELECT ref, state, first_us, sha256, size_bytes FROM media WHERE letter=?", (letter.bytes,)
    )
    return {
        ref: File(state != _WANTED, first_us, sha256, size) for ref, state, first_us, sha256, size in cursor
    }


def due(reader: sqlite3.Connection, channel: str, now_us: int, count_max: int) -> list[Wanted]:
    """The files of a channel whose time it is, the longest due first."""
    cursor = reader.execute(
        "SELECT letter, ref, tries, first_us FROM media WHERE state=0 AND channel=? AND next_us<=?"
        " ORDER BY next_us LIMIT ?",
        (channel, now_us, count_max),
    )
    return [Wanted(UUID(bytes=letter), ref, channel, tries, first) for letter, ref, tries, first in cursor]


def some_landed(reader: sqlite3.Connection) -> bool:
    """Whether ``land`` would find a letter."""
    return reader.execute(_LANDED, (1,)).fetchone() is not None


def want(
    connection: sqlite3.Connection, letter: UUID, channel: str, refs: Sequence[str], now_us: int
) -> None:
    """These files are to be fetched. Saying it twice is once."""
    connection.executemany(
        "INSERT OR IGNORE INTO media (letter, ref, channel, first_us, next_us) VALUES (?,?,?,?,?)",
        [(letter.bytes, ref, channel, now_us, now_us) for ref in refs],
    )


def settle(connection: sqlite3.Connection, file: Wanted, sha256: str, size_bytes: int) -> bool:
    """The bytes are fsynced under this name; empty: they cannot be had. Whether the letter waits for no other file."""
    connection.execute(
        "UPDATE media SET state=1, sha256=?, size_bytes=?, tries=tries+1 WHERE letter=? AND ref=? AND state=0",
        (sha256, size_bytes, file.letter.bytes, file.ref),
    )
    left = connection.execute("SELECT 1 FROM media WHERE letter=? AND state=0", (file.letter.bytes,))
    return left.fetchone() is None


def postpone(connection: sqlite3.Connection, file: Wanted, until_us: int) -> None:
    """Not now: again then."""
    connection.execute(
        "UPDATE media SET next_us=?, tries=tries+1 WHERE letter=? AND ref=? AND state=0",
        (until_us, file.letter.bytes, file.ref),
    )


def land(connection: sqlite3.Connection, marking: Marking) -> tuple[list[int], int]:
    """Letters that went without a file that is settled now wait again: their rows, and how many had been finished.

    A letter that waits anyway, or is on its way and not yet marked, is left until it is.
    """
    seqs: list[int] = []
    back = 0
    for (letter,) in connection.execute(_LANDED, (LETTERS_PER_LOOK,)).fetchall():
        pieces = [seq for (seq,) in connection.execute(_PIECES, (letter,))]
        back += marking.again(connection, pieces)
        connection.execute("UPDATE media SET state=2 WHERE letter=? AND state=1", (letter,))
        seqs += pieces
    return seqs, back
