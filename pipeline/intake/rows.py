"""What goes into the spool and comes out of it, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

WAITING, SENT, FINISHED = 0, 1, 2
"""A row waits for the relay, is on the inbox topic, or has had its decision read back."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """*at* as the spool keeps times: exact, and the same in every time zone."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(at_us: int) -> datetime:
    """The time that ``microseconds`` took apart."""
    return _EPOCH + timedelta(microseconds=at_us)


@dataclass(frozen=True, slots=True)
class NewRow:
    """One piece, status or instruction to be stored. ``body_hash`` covers everything that makes it what it is.

    ``letter`` is None for a status or instruction; ``letter_if_taken`` is the letter a piece founds where another
    body holds its place in ``letter`` already. ``body`` is the bytes, or the SHA-256 of the blob that holds them.
    """

    key: bytes
    body_hash: bytes
    item: UUID | None
    letter: UUID | None
    letter_if_taken: UUID | None
    city: str
    mailbox: str
    channel: str
    conversation: bytes
    piece_no: int
    pieces: int
    received_us: int
    meta: bytes = field(repr=False)
    body: bytes | str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one ``NewRow``. ``letter`` and ``number`` are those it belongs to (None: a conflict)."""

    outcome: Literal["new", "again", "conflict"]
    letter: UUID | None
    number: str


class Row(NamedTuple):
    """One stored row with its bytes, as the relay reads it, thousands a second. Never printed."""

    seq: int
    body_hash: bytes
    letter: UUID | None
    item: UUID | None
    city: str
    mailbox: str
    channel: str
    conversation: bytes
    piece_no: int
    pieces: int
    received_us: int
    tries: int
    number: str
    revision: int
    digest: str
    meta: bytes
    body: bytes
    blob: str


@dataclass(frozen=True, slots=True)
class Mark:
    """These rows stand at (partition, offset) as *item*; offset -1: in quarantine. ``digest`` is empty where
    there can be no second revision, else it is noted with ``revision``. ``files`` are the peers' names of settled files
    that went with it.
    """

    seqs: Sequence[int]
    item: UUID
    partition: int
    offset: int
    letter: UUID | None
    revision: int
    digest: str
    error: str = ""
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row that was sent and has no decision yet."""

    seq: int
    partition: int
    offset: int
    tries: int
    sent_us: int
    received_us: int
