"""The letters of the last 90 days as arrays, with what a batch adds to them: kept by a commit, undone by an abort.

A batch's own letters stand in the same arrays as the committed ones, so that a later letter meets them exactly as it
would after the commit, however records were cut into batches. What the batch changed is written down beside it, and
``undo`` puts it back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pipeline.judge.relate import Candidate, Index, Trace
from pipeline.judge.relate.lookup import all_chains

BATCH_LETTERS_MAX = 5000
"""Letters of one transaction: the arrays have room for so many before a batch begins."""


@dataclass(frozen=True, slots=True)
class _Added:
    """One row: whose, where, what stood there when the batch began, and how the ring stood before."""

    letter_id: bytes
    trace: bytes
    place: int
    row: dict[str, bytes]
    first: int
    count: int


class Window:
    """``index`` with a batch in hand, or none."""

    def __init__(self, window: timedelta, index: Index | None = None) -> None:
        self.window_s = int(window.total_seconds())
        self.index = index if index is not None else Index(window_s=self.window_s)
        self._done: list[_Added | int] = []
        self._held = (0, 0)

    def candidates(self, trace: Trace, at: datetime) -> tuple[Candidate, ...]:
        """The earlier letters most like *trace*, the best first."""
        return self.index.candidates(trace, int(at.timestamp()))

    def compare(self, trace: Trace, letter_ids: list[UUID]) -> tuple[Candidate, ...]:
        """*trace* against these letters, as far as they are remembered."""
        return self.index.compare(trace, letter_ids)

    def add(self, letter_id: UUID, at: datetime, trace: bytes, *, again: bool) -> None:
        """Remember a letter; *again*: what was remembered of it before counts no more."""
        ring = self.index.ring
        if not self._done:
            ring.room(BATCH_LETTERS_MAX)
            self._held = (ring.first, ring.count)
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
        rows = (ring.row(place) for place in ring.oldest(ring.count).tolist())
        return [
            row["ids"].hex()
            + b"".join(row[name] for name in sorted(row) if name not in {"before", "ids"}).hex()
            for row in rows
        ]

    def _withdraw(self, letter_id: UUID) -> None:
        place = self.index.place_of(letter_id)
        if place is not None and self.index.ring.state[place]:
            self._done.append(place)
            self.index.ring.state[place] = 0

    def _before(self, letter_id: UUID, trace: bytes) -> _Added:
        ring = self.index.ring
        place = (ring.first + ring.count) % ring.size
        first, count = self._held
        overwritten = (place - first) % ring.size < count
        row = ring.row(place) if overwritten else {}
        return _Added(letter_id.bytes, trace, place, row, ring.first, ring.count)

    def _take_back(self, done: _Added) -> None:
        ring, rarity, place = self.index.ring, self.index.rarity, done.place
        rarity.add(ring.words[place : place + 1], ring.anchors[place : place + 1], by=-1)
        gone = (ring.first - done.first) % ring.size
        ring.take_back(place, all_chains(done.letter_id, done.trace))
        ring.put_back(place, done.row)
        ring.first, ring.count = done.first, done.count
        if gone:
            places = ring.oldest(gone)
            rarity.add(ring.words[places], ring.anchors[places])
