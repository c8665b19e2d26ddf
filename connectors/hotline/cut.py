"""A batch into pieces: every call one, every row that cannot be taken one. Pure, run in the worker.

A call's key is its name and the digest of all that counts, so that the same transcript again, in a file of another
name or by a push, is the same piece, and a corrected one a revision of the same letter.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from connectors.hotline.formats import items_of
from connectors.hotline.items import Bad, Good, Item
from connectors.hotline.reading import reading_of
from schemas.letter import Raw

JSON_TYPE = "application/json"


class BadRow(BaseModel):
    """The body of a piece that stands for a row that cannot be taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    line: int
    problem: str = Field(max_length=500)
    source: str = ""


class Quarantine(BaseModel):
    """``{"bad_row": …}``: what makes such a body unlike any call."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bad_row: BadRow


def cut(batch: Raw) -> Sequence[Raw]:
    """The pieces of a file, in its order. Raises BadTranscript where the file as a whole cannot be taken."""
    digest = hashlib.sha256(_bytes(batch)).hexdigest()
    return [_piece(batch, item, digest) for item in cut_items(batch)]


def cut_items(batch: Raw) -> list[Item]:
    """What the pieces are made of, one by one. Raises BadTranscript."""
    return items_of(_bytes(batch), reading_of(batch.reading))


def _bytes(batch: Raw) -> bytes:
    if not isinstance(batch.body, bytes):
        raise TypeError("the worker loads a batch's bytes before it is cut")
    return batch.body


def batch(account: str, body: bytes, reading: str, received_at: datetime) -> Raw:
    """A file as it is handed in."""
    digest = hashlib.sha256(body).hexdigest()
    return Raw(
        account=account, external_id=f"file:{digest}", conversation=f"file:{digest}", letter_key=f"file:{digest}",
        is_batch=True, reading=reading, body=body, received_at=received_at, on_conflict="again",
    )  # fmt: skip


def key_of(good: Good) -> str:
    """The external id of a call."""
    return f"{good.call.call_id}:{good.call.digest()[:40]}"


def _piece(batch: Raw, item: Item, digest: str) -> Raw:
    match item:
        case Good(call=call):
            return Raw(
                account=batch.account, external_id=key_of(item), conversation=call.call_id, letter_key=call.call_id,
                pieces=0, media_type=JSON_TYPE, body=call.stored(), received_at=batch.received_at, on_conflict="again",
            )  # fmt: skip
        case Bad(line=line, problem=problem, source=source):
            row = Quarantine(bad_row=BadRow(line=line, problem=problem[:500], source=source))
            key = f"row:{digest}:{line}"
            return Raw(
                account=batch.account, external_id=key, conversation=key, letter_key=key, media_type=JSON_TYPE,
                body=row.model_dump_json().encode("utf-8", "replace"), received_at=batch.received_at,
                on_conflict="again",
            )  # fmt: skip
