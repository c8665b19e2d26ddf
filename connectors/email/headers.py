"""Header fields as mail programs really write them: encoded words, parameters, addresses, dates, ids.

Every function takes the field's raw bytes, is linear in them, and never raises. RFC 2047, 2231, 5322; broken forms
that are common in the field are read as they were meant.
"""

import binascii
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from connectors._charset import Decoded, decode

_WORD = re.compile(rb"=\?([^?\s*]{1,64})(?:\*[^?\s]{0,32})?\?([bBqQ])\?([^?]*)\?=")
_FOLD = re.compile(rb"\r\n|\r|\n")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_ID = re.compile(rb"<([^<>\s]{1,250})>")
_PARAMETER = re.compile(rb';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_SECTION = re.compile(r"^([^*]+)\*(?:([0-9]{1,3})(\*)?)?$")
_ADDRESS_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|<[^>]*+>?|[()]|\\.|[,;:]|[^"<>()\\,;:]+|.', re.DOTALL)
_ADDR_SPEC = re.compile(r"[^\s<>,;:\"()\[\]]{1,256}@[^\s<>,;:\"()@]{1,255}")
_ONE_DAY = timedelta(days=1)


class Mailbox(NamedTuple):
    """An address somebody claims, with the name shown beside it."""

    name: str
    address: str


def text_of(value: bytes, charset: str | None = None) -> Decoded:
    """A field's text on one line. *charset* is what the mail's body declares: the best hint for raw 8-bit fields.

    Encoded words of one charset that follow each other are joined as bytes first: mail programs cut them in the
    middle of a character.
    """
    value = _FOLD.sub(b"", value)
    pieces: list[str] = []
    guessed = False
    waiting = b""
    waiting_charset = ""

    def flush() -> None:
        nonlocal waiting, guessed
        if waiting:
            decoded = decode(waiting, waiting_charset)
            guessed |= decoded.guessed
            pieces.append(decoded.text)
            waiting = b""

    end = 0
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        charset_of_word = word[1].decode("ascii", "replace").lower()
        if between.strip() or not end:
            flush()
            plain = decode(between, charset)
            guessed |= plain.guessed
            pieces.append(plain.text)
        elif charset_of_word != waiting_charset:
            flush()
        waiting_charset = charset_of_word
        waiting += _word_bytes(word[2], word[3])
        end = word.end()
    flush()
    rest = decode(value[end:], charset)
    pieces.append(rest.text)
    return Decoded(one_line("".join(pieces)), guessed or rest.guessed)


def one_line(text: str) -> str:
    """*text* with every run of white space, line ends and control characters as one space."""
    return _BLANKS.sub(" ", text).strip()


def _word_bytes(encoding: bytes, body: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(body.replace(b" ", b"_"), header=True)
    return unbase64(body)[0]


def unbase64(data: bytes) -> tuple[bytes, bool]:
    """The bytes that *data* stands for, and whether something was wrong with it. What can be read is read."""
    try:
        return binascii.a2b_base64(data), False
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data.partition(b"=")[0])
        usable = len(kept) - (len(kept) % 4 == 1)
        kept = kept[:usable]
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)), True


def main_value(value: bytes) -> str:
    """The word before the first parameter, in lower case: a media type, a disposition, an encoding."""
    return value.partition(b";")[0].strip().lower().decode("ascii", "replace")


def parameters(value: bytes, charset: str | None = None) -> dict[str, str]:
    """The parameters of a field by lower-case name, RFC 2231 continuations joined, encoded words read even in quotes."""
    plain: dict[str, bytes] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for found in _PARAMETER.finditer(_FOLD.sub(b"", value)):
        quoted, bare = found[2], found[3]
        content = re.sub(rb"\\(.)", rb"\1", quoted) if quoted is not None else bare.strip()
        name = found[1].lower().decode("ascii", "replace")
        section = _SECTION.match(name)
        if section is None:
            plain.setdefault(name, content)
            continue
        number, encoded = int(section[2] or 0), section[2] is None or section[3] is not None
        sections.setdefault(section[1], {}).setdefault(number, (content, encoded))
    read = {name: _maybe_words(content, charset) for name, content in plain.items()}
    return read | {name: _joined(parts, charset) for name, parts in sections.items()}


def _maybe_words(content: bytes, charset: str | None) -> str:
    return text_of(content, charset).text if b"=?" in content else decode(content, charset).text


def _joined(parts: dict[int, tuple[bytes, bool]], charset: str | None) -> str:
    data = b""
    declared = charset
    for place, number in enumerate(sorted(parts)):
        content, encoded = parts[number]
        if encoded and place == 0 and content.count(b"'") >= 2:
            label, _, content = content.split(b"'", 2)
            declared = label.decode("ascii", "replace") or charset
        data += unquote_to_bytes(content) if encoded else content
    return decode(data, declared).text


def mailbox(value: bytes, charset: str | None = None) -> Mailbox:
    """The first address of a From or Reply-To field, or only a name where there is none.

    The address is what stands in the first angle brackets outside quotes, so a name that looks like an address
    (``"boss@gov.cn" <x@evil.example>``) is only a name.
    """
    found = _first_mailbox(_FOLD.sub(b"", value), charset)
    if not found.address and b"=?" in value:
        return _first_mailbox(text_of(value, charset).text.encode(), "utf-8")
    return found


def _first_mailbox(value: bytes, charset: str | None) -> Mailbox:
    words: list[bytes] = []
    comment: list[bytes] = []
    depth = 0
    at_seen = nobody = False
    for found in _ADDRESS_TOKEN.finditer(value):
        token = found[0]
        if token == b"(":
            depth += 1
        elif token == b")":
            depth = max(0, depth - 1)
        elif depth:
            comment.append(token)
        elif token.startswith(b"<"):
            address = address_of(token.strip(b"<>"))
            if address:
                return Mailbox(text_of(_unquoted(words), charset).text, address)
            nobody = True
        elif token in (b",", b";") and at_seen:
            break
        elif token == b"," and nobody:
            words, nobody = [], False
        else:
            at_seen |= b"@" in token and token[:1] != b'"'
            words.append(token)
    said = text_of(_unquoted(words), charset).text
    bare = _ADDR_SPEC.search(said)
    name = text_of(b"".join(comment), charset).text or said[: bare.start() if bare else None]
    return Mailbox(one_line(name), address_of(b"".join(words)))


def _unquoted(words: list[bytes]) -> bytes:
    return b"".join(
        re.sub(rb"\\(.)", rb"\1", word.strip(b'"')) if word[:1] == b'"' else word for word in words
    )


def address_of(value: bytes) -> str:
    """The address in *value* in lower case, or an empty string."""
    found = _ADDR_SPEC.search(decode(value).text)
    return found[0].lower()[:320] if found else ""


def date(value: bytes, received_at: datetime) -> datetime | None:
    """A Date field in UTC, or None where it is missing, unreadable, before 1990 or more than a day ahead of us."""
    try:
        said = parsedate_to_datetime(_zone_in_digits(value[:200].decode("ascii", "replace")))
        said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return said if said.year >= 1990 and said <= received_at + _ONE_DAY else None


def _zone_in_digits(said: str) -> str:
    """``GMT+8`` and ``+08:00`` as RFC 5322 writes them; CST is China's time here."""
    said = re.sub(r"\bCST\b", "+0800", said)
    return re.sub(
        r"(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?(?=\s*(?:\(|$))",
        lambda found: f"{found[1]}{int(found[2]):02d}{found[3] or '00'}",
        said,
    )


def message_ids(value: bytes) -> tuple[str, ...]:
    """The ids in a References or In-Reply-To field, in their order."""
    return tuple(decode(found).text for found in _ID.findall(value))
