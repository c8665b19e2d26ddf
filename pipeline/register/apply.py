"""One record of the line's topics into the tables. Idempotent, and the same whatever is applied twice.

Of several records with one id the newest revision stays, and of equal revisions the last that Kafka wrote down; so a
relayed letter, a replay and a rebuild all end in the same rows.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas import topics, wire
from schemas.base import Record
from schemas.decision import Decided, Linked, Noted, Suspected, Unlinked
from schemas.inbox import Instruction, Status
from schemas.letter import Letter, Sender
from schemas.order import Acknowledged, Cleared, Confirmed, Mass, OrderEvent, Raised, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply
from schemas.topics import Topic

READ = (
    topics.INBOX, topics.DECISION, topics.ORDER, topics.REPLY, topics.ALERT, topics.RECEIPT, topics.QUARANTINE,
)  # fmt: skip
"""The topics that the register is made of."""

_NEWER = """
WHERE (excluded.revision, excluded.written, excluded."offset") >= ({0}.revision, {0}.written, {0}."offset")
"""
_FACT = """
INSERT INTO fact (kind, id, number, letter_id, part, city, state, ref, code_hash, revision, written, "offset", record)
VALUES (:kind, :id, :number, :letter_id, :part, :city, :state, :ref, :code_hash, :revision, :written, :offset, :record)
ON CONFLICT (kind, id) DO UPDATE SET number = excluded.number, letter_id = excluded.letter_id, part = excluded.part,
city = excluded.city, state = excluded.state, ref = excluded.ref, code_hash = excluded.code_hash,
revision = excluded.revision, written = excluded.written, "offset" = excluded."offset", record = excluded.record
""" + _NEWER.format("fact")
_CONTACT = """
INSERT INTO contact (letter_id, city, name, phone, email, address, handle, revision, written, "offset")
VALUES (:letter_id, :city, :name, :phone, :email, :address, :handle, :revision, :written, :offset)
ON CONFLICT (letter_id) DO UPDATE SET name = excluded.name, phone = excluded.phone, email = excluded.email,
address = excluded.address, handle = excluded.handle, revision = excluded.revision, written = excluded.written,
"offset" = excluded."offset"
""" + _NEWER.format("contact")


@dataclass(frozen=True, slots=True)
class Fact:
    """What a record says of itself; see the table ``fact``."""

    kind: str
    id: str
    number: str
    letter_id: str
    part: int
    city: str
    record: Record
    state: str = ""
    ref: str = ""
    code_hash: str = ""
    revision: int = 0


def apply(db: sqlite3.Connection, topic: Topic, value: bytes, written_ms: int, offset: int) -> None:
    """Write what the record says, within the caller's transaction. Raises Malformed."""
    said = wire.decode(topic, value)
    fact = _FACTS[type(said)](said)
    place = {"written": written_ms, "offset": offset}
    row = {name: getattr(fact, name) for name in Fact.__dataclass_fields__}
    db.execute(_FACT, {**row, **place, "record": wire.encode(fact.record).decode()})
    if isinstance(said, Letter):
        sender = said.sender.model_dump()
        db.execute(
            _CONTACT,
            {**sender, **place, "letter_id": fact.letter_id, "city": said.city, "revision": said.revision},
        )


def _letter(said: Letter) -> Fact:
    bare = said.model_copy(update={"sender": Sender()})
    return Fact(
        "letter", str(said.id), said.number, str(said.id), 0, said.city, bare, code_hash=said.code_hash,
        revision=said.revision,
    )  # fmt: skip


def _item(said: Status | Instruction) -> Fact:
    state = said.state if isinstance(said, Status) else said.verdict.outcome
    return Fact(said.tag, str(said.id), said.number, "", said.part, said.city, said, state)


def _decided(said: Decided) -> Fact:
    return Fact(
        "decided", str(said.id), said.number, str(said.letter_id), said.part, said.city, said, said.decision.kind,
        str(said.supersedes or ""), said.code_hash,
    )  # fmt: skip


def _linked(said: Linked) -> Fact:
    return Fact(
        "linked", str(said.link_id), said.number, str(said.letter_id), 0, said.city, said, said.relation,
        code_hash=said.code_hash,
    )  # fmt: skip


def _suspected(said: Suspected) -> Fact:
    return Fact(
        "suspected", str(said.link_id), said.number, str(said.letter_id), 0, said.city, said, said.relation,
        str(said.link_id),
    )  # fmt: skip


def _unlinked(said: Unlinked) -> Fact:
    return Fact(
        "unlinked", str(said.id), said.number, str(said.letter_id), 0, said.city, said, said.relation,
        str(said.link_id),
    )  # fmt: skip


def _noted(said: Noted) -> Fact:
    return Fact(
        "noted", str(said.note_id), said.number, str(said.letter_id), said.part, said.city, said, said.what
    )


def _order(said: OrderEvent) -> Fact:
    order = said.order
    return Fact(
        "order", str(said.id), order.number, str(order.letter_ids[0]), order.part, said.city, said, said.tag,
        str(order.id), revision=order.revision,
    )  # fmt: skip


def _receipt(said: Receipt) -> Fact:
    key = f"{said.event_id}:{said.sink}"
    return Fact("receipt", key, said.number, "", 0, said.city, said, said.outcome, str(said.order_id))


def _reply(said: Reply) -> Fact:
    return Fact(
        "reply", str(said.id), said.number, str(said.letter_id), said.part, said.city, said, said.about
    )


def _alert(said: Raised | Confirmed | Cleared | Acknowledged) -> Fact:
    return Fact("alert", str(said.id), said.number, str(said.letter_id), 0, said.city, said, said.tag)


def _mass(said: Mass) -> Fact:
    return Fact(
        "mass", str(said.id), said.number, str(said.letter_id), 0, said.city, said, str(said.letters),
        str(said.incident_id),
    )  # fmt: skip


def _quarantined(said: Quarantined) -> Fact:
    bare = said.model_copy(update={"pieces": ()})
    return Fact("quarantined", str(said.id), said.number, "", 0, said.city, bare, said.error)


_FACTS: dict[type, Callable[[Any], Fact]] = {
    Letter: _letter,
    Status: _item,
    Instruction: _item,
    Decided: _decided,
    Linked: _linked,
    Suspected: _suspected,
    Unlinked: _unlinked,
    Noted: _noted,
    OrderEvent: _order,
    Receipt: _receipt,
    Reply: _reply,
    Raised: _alert,
    Confirmed: _alert,
    Cleared: _alert,
    Acknowledged: _alert,
    Mass: _mass,
    Quarantined: _quarantined,
}
