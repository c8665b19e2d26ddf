"""An HTTP request written down in a case file, read as the host would read it.

    POST /api/letters?x=1
    content-type: application/json

    {"text": "…"}

The head ends at the first empty line; all after it is the body, byte for byte. Forms are taken apart here in the
plainest way; ``tests/pipeline/intake`` proves that the host reads every case file to the same request.
"""

import hashlib
import re
from datetime import datetime
from urllib.parse import parse_qsl, unquote_to_bytes

from schemas.errors import Malformed
from schemas.letter import FileRef
from schemas.ports import Request, Upload

_NAME = re.compile(rb'\bname="([^"]*)"')
_FILE_NAME = re.compile(rb'\bfilename="([^"]*)"')
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_CHINESE = ("gb2312", "gbk", "gb18030")

Form = tuple[list[tuple[bytes, bytes]], list[Upload]]


def read_case(case: bytes, *, received_at: datetime, nonce: str) -> Request:
    """The request of a case file. Raises Malformed where its form does not end."""
    head, body = split(case)
    request = head_of(head, received_at=received_at, nonce=nonce)
    content_type = request.headers.get("content-type", "")
    fields: list[tuple[bytes, bytes]] = []
    uploads: list[Upload] = []
    if content_type.startswith("multipart/form-data"):
        fields, uploads = _multipart(body, content_type)
        body = b""
    elif content_type.startswith("application/x-www-form-urlencoded"):
        fields = [
            (unquote_to_bytes(name.replace(b"+", b" ")), unquote_to_bytes(value.replace(b"+", b" ")))
            for name, _, value in (part.partition(b"=") for part in body.split(b"&") if part)
        ]
        body = b""
    return Request(
        method=request.method, path=request.path, query=request.query, headers=request.headers, body=body,
        fields=_decoded(fields, content_type), uploads=tuple(uploads), client=request.client,
        received_at=received_at, nonce=nonce,
    )  # fmt: skip


def split(case: bytes) -> tuple[bytes, bytes]:
    """Head and body."""
    for end in (b"\r\n\r\n", b"\n\n"):
        head, found, body = case.partition(end)
        if found and not (end == b"\n\n" and b"\r\n\r\n" in head):
            return head, body
    return case.rstrip(b"\r\n"), b""


def head_of(head: bytes, *, received_at: datetime, nonce: str) -> Request:
    """A request without a body."""
    first, *lines = head.decode("latin-1").splitlines()
    method, _, target = first.strip().partition(" ")
    path, _, query = target.partition("?")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
        if name
    }
    return Request(
        method=method, path=path, query=tuple(parse_qsl(query, keep_blank_values=True, errors="surrogateescape")), headers=headers, body=b"",
        fields=(), uploads=(), client="192.0.2.1", received_at=received_at, nonce=nonce,
    )  # fmt: skip


def _multipart(body: bytes, content_type: str) -> Form:
    found = _BOUNDARY.search(content_type)
    if not found:
        raise Malformed("multipart form without a boundary")
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + found[1].encode("latin-1"))
    if first or not parts or not parts[-1].startswith(b"--"):
        raise Malformed("the form ends too early")
    fields: list[tuple[bytes, bytes]] = []
    uploads: list[Upload] = []
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        name, file_name = _NAME.search(head), _FILE_NAME.search(head)
        if not separator or not name:
            raise Malformed("a part of the form without a name")
        if file_name is None:
            fields.append((name[1], content))
        elif file_name[1] or content:
            uploads.append(_upload(_text(name[1]), _text(file_name[1]), head, content))
    return fields, uploads


def _upload(field: str, name: str, head: bytes, content: bytes) -> Upload:
    types = [line.partition(b":")[2].strip().decode("latin-1") for line in head.split(b"\r\n")
             if line.lower().startswith(b"content-type:")]  # fmt: skip
    stem, dot, ending = name.rpartition(".")
    if len(name) > 255:
        name = stem[: 254 - len(ending)] + dot + ending if dot and len(ending) <= 16 else name[:255]
    file = FileRef(
        sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), name=name,
        media_type=(types or ["application/octet-stream"])[0][:255],
    )  # fmt: skip
    return Upload(field=field, file=file)


def _text(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _decoded(fields: list[tuple[bytes, bytes]], content_type: str) -> tuple[tuple[str, str], ...]:
    named = (
        b"".join(value for name, value in fields if name == b"_charset_").decode("latin-1") or content_type
    )
    chinese = any(charset in named.lower() for charset in _CHINESE)
    for encoding in ("gb18030", "utf-8") if chinese else ("utf-8", "gb18030"):
        try:
            return tuple((name.decode(encoding), value.decode(encoding)) for name, value in fields)
        except UnicodeDecodeError:
            continue
    return tuple(
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in fields
    )
