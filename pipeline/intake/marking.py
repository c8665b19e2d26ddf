"""How a row's way is noted: sent, finished, to be sent again. Many rows by few statements, as in ``storing``.

A decision may be read back before its row was marked as sent. Then its item is remembered here, in memory, and the
row is finished when it is marked; if that memory is lost the row is sent again, which the desk answers again.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from uuid import UUID

from pipeline.crash import crash_point
from pipeline.intake.rows import FINISHED, SENT, Mark
from pipeline.intake.storing import chunks, values

EARLY_MAX = 20_000

_MARK = (
    "WITH now(us) AS (VALUES (?)), v(seq, state, item, part, at, error) AS (VALUES {rows})"
    ' UPDATE piece SET state=v.state, item=v.item, partition=v.part, "offset"=v.at, sent_us=now.us, tries=tries+1,'
    " error=v.error, finished_us=CASE v.state WHEN 2 THEN now.us END FROM v, now"
    " WHERE piece.seq=v.seq AND piece.state=0"
)
_FOUND = (
    "SELECT group_concat(hex(item), '') FROM piece INDEXED BY piece_sent WHERE state=1 AND item IN {items}"
)
_FINISH = "UPDATE piece INDEXED BY piece_sent SET state=2, finished_us=? WHERE state=1 AND item IN {items}"
_AGAIN = (
    "UPDATE piece SET state=0, finished_us=NULL WHERE seq=? AND state>0"
    " AND EXISTS (SELECT 1 FROM body WHERE body.seq=piece.seq)"
)
_LOST = (
    "UPDATE piece SET state=0, finished_us=NULL WHERE partition=? AND state=? AND sent_us>=?"
    " AND EXISTS (SELECT 1 FROM body WHERE body.seq=piece.seq)"
)
_READABLE_NOW = "UPDATE piece SET error=NULL WHERE letter=? AND pieces<>1 AND error IS NOT NULL"
_FILE_GONE = "UPDATE media SET state=2 WHERE letter=? AND ref=? AND state=1"

Ends = Mapping[tuple[str, int], int]


class Marking:
    """Used by the writer's thread only."""

    def __init__(self) -> None:
        self._early: OrderedDict[UUID, None] = OrderedDict()

    def mark(self, connection: sqlite3.Connection, marks: Sequence[Mark], ends: Ends, now_us: int) -> int:
        """Note what was sent; how many rows are finished by it already."""
        rows, finished = [], 0
        for mark in marks:
            early = mark.item in self._early
            if early:
                del self._early[mark.item]
                finished += len(mark.seqs)
            state, item = FINISHED if early else SENT, mark.item.bytes
            rows += [(seq, state, item, mark.partition, mark.offset, mark.error or None) for seq in mark.seqs]
            if mark.letter is not None and mark.digest:
                connection.execute(
                    "UPDATE letter SET revision=?, digest=? WHERE id=?",
                    (mark.revision, mark.digest, mark.letter.bytes),
                )
        for chunk in chunks(rows):
            flat = [value for row in chunk for value in row]
            connection.execute(_MARK.format(rows=values(6, len(chunk))), [now_us, *flat])
        for mark in marks:
            if mark.letter is not None and mark.digest and not mark.error:
                connection.execute(_READABLE_NOW, (mark.letter.bytes,))
            if mark.letter is not None and mark.files:
                connection.executemany(_FILE_GONE, [(mark.letter.bytes, ref) for ref in mark.files])
        _raise_ends(connection, ends)
        return finished

    def finish(self, connection: sqlite3.Connection, items: Sequence[UUID], ends: Ends, now_us: int) -> int:
        """These items have their decision; how many rows that finished."""
        finished = 0
        found: set[bytes] = set()
        for chunk in chunks(items):
            names = [item.bytes for item in chunk]
            place = values(len(chunk), 1)
            (known,) = connection.execute(_FOUND.format(items=place), names).fetchone()
            data = bytes.fromhex(known or "")
            found.update(data[at : at + 16] for at in range(0, len(data), 16))
            finished += connection.execute(_FINISH.format(items=place), [now_us, *names]).rowcount
        for item in items:
            if item.bytes not in found:
                self._early[item] = None
        while len(self._early) > EARLY_MAX:
            self._early.popitem(last=False)
        _raise_ends(connection, ends)
        crash_point("readback.before_mark")
        return finished

    def again(self, connection: sqlite3.Connection, seqs: Sequence[int]) -> int:
        """These rows wait again, where their bytes are here; how many of them had been finished."""
        back = 0
        for seq in seqs:
            found = connection.execute("SELECT state, item FROM piece WHERE seq=?", (seq,)).fetchone()
            if found is None:
                continue
            state, item = found
            back += connection.execute(_AGAIN, (seq,)).rowcount and state == FINISHED
            if item is not None:
                self._early.pop(UUID(bytes=item), None)  # an old decision must not finish what is sent anew
        return back

    def lost(
        self, connection: sqlite3.Connection, partition: int, ends: Mapping[str, int], since_us: int
    ) -> tuple[int, int]:
        """All rows sent to *partition* since then wait again: how many, and how many of them had been finished."""
        sent = connection.execute(_LOST, (partition, SENT, since_us)).rowcount
        done = connection.execute(_LOST, (partition, FINISHED, since_us)).rowcount
        connection.executemany(
            "INSERT OR REPLACE INTO seen_end VALUES (?,?,?)",
            [(topic, partition, end) for topic, end in ends.items()],
        )
        self._early.clear()
        return sent + done, done


def _raise_ends(connection: sqlite3.Connection, ends: Ends) -> None:
    for (topic, partition), end in ends.items():
        connection.execute(
            "INSERT INTO seen_end VALUES (?,?,?)"
            " ON CONFLICT DO UPDATE SET end_offset=max(end_offset, excluded.end_offset)",
            (topic, partition, end),
        )
