"""What nobody could read, kept with its bytes until a person has looked."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record
from schemas.letter import BlobRef


class Quarantined(Record):
    """Bytes and the reason they could not be read. ``detail`` names the place, never the words.

    ``origin`` tells whose it was: a door's pieces (``item_id`` is the letter's revision), or an inbox record at
    (partition, offset) that the desk could not decode. Bytes over 256 KiB stand in the blob store.
    """

    id: UUID
    item_id: UUID
    origin: Literal["door", "desk"]
    city: Name
    channel: Name
    number: str
    error: str = Field(max_length=100)
    detail: str = Field(default="", max_length=500)
    pieces: tuple[bytes | BlobRef, ...] = Field(repr=False)
    received_at: AwareDatetime
    at: AwareDatetime
