"""From rows and what was read in them to records for Kafka. Pure but for the blob store, which takes long texts.

The door gives a letter what no plug-in can: number, city, mailbox, id, revision, digest, person. The same rows give
the same record again, byte for byte.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import from_json

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake.answers import Normalised, Unreadable
from pipeline.intake.media import LOST, File, digest_with, refs_of
from pipeline.intake.rows import Row, moment
from pipeline.intake.safe_text import cleaned, within
from schemas import ids, wire
from schemas.letter import Attachment, BlobRef, Content, Letter, MediaRef, NewFile, Said
from schemas.order import Raised
from schemas.quarantine import Quarantined
from schemas.topics import ALERT, INBOX, QUARANTINE, RECORD_BYTES_MAX, Topic

QUARANTINE_INLINE_BYTES_MAX = 600 * 1024
_SAID = tuple(Said.model_fields)
_NUL = b"\\u0000"
FLAG_LOST = "file_lost"
_NO_BYTES = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be produced."""

    topic: Topic
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Composed:
    """What one item became: its records (the one that carries it first), and how its rows are to be marked."""

    rows: tuple[Row, ...]
    item: UUID
    records: tuple[Outgoing, ...]
    revision: int = 1
    digest: str = ""
    error: str = ""
    is_fault: bool = False
    files: tuple[str, ...] = ()


def _headers(city: str, tag: str, item: UUID) -> list[tuple[str, bytes]]:
    return [wire.CONTENT_TYPE, ("city", city.encode()), ("tag", tag.encode()), ("item", str(item).encode())]


def digest_of(rows: Sequence[Row]) -> str:
    """Of a letter: over its pieces' hashes in their order, so that the same pieces always give the same digest."""
    return hashlib.sha256(b"".join(row.body_hash for row in rows)).hexdigest()


def said_item(row: Row) -> Composed:
    """A status or instruction goes out as it was stored."""
    item = row.item
    if item is None:
        raise ValueError("the row is a letter's piece")
    return Composed(
        (row,), item, (Outgoing(INBOX, str(item).encode(), row.body, _headers(row.city, row.channel, item)),)
    )


def _identity(rows: Sequence[Row], files: Mapping[str, File]) -> tuple[UUID, str, int, UUID]:
    letter = rows[0].letter
    if letter is None:
        raise ValueError("the row is no letter's piece")
    digest = digest_with(digest_of(rows), files)
    sent = rows[0].digest
    revision = rows[0].revision + (1 if sent and sent != digest else 0)
    return letter, digest, revision, ids.revision_id(letter, digest)


def letter(
    rows: Sequence[Row],
    read: Normalised,
    city_key: bytes,
    blobs: BlobStore,
    fetched: Mapping[str, File] | None = None,
) -> Composed:
    """The letter that *rows* make, as it was *read*. Raises Unavailable (blob store), ValueError (a forged file).

    *fetched*: what is known of the files that peers hold; None where nobody fetches them.
    """
    content = read.content
    settled = _settled(content, fetched) if fetched else {}
    letter_id, digest, revision, item = _identity(rows, settled)
    first = rows[0]
    metas = [from_json(row.meta) for row in rows]
    files = {ref["sha256"] for meta in metas for ref in meta["files"]}
    attachments = tuple(
        _fetched(file, settled.get(file.ref, LOST)) if isinstance(file, MediaRef) else file
        for file in content.attachments
        if not isinstance(file, NewFile)
    )
    if any(
        file.state == "kept" and file.sha256 not in files and not blobs.exists(file) for file in attachments
    ):
        raise ValueError("a file that nobody handed in")
    text, text_blob = _text(content.text, blobs)
    said = {name: getattr(content, name) for name in _SAID} | {"text": text}
    if any(not file.sha256 for file in settled.values()):
        said["flags"] = (*content.flags[:49], FLAG_LOST)
    made = Letter(
        **said,
        id=letter_id,
        revision=revision,
        digest=digest,
        pieces=len(rows),
        number=first.number,
        code_hash=numbers.code_hash(city_key, first.number, numbers.query_code(city_key, letter_id)),
        city=first.city,
        mailbox=first.mailbox,
        channel=first.channel,
        account=metas[0]["account"],
        external_id=metas[0]["external_id"],
        person=numbers.person_ref(city_key, content.sender),
        received_at=moment(first.received_us),
        attachments=attachments,
        text_blob=text_blob,
        raw=tuple(_blob(row, blobs) for row in rows if row.blob),
    )
    made, value = _bounded(made, blobs)
    records = [Outgoing(INBOX, str(letter_id).encode(), value, _headers(first.city, "letter", item))]
    if read.cue:
        raised = Raised(
            id=ids.event_id(letter_id, "raised", item), city=first.city, number=first.number, letter_id=letter_id,
            cue=read.cue, at=made.received_at,
        )  # fmt: skip
        records.append(
            Outgoing(
                ALERT, str(letter_id).encode(), wire.encode(raised), _headers(first.city, "raised", item)
            )
        )
    may_change = first.pieces != 1 or fetched is not None
    return Composed(tuple(rows), item, tuple(records), revision, digest if may_change else "")


def _settled(content: Content, fetched: Mapping[str, File]) -> dict[str, File]:
    return {ref: fetched[ref] for ref in refs_of(content) if ref in fetched and fetched[ref].settled}


def _fetched(media: MediaRef, file: File) -> Attachment:
    if file.sha256:
        return Attachment(
            sha256=file.sha256, size_bytes=file.size_bytes, name=media.name, media_type=media.media_type
        )
    return Attachment(
        sha256=_NO_BYTES, size_bytes=0, name=media.name, media_type=media.media_type, state="pending"
    )


def _text(text: str, blobs: BlobStore) -> tuple[str, BlobRef | None]:
    kept = within(text)
    return kept, None if kept == text else blobs.write(text.encode())


def _bounded(made: Letter, blobs: BlobStore) -> tuple[Letter, bytes]:
    """The letter as it fits into a record; what has to go stands in a blob of the whole letter, which is flagged."""
    value = wire.encode(made)
    if _NUL in value:
        made = cleaned(made)
        value = wire.encode(made)
    if len(value) <= RECORD_BYTES_MAX:
        return made, value
    whole = blobs.write(value)
    made = made.model_copy(
        update={"turns": (), "thread": (), "flags": (*made.flags, "cut")[:50], "raw": (*made.raw, whole)}
    )
    value = wire.encode(made)
    if len(value) > RECORD_BYTES_MAX:
        raise ValueError("larger than a record")
    return made, value


def _blob(row: Row, blobs: BlobStore) -> BlobRef:
    ref = BlobRef(sha256=row.blob, size_bytes=0)
    return BlobRef(sha256=row.blob, size_bytes=blobs.path(ref).stat().st_size)


def quarantined(rows: Sequence[Row], why: Unreadable, at_us: int, blobs: BlobStore) -> Composed:
    """The quarantine record of *rows*, with their bytes: inline where they are few, else as blobs. Raises Unavailable."""
    letter_id, digest, revision, item = _identity(rows, {})
    first = rows[0]
    inline = sum(len(row.body) for row in rows) <= QUARANTINE_INLINE_BYTES_MAX
    pieces = tuple(
        _blob(row, blobs) if row.blob else row.body if inline else blobs.write(row.body) for row in rows
    )
    record = Quarantined(
        id=ids.event_id(letter_id, "quarantined", item), item_id=item, origin="door", city=first.city,
        channel=first.channel, number=first.number, error=why.error, detail=why.detail, pieces=pieces,
        received_at=moment(first.received_us), at=moment(at_us),
    )  # fmt: skip
    out = Outgoing(
        QUARANTINE, str(record.id).encode(), wire.encode(record), _headers(first.city, "quarantined", item)
    )
    return Composed(
        tuple(rows), item, (out,), revision, digest if first.pieces != 1 else "", why.error, why.is_fault
    )


def request_pieces(rows: Sequence[Row], blobs: BlobStore) -> tuple[tuple[bytes, bytes, str], ...]:
    """The rows as the worker reads them."""
    return tuple(
        (row.meta, row.body, str(blobs.path(BlobRef(sha256=row.blob, size_bytes=0))) if row.blob else "")
        for row in rows
    )
