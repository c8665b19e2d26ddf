"""From what connectors and the command line hand in to spool rows, and back to what their senders hear.

Here, before anything is stored, a piece gets its city and mailbox (its account names them), its scoped key and its
letter's id. Bytes over 256 KiB go to the blob store, fsynced, before their row is committed.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake.rows import NewRow, Stored, microseconds, moment
from pipeline.intake.safe_text import cleaned
from pipeline.intake.spool import Spool
from schemas import ids, wire
from schemas.errors import Conflict, Malformed, Unavailable
from schemas.inbox import Instruction, Status
from schemas.letter import BlobRef, Raw, Registered, RegisteredAgain, RegisteredConflict, RegisteredNew
from schemas.ports import Accept, Mailbox

INLINE_BYTES_MAX = 256 * 1024
BODY_BYTES_MAX = 64 * 1024 * 1024
_HASH_IN_PLACE_BYTES = 64 * 1024
_NO_TIME = moment(0)
_ROWS_AT_ONCE = 32
"""So many rows are made before everybody else on the loop has a turn."""

Cut = Callable[[str, Raw], Awaitable[Sequence[Raw]]]
"""A channel's batch to its pieces. Raises Malformed, Unavailable."""


def _sha(*parts: str | bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8))
        digest.update(data)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a status or instruction."""

    outcome: Literal["new", "again", "conflict"]
    item_id: UUID


class Intake:
    """Where pieces are handed in. *keys* are the cities' keys; *on_stored* is called after every commit."""

    def __init__(
        self,
        spool: Spool,
        blobs: BlobStore,
        keys: Mapping[str, bytes],
        on_stored: Callable[[], None],
        cut: Cut | None = None,
    ) -> None:
        self._cut = cut
        self._on_stored = on_stored
        self._spool = spool
        self._blobs = blobs
        self._keys = keys

    def accept_for(self, channel: str, accounts: Mapping[str, Mailbox]) -> Accept:
        """The ``Accept`` of one channel."""

        async def accept(raws: Sequence[Raw]) -> tuple[Registered, ...]:
            if any(raw.is_batch for raw in raws):
                raws = await self._pieces(channel, raws)
            rows = await self._rows(channel, accounts, raws)
            stored = await self._spool.store(rows)
            self._on_stored()
            if len(rows) > 1 and any(one.outcome == "conflict" for one in stored):
                raise Conflict("one of several pieces was stored before with another body; none is stored")
            if len(rows) > _ROWS_AT_ONCE:
                return await asyncio.to_thread(self._all_registered, rows, stored)
            return self._all_registered(rows, stored)

        return accept

    async def _pieces(self, channel: str, raws: Sequence[Raw]) -> Sequence[Raw]:
        """*raws* with every batch cut."""
        if self._cut is None:
            raise Malformed("no batches are taken here")
        pieces: list[Raw] = []
        for raw in raws:
            pieces += await self._cut(channel, raw) if raw.is_batch else (raw,)
        return pieces

    async def _rows(self, channel: str, accounts: Mapping[str, Mailbox], raws: Sequence[Raw]) -> list[NewRow]:
        rows = []
        for raw in raws:
            rows.append(await self._row(channel, accounts, raw))
            if len(rows) % _ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return rows

    def _all_registered(self, rows: Sequence[NewRow], stored: Sequence[Stored]) -> tuple[Registered, ...]:
        return tuple(self._registered(row, one) for row, one in zip(rows, stored, strict=True))

    def _registered(self, row: NewRow, stored: Stored) -> Registered:
        if stored.letter is None:
            return RegisteredConflict()
        kind = RegisteredNew if stored.outcome == "new" else RegisteredAgain
        code = numbers.query_code(self._keys[row.city], stored.letter)
        return kind(number=stored.number, query_code=code, letter_id=stored.letter)

    async def _row(self, channel: str, accounts: Mapping[str, Mailbox], raw: Raw) -> NewRow:
        place = accounts.get(raw.account)
        if place is None or place.city not in self._keys:
            raise Malformed("the settings know no such account")
        body, body_sha = await self._body(raw)
        if raw.on_conflict == "again":
            body_sha = _sha(raw.external_id)
        body_hash = _sha(
            body_sha, raw.media_type, *(part for file in raw.files for part in (file.sha256, file.name))
        )
        scope = (place.city, place.mailbox, channel, raw.account)
        by_body = (
            ids.letter_id(*scope, f"{raw.letter_key}\x1f{body_hash.hex()}")
            if raw.pieces > 1 or (raw.pieces == 1 and raw.on_conflict == "new")
            else None
        )
        letter = by_body if raw.pieces == 1 and by_body else ids.letter_id(*scope, raw.letter_key)
        return NewRow(
            key=_sha(*scope, raw.external_id, body_hash if raw.on_conflict == "new" else b""),
            body_hash=body_hash,
            item=None,
            letter=letter,
            letter_if_taken=by_body,
            city=place.city,
            mailbox=place.mailbox,
            channel=channel,
            conversation=_sha(channel, raw.account, raw.conversation)[:16],
            piece_no=raw.piece_no,
            pieces=raw.pieces,
            received_us=microseconds(raw.received_at),
            meta=raw.__pydantic_serializer__.to_json(raw, exclude={"body"}),
            body=body,
        )

    async def _body(self, raw: Raw) -> tuple[bytes | str, bytes]:
        if isinstance(raw.body, BlobRef):
            if not await asyncio.to_thread(self._blobs.exists, raw.body):
                raise Unavailable("blob store: bytes are not there")
            return raw.body.sha256, bytes.fromhex(raw.body.sha256)
        if len(raw.body) > BODY_BYTES_MAX:
            raise Malformed(f"a piece holds more than {BODY_BYTES_MAX} bytes")
        if len(raw.body) > INLINE_BYTES_MAX:
            ref = await asyncio.to_thread(self._blobs.write, raw.body)
            return ref.sha256, bytes.fromhex(ref.sha256)
        if len(raw.body) > _HASH_IN_PLACE_BYTES:
            return raw.body, await asyncio.to_thread(lambda: hashlib.sha256(raw.body).digest())  # type: ignore[arg-type]  # bytes, see above
        return raw.body, hashlib.sha256(raw.body).digest()

    async def say(self, item: Status | Instruction, key: str) -> Said:
        """Store what a case system or a person says; *key* makes saying it twice once. Raises Unavailable."""
        if item.city not in self._keys:
            raise Malformed("the settings know no such city")
        item = cleaned(item)
        # Said again, only the times differ.
        same = item.model_copy(update={"received_at": _NO_TIME, "at": _NO_TIME})
        row = NewRow(
            key=_sha("item", item.city, key),
            body_hash=_sha(wire.encode(same)),
            item=item.id,
            letter=None,
            letter_if_taken=None,
            city=item.city,
            mailbox="",
            channel=item.tag,
            conversation=_sha("item", item.city, item.number)[:16],
            piece_no=1,
            pieces=1,
            received_us=microseconds(item.received_at),
            meta=b"{}",
            body=wire.encode(item),
        )
        (stored,) = await self._spool.store([row])
        self._on_stored()
        return Said(stored.outcome, item.id)
