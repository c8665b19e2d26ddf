"""What the door deletes, and when: letters' bytes first, keys with their numbers much later.

Bytes of a row go ``kept_hours`` after it was finished, never before: until then a broker that lost records can be
healed from here. Pieces of one letter are read together, so their bytes go together, after the last of them. Keys and numbers stay ``keys_kept_days``: so long the same sending again gets the same number again.
Blobs that no row here names any more go after the same time; attachments are read by case systems until then.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator

from pipeline.blobs import BlobStore
from pipeline.intake.spool import Spool, now_us
from pipeline.settings import Door

ROWS_PER_LOOK = 1000

_DELETE_BODY = (
    "DELETE FROM body WHERE seq=?1 AND NOT EXISTS (SELECT 1 FROM piece p JOIN piece q ON q.letter=p.letter"
    " WHERE p.seq=?1 AND p.pieces<>1 AND q.pieces<>1 AND (q.state<2 OR q.finished_us>={before_us}))"
)

_HOUR_US = 3_600_000_000

_BODIES = (
    "SELECT b.seq, p.received_us, p.state=2 AND p.finished_us<? FROM body b JOIN piece p USING (seq)"
    " WHERE b.seq>? ORDER BY b.seq LIMIT ?"
)
_PIECES = "SELECT seq, received_us, state=2 AND finished_us<? FROM piece WHERE seq>? ORDER BY seq LIMIT ?"
_DELETE_LETTER = (
    "DELETE FROM letter WHERE first_seq=?1 AND id=(SELECT letter FROM piece WHERE seq=?1)"
    " AND NOT EXISTS (SELECT 1 FROM piece q WHERE q.letter=letter.id AND q.pieces<>1 AND q.state<2)"
)


async def retain(spool: Spool, blobs: BlobStore, settings: Door) -> Counter[str]:
    """Delete what is due. Returns how many rows' bytes, keys and blobs are gone."""
    reader = spool.reader()
    deleted: Counter[str] = Counter()
    try:
        bodies_before = now_us() - settings.kept_hours * _HOUR_US
        async for due in _due(reader, _BODIES, bodies_before):
            deleted["bytes"] += await spool.delete(_DELETE_BODY.format(before_us=bodies_before), due)
        keys_before = now_us() - settings.keys_kept_days * 24 * _HOUR_US
        async for due in _due(reader, _PIECES, keys_before):
            await spool.delete(_DELETE_LETTER, due)
            await spool.delete("DELETE FROM media WHERE letter=(SELECT letter FROM piece WHERE seq=?)", due)
            await spool.delete("DELETE FROM body WHERE seq=?", due)
            deleted["keys"] += await spool.delete("DELETE FROM piece WHERE seq=?", due)
    finally:
        reader.close()
    await asyncio.to_thread(blobs.sweep)
    deleted["blobs"] = await asyncio.to_thread(_old_blobs, blobs, settings.keys_kept_days * 86_400)
    return deleted


async def _due(reader: sqlite3.Connection, query: str, before_us: int) -> AsyncIterator[list[int]]:
    after = 0
    while True:
        rows = await asyncio.to_thread(_look, reader, query, (before_us, after, ROWS_PER_LOOK))
        if due := [seq for seq, _, is_due in rows if is_due]:
            yield due
        # Rows come in the order they were received: once a whole look is too young, so is the rest.
        if not rows or min(received for _, received, _ in rows) >= before_us:
            return
        after = rows[-1][0]


def _look(reader: sqlite3.Connection, query: str, arguments: tuple[int, ...]) -> list[tuple[int, int, int]]:
    return reader.execute(query, arguments).fetchall()


def _old_blobs(blobs: BlobStore, kept_s: float) -> int:
    return sum(blobs.delete(ref, unused_s=kept_s) for ref in list(blobs.refs()))
