"""What ``connectors.contract`` tries a connector with: its case files, spoiled ones, strange requests, every error."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from schemas.errors import (
    Conflict,
    FieldError,
    Malformed,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
    Untrusted,
)
from schemas.letter import Raw, RegisteredAgain, RegisteredNew

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NONCE = "0123456789abcdef" * 2
CUTS = 16
CANARY = "canary-7c1d09"
QUICK_TRIES = 3
PAUSE_S_MAX = 0.25
"""How long receive(), an answer or a listener may keep the door's event loop from everything else."""
READ_S_MAX = 2.0
"""How long normalise() may take for a case; the worker is killed at ten seconds."""

LETTER = UUID(int=1)
ONE = RegisteredNew(number="1111222233334444", query_code="10203040", letter_id=LETTER)
OTHER = RegisteredNew(number="5555666677778888", query_code="50607080", letter_id=LETTER)
AGAIN = RegisteredAgain(number=ONE.number, query_code=ONE.query_code, letter_id=LETTER)
STRANGE = (b"GET /", b"POST /", b"GET /../../etc/passwd", b"POST /\ncontent-type: application/json\n\n[]",
            b"POST /\ncontent-type: text/xml\n\n<", b"DELETE /", b"POST /\ncontent-type: \xff\n\n\x00\xff")  # fmt: skip


STRANGE_INSIDE = (b"%ff%D8%3D", b"9" * 400)
"""Bytes that are no text, written as a form or a query writes them; more than a field holds."""

_BESIDE = (".expected.json", ".options.json")
_NO_STORIES = frozenset({"settings.json", "peer.py"})


@dataclass(frozen=True, slots=True)
class Story:
    """One case file."""

    name: str
    path: Path

    @property
    def is_request(self) -> bool:
        """Whether it is a request to a webhook, and not a payload."""
        return self.path.suffix == ".http"

    @property
    def is_peer(self) -> bool:
        """Whether it is what a peer answers when a listener asks."""
        return self.path.suffix == ".peer"

    @property
    def options(self) -> Mapping[str, str] | None:
        """What ``from_file`` is told, where ``<story>.options.json`` stands beside the payload."""
        path = self.path.with_name(f"{self.name}.options.json")
        if not path.exists():
            return None
        options: dict[str, str] = json.loads(path.read_text("utf-8"))
        return options


def stories(cases: Path) -> Iterator[Story]:
    """The case files of a folder, by name."""
    if cases.is_dir():
        for path in sorted(cases.iterdir()):
            if path.is_file() and not path.name.endswith(_BESIDE) and path.name not in _NO_STORIES:
                yield Story(path.stem, path)


def expected_of(story: Story) -> Path:
    """Where the story's end is written."""
    return story.path.with_name(f"{story.name}.expected.json")


def secrets_in(settings: Any) -> Iterator[str]:
    """The plain values of every secret, however deep."""
    if isinstance(settings, SecretStr):
        yield settings.get_secret_value()
    elif hasattr(type(settings), "model_fields"):
        for name in type(settings).model_fields:
            yield from secrets_in(getattr(settings, name))
    elif isinstance(settings, dict):
        for value in settings.values():
            yield from secrets_in(value)
    elif isinstance(settings, list | tuple | set | frozenset):
        for value in settings:
            yield from secrets_in(value)


def every_error() -> tuple[Exception, ...]:
    """One of each error a webhook may be asked to put into words."""
    return (
        Malformed(CANARY), FieldError("text", "missing"), TooLarge(1024), Untrusted(CANARY), Refused(CANARY),
        Conflict(CANARY), Unavailable(CANARY, 30.0), TooMany(CANARY, 30.0), RuntimeError(CANARY), KeyError(CANARY), RecursionError(CANARY),
    )  # fmt: skip


def spoiled_heads(head: bytes) -> Iterator[bytes]:
    """The head of a request with something strange in its query, at many places."""
    line, rest = head.partition(b"\n")[0], head.partition(b"\n")[1:]
    start = line.find(b"?") + 1
    if start:
        places = sorted({start + (len(line) - start) * step // CUTS for step in range(CUTS)})
        yield from (b"".join((changed, *rest)) for changed in _with_strange(line, places))


def _with_strange(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    yield from (data[:place] + strange + data[place:] for place in places for strange in STRANGE_INSIDE)


def spoiled(payload: bytes) -> Iterator[bytes]:
    """Empty, cut at many places, with a byte changed or something strange put in at many places, and rubbish."""
    places = sorted({len(payload) * step // CUTS for step in range(CUTS)})
    yield b""
    yield from (payload[:place] for place in places)
    yield from _with_strange(payload, places)
    yield from (
        payload[:place] + bytes([payload[place] ^ 0xA5]) + payload[place + 1 :] for place in places if payload
    )
    yield from (b"\x00" * 64, b"\xff\xfe" * 64, b"{" * 5000, b"[" * 5000, payload + payload)


def piece(payload: bytes) -> Raw:
    """*payload* as the only piece of a letter."""
    return Raw(
        account="letters@city.example", external_id="case", conversation="case", letter_key="case", body=payload,
        received_at=AT,
    )  # fmt: skip


def quickest_s(work: Callable[[], object], enough_s: float) -> float:
    """Seconds that *work* takes; tried again where it took more than *enough_s*, for the machine may have been busy."""
    quickest = float("inf")
    for _ in range(QUICK_TRIES):
        began = time.monotonic()
        work()
        quickest = min(quickest, time.monotonic() - began)
        if quickest <= enough_s:
            break
    return quickest
