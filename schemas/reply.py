"""What a citizen is to be told."""

from typing import Literal
from uuid import UUID

from schemas.base import AwareDatetime, Name, Record


class Reply(Record):
    """One message to the sender of a letter, in plain words. It never repeats what the citizen wrote."""

    id: UUID
    city: Name
    number: str
    part: int
    letter_id: UUID
    about: Literal["accepted", "answered", "declined", "emergency", "linked", "escalated", "signed", "closed"]
    text: str
    cause: UUID
    at: AwareDatetime
