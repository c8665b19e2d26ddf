"""Streams a multipart form (RFC 7578): fields into memory under limits, files straight into the blob store's folder.

A file is *staged*: written and hashed, but neither fsynced nor under its name. Only when a connector has made a letter
of the request does the host commit the staged files that the letter names; a refused form leaves nothing behind. An
empty file part (``filename=""`` and no byte), which browsers send where nothing was chosen, is no file.

Raises Malformed for anything that is not a complete form within the limits; Unavailable where the disk is full.
"""

import logging
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote_to_bytes

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from schemas.errors import Malformed
from schemas.letter import BlobRef, FileRef
from schemas.ports import Upload

FIELD_BYTES_MAX = 1024 * 1024
PARTS_MAX = 100
FILES_MAX = 20
HEADERS_MAX = 8
HEADER_BYTES_MAX = 4096
FILE_NAME_CHARACTERS_MAX = 255

logging.getLogger("python_multipart").disabled = True
logging.getLogger("python_multipart.multipart").disabled = True
"""It warns of every form it cannot read, quoting bytes of it; the sender hears of it from us."""


class BlobWriter(Protocol):
    """What the host needs of a blob in the making (``pipeline.blobs``)."""

    def write(self, chunk: bytes) -> None: ...
    def ref(self) -> BlobRef: ...
    def commit(self) -> BlobRef: ...
    def abort(self) -> None: ...


class OpensBlob(Protocol):
    """Starts a blob."""

    def __call__(self) -> BlobWriter: ...


@dataclass(slots=True)
class Staged:
    """One uploaded file, on disk and hashed, not yet safe."""

    field: str
    name: str
    media_type: str
    writer: BlobWriter

    def upload(self) -> Upload:
        """As a connector sees it."""
        ref = self.writer.ref()
        file = FileRef(
            sha256=ref.sha256, size_bytes=ref.size_bytes, name=self.name, media_type=self.media_type
        )
        return Upload(field=self.field, file=file)


class FormReader:
    """Feed it chunks, then ``finish``. ``fields`` and *staged* fill up as parts arrive."""

    def __init__(self, content_type: str, stage: OpensBlob, staged: list[Staged]) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self._stage = stage
        self._staged = staged
        self._parts = 0
        self._field_bytes = 0
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._name = b""
        self._value: bytearray | None = None
        self._file: Staged | None = None
        self._file_bytes = 0
        self._ended = False
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise Malformed("multipart form without a boundary")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
                max_header_count=HEADERS_MAX,
                max_header_size=HEADER_BYTES_MAX,
            )
        except FormParserError:
            raise Malformed("multipart boundary too long") from None

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise Malformed("not a multipart form") from None

    def finish(self) -> None:
        """No more bytes will come. Raises Malformed where the closing boundary is missing."""
        if not self._ended:
            raise Malformed("the form ends too early")

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise Malformed("too many parts")
        self._headers = {}
        self._header = (bytearray(), bytearray())
        self._value = self._file = None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        kind, options = parse_options_header(disposition.decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise Malformed("a part of the form without a name")
        self._name = options[b"name"]
        file_name = _extended_name(disposition) or options.get(b"filename")
        if file_name is None:
            self._value = bytearray()
            return
        if len(self._staged) >= FILES_MAX:
            raise Malformed("too many files")
        media_type = self._headers.get(b"content-type", b"").decode("latin-1").strip()
        self._file_bytes = 0
        self._file = Staged(
            field=_text(self._name), name=bounded_name(_text(file_name)),
            media_type=media_type[:255] or "application/octet-stream", writer=self._stage(),
        )  # fmt: skip
        self._staged.append(self._file)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file_bytes += end - start
            self._file.writer.write(data[start:end])
        elif self._value is not None:
            self._field_bytes += end - start
            if self._field_bytes > FIELD_BYTES_MAX:
                raise Malformed("form fields too large")
            self._value.extend(data[start:end])

    def _part_end(self) -> None:
        if self._value is not None:
            self.fields.append((self._name, bytes(self._value)))
        elif self._file is not None and not self._file.name and not self._file_bytes:
            self._staged.remove(self._file)
            self._file.writer.abort()
        self._value = self._file = None

    def _end(self) -> None:
        self._ended = True


def bounded_name(name: str) -> str:
    """*name* in at most FILE_NAME_CHARACTERS_MAX characters, its ending kept."""
    if len(name) <= FILE_NAME_CHARACTERS_MAX:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 16:
        return name[:FILE_NAME_CHARACTERS_MAX]
    return stem[: FILE_NAME_CHARACTERS_MAX - len(ending) - 1] + dot + ending


def _text(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _extended_name(disposition: bytes) -> bytes | None:
    """``filename*=UTF-8''…`` (RFC 5987): forbidden in forms by RFC 7578, and yet what some HTTP clients send."""
    _, marker, rest = disposition.partition(b"filename*=")
    charset, quote, value = rest.partition(b"''")
    if not marker or not quote or charset.strip().lower() != b"utf-8":
        return None
    return unquote_to_bytes(value.partition(b";")[0].strip())
