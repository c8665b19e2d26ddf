"""Reads a door's spool beside the running door: a connection that cannot write, one snapshot."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
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
_FINISHED = 2
_WAITING = 0


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


def items(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many statuses and instructions were accepted, and how many of them the desk has answered."""
    total, finished = connection.execute(_ITEMS).fetchone()
    return total, finished or 0


def moment(microseconds: int) -> datetime:
    """The spool's clock as a time."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
