"""What is kept of a message (``Message``, canonical JSON), and ``normalise``, which joins the parts of a long one.

Parts are joined as bytes before they are decoded: a character may be cut where two parts meet. Flags: ``incomplete``
(parts are missing; where one is, the text has ……), ``charset_guessed``, ``base64`` (the text was base64 and is shown
decoded), ``media`` (the vendor holds pictures that were not fetched), ``text_cut``.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from connectors._charset import clean, codec_of, decode
from connectors.sms.fields import decoded
from schemas.errors import Malformed
from schemas.letter import TEXT_CHARACTERS_MAX, Content, Raw, Sender

HANDLE_MAX = 64
GAP = "……"
_UTF16 = "utf_16_be"

_CANONICAL = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
_CONTROLS = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\r\n|\r|\u2028|\u2029")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}\Z")
_SPOKEN = re.compile(r"[ \u3400-\u9fff]")
_HOME_PREFIX = re.compile(r"(?:\+|00)?86(?=1\d{10}\Z)")


class Message(BaseModel):
    """One message, or one part of a long one, as its vendor gave it.

    ``data`` is the text's bytes in hex where the vendor gave bytes, a part that may begin within a character; else
    ``text``. ``fault`` says why an element of an array is no message; then ``raw`` is all there is of it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    vendor: str = ""
    sender: str = ""
    receiver: str = ""
    id: str = ""
    sent_at: AwareDatetime | None = None
    text: str = ""
    data: str = ""
    charset: str = ""
    charset_guessed: bool = False
    udh: str = ""
    part_ref: str = ""
    part_no: int = Field(default=1, ge=1, le=255)
    parts: int = Field(default=1, ge=1, le=255)
    media: int = Field(default=0, ge=0)
    fault: str = ""
    raw: Any = None

    def stored(self) -> bytes:
        """The message as it is kept: equal messages are equal bytes. Raises Malformed."""
        kept = self.model_dump(exclude_defaults=True, exclude={"raw"}) | {"raw": self.raw}
        if self.sent_at is not None:
            kept["sent_at"] = self.sent_at.isoformat()
        try:
            return _CANONICAL.encode(kept).encode("ascii")
        except RecursionError:
            raise Malformed("nested too deep") from None

    def octets(self) -> tuple[bytes, str]:
        """The text's bytes and their charset."""
        if self.data:
            return bytes.fromhex(self.data), self.charset
        return self.text.encode(_UTF16), _UTF16


def phone_of(sender: str) -> str:
    """A mainland mobile number without the country's prefix; any other number as it came."""
    number = sender.rpartition(":")[2]
    number = re.sub(r"[\s()-]+", "", number)
    return _HOME_PREFIX.sub("", number)


def normalise(pieces: Sequence[Raw]) -> Content:
    """The letter that these parts make. Raises Malformed."""
    parts = sorted((_read(raw) for raw in pieces), key=lambda part: part.part_no)
    if not parts:
        raise Malformed("no message")
    head, numbers = parts[0], {part.part_no for part in parts}
    guessed = any(part.charset_guessed for part in parts)
    text, doubtful = _joined(parts)
    decoded = _from_base64(text)
    shown = _tidy(text if decoded is None else decoded)
    found = {
        "incomplete": len(numbers) < max(part.parts for part in parts),
        "charset_guessed": guessed or doubtful,
        "base64": decoded is not None,
        "media": any(part.media for part in parts),
        "text_cut": len(shown) > TEXT_CHARACTERS_MAX,
    }
    return Content(
        sender=Sender(handle=clean(head.sender)[:512], phone=clean(phone_of(head.sender))[:64]),
        text=shown[:TEXT_CHARACTERS_MAX],
        sent_at=min((part.sent_at for part in parts if part.sent_at is not None), default=None),
        flags=tuple(sorted(flag for flag, is_so in found.items() if is_so)),
    )


def _read(raw: Raw) -> Message:
    if not isinstance(raw.body, bytes):
        raise Malformed("a message is bytes")
    try:
        part = Message.model_validate(json.loads(raw.body))
        part.octets()
    except (ValidationError, ValueError, RecursionError):
        raise Malformed("not a message that was kept by this channel") from None
    if part.fault:
        raise Malformed(part.fault)
    return part


def _joined(parts: Sequence[Message]) -> tuple[str, bool]:
    """The text of all parts, …… where some are missing; and whether a charset was guessed."""
    words, doubtful, at = [], False, 1
    for run in _runs(parts):
        if run[0].part_no > at:
            words.append(GAP)
        data = b"".join(part.octets()[0] for part in run)
        text, guessed = text_of(data, run[0].octets()[1])
        words.append(text)
        doubtful, at = doubtful or guessed, run[-1].part_no + 1
    if at <= max(part.parts for part in parts):
        words.append(GAP)
    return "".join(words), doubtful


def _runs(parts: Sequence[Message]) -> Iterator[list[Message]]:
    """Parts that follow one another in one charset. Of a part that came twice the first holds."""
    single: dict[int, Message] = {}
    for part in parts:
        single.setdefault(part.part_no, part)
    run: list[Message] = []
    for part in single.values():
        if run and (part.part_no != run[-1].part_no + 1 or part.octets()[1] != run[-1].octets()[1]):
            yield run
            run = []
        run.append(part)
    yield run


def text_of(data: bytes, charset: str) -> tuple[str, bool]:
    """Bytes as text, and whether it was a guess. Half characters are shown as such, and so is an odd last byte."""
    if charset.strip().lower() in {"8-bit", "binary", ""}:
        return decode(data)  # nothing is declared
    name = {"ucs2": _UTF16, "ucs-2": _UTF16, "iso-10646-ucs-2": _UTF16}.get(charset.strip().lower(), charset)
    codec = codec_of(name) or ""
    if codec not in {_UTF16, "utf_16_le", "utf_16"}:
        return decoded(data, charset)
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf_16"
    text = data.decode(
        _UTF16 if codec == "utf_16" and data[:1] not in {b"\xff", b"\xfe"} else codec, "replace"
    )
    return clean(text), "\ufffd" in text


def _from_base64(text: str) -> str | None:
    """What stands in a text that is base64 from end to end: some carriers hand on long messages so, often cut."""
    if len(text) % 4 or not _BASE64.match(text):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    for cut in range(min(4, len(data))):
        try:
            meant = data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
        return meant if _SPOKEN.search(meant) and not _CONTROLS.search(meant) else None
    return None


def _tidy(text: str) -> str:
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", clean(text))).strip()
