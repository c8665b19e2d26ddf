"""Reads one request's body under limits: bytes, fields, files, seconds. Nothing here knows a channel.

Small bodies (JSON, urlencoded, XML) are held in memory up to ``SMALL_BODY_BYTES_MAX``; multipart bodies are streamed
through ``host_multipart`` to disk and never held. Chinese forms that declare gb2312 or gbk, or that simply are not
UTF-8, are read as gb18030, which contains both.

Raises TooLarge (the limit was passed; reading stopped there), Malformed, and Gone where the peer hung up.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from pipeline.intake.host_multipart import FormReader, Staged
from schemas.errors import Malformed, TooLarge

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

SMALL_BODY_BYTES_MAX = 1024 * 1024
WORDS_BYTES_MAX = 1024 * 1024 + 64 * 1024
FIELDS_MAX = 1000
SMALL_BODY_TIMEOUT_S = 30.0
FORM_TIMEOUT_S = 300.0
"""25 MiB over a line of 1 Mbit/s take 210 s."""


class Gone(Exception):
    """The peer hung up before its request was complete. Nobody is left to answer."""


class TooSlow(Malformed):
    """The body did not arrive in time."""


@dataclass(slots=True)
class Body:
    """What arrived. Filled while reading, so that a refusal still knows the fields that came before it."""

    raw: bytes = field(default=b"", repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    staged: list[Staged] = field(default_factory=list, repr=False)
    complete: bool = False


async def read_body(
    receive: Receive, headers: dict[str, str], body: Body, *, bytes_max: int, stage: Callable[[], Any]
) -> None:
    """Fill *body* from *receive*, or raise. *stage* opens a file in the blob store for one upload."""
    content_type = headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    multipart = kind == "multipart/form-data"
    limit = bytes_max if multipart else min(bytes_max, SMALL_BODY_BYTES_MAX)
    too_large = _declared(headers) > limit
    if too_large and not multipart:
        raise TooLarge(limit)
    try:
        async with asyncio.timeout(FORM_TIMEOUT_S if multipart else SMALL_BODY_TIMEOUT_S):
            if multipart:
                # Of a form that says itself that it is too large, the first fields are read: people's words.
                chunks = _chunks(receive, min(limit, WORDS_BYTES_MAX) if too_large else limit)
                await _read_multipart(chunks, content_type, body, stage)
            else:
                body.raw = await _read_small(receive, limit)
    except TimeoutError:
        raise TooSlow("the body did not arrive in time") from None
    except TooLarge:
        raise TooLarge(limit) from None
    body.complete = True
    if kind == "application/x-www-form-urlencoded":
        body.fields = decoded(urlencoded(body.raw), _charset(content_type))
        body.raw = b""


async def drain(receive: Receive, *, bytes_max: int, timeout_s: float) -> None:
    """Throw away what a refused peer still sends, for a while: a browser reads the answer only after sending."""
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in _chunks(receive, bytes_max):
                del chunk
    except (TimeoutError, TooLarge, Gone):
        return


def urlencoded(raw: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a urlencoded form, still in the sender's charset. Raises Malformed on more than FIELDS_MAX."""
    if raw.count(b"&") >= FIELDS_MAX:
        raise Malformed("too many form fields")
    pairs = (part.partition(b"=") for part in raw.split(b"&") if part)
    return [
        (unquote_to_bytes(name.replace(b"+", b" ")), unquote_to_bytes(value.replace(b"+", b" ")))
        for name, _, value in pairs
    ]


def decoded(fields: list[tuple[bytes, bytes]], declared: str = "") -> tuple[tuple[str, str], ...]:
    """Form fields as text: by the charset that ``_charset_`` or the header names, else UTF-8, else gb18030."""
    named = next((value for name, value in reversed(fields) if name == b"_charset_"), b"")
    charset = (named.decode("ascii", "replace") or declared).strip().lower()
    chinese = charset in {"gb2312", "gbk", "gb18030", "cp936", "x-gbk", "hz-gb-2312"}
    for encoding in ("gb18030", "utf-8") if chinese else ("utf-8", "gb18030"):
        try:
            return tuple((name.decode(encoding), value.decode(encoding)) for name, value in fields)
        except UnicodeDecodeError:
            continue
    return tuple(
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in fields
    )


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def _declared(headers: dict[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


async def _chunks(receive: Receive, bytes_max: int) -> AsyncIterator[bytes]:
    read_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        read_bytes += len(chunk)
        if read_bytes > bytes_max:
            raise TooLarge(bytes_max)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


async def _read_small(receive: Receive, bytes_max: int) -> bytes:
    parts = [chunk async for chunk in _chunks(receive, bytes_max)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _read_multipart(
    chunks: AsyncIterator[bytes], content_type: str, body: Body, stage: Callable[[], Any]
) -> None:
    reader = FormReader(content_type, stage, body.staged)
    try:
        async for chunk in chunks:
            reader.feed(chunk)
        reader.finish()
    finally:
        body.fields = decoded(reader.fields)
