"""A call as this channel knows it, whatever format it came in: ``Call``, its canonical JSON and its digest.

Equal calls are equal bytes. Field checks are lenient where a machine wrote the value (a number as text, milliseconds
as a float) and end in ``BadTranscript`` where nobody can know what was meant.
"""

import hashlib
import math
import re
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from schemas.errors import Malformed

Speaker = Literal["agent", "citizen", "unknown"]

CALL_ID_MAX = 200
TURNS_MAX = 20_000
BEIJING = timezone(timedelta(hours=8))
"""Call centres write the time on their clock, without a zone."""

_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFEFF))
_MS_MAX = 10**9
_CLOCK = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[ T]\s*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.(\d{1,6})\d*)?秒?|分)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?\Z",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})()()\Z", re.ASCII)


class BadTranscript(Malformed):
    """A file, a row or a push that cannot be taken. Its sentence is for the call centre's people: no word of a citizen."""


def plain(text: str) -> str:
    """Without control characters and lone surrogates, line ends as line feeds, blank edges gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _text(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return plain(str(value)) if isinstance(value, str | int | float) else value


def _line(value: object) -> object:
    value = _text(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _whole(value: object) -> object:
    """Milliseconds and counts: numbers, or numbers as text; nothing is None."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= _MS_MAX:  # also true of what is no number
        raise ValueError("not a number of milliseconds")
    return round(number)


def _share(value: object) -> object:
    """A confidence between 0 and 1; of a percentage, its share; of anything else None: it is a hint and no more."""
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    if 1 < number <= 100:
        number /= 100
    return number if 0 <= number <= 1 else None


Text = Annotated[str, BeforeValidator(_text)]
Line = Annotated[str, BeforeValidator(_line)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Share = Annotated[float | None, BeforeValidator(_share)]


class CallTurn(BaseModel):
    """What one speaker said without a break. ``channel`` is the recording's side, or the recogniser's label."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    seq: int = 0
    speaker: Speaker = "unknown"
    start_ms: Whole = None
    end_ms: Whole = None
    text: Text = Field(max_length=1_048_576)
    confidence: Share = None
    channel: Annotated[Line, Field(max_length=64)] = ""


class Call(BaseModel):
    """One call. ``text`` is what the agent wrote down; ``other`` what a table held in columns nobody mapped."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    call_id: Line = Field(min_length=1, max_length=CALL_ID_MAX)
    order_no: Line = Field(default="", max_length=200)
    phone: Line = Field(default="", max_length=64)
    name: Line = Field(default="", max_length=200)
    started_at: AwareDatetime | None = None
    place: Line = Field(default="", max_length=500)
    kind: Line = Field(default="", max_length=200)
    subject: Line = Field(default="", max_length=1000)
    text: Text = Field(default="", max_length=1_048_576)
    turns: tuple[CallTurn, ...] = Field(default=(), max_length=TURNS_MAX)
    defects: tuple[str, ...] = Field(default=(), max_length=20)
    other: dict[str, str] = Field(default={}, max_length=200)

    def stored(self) -> bytes:
        """The canonical JSON."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    def digest(self) -> str:
        """Over all that counts: what changes only in unmapped columns is the same call."""
        counted = self.__pydantic_serializer__.to_json(self, exclude_defaults=True, exclude={"other"})
        return hashlib.sha256(counted).hexdigest()

    def says_something(self) -> bool:
        return bool(self.text) or any(turn.text for turn in self.turns)


_SHORT = {"order_no": 200, "phone": 64, "name": 200, "place": 500, "kind": 200, "subject": 1000}
"""Characters of what stands beside the words of a call: no reason to refuse a letter."""


def made(fields: dict[str, Any]) -> Call:
    """The call of these fields, the short ones no longer than they may be.

    Raises BadTranscript where one is missing or unfit, or nothing was said.
    """
    cut = {name: fields[name][:most] for name, most in _SHORT.items() if isinstance(fields.get(name), str)}
    try:
        call = Call.model_validate(fields | cut)
    except ValidationError as error:
        raise BadTranscript(f"{place_of(error)}：无法读取") from None
    if not call.says_something():
        raise BadTranscript("没有通话内容")
    return call


def place_of(error: ValidationError) -> str:
    """Which field the first problem of *error* is in. Names come from our models, never from the input."""
    place = error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"]
    known = [str(step) for step in place if isinstance(step, int) or step.isidentifier()]
    return ".".join(known)[:80] or "内容"


def moment(value: object) -> datetime | None:
    """When a call began, as call centres write it; without a zone it is Beijing's. None where it cannot be read."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=BEIJING)
    text = " ".join(value.split()) if isinstance(value, str) else ""
    found = _CLOCK.match(text) or _COMPACT.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups(default="")
    try:
        when = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int(fraction.ljust(6, "0") or 0), tzinfo=BEIJING,
        )  # fmt: skip
        return when.replace(tzinfo=_zone(zone)) if zone else when
    except (ValueError, OverflowError):
        return None


def _zone(zone: str) -> timezone:
    if zone == "Z":
        return timezone.utc  # noqa: UP017 - one type for both branches
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
