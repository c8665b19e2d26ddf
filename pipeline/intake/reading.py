"""What is read from the spool: rows for the relay, facts for the decision reader, and answers for the local socket."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.intake.rows import Row, SentRow, moment

_ROW = (
    "SELECT p.seq, p.body_hash, p.letter, p.item, p.city, p.mailbox, p.channel, p.conversation, p.piece_no, p.pieces,"
    " p.received_us, p.tries, l.number, l.revision, l.digest, b.meta, b.bytes, b.blob"
    " FROM piece p JOIN body b USING (seq) LEFT JOIN letter l ON l.id = p.letter"
)
STATES = ("waiting", "sent", "finished")


def _rows(cursor: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    for r in cursor:
        letter = UUID(bytes=r[2]) if r[2] is not None else None
        item = UUID(bytes=r[3]) if r[3] is not None else None
        yield Row(
            r[0], r[1], letter, item, r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12] or "", r[13] or 1,
            r[14] or "", r[15], r[16], r[17],
        )  # fmt: skip


def waiting(reader: sqlite3.Connection, after_seq: int, count_max: int, bytes_max: int) -> list[Row]:
    """The next rows that wait, in order: at most *count_max*, and no more once they hold *bytes_max* (one at least)."""
    found: list[Row] = []
    size = 0
    cursor = reader.execute(
        f"{_ROW} WHERE p.state=0 AND p.seq>? ORDER BY p.seq LIMIT ?", (after_seq, count_max)
    )
    for row in _rows(cursor):
        found.append(row)
        size += len(row.body)
        if size >= bytes_max:
            break
    cursor.close()
    return found


def of_letter(reader: sqlite3.Connection, letter: UUID) -> list[Row]:
    """Every piece of a letter of several, or of nobody knows how many, in the letter's order: as counted, or as they came.

    All of them are here with their bytes: ``retention`` lets those go together, and what comes later is another letter.
    """
    cursor = reader.execute(
        f"{_ROW} WHERE p.letter=? AND p.pieces<>1 ORDER BY p.piece_no*(p.pieces>0), p.seq", (letter.bytes,)
    )
    return list(_rows(cursor))


def sent_before(reader: sqlite3.Connection, sent_before_us: int) -> list[SentRow]:
    """Rows that were sent before then and have no decision yet, in order."""
    cursor = reader.execute(
        'SELECT seq, partition, "offset", tries, sent_us, received_us FROM piece INDEXED BY piece_sent'
        " WHERE state=1 AND sent_us<?",
        (sent_before_us,),
    )
    return sorted((SentRow(*row) for row in cursor), key=lambda row: row.seq)


def seen_ends(reader: sqlite3.Connection) -> dict[tuple[str, int], int]:
    """The highest end ever seen of each (topic, partition)."""
    return {(topic, partition): end for topic, partition, end in reader.execute("SELECT * FROM seen_end")}


def last_sent(reader: sqlite3.Connection, partition: int) -> tuple[int, UUID] | None:
    """Offset and item of one of the last inbox records that were sent to *partition*."""
    found = reader.execute(
        'SELECT "offset", item FROM (SELECT * FROM piece ORDER BY seq DESC LIMIT 10000)'
        ' WHERE partition=? AND state>0 AND "offset">=0 LIMIT 1',
        (partition,),
    ).fetchone()
    return (found[0], UUID(bytes=found[1])) if found else None


def oldest_waiting_us(reader: sqlite3.Connection) -> int | None:
    """When the oldest row that waits was received."""
    found = reader.execute("SELECT received_us FROM piece WHERE state=0 ORDER BY seq LIMIT 1").fetchone()
    return int(found[0]) if found else None


@dataclass(frozen=True, slots=True)
class Found:
    """A letter as the spool knows it by its number."""

    letter: UUID
    city: str
    received_at: datetime


def letter_of(reader: sqlite3.Connection, number: str) -> Found | None:
    """The letter that has this number."""
    found = reader.execute(
        "SELECT l.id, p.city, p.received_us FROM letter l JOIN piece p ON p.seq = l.first_seq WHERE l.number=?",
        (number,),
    ).fetchone()
    return Found(UUID(bytes=found[0]), found[1], moment(found[2])) if found else None


_LISTED = (
    "SELECT p.seq, l.number, p.city, p.mailbox, p.channel, p.piece_no, p.pieces, p.received_us, p.state, p.partition,"
    ' p."offset", p.tries, p.sent_us, p.finished_us, p.error, p.item, p.letter,'
    " EXISTS (SELECT 1 FROM body b WHERE b.seq=p.seq), p.body_hash,"
    " (SELECT length(b.bytes) FROM body b WHERE b.seq=p.seq AND b.blob='')"
    " FROM piece p LEFT JOIN letter l ON l.id = p.letter"
)


def _listed(cursor: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    def at(value: int | None) -> str | None:
        return moment(value).isoformat() if value is not None else None

    def name(value: bytes | None) -> str | None:
        return str(UUID(bytes=value)) if value is not None else None

    return [
        {
            "seq": r[0], "number": r[1], "city": r[2], "mailbox": r[3], "channel": r[4], "piece_no": r[5],
            "pieces": r[6], "received_at": at(r[7]), "state": STATES[r[8]], "partition": r[9], "offset": r[10],
            "tries": r[11], "sent_at": at(r[12]), "finished_at": at(r[13]), "error": r[14], "item_id": name(r[15]),
            "letter_id": name(r[16]), "bytes_kept": bool(r[17]), "body_hash": r[18].hex(), "bytes": r[19],
        }
        for r in cursor
    ]  # fmt: skip


def pieces_of(reader: sqlite3.Connection, number: str) -> list[dict[str, Any]]:
    """What the door knows of the pieces of a number: ids, times and states, never a word."""
    found = reader.execute("SELECT id, first_seq FROM letter WHERE number=?", (number,)).fetchone()
    if found is None:
        return []
    cursor = reader.execute(
        f"{_LISTED} WHERE p.seq=:seq UNION {_LISTED} WHERE p.letter=:id AND p.pieces<>1 ORDER BY 1",
        {"seq": found[1], "id": found[0]},
    )
    return _listed(cursor)


def undecided(reader: sqlite3.Connection, after_seq: int, count_max: int) -> list[dict[str, Any]]:
    """Rows that are not finished, in order."""
    return _listed(
        reader.execute(
            f"{_LISTED} WHERE p.state<2 AND p.seq>? ORDER BY p.seq LIMIT ?", (after_seq, count_max)
        )
    )


def accepted(reader: sqlite3.Connection, after_seq: int, count_max: int) -> list[dict[str, Any]]:
    """Every row the spool still knows, in order: what the ledger is matched against."""
    return _listed(reader.execute(f"{_LISTED} WHERE p.seq>? ORDER BY p.seq LIMIT ?", (after_seq, count_max)))


def quarantined(reader: sqlite3.Connection, after_seq: int, count_max: int) -> list[dict[str, Any]]:
    """Rows nobody could read, in order."""
    return _listed(
        reader.execute(
            f"{_LISTED} WHERE p.error IS NOT NULL AND p.seq>? ORDER BY p.seq LIMIT ?", (after_seq, count_max)
        )
    )
