"""The structure of a mail: which parts it has, read by the standard library under limits that it does not have itself.

The library's parser, given freely, can be stalled for minutes or broken by a mail of 50 KiB. So the head is measured
before it starts, parts and depth are counted while it runs, and it is never asked to decode anything. A mail beyond
a limit is Malformed; the error names the limit.
"""

import re
from collections.abc import Iterator
from email.errors import MessageDefect
from email.message import Message
from email.parser import BytesFeedParser
from email.policy import Compat32
from typing import Any

from connectors.email.headers import main_value, parameters
from schemas.errors import Malformed

MAIL_BYTES_MAX = 25 * 1024 * 1024
"""As sent. What a relay writes at the top (Return-Path, Received) may come on top of it."""
HEAD_BYTES_MAX = 256 * 1024
HEADER_BYTES_MAX = 16 * 1024
HEADERS_MAX = 500
PARTS_MAX = 200
DEPTH_MAX = 20
LINES_MAX = 500_000
"""25 MiB in lines of 60 characters fit; the parser's time grows with lines times depth."""

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)?")
_HEADER = re.compile(rb"[!-9;-~]*+[ \t]*+:|From ")
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


class _AsWritten(Compat32):
    """Fields are handed out as they came; what is not ASCII stands as surrogates."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        del name
        return value


_POLICY: Any = _AsWritten()


class Part(Message):
    """A mail or a part of one. A mail within a mail is a leaf: it is a file somebody enclosed."""

    _payload: object

    def __init__(self, policy: Any = _POLICY) -> None:
        super().__init__(policy=policy)
        self.depth = 0

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        if payload.depth > DEPTH_MAX:
            raise Malformed(f"parts nested deeper than {DEPTH_MAX}")
        super().attach(payload)

    def field(self, name: str) -> bytes:
        """The first field of this name as bytes, or empty bytes."""
        return as_bytes(self.get(name, ""))

    def every_field(self, name: str) -> list[bytes]:
        """All fields of this name, in their order."""
        return [as_bytes(value) for value in self.get_all(name, [])]

    def parameter(self, field: str, name: str) -> str:
        """A parameter of a field, decoded, or an empty string."""
        return parameters(self.field(field)).get(name, "")

    @property
    def media_type(self) -> str:
        """What the part is said to be, in lower case; text/plain where nothing sensible is said."""
        media_type = main_value(self.field("content-type"))
        return media_type if MEDIA_TYPE.fullmatch(media_type) else self.get_default_type()

    def get_content_type(self) -> str:
        # The parser asks, and would open whatever is called "message": enclosed mails and reports stay closed.
        return re.sub("^message/", "enclosed/", self.media_type)

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_boundary(self, failobj: Any = None) -> Any:
        boundary = self.parameter("content-type", "boundary").rstrip()
        return boundary.encode("utf-8", "replace").decode("ascii", "surrogateescape") if boundary else failobj

    @property
    def parts(self) -> "list[Part]":
        """The parts of a multipart, in order; none of a leaf."""
        return (
            [part for part in self._payload if isinstance(part, Part)]
            if isinstance(self._payload, list)
            else []
        )

    @property
    def content(self) -> bytes:
        """The bytes of a leaf as they were sent, transfer encoding included."""
        return as_bytes(self._payload) if isinstance(self._payload, str) else b""

    @property
    def faults(self) -> "list[MessageDefect]":
        """What the parser found wrong in this part."""
        return self.defects

    def walk_parts(self) -> "Iterator[Part]":
        """The part itself and all below it."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))


def as_bytes(text: str) -> bytes:
    """The bytes that the parser read as *text*."""
    try:
        return text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def parse(mail: bytes) -> Part:
    """The structure of *mail*. Raises Malformed where it is empty or beyond a limit."""
    if not mail.strip():
        raise Malformed("an empty mail")
    if len(mail) > MAIL_BYTES_MAX + HEAD_BYTES_MAX:
        raise Malformed(f"more than {MAIL_BYTES_MAX} bytes")
    if max(mail.count(b"\n"), mail.count(b"\r")) > LINES_MAX:
        raise Malformed(f"more than {LINES_MAX} lines")
    _measure_head(mail)
    made = 0

    def new_part(policy: Any = _POLICY) -> Part:
        nonlocal made
        made += 1
        if made > PARTS_MAX + 1:  # the mail itself is none of its parts
            raise Malformed(f"more than {PARTS_MAX} parts")
        return Part(policy)

    parser: BytesFeedParser[Part] = BytesFeedParser(new_part, policy=_POLICY)
    parser.feed(mail)
    root = parser.close()
    for part in root.walk_parts():
        _measure_fields(part)
    return root


def _measure_head(mail: bytes) -> None:
    """The head ends where the parser will end it: at the first line that is neither a field nor its continuation."""
    start = field_start = count = 0
    while start < len(mail):
        line = _LINE.match(mail, start)
        if line is None or not line[0].strip(b"\r\n"):
            return
        if line[0][:1] not in b" \t":
            if _HEADER.match(line[0]) is None:
                return
            field_start = start
            count += 1
        start = line.end()
        _check(start, start - field_start, count)


def _measure_fields(part: Part) -> None:
    sizes = [len(name) + len(value) for name, value in part.raw_items()]
    _check(sum(sizes), max(sizes, default=0), len(sizes))


def _check(head_bytes: int, header_bytes: int, headers: int) -> None:
    if head_bytes > HEAD_BYTES_MAX:
        raise Malformed(f"header fields larger than {HEAD_BYTES_MAX} bytes together")
    if header_bytes > HEADER_BYTES_MAX:
        raise Malformed(f"a header field larger than {HEADER_BYTES_MAX} bytes")
    if headers > HEADERS_MAX:
        raise Malformed(f"more than {HEADERS_MAX} header fields")
