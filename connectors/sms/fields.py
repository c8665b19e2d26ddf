"""What a vendor sent, as fields: a JSON tree, or name and value pairs of a form or a query string.

Values of pairs are text. Bytes in them that are no UTF-8 stand as surrogate escapes, so that ``octets`` finds the
vendor's own bytes again. Nothing here knows a vendor.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from connectors._charset import clean, codec_of, decode
from schemas.errors import Malformed

PAIRS_MAX = 200
_UTF8 = frozenset({"utf-8", "UTF-8", "utf8"})
_JSON_STARTS = (b"{", b"[", b"\xef\xbb\xbf{", b"\xef\xbb\xbf[")

Fields = Mapping[str, Any]


def looks_like_json(body: bytes) -> bool:
    """Whether an object or array begins here."""
    return body.lstrip()[:4].startswith(_JSON_STARTS)


def from_json(body: bytes, charset: str) -> tuple[Any, bool]:
    """The tree, and whether its charset had to be guessed. Raises Malformed."""
    text, guessed = decoded(body.removeprefix(b"\xef\xbb\xbf"), charset or "utf-8")
    try:
        return json.loads(text, strict=False), guessed
    except (ValueError, RecursionError):
        raise Malformed("not whole JSON") from None


def decoded(data: bytes, charset: str) -> tuple[str, bool]:
    """*data* as text, and whether it was a guess: also where it says UTF-8 and is not."""
    if charset in _UTF8:
        try:
            return clean(data.decode()), False
        except UnicodeDecodeError:
            pass
    text, guessed = decode(data, charset)
    return text, guessed or (codec_of(charset) == "utf_8" and text.encode() != data.replace(b"\x00", b""))


def from_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Pairs as fields; of a name given twice the first value holds."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def from_query(raw: bytes) -> dict[str, Any]:
    """A query string or urlencoded body. Raises Malformed where it is none."""
    parts = [part.partition(b"=") for part in raw.strip().removeprefix(b"?").split(b"&") if part]
    if not any(equals for _, equals, _ in parts) or len(parts) > PAIRS_MAX:
        raise Malformed("neither JSON nor form fields")
    return from_pairs((_text(name), _text(value)) for name, _, value in parts)


def _text(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def octets(value: str) -> bytes:
    """The bytes a pair's value was sent as (where the host read it as UTF-8)."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def in_charset(value: str, charset: str) -> str:
    """*value* of a form whose vendor sends *charset*, while short words of it may have passed for UTF-8."""
    if codec_of(charset) != "gb18030" or value.isascii() or any("\u3400" <= one <= "\u9fff" for one in value):
        return value
    try:
        meant = octets(value).decode("gb18030")
    except UnicodeDecodeError:
        return value
    return meant if any("\u3400" <= one <= "\u9fff" for one in meant) else value


def field(fields: Any, name: str) -> Any:
    """The value under a dotted path, or None. What vendors write is compared exactly first, then without case."""
    if not isinstance(fields, dict):
        return None
    if name in fields:
        return fields[name]
    if "." not in name:
        return _without_case(fields, name)
    for step in name.split("."):
        if not isinstance(fields, dict):
            return None
        fields = fields[step] if step in fields else _without_case(fields, step)
    return fields


def _without_case(fields: Mapping[str, Any], name: str) -> Any:
    folded = name.lower()
    for key, value in fields.items():
        if len(key) == len(folded) and key.lower() == folded:
            return value
    return None


def first(fields: Any, names: Iterable[str]) -> Any:
    """The value of the first of *names* that is there."""
    for name in names:
        value = field(fields, name)
        if value is not None:
            return value
    return None


def word(fields: Any, names: Iterable[str]) -> str:
    """A short value as text: a number of any size as its digits; empty where there is none or it is no plain value."""
    value = first(fields, names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return whole(str(value)).strip()


def whole(text: str) -> str:
    """Without NUL, and without half characters."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


def elements(tree: Any, path: str) -> list[Any]:
    """The messages of a body: the array at *path*, or at the top, or the one object that it is. Raises Malformed."""
    inner = field(tree, path) if path and isinstance(tree, Mapping) else tree
    found = inner if isinstance(inner, list) else [inner]
    if not found or found == [None]:
        raise Malformed("no message in it")
    return found
