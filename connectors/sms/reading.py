"""One vendor's fields to one ``Message``, by its map. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from connectors.sms.fields import Fields, first, in_charset, octets, whole, word
from connectors.sms.mapping import Map
from connectors.sms.payload import HANDLE_MAX, Message, text_of
from connectors.sms.times import moment_of
from schemas.errors import Malformed

RAW_CHARACTERS_MAX = 4096
_ENCODED = re.compile(r"(?=.*%[89A-Fa-f][0-9A-Fa-f])(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9_.~*+-])+\Z")
_DIGIT = re.compile(r"\d")
_NO_HALF = re.compile("[\ud800-\udfff]")


class _Words(NamedTuple):
    """A text, or its bytes and charset."""

    text: str = ""
    data: bytes = b""
    charset: str = ""


class Place(NamedTuple):
    """Where a part stands in a long message."""

    ref: str = ""
    no: int = 1
    of: int = 1


def is_receipt(map_: Map, fields: Any) -> bool:
    """Whether it tells about a message of ours that was delivered, and is none of a citizen's."""
    if not map_.receipts_have_text and word(fields, map_.text):
        return False
    for name, wanted in map_.receipts.items():
        said = word(fields, (name,))
        if said and wanted in {"*", said}:
            return True
    return False


def read(vendor: str, map_: Map, fields: Any, *, guessed: bool = False) -> Message:
    """The message that *fields* are. Raises Malformed, without a word of it."""
    if not isinstance(fields, Mapping):
        raise Malformed("a message that is no object")
    sender = word(fields, map_.sender)
    if not _DIGIT.search(sender) or len(sender) > HANDLE_MAX:
        raise Malformed(f"the field {'/'.join(map_.sender)} holds no number")
    if vendor == "tencent" and (nation := word(fields, ("nationcode",)).lstrip("+")) not in {"", "86"}:
        sender = f"+{nation}{sender}"[:HANDLE_MAX]
    udh = word_octets(fields, map_.udh)
    place = place_of_udh(udh) or _place(map_, fields)
    words = _words(map_, fields, in_parts=place.of > 1)
    sent = word(fields, map_.sent_at)
    return Message(
        vendor=vendor,
        sender=sender,
        receiver=word(fields, map_.receiver)[:HANDLE_MAX],
        id=word(fields, map_.id)[:256],
        sent_at=moment_of(sent, map_.time_format, _zone(map_.time_zone)) if sent else None,
        text=words.text,
        data=words.data.hex(),
        charset=words.charset,
        charset_guessed=guessed,
        udh=udh.hex(),
        part_ref=place.ref,
        part_no=place.no,
        parts=place.of,
        media=int(count) if _is_count(count := word(fields, map_.media)) else 0,
        raw=_raw(map_, fields),
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _raw(map_: Map, fields: Fields) -> dict[str, Any]:
    """All that the vendor said beside the text, which is kept already."""
    kept = {name: value for name, value in fields.items() if name not in map_.text}
    return {
        name: value[:RAW_CHARACTERS_MAX] if isinstance(value, str) else value for name, value in kept.items()
    }


def _place(map_: Map, fields: Fields) -> Place:
    if not map_.part_no:
        return Place()
    ref, no, of = (word(fields, names) for names in (map_.part_ref, map_.part_no, map_.parts))
    if not (_is_count(no) and _is_count(of)):
        return Place()
    place = Place(ref[:64], int(no) + 1 - map_.parts_from, int(of))
    return place if 1 <= place.no <= place.of <= 255 and place.of > 1 else Place()


def _is_count(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 4


def place_of_udh(udh: bytes) -> Place | None:
    """The place that a user data header gives (8 or 16 bits of reference), or None."""
    at = 1
    while at + 2 <= len(udh):
        kind, size = udh[at], udh[at + 1]
        value = udh[at + 2 : at + 2 + size]
        if (kind, size) in {(0x00, 3), (0x08, 4)} and len(value) == size:
            of, no = value[-2], value[-1]
            return Place(value[:-2].hex(), no, of) if 1 <= no <= of and of > 1 else None
        at += 2 + size
    return None


def word_octets(fields: Any, names: tuple[str, ...]) -> bytes:
    """The bytes of a header given as bytes, as hex, or percent-encoded once more."""
    value = first(fields, names)
    if not isinstance(value, str) or not value:
        return b""
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", value) and int(value[:2], 16) == len(value) // 2 - 1:
        return bytes.fromhex(value)
    return unquote_to_bytes(octets(value)) if "%" in value else octets(value)


def _words(map_: Map, fields: Fields, *, in_parts: bool) -> _Words:
    value = first(fields, map_.text)
    charset = word(fields, map_.charset_field) or map_.charset
    if isinstance(value, bytes):
        return _of_bytes(value, charset, in_parts=in_parts)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if value is None and not map_.text_required:
        value = ""
    if not isinstance(value, str):
        raise Malformed(f"the field {'/'.join(map_.text)} is missing or no text")
    try:
        data = _bytes_in(value, map_, named=bool(map_.charset_field))
    except (binascii.Error, ValueError):
        raise Malformed(f"the field {'/'.join(map_.text)} is not {map_.text_form}") from None
    if data is not None:
        return _of_bytes(data, charset, in_parts=in_parts)
    value = in_charset(value, map_.charset)
    if _NO_HALF.search(value):  # a part that begins or ends within a character
        return _Words(data=value.encode("utf-16-be", "surrogatepass"), charset="utf-16-be")
    return _Words(text=value.replace("\x00", ""))


def _bytes_in(value: str, map_: Map, *, named: bool) -> bytes | None:
    """The bytes that *value* stands for; None where it stands for itself."""
    match map_.text_form:
        case "hex":
            return bytes.fromhex(value)
        case "base64":
            return base64.b64decode(value, validate=True)
        case "percent":
            return unquote_to_bytes(value.replace("+", " ").encode("utf-8", "surrogatepass"))
        case "auto" if _ENCODED.match(value):
            return unquote_to_bytes(value.replace("+", " "))
        case "auto" | "plain":
            return octets(value) if named or _is_escaped(value) else None


def _is_escaped(value: str) -> bool:
    """Whether bytes of a form stand in *value* as surrogates, rather than halves of characters of JSON."""
    found = _NO_HALF.findall(value)
    return bool(found) and all("\udc80" <= one <= "\udcff" for one in found)


def _of_bytes(data: bytes, charset: str, *, in_parts: bool) -> _Words:
    if in_parts:
        return _Words(data=data, charset=charset)
    text, guessed = text_of(data, charset)
    return _Words(data=data, charset=charset) if guessed else _Words(text=whole(text))
