"""The letters of the last 90 days as arrays, with what a batch adds to them: kept by a commit, undone by an abort.

A batch's own letters stand in the same arrays as the committed ones, so that a later letter meets them exactly as it
would after the commit, however records were cut into batches. What the batch changed is written down beside it, and
``undo`` puts it back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import Candidate, Index, Trace
from pipeline.judge.relate.lookup import keys_of
from pipeline.judge.relate.ring import Ring
from pipeline.judge.relate.table import RECORD

BATCH_LETTERS_MAX = 5000
"""Letters of one transaction: the arrays have room for so many before a batch begins."""


@dataclass(frozen=True, slots=True)
class _Added:
    """One row: where, what stood there, which chains it was hung into, and how the ring stood before."""

    place: int
    row: dict[str, Any]
    buckets: NDArray[np.int64]
    heads: NDArray[np.uint32]
    first: int
    count: int


class Window:
    """``index`` with a batch in hand, or none."""

    def __init__(self, window: timedelta, index: Index | None = None) -> None:
        self.window_s = int(window.total_seconds())
        self.index = index if index is not None else Index(window_s=self.window_s)
        self._done: list[_Added | int] = []

    def candidates(self, trace: Trace, at: datetime) -> tuple[Candidate, ...]:
        """The earlier letters most like *trace*, the best first."""
        return self.index.candidates(trace, int(at.timestamp()))

    def compare(self, trace: Trace, letter_ids: list[UUID]) -> tuple[Candidate, ...]:
        """*trace* against these letters, as far as they are remembered."""
        return self.index.compare(trace, letter_ids)

    def add(self, letter_id: UUID, at: datetime, trace: bytes, *, again: bool) -> None:
        """Remember a letter; *again*: what was remembered of it before counts no more."""
        if not self._done:
            self.index.ring.room(BATCH_LETTERS_MAX)
        elif len(self._done) >= 2 * BATCH_LETTERS_MAX:
            message = f"a batch of more than {BATCH_LETTERS_MAX} letters"
            raise ValueError(message)
        if again:
            self._withdraw(letter_id)
        self._done.append(self._before(letter_id, trace))
        self.index.add_many([letter_id.bytes], [int(at.timestamp())], trace)

    def restore(self, letters: Iterable[tuple[UUID, datetime, bytes, bool]]) -> None:
        """Remember letters that were committed: id, when, trace, whether it was remembered before."""
        ids: list[bytes] = []
        times: list[int] = []
        traces: list[bytes] = []
        for letter_id, at, trace, again in letters:
            if again:
                self.index.add_many(ids, times, b"".join(traces))
                ids, times, traces = [], [], []
                self.index.withdraw(letter_id)
            ids.append(letter_id.bytes)
            times.append(int(at.timestamp()))
            traces.append(trace)
        if ids:
            self.index.add_many(ids, times, b"".join(traces))

    def keep(self) -> None:
        """What the batch did is committed."""
        self._done.clear()

    def undo(self) -> None:
        """What the batch did never happened."""
        for done in reversed(self._done):
            if isinstance(done, int):
                self.index.ring.state[done] = 1
            else:
                self._take_back(done)
        self._done.clear()

    def dump(self) -> list[str]:
        """Every letter, the oldest first: two equal windows give equal lists."""
        ring = self.index.ring
        names = [name for name in _columns(ring) if name not in {"before", "ids"}]
        return [
            ring.ids[place].tobytes().hex()
            + b"".join(getattr(ring, name)[place].tobytes() for name in names).hex()
            for place in ring.oldest(ring.count)
        ]

    def _withdraw(self, letter_id: UUID) -> None:
        place = self.index.place_of(letter_id)
        if place is not None and self.index.ring.state[place]:
            self._done.append(place)
            self.index.ring.state[place] = 0

    def _before(self, letter_id: UUID, trace: bytes) -> _Added:
        ring = self.index.ring
        place = (ring.first + ring.count) % ring.size
        ids = np.frombuffer(letter_id.bytes, dtype=np.uint8).reshape(1, 16)
        keys = keys_of(ids, np.frombuffer(trace, dtype=RECORD))
        buckets = ring.buckets(keys)[0][keys[0] != 0]
        return _Added(
            place,
            {name: np.array(getattr(ring, name)[place]) for name in _columns(ring)},
            buckets,
            ring.heads[buckets].copy(),
            ring.first,
            ring.count,
        )

    def _take_back(self, done: _Added) -> None:
        ring, rarity = self.index.ring, self.index.rarity
        rarity.add(ring.words[done.place : done.place + 1], ring.anchors[done.place : done.place + 1], by=-1)
        gone = (ring.first - done.first) % ring.size
        for name, value in done.row.items():
            getattr(ring, name)[done.place] = value
        ring.heads[done.buckets] = done.heads
        ring.first, ring.count = done.first, done.count
        if gone:
            places = ring.oldest(gone)
            rarity.add(ring.words[places], ring.anchors[places])


def _columns(ring: Ring) -> list[str]:
    """The names of the arrays that have a row for each letter."""
    return sorted(
        name
        for name, value in vars(ring).items()
        if isinstance(value, np.ndarray) and name != "heads" and not name.startswith("_")
    )
