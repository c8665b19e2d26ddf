"""The register's database file: made, opened, checked. One writer; readers open it read-only.

It holds nothing that the topics do not, so it may run with ``synchronous = NORMAL``: a power cut can take the last
transactions, rows and offsets together, and they are read again.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

from pipeline.kafka.ground import Reached, further
from pipeline.trouble import Trouble

SCHEMA_VERSION = "1"
BUSY_TIMEOUT_S = 10.0
PAGES_CACHED_KIB = 4096


class Writer:
    """The one writer. Raises Trouble where the database is of another version: it is to be rebuilt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = _open(path)
        self.identity = self._identity()

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block, or nothing of it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def is_ours(self) -> bool:
        """Whether the tables are still those that were opened, not rebuilt ones in their place."""
        return self._identity() == self.identity

    def reached(self, topic: str, partition: int) -> Reached | None:
        """Up to where the partition was read; None where it never was."""
        row = self.db.execute(
            'SELECT next_offset, written FROM place WHERE topic = ? AND "partition" = ?', (topic, partition)
        ).fetchone()
        return Reached(*row) if row else None

    def set_reached(self, topic: str, partition: int, next_offset: int, written_ms: int) -> None:
        """Within a transaction: read up to here, the latest of these records written at *written_ms*."""
        at = further(self.reached(topic, partition), next_offset, written_ms)
        self.db.execute(
            "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)",
            (topic, partition, at.next_offset, at.written_ms),
        )

    def take_over(self, other: Path) -> None:
        """Put the content of *other* in the place of ours, its identity too, in one transaction."""
        self.db.execute("ATTACH ? AS fresh", (str(other),))
        try:
            with self.transaction() as db:
                for table in ("meta", "place", "fact", "contact"):
                    db.execute(f"DELETE FROM main.{table}")  # noqa: S608 - our own names
                    db.execute(f"INSERT INTO main.{table} SELECT * FROM fresh.{table}")  # noqa: S608 - as above
        finally:
            self.db.execute("DETACH fresh")
        self.identity = self._identity()

    def _identity(self) -> str:
        found: str = self.db.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()[0]
        return found


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA cache_size = -{PAGES_CACHED_KIB}")
        db.execute("BEGIN IMMEDIATE")
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in files(__package__).joinpath("schema.sql").read_text("utf-8").split(";\n"):
                db.execute(statement)
            db.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("id", uuid4().hex), ("schema_version", SCHEMA_VERSION)]
            )
        db.execute("COMMIT")
        _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """The database for queries only. Raises Trouble where there is none, or one of another version."""
    if not path.exists():
        raise Trouble("register.none", path=path)
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )
    try:
        db.execute("PRAGMA query_only = ON")
        _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    try:
        found = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    except sqlite3.DatabaseError:
        found = None
    if found is None or found[0] != SCHEMA_VERSION:
        raise Trouble("register.other_version", path=path)
