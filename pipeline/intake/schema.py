"""The spool's file: its tables, how it is opened, and the checks without which the door does not start.

WAL with ``synchronous=FULL``: a committed row survives a power cut. One connection writes and checkpoints; readers
are ``query_only``. Pages of 8 KiB hold several letters each. Files are readable by their owner only.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path

from pipeline.trouble import Trouble

PAGE_BYTES = 8192
LOCK_WAIT_S = 10.0

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One letter: its number never changes. Kept as long as its pieces' keys.
CREATE TABLE IF NOT EXISTS letter (
    id BLOB PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    counter INTEGER NOT NULL,      -- how many numbers were taken already when this one was derived
    first_seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,     -- of what was sent last
    digest TEXT NOT NULL           -- of what was sent last; empty where there can be no second revision
) WITHOUT ROWID;

-- One piece, status or instruction. What a citizen wrote stands in body, so that it can be deleted earlier.
CREATE TABLE IF NOT EXISTS piece (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL UNIQUE,      -- SHA-256 over city, mailbox, channel, account, external id [, body hash]
    body_hash BLOB NOT NULL,
    letter BLOB,                   -- NULL: a status or an instruction
    item BLOB,                     -- the id by which decisions name it, once it was sent
    city TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    channel TEXT NOT NULL,
    conversation BLOB NOT NULL,
    piece_no INTEGER NOT NULL,
    pieces INTEGER NOT NULL,       -- 0: nobody knows how many there will be
    received_us INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,   -- 0 waiting, 1 sent, 2 finished
    partition INTEGER,
    "offset" INTEGER,              -- -1: its record is on the quarantine topic
    tries INTEGER NOT NULL DEFAULT 0,
    sent_us INTEGER,
    finished_us INTEGER,
    error TEXT                     -- why it went to quarantine: the name of an error, never a word
);
CREATE INDEX IF NOT EXISTS piece_waiting ON piece (seq) WHERE state = 0;
CREATE INDEX IF NOT EXISTS piece_sent ON piece (item) WHERE state = 1;
CREATE INDEX IF NOT EXISTS piece_of_letter ON piece (letter) WHERE pieces <> 1;
DROP INDEX IF EXISTS piece_of_many;  -- of an earlier release: it left out letters of open length
CREATE INDEX IF NOT EXISTS piece_quarantined ON piece (seq) WHERE error IS NOT NULL;

CREATE TABLE IF NOT EXISTS body (
    seq INTEGER PRIMARY KEY,
    meta BLOB NOT NULL,            -- the piece without its bytes, as JSON
    bytes BLOB NOT NULL,
    blob TEXT NOT NULL             -- SHA-256 of the blob that holds the bytes instead, or empty
);

-- One file that a letter names and its peer still holds.
CREATE TABLE IF NOT EXISTS media (
    letter BLOB NOT NULL,
    ref TEXT NOT NULL,             -- the peer's name for it
    channel TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,   -- 0 wanted, 1 settled, 2 settled, and its letter went or waits to go with it
    sha256 TEXT NOT NULL DEFAULT '',    -- of its bytes; settled and empty: it cannot be had
    size_bytes INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    first_us INTEGER NOT NULL,
    next_us INTEGER NOT NULL,
    PRIMARY KEY (letter, ref)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS media_wanted ON media (channel, next_us) WHERE state = 0;
CREATE INDEX IF NOT EXISTS media_settled ON media (letter) WHERE state = 1;

-- The highest end of a partition of a topic that was ever seen: an end below it means that the broker lost records.
CREATE TABLE IF NOT EXISTS seen_end (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
"""


def lock(folder: Path, wait_s: float = LOCK_WAIT_S) -> int:
    """Own *folder* until the descriptor is closed or this process dies. Raises Trouble: another process owns it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise Trouble("spool.owned", folder=folder) from None
            time.sleep(0.05)


def probe(folder: Path) -> float:
    """Seconds that one small write and fsync took here. Raises OSError."""
    path = folder / "probe"
    started = time.perf_counter()
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, b"probe")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()
    return time.perf_counter() - started


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. Raises Trouble where the file system cannot give what we promise."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    journal = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-8192")
    connection.execute("PRAGMA temp_store=MEMORY")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (journal, synchronous) != ("wal", 2):
        raise Trouble("spool.unsafe", path=path, journal=journal, synchronous=synchronous)
    connection.executescript(_TABLES)
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; used by one thread at a time."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only=1")
    connection.execute("PRAGMA cache_size=-4096")
    return connection
