"""Reads a door's spool beside the running door: a connection that cannot write, one snapshot."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pipeline.cli.ledger_books import Entry
from pipeline.trouble import Trouble

QUARANTINE_OFFSET = -1

_LETTERS = """
SELECT letter.number, letter.id, piece.city, piece.channel, min(piece.received_us),
       min(piece.state), max(piece.sent_us), max(piece.partition), max(piece."offset"), max(piece.error IS NOT NULL)
FROM letter JOIN piece ON piece.letter = letter.id
GROUP BY letter.id ORDER BY min(piece.seq)
"""
_ITEMS = "SELECT count(*), sum(state = 2) FROM piece WHERE letter IS NULL"
_PIECES = """
SELECT piece.city, piece.channel, piece.piece_no, piece.pieces, piece.received_us, piece.state, piece.partition,
       piece."offset", piece.tries, piece.sent_us, piece.finished_us, piece.error
FROM letter JOIN piece ON piece.letter = letter.id WHERE letter.number = ? ORDER BY piece.seq
"""
_FINISHED = 2
_WAITING = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece as the door keeps it, without what was written in it. ``state``: 0 waiting, 1 relayed, 2 finished."""

    city: str
    channel: str
    piece_no: int
    pieces: int
    received_at: datetime
    state: int
    partition: int | None
    offset: int | None
    tries: int
    sent_at: datetime | None
    finished_at: datetime | None
    error: str

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in asdict(self).items()
        }


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The spool, for reading. Raises Trouble where there is none or it cannot be read."""
    if not path.exists():
        raise Trouble("spool.none", path=path)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only=1")
            connection.execute("BEGIN")
            yield connection
    except sqlite3.OperationalError as error:
        raise Trouble("file.unreadable", path=path, reason=str(error)) from error


def letters(connection: sqlite3.Connection) -> Iterator[Entry]:
    """Every accepted letter, in the order of its first piece."""
    for (
        number,
        letter,
        city,
        channel,
        received,
        state,
        sent,
        partition,
        offset,
        is_quarantined,
    ) in connection.execute(_LETTERS):
        yield Entry(
            number=number,
            letter_id=UUID(bytes=letter),
            city=city,
            channel=channel,
            received_at=moment(received),
            relayed_at=moment(sent) if sent is not None and state != _WAITING else None,
            partition=partition,
            offset=offset,
            finished=state == _FINISHED,
            quarantined=bool(is_quarantined) or offset == QUARANTINE_OFFSET,
        )


def pieces(connection: sqlite3.Connection, number: str) -> Iterator[Piece]:
    """Every piece of the letter that has this number."""
    for row in connection.execute(_PIECES, (number,)):
        city, channel, piece_no, count, received, state, partition, offset, tries, sent, finished, error = row
        yield Piece(
            city=city, channel=channel, piece_no=piece_no, pieces=count, received_at=moment(received), state=state,
            partition=partition, offset=offset, tries=tries, sent_at=moment(sent) if sent else None,
            finished_at=moment(finished) if finished else None, error=error or "",
        )  # fmt: skip


def items(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many statuses and instructions were accepted, and how many of them the desk has answered."""
    total, finished = connection.execute(_ITEMS).fetchone()
    return total, finished or 0


def moment(microseconds: int) -> datetime:
    """The spool's clock as a time."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
