"""The parser worker: a process of its own in which connectors read what strangers wrote.

It has no secret, no Kafka and no spool; it may be killed at any moment. It reads requests from standard input and
answers each item by one frame on standard output:

    request   4 bytes length, pickle of [(channel, [(meta JSON, bytes, blob path or ""), …]), …]   parent → worker only
    answer    4 bytes length, one letter, payload: C cue, newline, content JSON · N cue, newline, files JSON, newline,
              content JSON · M why it is malformed · X type of an exception
    or
    request   4 bytes length, pickle of (channel, (meta JSON, bytes, blob path or "")): a batch
    answers   P 4 bytes length, meta JSON, bytes: one piece · E the end of the batch, or M or X instead

The cue of the danger that a letter speaks of is empty where it speaks of none. Answers are gathered and written together. So that its parent knows at which item it died or hangs, the item's place
in the request stands in the file ``progress``, mapped into memory. Files found inside a letter are written into
*scratch* and named in the answer. Its parent's end ends it.
"""

import json
import mmap
import os
import pickle
import resource
import signal
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.intake.frames import LENGTH, PROGRESS, raw_of
from pipeline.intake.safe_text import clean, within
from pipeline.judge.danger import danger_of
from pipeline.plugins import connector_class
from schemas.errors import Malformed
from schemas.letter import Content, NewFile, Raw
from schemas.ports import Normaliser

ANSWERS_BYTES = 64 * 1024
ANSWERS_S = 0.02
DETAIL_CHARACTERS_MAX = 500
_ORPHAN_S = 5.0
_NICENESS = 5
"""Behind its parent: who waits at the door waits for a yes, not for this."""

_names = count()


def _read(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise SystemExit(0)  # the parent closed the pipe
    return data


def _piece(meta: bytes, body: bytes, blob: str) -> Raw:
    return raw_of(meta, Path(blob).read_bytes() if blob else body)


def _answer(content: Content, scratch: Path) -> tuple[bytes, bytes]:
    kept = tuple(file for file in content.attachments if not isinstance(file, NewFile))
    files = []
    for place, file in enumerate(content.attachments):
        if isinstance(file, NewFile):
            name = f"{next(_names)}"
            (scratch / name).write_bytes(file.content)
            files.append([place, clean(file.name), clean(file.media_type), name])
    if files:
        content = content.model_copy(update={"attachments": kept})
    payload = content.__pydantic_serializer__.to_json(content)
    if files:
        payload = json.dumps(files).encode() + b"\n" + payload
    return b"N" if files else b"C", _cue(content) + b"\n" + payload


def _cue(content: Content) -> bytes:
    """Of the danger that the letter speaks of: looked for here, where it may take its time and keeps nobody waiting."""
    text = within(content.text)
    found = danger_of(content if text == content.text else content.model_copy(update={"text": text}))
    return clean(found.cue).replace("\n", " ").encode() if found is not None else b""


def _read_letter(
    normalise: Normaliser, pieces: Sequence[tuple[bytes, bytes, str]], scratch: Path
) -> tuple[bytes, bytes]:
    try:
        return _answer(normalise([_piece(*piece) for piece in pieces]), scratch)
    except Exception as error:
        return _no(error)


def _no(error: Exception) -> tuple[bytes, bytes]:
    match error:
        case Malformed():
            return b"M", clean(str(error))[:DETAIL_CHARACTERS_MAX].encode()
        case MemoryError():
            os._exit(3)  # nothing in this process can be trusted any more
        case _:
            return b"X", type(error).__name__.encode()


def _cut(channel: str, batch: tuple[bytes, bytes, str], answers: "_Answers") -> None:
    cutter: Any = connector_class(channel)
    try:
        for piece in cutter.cut(_piece(*batch)):
            if not isinstance(piece.body, bytes):
                raise TypeError("a piece of a batch holds its bytes")
            meta = piece.__pydantic_serializer__.to_json(piece, exclude={"body"})
            answers.add(b"".join((b"P", LENGTH.pack(len(meta)), meta, piece.body)))
    except Exception as error:
        answers.add(b"".join(_no(error)))
    else:
        answers.add(b"E")


class _Answers:
    """Written when they are many, or when one has taken its time."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._frames = bytearray()
        self._written = time.monotonic()

    def add(self, frame: bytes) -> None:
        self._frames += LENGTH.pack(len(frame))
        self._frames += frame
        if len(self._frames) >= ANSWERS_BYTES or time.monotonic() - self._written > ANSWERS_S:
            self.write()

    def write(self) -> None:
        # The parent may be long in coming for what was read ahead; if it is gone, writing ends us.
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._sink.write(self._frames)
        self._sink.flush()
        self._frames.clear()
        self._written = time.monotonic()


def work(source: BinaryIO, sink: BinaryIO, channels: Sequence[str], scratch: Path, timeout_s: float) -> None:
    """Answer until the parent closes *source*."""
    readers: dict[str, Normaliser] = {channel: connector_class(channel).normalise for channel in channels}
    answers = _Answers(sink)
    with (scratch / PROGRESS).open("r+b") as file:
        progress = mmap.mmap(file.fileno(), LENGTH.size)
    answers.add(b"R")
    answers.write()
    while True:
        request: Any = pickle.loads(_read(source, *LENGTH.unpack(_read(source, 4))))  # noqa: S301 - from our parent
        if isinstance(request, tuple):
            signal.setitimer(signal.ITIMER_REAL, timeout_s + _ORPHAN_S)
            _cut(request[0], request[1], answers)
            request = ()
        for place, (channel, pieces) in enumerate(request):
            LENGTH.pack_into(progress, 0, place)
            # If the parent is gone nobody else ends a parser that hangs: SIGALRM does.
            signal.setitimer(signal.ITIMER_REAL, timeout_s + _ORPHAN_S)
            answers.add(b"".join(_read_letter(readers[channel], pieces, scratch)))
        answers.write()


def main() -> None:
    """Arguments: scratch folder, memory in bytes, seconds per item, channels."""
    scratch, memory_bytes, timeout_s, *channels = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    # Whatever a parser prints must not mix with our answers.
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)
    work(
        os.fdopen(0, "rb", buffering=1 << 16, closefd=False), sink, channels, Path(scratch), float(timeout_s)
    )


if __name__ == "__main__":
    main()
