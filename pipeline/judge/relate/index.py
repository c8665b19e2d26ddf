"""The memory of a city's letters: which earlier ones may be about the matter of a new one.

A value in flat arrays (``ring``), so that five million letters cost what their bytes cost: about 450 each. Letters leave
it when they are older than the window, or when it holds as many as it may. Everything follows from the letters added, in
their order: a memory restored from a snapshot, from a changelog or from both answers as one that never stopped.

Candidates come from chains: same person, same text, near copies (bands of the signature), same place or mark, same heavy
words; of each chain the newest. They are scored one by one; the best are handed out, the better first, of two equal
ones the newer, then by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import ring, score
from pipeline.judge.relate.likeness import Comparer, Likeness
from pipeline.judge.relate.lookup import (
    PROLIFIC_LETTERS,
    Met,
    all_chains,
    chain_of_id,
    keys_of,
    met,
    style_of,
)
from pipeline.judge.relate.rarity import COUNTERS, Rarity
from pipeline.judge.relate.ring import Ring
from pipeline.judge.relate.table import RECORD, Side, side_of
from pipeline.judge.relate.trace import Trace

ROWS_MAX = 5_000_000
WINDOW_S = 90 * 86_400
CANDIDATES = 6
_EXPIRED_AT_ONCE = 4096
_NO_LIMIT = (ring.HOPS_MAX,) * ring.KEYS


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier letter with its score and the reasons. *vetoed*: alike, but about another city, place or question."""

    letter_id: UUID
    at: int
    score: float
    why: str
    same_person: bool
    same_text: bool
    same_way: bool
    same_files: bool
    vetoed: bool


class Index:
    """The memory of one city. ``at`` is in whole seconds of Unix time and never goes back: an earlier one counts as the latest."""

    def __init__(self, *, window_s: int = WINDOW_S, rows_max: int = ROWS_MAX) -> None:
        self.window_s = window_s
        self.ring = Ring(rows_max)
        self.rarity = Rarity()

    def __len__(self) -> int:
        return self.ring.count

    def add(self, letter_id: UUID, at: int, trace: Trace) -> None:
        """Remember one letter."""
        self.add_many([letter_id.bytes], [at], trace.encode())

    def add_many(self, ids: Sequence[bytes], at: Sequence[int], traces: bytes) -> None:
        """Remember letters in their order, the same as one after the other; *traces*: encoded, one behind the other."""
        if len(ids) == 1:
            self._add_one(ids[0], at[0], traces)
            return
        records = np.frombuffer(traces, dtype=RECORD)
        step = max(1, min(65_536, self.ring.rows_max))
        for begin in range(0, len(records), step):
            part = slice(begin, begin + step)
            self._add(
                np.frombuffer(b"".join(ids[part]), dtype=np.uint8).reshape(-1, 16),
                list(at[part]),
                records[part],
            )

    def _add(self, ids: NDArray[np.uint8], at: list[int], records: NDArray[np.void]) -> None:
        rows, ring_ = len(records), self.ring
        latest = int(ring_.at[ring_.newest(1)[0] - 1]) if ring_.count else 0
        times = np.maximum.accumulate(np.array([latest, *at], dtype=np.int64))[1:].astype(np.uint32)
        self._expire(int(times[-1]))
        ring_.room(rows)
        if (excess := ring_.count + rows - ring_.size) > 0:
            self._drop(excess)
        places = ring_.newest(rows)
        ring_.ids[places], ring_.at[places], ring_.state[places] = ids, times, 1
        for name in RECORD.names or ():
            getattr(ring_, name)[places] = records[name]
        ring_.count += rows
        ring_.link(places, keys_of(ids, records))
        self.rarity.add(records["words"], records["anchors"])
        # A batch as long as the window may hold letters that are too old for its own last one.
        self._expire(int(times[-1]))

    def _add_one(self, letter_id: bytes, at: int, trace: bytes) -> None:
        """The same for one, without the cost of arrays."""
        ring_ = self.ring
        if ring_.count:
            at = max(at, ring_.time((ring_.first + ring_.count - 1) % ring_.size))
        self._expire(at)
        ring_.room(1)
        if ring_.count == ring_.size:
            self._drop(1)
        ring_.put(letter_id, at, trace, all_chains(letter_id, trace))
        side = side_of(trace)
        self.rarity.add_one(side.words, side.anchors)

    def _expire(self, now: int) -> None:
        ring_ = self.ring
        while ring_.count and ring_.time(ring_.first) < now - self.window_s:
            order = ring_.oldest(min(ring_.count, _EXPIRED_AT_ONCE))
            self._drop(int(np.searchsorted(ring_.at[order], max(0, now - self.window_s))))

    def _drop(self, rows: int) -> None:
        gone = self.ring.oldest(rows)
        self.rarity.add(self.ring.words[gone], self.ring.anchors[gone], by=-1)
        self.ring.drop(rows)

    def withdraw(self, letter_id: UUID) -> None:
        """The letter is no candidate any more; nothing happens for one that is not remembered."""
        place = self.place_of(letter_id)
        if place is not None:
            self.ring.state[place] = 0

    def place_of(self, letter_id: UUID) -> int | None:
        """Where a letter is in the arrays, until the next ``add``."""
        for _, found in self.ring.newest_of(chain_of_id(letter_id.bytes), _NO_LIMIT, 0, withdrawn=True):
            return next((place for place in found if self.ring.id_at(place) == letter_id.bytes), None)
        return None

    def candidates(self, trace: Trace, at: int, *, most: int = CANDIDATES) -> tuple[Candidate, ...]:
        """The letters that may be about the matter of *trace*, among those not older than the window at *at*; the best first.

        The same person's letters are among them whatever they score: who asks how far it is may name nothing.
        """
        encoded = trace.encode()
        found = met(self.ring, self.rarity, encoded, max(0, at - self.window_s))
        return self._scored(side_of(encoded), found, score.DOUBTFUL)[:most]

    def compare(self, trace: Trace, letter_ids: Sequence[UUID]) -> tuple[Candidate, ...]:
        """*trace* against these letters, as far as they are remembered: for letters that name another's number."""
        places = [place for one in letter_ids if (place := self.place_of(one)) is not None]
        return self._scored(side_of(trace.encode()), Met(places, []), 0.0)

    def _scored(self, mine: Side, found: Met, least: float) -> tuple[Candidate, ...]:
        """Those of the same person, and those of others that score *least* or more; the best first."""
        if not found.places:
            return ()
        asked, plainly = Comparer(mine, self.rarity), None
        if len(found.own) >= PROLIFIC_LETTERS:
            # Only the person's own letters are read without the person's style.
            style = style_of(self.ring.side(place).words for place in found.own)
            plainly = Comparer(mine, self.rarity, style)
        told = []
        for place in found.places:
            other = self.ring.side(place)
            glance = asked.glance(other)
            if not glance.person and score.score(glance)[0] < least:
                continue
            like = asked.look(other, glance)
            if plainly is not None and like.person:
                value, veto = score.score(plainly.look(other, plainly.glance(other)), prolific=True)
            else:
                value, veto = score.score(like)
            if value >= least or like.person:
                told.append(self._candidate(mine, other, place, like, round(value, 4), vetoed=veto > 0))
        return tuple(sorted(told, key=lambda one: (-one.score, -one.at, one.letter_id.bytes)))

    def _candidate(
        self, mine: Side, other: Side, place: int, like: Likeness, value: float, *, vetoed: bool
    ) -> Candidate:
        return Candidate(
            letter_id=UUID(bytes=self.ring.id_at(place)),
            at=self.ring.time(place),
            score=value,
            why=score.why(like) if value >= score.DOUBTFUL else "",
            same_person=like.person,
            same_text=mine.text != 0 and mine.text == other.text,
            same_way=mine.way == other.way,
            same_files=mine.files == other.files,
            vetoed=vetoed,
        )

    def dump(self) -> dict[str, NDArray[np.generic]]:
        """Every array by name; ``load`` makes the same memory of it. The arrays are the memory's own: write, don't change."""
        counted = np.array([self.rarity.letters], dtype=np.int64)
        return {**self.ring.dump(), "rarity": self.rarity.counts, "counted": counted}

    @classmethod
    def load(
        cls, dumped: dict[str, NDArray[np.generic]], *, window_s: int = WINDOW_S, rows_max: int = ROWS_MAX
    ) -> "Index":
        """The memory of ``dump``. KeyError or ValueError for arrays that are none."""
        index = cls(window_s=window_s, rows_max=rows_max)
        index.ring = Ring.load(dumped, rows_max)
        index.rarity = Rarity(int(dumped["counted"][0]), np.array(dumped["rarity"], dtype=np.uint32))
        if len(index.rarity.counts) != COUNTERS:
            raise ValueError("counters of another size")
        return index
