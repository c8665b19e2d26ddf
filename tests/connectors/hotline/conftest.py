"""A store that cuts batches as the door does, and files of our own writing."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from connectors.hotline.cut import batch, cut
from connectors.hotline.reading import Reading
from schemas.errors import Unavailable
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredNew

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Store:
    """Stores all pieces of a batch or none; the same key is the same number again."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[str, str], Raw] = {}
        self.letters: dict[tuple[str, str], int] = {}
        self.calls = 0
        self.away = False
        self.before: Callable[[], Any] | None = None
        self.changed = asyncio.Event()

    async def __call__(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        self.calls += 1
        self.changed.set()
        if self.before is not None:
            self.before()
        if self.away:
            raise Unavailable("spool full", 0.05)
        pieces = [piece for raw in raws for piece in (cut(raw) if raw.is_batch else (raw,))]
        return tuple(self._stored(piece) for piece in pieces)

    def _stored(self, piece: Raw) -> Registered:
        key = (piece.account, piece.external_id)
        place = self.letters.setdefault((piece.account, piece.letter_key), len(self.letters) + 1)
        kind = RegisteredAgain if key in self.pieces else RegisteredNew
        self.pieces.setdefault(key, piece)
        return kind(number=f"{place:016}", query_code="10203040", letter_id=UUID(int=place))


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def cut_file() -> Callable[..., Sequence[Raw]]:
    """``cut_file(bytes, "calls.csv", columns=…)``: the pieces."""

    def pieces(data: bytes, file_name: str, **reading: Any) -> Sequence[Raw]:
        return cut(batch("wuyang", data, Reading(file_name=file_name, **reading).stored(), AT))

    return pieces
