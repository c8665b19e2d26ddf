"""What a citizen is to be told."""

from typing import Literal
from uuid import UUID

from schemas.base import AwareDatetime, Name, Record


class Reply(Record):
    """One message to the sender of a letter, in plain words. It never repeats what the citizen wrote.

    ``part`` 0: it speaks of all parts of a letter with several. ``noted``: what the sender said was taken note of.
    """

    id: UUID
    city: Name
    number: str
    part: int
    letter_id: UUID
    about: Literal[
        "accepted", "answered", "declined", "emergency", "linked", "escalated", "signed", "closed", "noted"
    ]
    text: str
    cause: UUID
    at: AwareDatetime
