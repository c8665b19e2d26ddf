"""How rows get into the spool's tables: many at a time, in a handful of statements.

Every statement gives up the interpreter's lock and has to win it back from the threads that read requests and compose
letters. So what a group commit brings is stored by statements that hold many rows. Whatever is not plain (a key seen
before, several pieces to a letter, a number that is taken) is stored alone, row by row.

A letter of several pieces takes another one as long as the bytes of the earlier ones are all here, since they are read
together. Once ``retention`` has let those go, or there are ``PIECES_MAX``, the next piece begins another letter with
a number of its own: what a case system was told stays as it is, and no part of it is told as if it were the whole.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from pipeline.intake.rows import NewRow, Stored
from schemas import ids

NumberOf = Callable[[str, UUID, int], str]
"""City, letter and counter to a registration number."""

Outcome = tuple[Stored, ...]

PIECES_MAX = 1000

CHUNKS = (256, 64, 16, 4, 1)
"""Few sizes, so that every statement is compiled once."""

_PIECE = (
    "INSERT INTO piece (seq, key, body_hash, letter, item, city, mailbox, channel, conversation, piece_no, pieces,"
    " received_us) VALUES "
)
_KNOWN = "SELECT key FROM piece WHERE key IN "
_LETTER = "INSERT INTO letter (id, number, counter, first_seq, revision, digest) VALUES "
_KEPT = "SELECT count(*), count(body.seq) FROM piece LEFT JOIN body USING (seq) WHERE letter=? AND pieces<>1"
_BODY = "INSERT INTO body (seq, meta, bytes, blob) VALUES "


def chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """*rows* in pieces of the sizes of ``CHUNKS``, the largest first."""
    start = 0
    for size in CHUNKS:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@cache
def values(columns: int, rows: int) -> str:
    """``(?,?),(?,?)``: so many rows of so many columns."""
    one = f"({','.join('?' * columns)})"
    return ",".join([one] * rows)


def insert(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert *rows* by statements that begin with *head*."""
    for chunk in chunks(rows):
        flat = [value for row in chunk for value in row]
        connection.execute(head + values(len(chunk[0]), len(chunk)), flat)


class Storing:
    """Used by the writer's thread only."""

    def __init__(self, number_of: NumberOf) -> None:
        self._number_of = number_of

    def many(
        self, connection: sqlite3.Connection, batches: Sequence[Sequence[NewRow]]
    ) -> list[Outcome | None]:
        """The outcome of each batch; None: it must be stored alone. Raises IntegrityError where all must."""
        rows = [row for batch in batches for row in batch]
        seen: set[bytes] = _known_keys(connection, rows)
        plain: list[bool] = []
        for batch in batches:
            keys = {row.key for row in batch}
            plain.append(
                len(keys) == len(batch) and not keys & seen and all(row.pieces == 1 for row in batch)
            )
            seen |= keys
        stored = iter(
            self._insert(
                connection, [row for batch, ok in zip(batches, plain, strict=True) if ok for row in batch]
            )
        )
        return [
            tuple(next(stored) for _ in batch) if ok else None
            for batch, ok in zip(batches, plain, strict=True)
        ]

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[NewRow]) -> list[Stored]:
        if not rows:
            return []
        last = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name='piece'")
        first_seq = int(last.fetchone()[0]) + 1
        pieces, letters, bodies, stored = [], [], [], []
        for seq, row in enumerate(rows, first_seq):
            pieces.append((seq, *_columns(row, row.letter)))
            bodies.append((seq, row.meta, *_bytes(row)))
            number = ""
            if row.letter is not None:
                number = self._number_of(row.city, row.letter, 0)
                letters.append((row.letter.bytes, number, 0, seq, 1, ""))
            stored.append(Stored("new", row.letter, number))
        insert(connection, _PIECE, pieces)
        insert(connection, _LETTER, letters)
        insert(connection, _BODY, bodies)
        return stored

    def one(self, connection: sqlite3.Connection, rows: Sequence[NewRow]) -> Outcome:
        """One batch alone. A conflict takes back what was stored of it since the savepoint ``job``."""
        outcome = tuple(self._store(connection, row) for row in rows)
        if any(stored.outcome == "conflict" for stored in outcome):
            connection.execute("ROLLBACK TO job")
        return outcome

    def _store(self, connection: sqlite3.Connection, row: NewRow) -> Stored:
        known = connection.execute("SELECT body_hash, letter FROM piece WHERE key=?", (row.key,)).fetchone()
        if known is not None:
            if known[0] != row.body_hash:
                return Stored("conflict", None, "")
            letter = UUID(bytes=known[1]) if known[1] is not None else None
            return Stored("again", letter, _number(connection, letter))
        letter = row.letter
        if letter is not None and row.pieces != 1:
            letter = _open(connection, letter)
            if row.pieces > 1 and _taken(connection, letter, row.piece_no):
                letter = row.letter_if_taken
        seq = connection.execute(_PIECE + values(12, 1), (None, *_columns(row, letter))).lastrowid
        connection.execute(_BODY + values(4, 1), (seq, row.meta, *_bytes(row)))
        if letter is None:
            return Stored("new", None, "")
        number = _number(connection, letter) or self._register(connection, row.city, letter, seq)
        return Stored("new", letter, number)

    def _register(self, connection: sqlite3.Connection, city: str, letter: UUID, seq: int | None) -> str:
        counter = 0
        while True:
            number = self._number_of(city, letter, counter)
            inserted = connection.execute(
                f"{_LETTER}{values(6, 1)} ON CONFLICT (number) DO NOTHING",
                (letter.bytes, number, counter, seq, 1, ""),
            )
            if inserted.rowcount:
                return number
            counter += 1


def _columns(row: NewRow, letter: UUID | None) -> tuple[Any, ...]:
    return (
        row.key, row.body_hash, letter.bytes if letter else None, row.item.bytes if row.item else None, row.city,
        row.mailbox, row.channel, row.conversation, row.piece_no, row.pieces, row.received_us,
    )  # fmt: skip


def _bytes(row: NewRow) -> tuple[bytes, str]:
    return (row.body, "") if isinstance(row.body, bytes) else (b"", row.body)


def _known_keys(connection: sqlite3.Connection, rows: Sequence[NewRow]) -> set[bytes]:
    known: set[bytes] = set()
    for chunk in chunks(rows):
        found = connection.execute(_KNOWN + values(len(chunk), 1), [row.key for row in chunk])
        known.update(key for (key,) in found)
    return known


def _number(connection: sqlite3.Connection, letter: UUID | None) -> str:
    if letter is None:
        return ""
    found = connection.execute("SELECT number FROM letter WHERE id=?", (letter.bytes,)).fetchone()
    return found[0] if found else ""


def _open(connection: sqlite3.Connection, letter: UUID) -> UUID:
    """*letter*, or the first that follows it and still takes pieces."""
    while True:
        count, kept = connection.execute(_KEPT, (letter.bytes,)).fetchone()
        if count == kept < PIECES_MAX:
            return letter
        letter = ids.later_id(letter)


def _taken(connection: sqlite3.Connection, letter: UUID, piece_no: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM piece WHERE letter=? AND pieces>1 AND piece_no=?", (letter.bytes, piece_no)
    ).fetchone()
    return found is not None
