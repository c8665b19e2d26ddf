"""The memory of a city's letters: which earlier ones may be about the matter of a new one.

A value in flat arrays (``ring``), so that five million letters cost what their bytes cost: about 450 each. Letters leave
it when they are older than the window, or when it holds as many as it may. Everything follows from the letters added, in
their order: a memory restored from a snapshot, from a changelog or from both answers as one that never stopped.

Candidates come from chains: same person, same text, near copies (bands of the signature), same place or mark, same heavy
words; of each chain the newest. All of them are scored at once; the best are handed out, the better first, of two equal
ones the newer, then by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import ring, score
from pipeline.judge.relate.clusters import Cluster, Clusters
from pipeline.judge.relate.likeness import Likeness, likeness
from pipeline.judge.relate.rarity import COUNTERS, Rarity
from pipeline.judge.relate.ring import Ring
from pipeline.judge.relate.table import RECORD, U32, Columns, of_records
from pipeline.judge.relate.trace import Trace
from pipeline.text.place_names import Kind

ROWS_MAX = 5_000_000
WINDOW_S = 90 * 86_400
CANDIDATES = 6
COMPARED_MAX = 24
"""Letters scored against a new one; those that share the rarest keys come first."""
PROLIFIC_LETTERS = 6
"""Letters of one person in the window from which on the person's style tells nothing: words in many of them are left out."""
STYLE_SHARE = 0.15

_EXPIRED_AT_ONCE = 4096
_LIMITS = {"band": 4, "person": 24, "text": 8, "anchor": 48, "word": 16}
"""Of each chain so many, the newest."""
_WEIGHTS = {"band": 3.0, "person": 4.0, "text": 9.0, "id": 0.0, "anchor": 2.0, "word": 1.0}


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
        self.clusters = Clusters()

    def __len__(self) -> int:
        return self.ring.count

    def add(self, letter_id: UUID, at: int, trace: Trace) -> None:
        """Remember one letter."""
        self.add_many([letter_id.bytes], [at], trace.encode())

    def add_many(self, ids: Sequence[bytes], at: Sequence[int], traces: bytes) -> None:
        """Remember letters in their order, the same as one after the other; *traces*: encoded, one behind the other."""
        records = np.frombuffer(traces, dtype=RECORD)
        step = max(1, min(65_536, self.ring.rows_max))
        for begin in range(0, len(records), step):
            part = slice(begin, begin + step)
            self._add(np.frombuffer(b"".join(ids[part]), dtype=np.uint8).reshape(-1, 16), list(at[part]), records[part])

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
        for name in ("person", "text", "way", "files", "place", "has_words", "signature", "anchors", "words"):
            getattr(ring_, name)[places] = records[name]
        ring_.count += rows
        ring_.link(places, keys_of(ids, records))
        self.rarity.add(records["words"], records["anchors"])
        # A batch as long as the window may hold letters that are too old for its own last one.
        self._expire(int(times[-1]))

    def _expire(self, now: int) -> None:
        ring_ = self.ring
        while ring_.count and int(ring_.at[ring_.first]) < now - self.window_s:
            order = ring_.oldest(min(ring_.count, _EXPIRED_AT_ONCE))
            self._drop(int(np.searchsorted(ring_.at[order], max(0, now - self.window_s))))

    def _drop(self, rows: int) -> None:
        gone = self.ring.oldest(rows)
        self.rarity.add(self.ring.words[gone], self.ring.anchors[gone], by=-1)
        self.clusters.forget(row.tobytes() for row in self.ring.ids[gone])
        self.ring.drop(rows)

    def withdraw(self, letter_id: UUID) -> None:
        """This letter is no candidate any more; nothing happens for one that is not remembered."""
        place = self.place_of(letter_id)
        if place is not None:
            self.ring.state[place] = 0

    def link(self, letter_id: UUID, earlier_id: UUID, incident_id: UUID | None = None, letters: int = 0) -> Cluster:
        """Two letters are about one incident, the later one first. KeyError for a letter that is not remembered.

        From a changelog the earlier one may have left the window: then *incident_id* and *letters* say which incident it
        was and how many belonged to it, the later one included.
        """
        if self.place_of(letter_id) is None:
            raise KeyError(letter_id)
        if self.place_of(earlier_id) is not None:
            return self.clusters.link(letter_id, earlier_id)
        if incident_id is None:
            raise KeyError(earlier_id)
        return self.clusters.adopt(letter_id, incident_id, letters)

    def unlink(self, letter_id: UUID, other_id: UUID) -> tuple[Cluster, ...]:
        """These two are not about one incident after all; the incidents they are in now."""
        return self.clusters.unlink(letter_id, other_id)

    def place_of(self, letter_id: UUID) -> int | None:
        """Where a letter is in the arrays, until the next ``add``."""
        key = np.zeros((1, ring.KEYS), dtype=np.uint32)
        key[0, ring.ID] = _id_key(letter_id.bytes)
        wanted = np.frombuffer(letter_id.bytes, dtype=np.uint8)
        for place, column in self.ring.chain(int(self.ring.buckets(key)[0, ring.ID])):
            if column == ring.ID and bool((self.ring.ids[place] == wanted).all()):
                return place
        return None

    def candidates(self, trace: Trace, at: int, *, most: int = CANDIDATES) -> tuple[Candidate, ...]:
        """The letters that may be about the matter of *trace*, among those not older than the window at *at*; the best first.

        The same person's letters are among them whatever they score: who asks how far it is may name nothing.
        """
        record = np.frombuffer(trace.encode(), dtype=RECORD)
        places, own = self._met(record, max(0, at - self.window_s))
        return self._scored(trace, record, places, own, most, score.DOUBTFUL)

    def compare(self, trace: Trace, letter_ids: Sequence[UUID]) -> tuple[Candidate, ...]:
        """*trace* against these letters, as far as they are remembered: for letters that name another's number."""
        places = [place for one in letter_ids if (place := self.place_of(one)) is not None]
        return self._scored(trace, np.frombuffer(trace.encode(), dtype=RECORD), places, [], len(places), 0.0)

    def _scored(
        self, trace: Trace, record: NDArray[np.void], places: list[int], own: list[int], most: int, least: float
    ) -> tuple[Candidate, ...]:
        if not places:
            return ()
        rows = self._columns(places)
        like = likeness(of_records(record), rows, self.rarity)
        found = score.scores(like)
        if len(own) >= PROLIFIC_LETTERS:
            # Only the person's own letters are read without the person's style.
            styled = likeness(of_records(record), rows, self.rarity, style_of(self.ring.words[np.array(own, dtype=np.int64)]))
            found = np.where(like.person > 0, score.scores(styled, prolific=True), found)
        told = [row for row, value in enumerate(found.tolist()) if value >= least or bool(rows.person[row] == trace.person != 0)]
        ids = {row: self.ring.ids[places[row]].tobytes() for row in told}
        told.sort(key=lambda row: (-float(found[row]), self.ring.age(places[row]), ids[row]))
        return tuple(self._candidate(trace, places[row], ids[row], float(found[row]), like, row) for row in told[:most])

    def _candidate(
        self, trace: Trace, place: int, letter_id: bytes, found: float, like: Likeness, row: int
    ) -> Candidate:
        ring_ = self.ring
        return Candidate(
            letter_id=UUID(bytes=letter_id),
            at=int(ring_.at[place]),
            score=round(found, 4),
            why=score.why(like, row) if found >= score.DOUBTFUL else "",
            same_person=bool(like.person[row]),
            same_text=bool(trace.text) and int(ring_.text[place]) == trace.text,
            same_way=int(ring_.way[place]) == trace.way,
            same_files=int(ring_.files[place]) == trace.files,
            vetoed=found == np.float32(score.VETOED),
        )

    def _columns(self, places: Sequence[int]) -> Columns:
        rows = np.array(places, dtype=np.int64)
        ring_ = self.ring
        return Columns(ring_.person[rows], ring_.place[rows], ring_.signature[rows], ring_.anchors[rows], ring_.words[rows])

    def _met(self, record: NDArray[np.void], oldest: int) -> tuple[list[int], list[int]]:
        """Places of the letters that share keys, those that share the most telling ones first; and the person's own."""
        ring_ = self.ring
        keys = keys_of(np.zeros((1, 16), dtype=np.uint8), record)
        keys[0, ring.ID] = 0
        buckets = ring_.buckets(keys)[0].tolist()
        worth = self._worth(record)
        told: dict[int, float] = {}
        own: list[int] = []
        for column, (key, bucket) in enumerate(zip(keys[0].tolist(), buckets, strict=True)):
            if not key:
                continue
            kind = _KINDS[column]
            limit = _LIMITS[kind]
            for place, met in ring_.chain(bucket):
                if _KINDS[met] != kind or self._key_at(place, met) != key or (kind == "band" and met != column):
                    continue
                if ring_.at[place] < oldest:
                    break
                if not ring_.state[place]:
                    continue
                told[place] = told.get(place, 0.0) + worth[column]
                if kind == "person":
                    own.append(place)
                limit -= 1
                if not limit:
                    break
        best = sorted(told, key=lambda place: (-round(told[place], 3), ring_.age(place)))
        return best[:COMPARED_MAX], own

    def _worth(self, record: NDArray[np.void]) -> list[float]:
        worth = [_WEIGHTS[kind] for kind in _KINDS]
        anchors = self.rarity.of_anchors(record["anchors"][0][:_ANCHOR_KEYS])
        words = self.rarity.of_words(record["words"][0][:_WORD_KEYS])
        for column, value in zip(range(ring.ANCHORS.start, ring.ANCHORS.stop), anchors.tolist(), strict=True):
            worth[column] *= value
        for column, value in zip(range(ring.WORDS.start, ring.WORDS.stop), words.tolist(), strict=True):
            worth[column] *= value
        return worth

    def _key_at(self, place: int, column: int) -> int:
        ring_ = self.ring
        if column < ring.PERSON:
            return int(ring_.signature[place].view("<u4")[column])
        if column >= ring.WORDS.start:
            return int(ring_.words[place, column - ring.WORDS.start]) >> 7
        if column >= ring.ANCHORS.start:
            return int(ring_.anchors[place, column - ring.ANCHORS.start]) >> 5
        return _fold64(int(ring_.person[place] if column == ring.PERSON else ring_.text[place]))

    def dump(self) -> dict[str, NDArray[np.generic]]:
        """Every array by name; ``load`` makes the same memory of it. The arrays are the memory's own: write, don't change."""
        counted = np.array([self.rarity.letters], dtype=np.int64)
        return {**self.ring.dump(), **self.clusters.dump(), "rarity": self.rarity.counts, "counted": counted}

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
        index.clusters = Clusters.load(dumped)
        return index


_ANCHOR_KEYS = ring.ANCHORS.stop - ring.ANCHORS.start
_WORD_KEYS = ring.WORDS.stop - ring.WORDS.start
_KINDS = ("band",) * 16 + ("person", "text", "id") + ("anchor",) * _ANCHOR_KEYS + ("word",) * _WORD_KEYS


def keys_of(ids: NDArray[np.uint8], records: NDArray[np.void]) -> U32:
    """The chains that letters hang in: rows of ``KEYS``, 0 where there is none."""
    keys = np.zeros((len(records), ring.KEYS), dtype=np.uint32)
    keys[:, ring.BANDS] = np.ascontiguousarray(records["signature"]).view("<u4")
    for column, name in ((ring.PERSON, "person"), (ring.TEXT, "text")):
        keys[:, column] = (records[name] ^ (records[name] >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    keys[:, ring.ID] = np.ascontiguousarray(ids[:, :4]).view("<u4")[:, 0]
    anchors, words = records["anchors"][:, :_ANCHOR_KEYS], records["words"][:, :_WORD_KEYS]
    names = ((anchors >> np.uint32(2)) & 7) >= Kind.AREA
    keys[:, ring.ANCHORS] = np.where(names, anchors >> np.uint32(5), 0)
    keys[:, ring.WORDS] = np.where((words & 1) == 0, words >> np.uint32(7), 0)
    return keys


def style_of(words: U32) -> U32:
    """Keys of the words that stand in many of one person's letters; rows of packed words."""
    kept = np.where((words & 1) == 0, words >> np.uint32(7), np.uint32(0))
    keys, counts = np.unique(kept[kept > 0], return_counts=True)
    style: U32 = keys[counts >= max(3, STYLE_SHARE * len(words))]
    return style


def _fold64(value: int) -> int:
    return (value ^ (value >> 32)) & 0xFFFFFFFF


def _id_key(letter_id: bytes) -> int:
    return int.from_bytes(letter_id[:4], "little")
