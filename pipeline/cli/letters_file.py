"""Letters as ``judge`` and ``compare`` read them: JSON lines ``{id, channel, text[, subject, sender, received_at, place]}``."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline import numbers
from pipeline.intake.safe_text import clean, within
from schemas import ids
from schemas.letter import TEXT_CHARACTERS_MAX, Letter, Place, Sender, kind_named

CITY = "offline"
_KEY = bytes(32)
"""Numbers and person references of offline letters mean nothing; they only have to be equal where they are equal."""


_YEARS = range(1900, 2200)


class Line(BaseModel):
    """One line. Other keys are ignored, so that exports of other programs can be read as they are."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str = Field(min_length=1, max_length=500)
    channel: str = Field(default="offline", pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    text: str
    subject: str = Field(default="", max_length=1000)
    sender: Sender = Sender()
    received_at: AwareDatetime | None = None
    place: Place | None = None
    kind: str | None = None

    @field_validator("id", mode="before")
    @classmethod
    def _id(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("sender", mode="before")
    @classmethod
    def _sender(cls, value: Any) -> Any:
        return Sender(handle=value) if isinstance(value, str) else value

    @field_validator("place", mode="before")
    @classmethod
    def _place(cls, value: Any) -> Any:
        return Place(text=value) if isinstance(value, str) else value

    @field_validator("received_at", mode="before")
    @classmethod
    def _received_at(cls, value: Any) -> Any:
        """A time without a zone is China's."""
        if isinstance(value, str) and (at := _time(value)) is not None:
            if not _YEARS.start <= at.year < _YEARS.stop:
                message = f"a year from {_YEARS.start} to {_YEARS.stop - 1}"
                raise ValueError(message)
            return f"{at.isoformat()}+08:00" if at.tzinfo is None else value
        return value

    def letter(self, now: datetime) -> Letter:
        """The letter that the desk would have seen."""
        kind, kind_said = kind_named(self.kind or "")
        letter_id: UUID = ids.letter_id(CITY, CITY, self.channel, CITY, self.id)
        said = json.dumps([self.subject, self.text], ensure_ascii=False).encode("utf-8", "surrogatepass")
        return Letter(
            id=letter_id, revision=1, digest=hashlib.sha256(said).hexdigest(), pieces=1,
            number=numbers.registration_number(_KEY, letter_id), code_hash="0" * 64, city=CITY, mailbox=CITY,
            channel=self.channel, account=CITY, external_id=self.id, person=numbers.person_ref(_KEY, self.sender),
            received_at=(self.received_at or now).astimezone(UTC), sender=self.sender, subject=self.subject,
            text=_kept(self.text), kind=kind, kind_said=kind_said, place=self.place,
        )  # fmt: skip


def _time(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _kept(text: str) -> str:
    """As the door keeps it: no NUL, no lone surrogate, no more than a record holds."""
    return within(clean(text[:TEXT_CHARACTERS_MAX]))


def lines(source: Iterable[bytes]) -> Iterator[tuple[int, Line | str]]:
    """Line number, and the letter or what is wrong with the line. Empty lines are passed over."""
    for number, written in enumerate(source, 1):
        if not written.strip():
            continue
        try:
            yield number, Line.model_validate(json.loads(written), strict=False)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            yield number, f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
        except (ValueError, RecursionError):
            yield number, "not JSON"
