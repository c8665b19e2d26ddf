"""The sink itself: one connection, one thread, one transaction an event."""

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from schemas.errors import Refused, Unavailable
from schemas.order import Contact, OrderEvent, Receipt
from schemas.ports import Position, SinkSettings

SCHEMA_VERSION = 3
_FROM_1 = (
    "ALTER TABLE work_order ADD COLUMN units TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE work_order ADD COLUMN territory TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE work_order ADD COLUMN incident_id TEXT",
    "ALTER TABLE work_order ADD COLUMN marks TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE work_order ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX work_order_by_incident ON work_order (incident_id) WHERE incident_id IS NOT NULL",
)
_FROM_2 = (
    "ALTER TABLE work_order ADD COLUMN publication TEXT NOT NULL DEFAULT 'no'",
    "ALTER TABLE work_order ADD COLUMN answered_by TEXT NOT NULL DEFAULT 'unit'",
)
_LATER = {1: (*_FROM_1, *_FROM_2), 2: _FROM_2}
"""Tables of an earlier version get the columns that came since: what the case system reads of them stays where it was."""
PAGES_CACHED_KIB = 4096

_INBOX = """
INSERT INTO inbox (event_id, kind, order_id, revision, received, topic, "partition", "offset", json)
VALUES (:event_id, :event_kind, :order_id, :revision, :now, :kafka_topic, :partition, :offset, :json)
ON CONFLICT (event_id) DO NOTHING
"""
_ORDER_COLUMNS = (
    "order_id", "number", "part", "revision", "state", "city", "mailbox", "channel", "kind", "topic", "title", "body",
    "place", "unit", "received_at", "due_at", "due_provisional", "urgency", "dispatch_mode", "confidential",
    "sender_ref", "letter_ids", "attachments", "contact_name", "contact_phone", "contact_address", "last_event_id",
    "changed", "units", "territory", "incident_id", "marks", "reminders", "publication",
    "answered_by",
)  # fmt: skip
_KEPT_IF_ABSENT = ("contact_name", "contact_phone", "contact_address")
# A late replay of an older event must not turn the order back; it has its inbox row all the same.
_ORDER = f"""
INSERT INTO work_order ({", ".join(_ORDER_COLUMNS)})
VALUES ({", ".join(f":{column}" for column in _ORDER_COLUMNS)})
ON CONFLICT (order_id) DO UPDATE SET
{
    ", ".join(
        f"{c} = coalesce(excluded.{c}, work_order.{c})" if c in _KEPT_IF_ABSENT else f"{c} = excluded.{c}"
        for c in _ORDER_COLUMNS[1:]
    )
}
WHERE excluded.revision >= work_order.revision
"""  # noqa: S608 - column names are our own constants


class SqlSettings(SinkSettings):
    """See the package's docstring."""

    path: Path
    busy_timeout_s: float = Field(default=5.0, gt=0, le=60)


class Sql:
    """See the package's docstring.

    Refused at the start: the database is of another version, or no database. Unavailable: busy, full, unreadable,
    or its tables were changed under us: a person mends that, and nothing has been skipped meanwhile. Refused for one
    event: a constraint or trigger of the case system's own said no.
    """

    Settings: ClassVar[type[SinkSettings]] = SqlSettings

    def __init__(self, settings: SqlSettings, instance: str) -> None:
        self._instance = instance
        self._path = settings.path
        self._busy_timeout_s = settings.busy_timeout_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{instance}")
        try:
            self._db = self._thread.submit(self._open).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def deliver(self, event: OrderEvent, contact: Contact | None, position: Position) -> Receipt:
        row = _row(event, contact, position)
        outcome = await asyncio.get_running_loop().run_in_executor(self._thread, self._write, row)
        return Receipt(
            event_id=event.id, order_id=event.order.id, number=event.order.number, city=event.city,
            sink=self._instance, outcome=outcome, at=datetime.now(UTC),
        )  # fmt: skip

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown()

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.is_dir():
                raise Refused(f"cannot open {self._path}: it is a folder")
            db = sqlite3.connect(self._path, timeout=self._busy_timeout_s, isolation_level=None)
        except (FileExistsError, NotADirectoryError, PermissionError) as error:
            raise Refused(f"cannot open {self._path}: {error.strerror}") from error
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"sink {self._instance}: cannot open its database") from error
        try:
            _prepare(db)
        except sqlite3.Error as error:
            db.close()
            raise _named(error, self._instance) from error
        except Refused:
            db.close()
            raise
        return db

    def _write(self, row: dict[str, str | int | None]) -> Literal["delivered", "already_there"]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                new = self._db.execute(_INBOX, row).rowcount == 1
                if new:
                    self._db.execute(_ORDER, row)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _named(error, self._instance) from error
        return "delivered" if new else "already_there"


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA cache_size = -{PAGES_CACHED_KIB}")
    db.execute("BEGIN IMMEDIATE")
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    tables: int = db.execute(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('inbox', 'work_order')"
    ).fetchone()[0]
    if version == 0 and tables == 0:
        for statement in files(__package__).joinpath("schema.sql").read_text("utf-8").split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif version in _LATER:
        for statement in _LATER[version]:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif version != SCHEMA_VERSION:
        db.execute("ROLLBACK")
        raise Refused(
            f"the sink's database has tables of version {version}, this sink writes {SCHEMA_VERSION}"
        )
    db.execute("COMMIT")
    # Rows of a writer that was killed between its write and its fsync are read as committed: make that true, or
    # "already_there" would be said of what the next power cut takes away.
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _named(error: sqlite3.Error, instance: str) -> Refused | Unavailable:
    """*error* as one of ours. SQLite's texts name tables and columns, never values; ours name neither."""
    code = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if isinstance(error, sqlite3.IntegrityError):
        return Refused(f"sink {instance}: {code}")
    if code == "SQLITE_NOTADB":
        return Refused(f"sink {instance}: the file is no SQLite database")
    return Unavailable(f"sink {instance}: {code}", retry_after_s=5.0)


def _row(event: OrderEvent, contact: Contact | None, position: Position) -> dict[str, str | int | None]:
    order = event.order
    now = datetime.now(UTC).isoformat()
    return {
        "event_id": str(event.id), "event_kind": event.tag, "json": event.model_dump_json(), "now": now,
        "kafka_topic": position.topic, "partition": position.partition, "offset": position.offset,
        "order_id": str(order.id), "number": order.number, "part": order.part, "revision": order.revision,
        "state": "withdrawn" if event.tag == "withdrawn" else "open", "city": order.city, "mailbox": order.mailbox,
        "channel": order.channel, "kind": order.kind, "topic": order.topic, "title": order.title, "body": order.body,
        "place": order.place.text if order.place else "", "unit": order.unit,
        "received_at": order.received_at.astimezone(UTC).isoformat(),
        "due_at": order.due_at.astimezone(UTC).isoformat(), "due_provisional": int(order.due_provisional),
        "urgency": order.urgency, "dispatch_mode": order.dispatch_mode, "confidential": int(order.confidential),
        "sender_ref": order.sender_ref, "letter_ids": json.dumps([str(letter) for letter in order.letter_ids]),
        "attachments": json.dumps(
            [a.model_dump(mode="json", include={"name", "media_type", "size_bytes", "sha256"}) for a in order.attachments],
            ensure_ascii=False,
        ),
        "contact_name": contact.name if contact else None, "contact_phone": contact.phone if contact else None,
        "contact_address": contact.address if contact else None, "last_event_id": str(event.id), "changed": now,
        "units": json.dumps([unit.model_dump(mode="json") for unit in order.units], ensure_ascii=False),
        "territory": order.territory, "incident_id": str(order.incident_id) if order.incident_id else None,
        "marks": json.dumps(order.marks, ensure_ascii=False), "reminders": order.reminders,
        "publication": order.publication, "answered_by": order.answered_by,
    }  # fmt: skip
