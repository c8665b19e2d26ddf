"""The cases of one partition in a local table: rebuilt from ``desk.case.v1``, so nothing is lost with it.

SQLite without journal or fsync: the file is made anew at every start and is no one's only copy.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.desk.effects import Kept
from pipeline.desk.sieve import Sieve

_SCHEMA = """
CREATE TABLE cases(
    letter_id BLOB PRIMARY KEY, number TEXT NOT NULL, closed INTEGER NOT NULL, seen_ms INTEGER NOT NULL, value BLOB NOT NULL
);
CREATE INDEX cases_by_number ON cases(number);
CREATE INDEX cases_done ON cases(seen_ms) WHERE closed;
CREATE TABLE incidents(id BLOB PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE waiting(number TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


class Cases:
    """Letter id or number in, encoded case out."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))):
            stale.unlink(missing_ok=True)
        self._path = path
        self._sieve = Sieve()
        self._sql = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-2048"):
            self._sql.execute(f"PRAGMA {pragma}").fetchone()
        self._sql.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the table and delete its file."""
        self._sql.close()
        self._path.unlink(missing_ok=True)

    def may_hold(self, letter_id: bytes) -> bool:
        """False: there is no case of the letter, and there never was."""
        return self._sieve.may_hold(letter_id)

    def get(self, letter_id: bytes) -> bytes | None:
        """The case of a letter."""
        if not self._sieve.may_hold(letter_id):
            return None
        row = self._sql.execute("SELECT value FROM cases WHERE letter_id = ?", (letter_id,)).fetchone()
        return row[0] if row else None

    def done(self, before_ms: int, limit: int) -> list[bytes]:
        """Closed cases of letters met before this moment, the oldest first."""
        rows = self._sql.execute(
            "SELECT letter_id FROM cases WHERE closed AND seen_ms < ? ORDER BY seen_ms, letter_id LIMIT ?",
            (before_ms, limit),
        )
        return [letter_id for (letter_id,) in rows]

    def by_number(self, number: str) -> bytes | None:
        """The id of the letter that has *number*; of a clash the lower id."""
        row = self._sql.execute(
            "SELECT letter_id FROM cases WHERE number = ? ORDER BY letter_id LIMIT 1", (number,)
        ).fetchone()
        return row[0] if row else None

    def shared(self, numbers: Sequence[str]) -> list[str]:
        """Those of *numbers* that more than one letter has."""
        asked = ",".join("?" * len(numbers))
        rows = self._sql.execute(
            f"SELECT number FROM cases WHERE number IN ({asked}) GROUP BY number HAVING count(*) > 1",  # noqa: S608 - only question marks
            list(numbers),
        )
        return [number for (number,) in rows]

    def waiting(self, number: str) -> bytes | None:
        """What waits for *number*."""
        row = self._sql.execute("SELECT value FROM waiting WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def incident(self, incident_id: bytes) -> bytes | None:
        """What is known of an incident."""
        row = self._sql.execute("SELECT value FROM incidents WHERE id = ?", (incident_id,)).fetchone()
        return row[0] if row else None

    def apply(
        self,
        cases: Iterable[tuple[bytes, Kept | None]],
        waiting: Iterable[tuple[str, bytes | None]],
        incidents: Iterable[tuple[bytes, bytes | None]],
    ) -> None:
        """Take over what a committed transaction wrote; None deletes."""
        put, gone = [], []
        for letter_id, case in cases:
            if case is None:
                gone.append((letter_id,))
            else:
                put.append((letter_id, *case))
                self._sieve.put(letter_id)
        self._sql.execute("BEGIN")
        self._sql.executemany("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)", put)
        self._sql.executemany("DELETE FROM cases WHERE letter_id = ?", gone)
        for number, value in waiting:
            if value is None:
                self._sql.execute("DELETE FROM waiting WHERE number = ?", (number,))
            else:
                self._sql.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (number, value))
        for incident_id, value in incidents:
            if value is None:
                self._sql.execute("DELETE FROM incidents WHERE id = ?", (incident_id,))
            else:
                self._sql.execute("INSERT OR REPLACE INTO incidents VALUES (?, ?)", (incident_id, value))
        self._sql.execute("COMMIT")

    def all(self) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Every case by letter id: id, closed, when its letter was met, value."""
        yield from self._sql.execute("SELECT letter_id, closed, seen_ms, value FROM cases ORDER BY letter_id")

    def all_incidents(self) -> Iterator[tuple[bytes, bytes]]:
        """Every incident by id."""
        yield from self._sql.execute("SELECT id, value FROM incidents ORDER BY id")

    def all_waiting(self) -> Iterator[tuple[str, bytes]]:
        """Everything that waits, by number."""
        yield from self._sql.execute("SELECT number, value FROM waiting ORDER BY number")
