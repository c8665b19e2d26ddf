"""Questions to the register: for the tracking page and the command line. Read-only, and no Kafka client is loaded."""

import contextlib
import hmac
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from pipeline.register.database import open_reader
from pipeline.story import Entry, Story
from schemas import topics, wire
from schemas.decision import Decided, Suspected
from schemas.letter import Letter
from schemas.order import Contact, Mass, OrderEvent, Receipt
from schemas.topics import Topic

LIST_MAX = 1000

_TOPICS: dict[str, Topic] = {
    "letter": topics.INBOX, "status": topics.INBOX, "instruction": topics.INBOX, "decided": topics.DECISION,
    "linked": topics.DECISION, "suspected": topics.DECISION, "unlinked": topics.DECISION, "noted": topics.DECISION,
    "order": topics.ORDER, "receipt": topics.RECEIPT, "reply": topics.REPLY, "alert": topics.ALERT, "mass": topics.ALERT,
    "quarantined": topics.QUARANTINE,
}  # fmt: skip
# Records of one second keep the order in which the line says them.
_SEQUENCE = {kind: place for place, kind in enumerate(_TOPICS)}


@dataclass(frozen=True, slots=True)
class AlertState:
    """One letter that spoke of danger, and what was said of it last."""

    number: str
    city: str
    state: str
    at: datetime
    cue: str


class Reader:
    """Use as a context manager, or ``close`` it. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = open_reader(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def story(self, number: str) -> Story | None:
        """Everything known under *number*; None where nothing is."""
        rows = self._db.execute(
            'SELECT kind, record, written, city FROM fact WHERE number = ? ORDER BY written, "offset"',
            (number,),
        ).fetchall()
        if not rows:
            return None
        rows.sort(key=lambda row: (row[2] // 1000, _SEQUENCE[row[0]]))
        return Story(number=number, city=rows[0][3], entries=tuple(_entry(*row[:3]) for row in rows))

    def by_number(self, number: str, code_hashes: frozenset[str]) -> Story | None:
        """The story, if one of *code_hashes* opens it. Two letters under one number: only the one it opens."""
        rows = self._db.execute(
            "SELECT letter_id, code_hash FROM fact WHERE number = ? AND code_hash <> ''", (number,)
        ).fetchall()
        offered = sorted(code_hashes)
        opened = {row[0] for row in rows if any(hmac.compare_digest(row[1], one) for one in offered)}
        story = self.story(number) if opened else None
        if story is None:
            return None
        ours = tuple(entry for entry in story.entries if _letter_of(entry.record) in {*opened, ""})
        return Story(number=number, city=story.city, entries=ours)

    def city_of(self, number: str) -> str | None:
        """The city that a number belongs to."""
        row = self._db.execute("SELECT city FROM fact WHERE number = ? LIMIT 1", (number,)).fetchone()
        return str(row[0]) if row else None

    def held(self, city: str | None = None, limit: int = LIST_MAX) -> list[Decided]:
        """The parts that wait for a person, the longest waiting first."""
        rows = self._db.execute(
            """SELECT record FROM fact AS d WHERE kind = 'decided' AND state = 'held' AND (? IS NULL OR city = ?)
            AND NOT EXISTS (SELECT 1 FROM fact AS s WHERE s.kind = 'decided' AND s.ref = d.id)
            ORDER BY written LIMIT ?""",
            (city, city, limit),
        )
        return [wire.decode(topics.DECISION, row[0].encode()) for row in rows]

    def suspected(self, city: str | None = None, limit: int = LIST_MAX) -> list[Suspected]:
        """Links that a person was asked about and has neither made nor refused, the oldest first."""
        rows = self._db.execute(
            """SELECT record FROM fact AS s WHERE kind = 'suspected' AND (? IS NULL OR city = ?)
            AND NOT EXISTS (SELECT 1 FROM fact AS l WHERE l.kind = 'linked' AND l.id = s.ref)
            AND NOT EXISTS (SELECT 1 FROM fact AS u WHERE u.kind = 'unlinked' AND u.ref = s.ref)
            ORDER BY written LIMIT ?""",
            (city, city, limit),
        )
        return [wire.decode(topics.DECISION, row[0].encode()) for row in rows]

    def incidents(self, city: str | None = None, limit: int = LIST_MAX) -> list[Mass]:
        """Incidents that many people wrote about, as last told, the newest first."""
        rows = self._db.execute(
            """SELECT record FROM fact AS m WHERE kind = 'mass' AND (? IS NULL OR city = ?) AND NOT EXISTS
            (SELECT 1 FROM fact AS n WHERE n.kind = 'mass' AND n.ref = m.ref AND (n.written, n.id) > (m.written, m.id))
            ORDER BY written DESC LIMIT ?""",
            (city, city, limit),
        )
        return [wire.decode(topics.ALERT, row[0].encode()) for row in rows]

    def alerts(self, city: str | None = None, limit: int = LIST_MAX) -> list[AlertState]:
        """Letters whose danger nobody has cleared, the newest first."""
        rows = self._db.execute(
            """SELECT letter_id, max(written) FROM fact WHERE kind = 'alert' AND (? IS NULL OR city = ?)
            GROUP BY letter_id ORDER BY 2 DESC LIMIT ?""",
            (city, city, limit),
        ).fetchall()
        states = (self._alert(letter_id) for letter_id, _ in rows)
        return [state for state in states if state.state != "cleared"]

    def quarantined(self, city: str | None = None, limit: int = LIST_MAX) -> list[Any]:
        """What nobody could read, the newest first; without its bytes, which the topic and the door have."""
        rows = self._db.execute(
            "SELECT record FROM fact WHERE kind = 'quarantined' AND (? IS NULL OR city = ?) ORDER BY written DESC LIMIT ?",
            (city, city, limit),
        )
        return [wire.decode(topics.QUARANTINE, row[0].encode()) for row in rows]

    def receipts_of(self, order_id: UUID) -> list[Receipt]:
        """What the sinks said of an order's events."""
        rows = self._db.execute(
            "SELECT record FROM fact WHERE kind = 'receipt' AND ref = ?", (str(order_id),)
        )
        return [wire.decode(topics.RECEIPT, row[0].encode()) for row in rows]

    def contact(self, letter_id: UUID) -> Contact | None:
        """Who wrote, for those who may know it."""
        row = self._db.execute(
            "SELECT name, phone, address FROM contact WHERE letter_id = ?", (str(letter_id),)
        ).fetchone()
        return Contact(name=row[0], phone=row[1], address=row[2]) if row else None

    def numbers(self, since: datetime | None = None) -> Iterator[str]:
        """Every number that the register knows, by when the line first said it."""
        since_ms = int(since.timestamp() * 1000) if since else 0
        rows = self._db.execute(
            "SELECT number FROM fact GROUP BY number HAVING min(written) >= ? ORDER BY min(written)",
            (since_ms,),
        )
        for row in rows:
            yield row[0]

    def _alert(self, letter_id: str) -> AlertState:
        rows = self._db.execute(
            "SELECT number, city, state, written, record FROM fact WHERE kind = 'alert' AND letter_id = ?"
            ' ORDER BY written, "offset"',
            (letter_id,),
        ).fetchall()
        number, city, state, written, _ = rows[-1]
        records = [wire.decode(topics.ALERT, row[4].encode()) for row in rows]
        cue = next((record.cue for record in records if record.tag == "raised"), "")
        return AlertState(number, city, state, datetime.fromtimestamp(written / 1000, UTC), cue)


def dump(db: sqlite3.Connection) -> Iterator[str]:
    """The content in one order, whatever the order it came in: two registers of the same topics dump alike."""
    for table, order in (("fact", "kind, id"), ("contact", "letter_id"), ("place", 'topic, "partition"')):
        for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}"):  # noqa: S608 - our own names
            yield f"{table} {row!r}"


@contextlib.contextmanager
def dumping(path: Path) -> Iterator[Iterator[str]]:
    """``dump`` of a database file."""
    db = open_reader(path)
    try:
        yield dump(db)
    finally:
        db.close()


def _entry(kind: str, record: str, written_ms: int) -> Entry:
    told = wire.decode(_TOPICS[kind], record.encode())
    return Entry(written_at=datetime.fromtimestamp(written_ms / 1000, UTC), record=told)


def _letter_of(record: object) -> str:
    if isinstance(record, Letter):
        return str(record.id)
    if isinstance(record, OrderEvent):
        return str(record.order.letter_ids[0])
    return str(getattr(record, "letter_id", ""))
