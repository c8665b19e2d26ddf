"""A file of raw payloads to one line of JSON: its letters as the door would have read them, and what could not be read.

A channel that is ``ReadsFiles`` says which pieces, or batches, a peer's request with this body would have been; a file of
any other channel is one letter. Reading is done by the door's workers, so nothing in a file can stop the next one.
"""

import hashlib
import mimetypes
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.blobs import BlobStore
from pipeline.intake.answers import Normalised, Request, Result, Unreadable
from pipeline.intake.cutting import BATCH_MEMORY_BYTES, BATCH_S, CutWorker, checked
from pipeline.intake.worker import Worker
from pipeline.settings import Door
from schemas.errors import Malformed, Unavailable
from schemas.letter import BlobRef, Content, Raw
from schemas.ports import ReadsFiles

ACCOUNT = "offline"
LETTERS_AT_ONCE = 200

Group = Sequence[Raw]
Line = dict[str, Any]


class Unread(Exception):
    """A whole file, or one letter of it, could not be read; the arguments are kind and detail."""

    def as_json(self) -> dict[str, str]:
        """For the line."""
        return {"kind": str(self.args[0]), "detail": str(self.args[1])}


@dataclass(slots=True)
class Files:
    """Reads files of one channel. *source* is None where a file is one letter."""

    channel: str
    source: type[ReadsFiles] | None
    options: Mapping[str, str]
    worker: Worker
    cutter: CutWorker

    def line(self, name: str) -> Line:
        """What is printed for the file *name*."""
        try:
            groups = grouped(self._pieces(name, _body(name)))
        except Unread as error:
            return {"input": name, "error": error.as_json()}
        letters: list[Line] = []
        errors: list[Line] = []
        for index, result in enumerate(self._read(groups)):
            match result:
                case Normalised():
                    letters.append(as_letter(result.content))
                case _:
                    errors.append({"index": index, "error": _unreadable(result).as_json()})
        if errors and not letters:
            return {"input": name, "error": errors[0]["error"]} | (
                {"errors": errors} if len(errors) > 1 else {}
            )
        return {"input": name, "letters": letters} | ({"errors": errors} if errors else {})

    def _pieces(self, name: str, body: bytes) -> list[Raw]:
        if self.source is None:
            return [_one_letter(name, body)]
        try:
            given = self.source.from_file(body, Path(name).name, self.options)
            pieces: list[Raw] = []
            for raw in given:
                pieces += self._cut(raw) if raw.is_batch else (raw,)
        except Malformed as error:
            raise Unread("malformed", str(error)) from None
        except Unavailable as error:
            raise Unread("fault", str(error)) from None
        except (
            Exception
        ) as error:  # a stranger's plug-in may fail in any way; the next file is read all the same
            raise Unread("fault", type(error).__name__) from None
        return pieces

    def _cut(self, batch: Raw) -> Sequence[Raw]:
        if isinstance(batch.body, BlobRef):
            raise Malformed("the file is not here")
        return checked(batch, self.cutter.cut(self.channel, (_meta(batch), batch.body, "")))

    def _read(self, groups: Sequence[Group]) -> Iterator[Result]:
        for start in range(0, len(groups), LETTERS_AT_ONCE):
            requests = [
                Request(self.channel, tuple((_meta(raw), _bytes(raw), "") for raw in group))
                for group in groups[start : start + LETTERS_AT_ONCE]
            ]
            for request, result in zip(requests, self.worker.read(requests), strict=True):
                yield self.worker.read_alone(request) if result == "suspect" else result


@contextmanager
def reading(channel: str, source: type[ReadsFiles] | None, options: Mapping[str, str]) -> Iterator[Files]:
    """``Files`` with workers that end with it."""
    limits = Door()
    with tempfile.TemporaryDirectory(prefix="xinshu-normalise-") as folder:
        blobs, scratch = BlobStore(Path(folder, "blobs")), Path(folder, "scratch")
        worker = Worker([channel], blobs, scratch, limits.worker_memory_bytes, limits.worker_timeout_s)
        cutter = CutWorker([channel], blobs, scratch, BATCH_MEMORY_BYTES, BATCH_S)
        try:
            yield Files(channel, source, options, worker, cutter)
        finally:
            worker.kill()
            cutter.kill()


def grouped(pieces: Sequence[Raw]) -> list[Group]:
    """The pieces of each letter, in its order; letters in the order of their first pieces. The same again is once."""
    letters: dict[tuple[Any, ...], dict[tuple[str, bytes | BlobRef], Raw]] = {}
    for raw in pieces:
        own = (raw.external_id, raw.body)
        key = (raw.account, raw.letter_key) if raw.pieces != 1 else (raw.account, raw.letter_key, own)
        letters.setdefault(key, {}).setdefault(own, raw)
    # Counted pieces go by their numbers, those of a letter of open length as they came.
    return [
        sorted(found.values(), key=lambda raw: raw.piece_no if raw.pieces else 0)
        for found in letters.values()
    ]


def as_letter(content: Content) -> Line:
    """The content as a letter outside the line: no number, no city; when it came in is not known."""
    letter = content.model_dump(mode="json")
    letter["received_at"] = None
    letter["attachments"] = [
        # Of a file that the peer still holds nobody knows the size.
        {key: one.get(key) for key in ("name", "media_type", "size_bytes", "sha256")}
        for one in letter["attachments"]
    ]
    return letter


def _body(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Unread("file", error.strerror) from None


def _unreadable(result: Unreadable | str) -> Unread:
    if not isinstance(result, Unreadable):
        return Unread("fault", result)
    if result.is_fault:
        return Unread("fault", result.error)
    return Unread("malformed", result.detail or result.error)


def _one_letter(name: str, body: bytes) -> Raw:
    """What a connector would have said of the bytes, as far as a bare file tells."""
    digest = hashlib.sha256(body).hexdigest()
    return Raw(
        account=ACCOUNT, external_id=digest, conversation="", letter_key=digest, body=body,
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream", received_at=datetime.now(UTC),
    )  # fmt: skip


def _meta(raw: Raw) -> bytes:
    return raw.model_dump_json(exclude={"body"}).encode()


def _bytes(raw: Raw) -> bytes:
    if isinstance(raw.body, BlobRef):
        raise TypeError("a file's piece holds its bytes")
    return raw.body
