"""What five million remembered letters cost: bytes, speed beside that of ten thousand, and how fast they are back.

    python bench/window.py [--letters 5000000]

Letters are made up as traces of a city that has places and people in proportion to them: places and words by a power law, one in ten a near copy of an earlier
one, one in five by a person who wrote before. Bytes are what the process holds more than before (RSS), ids and chains
included, the desk's cases not. Needs 6 GB of memory and 6 GB of disk.
"""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from kit import Report, folder, parser
from numpy.typing import NDArray

from pipeline.desk import snapshot
from pipeline.judge.relate import SCHEME, Index, Trace
from pipeline.judge.relate.table import RECORD
from pipeline.judge.relate.trace import NAME_SHIFT

BYTES_MAX, SLOWER_MAX, SNAPSHOT_S_MAX, CHANGELOG_S_MAX = 500, 1.2, 30, 150
SMALL = 10_000
BATCH = 50_000
ASKED, ROUNDS = 1_000, 5
WORDS = 200_000
LETTERS_A_PLACE, LETTERS_A_PERSON = 12, 2.5
VERSIONS = {"scheme": SCHEME}


@dataclass(frozen=True, slots=True)
class Window:
    """What was measured. Times of one letter are microseconds of processor time: looked up and remembered."""

    letters: int
    bytes_each: float
    small_us: float
    large_us: float
    save_s: float
    snapshot_s: float
    changelog_s: float

    @property
    def slower(self) -> float:
        return self.large_us / self.small_us


def traces(count: int, seed: int, city: int) -> NDArray[np.void]:
    """*count* made-up traces of a city that has *city* letters in its window, and places and people in proportion."""
    places_known, people = max(100, city // LETTERS_A_PLACE), int(city / LETTERS_A_PERSON)
    random = np.random.default_rng(seed)
    made = np.zeros(count, dtype=RECORD)
    made["person"] = np.where(
        random.random(count) < 0.8, random.integers(1, 2**63, count), random.integers(1, people, count)
    )
    made["text"] = random.integers(1, 2**63, count)
    made["way"], made["has_words"] = 1, 1
    made["signature"] = random.integers(0, 256, (count, 64), dtype=np.uint8)
    copies = np.flatnonzero(random.random(count) < 0.1)
    made["signature"][copies[1:], :52] = made["signature"][copies[:-1], :52]
    places = _spread(random, places_known, (count, 4)) * np.uint32(2654435761) & np.uint32(
        0xFFFFFFFF << NAME_SHIFT & 0xFFFFFFFF
    )
    made["anchors"][:, :4] = places | np.uint32(3 << 2) | np.array([2, 0, 0, 0], dtype=np.uint32)
    made["anchors"][:, 4] = (random.integers(1, 12, count) << NAME_SHIFT | 1 << 2).astype(np.uint32)
    words = _spread(random, WORDS, (count, 26)) * np.uint32(2246822519) >> np.uint32(7)
    made["words"][:, :26] = (words << np.uint32(7)) | np.uint32(2 << 3)
    made["words"][:, 26:30] = (random.integers(1, 70, (count, 4)) << 7 | 4 << 3 | 5).astype(np.uint32)
    return made


def _spread(random: np.random.Generator, kinds: int, shape: tuple[int, int]) -> NDArray[np.uint32]:
    """Numbers from 1, the first far more often than the last."""
    return (1 + kinds * random.random(shape) ** 3).astype(np.uint32)


def _ids(start: int, count: int) -> list[bytes]:
    # Mixed, as real ids are: the memory finds a letter by the first four bytes of its id.
    numbers = np.arange(start, start + count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return [number.to_bytes(8, "little") * 2 for number in numbers.tolist()]


def fill(index: Index, count: int) -> float:
    """Add *count* letters as the changelog is read, in portions; seconds that the memory took of it."""
    took = 0.0
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        records, ids = traces(size, start + 1, count).tobytes(), _ids(start, size)
        began = time.perf_counter()
        index.add_many(ids, list(range(start, start + size)), records)
        took += time.perf_counter() - began
    return took


def letter_us(index: Index, at: int, seed: int) -> float:
    """Median processor time of looking one letter up and remembering it."""
    asked = [Trace.decode(record.tobytes()) for record in traces(ASKED, seed, at)]
    times = []
    for number, trace in enumerate(asked):
        began = time.process_time_ns()
        index.candidates(trace, at)
        index.add(UUID(int=(seed << 64) + number * 0x9E3779B97F4A7C15), at, trace)
        times.append(time.process_time_ns() - began)
    return float(np.median(times)) / 1000


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def measure(letters: int) -> Window:
    small = Index(rows_max=SMALL)
    fill(small, SMALL)
    before = rss_bytes()
    index = Index(rows_max=letters)
    changelog_s = fill(index, letters)
    bytes_each = (rss_bytes() - before) / letters
    # In turn, so that what else the machine does weighs on both alike.
    rounds = [
        (letter_us(small, SMALL, 2**40 + turn), letter_us(index, letters, 2**41 + turn))
        for turn in range(ROUNDS)
    ]
    small_us, large_us = (float(np.median(times)) for times in zip(*rounds, strict=True))
    with folder() as place:
        path = place / "memory.snapshot"
        began = time.perf_counter()
        snapshot.save(index, path, {"memory": letters}, VERSIONS)
        save_s = time.perf_counter() - began
        window_s, held = index.window_s, len(index)
        del index
        began = time.perf_counter()
        loaded = snapshot.load(path, VERSIONS, window_s=window_s, rows_max=letters)
        snapshot_s = time.perf_counter() - began
        assert isinstance(loaded, snapshot.Snapshot)
        assert len(loaded.index) == held
    return Window(letters, bytes_each, small_us, large_us, save_s, snapshot_s, changelog_s)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=5_000_000)
    asked = options.parse_args()
    report = Report("window: the memory of letters", asked.json)
    found = measure(asked.letters)
    report.figure("letters", found.letters)
    report.figure("bytes_each", round(found.bytes_each), at_most=BYTES_MAX)
    report.figure("us_each_at_10000", round(found.small_us))
    report.figure("us_each", round(found.large_us))
    report.figure("times_as_slow", round(found.slower, 2), at_most=SLOWER_MAX)
    report.figure("snapshot_written_s", round(found.save_s, 1))
    report.figure("snapshot_restored_s", round(found.snapshot_s, 1), at_most=SNAPSHOT_S_MAX)
    report.figure("changelog_restored_s", round(found.changelog_s, 1), at_most=CHANGELOG_S_MAX)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
