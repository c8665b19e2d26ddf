"""Danger told in words that no cue foresees: a linear model over characters, pairs and triples of them.

It was learnt from letters of our own writing (``bench/danger/``, ``make bench-danger ARGS=--write``) and lies in flat tables
of whole numbers: sums are exact in any order, so every machine gives the same answer. What somebody in danger writes stands
in a sentence or two; what an everyday letter says of hazards is spread over all of it. So a letter alarms by its most
alarming sentences and by how alarming it is as a whole.
"""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

BITS: Final = 17
GRAM_MAX: Final = 3
UNIT: Final = 1 << 9
"""Weights are whole numbers of 1/512."""

RARITY_UNIT: Final = 1 << 4
SENTENCES: Final = 3
WINDOW_MAX: Final = 100
"""So many sentences, within so many code points, are looked at together."""

WHOLE_SHARE: Final = 0.6
"""What the letter as a whole counts beside its most alarming sentences."""

WHOLE_MIN: Final = -4.0
"""A letter however long does not hide a cry for help."""

ENOUGH: Final = 0.3
DOUBTFUL: Final = -0.7
"""From here a plain cue decides: of a letter, or of the sentences around a threat or a wish to die in a letter however long."""

SUBJECT_END: Final = "。"
_FILE: Final = "learnt.npz"
_SENTENCE: Final = re.compile(r"[^。!?\n;…]+[。!?;…]*")
_CLAUSE_END: Final = re.compile(r"[,、::]| {1,4}|[()《》“”\"'【】\[\]]")
_DIGITS: Final = "0123456789一二两三四五六七八九十几"
_BEYOND: Final = 0xFFFF
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(64 - BITS)

Kind = Literal["threat", "self_harm", "danger"]
Places = NDArray[np.int64]
Window = tuple[int, int]
"""Code points [start, end)."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """*weights*: danger or not, for each n-gram's place; *self_harm*, *threat*: that kind or another danger.

    *rarity*: by it an n-gram counts in the length of a text; 0 for one that no letter of ours has.
    """

    weights: NDArray[np.int16]
    self_harm: NDArray[np.int16]
    threat: NDArray[np.int16]
    rarity: NDArray[np.uint8]
    bias: float
    self_harm_bias: float
    threat_bias: float
    rows: NDArray[np.int32] = field(init=False)
    """Weight and squared rarity side by side: one look for both."""

    def __post_init__(self) -> None:
        squares = np.square(self.rarity, dtype=np.int32)
        object.__setattr__(self, "rows", np.stack([self.weights.astype(np.int32), squares], axis=1))


def _letters() -> NDArray[np.uint64]:
    table = np.arange(_BEYOND + 1, dtype=np.uint64)
    table[[ord(digit) for digit in _DIGITS]] = ord("0")
    return table


_LETTERS: Final = _letters()


def places(text: str) -> Places:
    """The tables' places of all characters, then all pairs, then all triples of *text*. All digits are one."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    one = _LETTERS.take(points, mode="clip")
    two = one[:-1] << np.uint64(16) | one[1:] | np.uint64(1 << 62)
    three = one[:-2] << np.uint64(32) | one[1:-1] << np.uint64(16) | one[2:] | np.uint64(2 << 62)
    return (np.concatenate((one, two, three)) * _MIX >> _SHIFT).astype(np.int64)


@cache
def tables() -> Tables:
    """What was learnt, as it comes with Xinshu."""
    with np.load(io.BytesIO(files(__package__).joinpath(_FILE).read_bytes()), allow_pickle=False) as stored:
        bias, self_harm, threat = (float(value) for value in stored["bias"])
        return Tables(
            stored["weights"],
            stored["self_harm"],
            stored["threat"],
            stored["rarity"],
            bias,
            self_harm,
            threat,
        )


def asked_about(title: str, text: str) -> str:
    """A subject and a text in plain writing, as one text to ask about."""
    return f"{title}{SUBJECT_END}{text}" if title else text


def windows_of(text: str) -> list[Window]:
    """One to three sentences that follow each other, none longer than ``WINDOW_MAX``; at least one window."""
    pieces = [
        (start, min(start + WINDOW_MAX, match.end()))
        for match in _SENTENCE.finditer(text)
        for start in range(match.start(), match.end(), WINDOW_MAX)
    ]
    found = [
        (start, pieces[last][1])
        for first, (start, _) in enumerate(pieces)
        for last in range(first, min(first + SENTENCES, len(pieces)))
        if last == first or pieces[last][1] - start <= WINDOW_MAX
    ]
    return found or [(0, len(text))]


class Heard:
    """What plain *text* sounds like. *score*: ``ENOUGH`` and more is a danger. *loudest*: of its sentences alone."""

    def __init__(self, text: str, learnt: Tables | None = None) -> None:
        self._text, self._learnt = text, learnt or tables()
        self._sums = _Sums(text, self._learnt)
        windows = windows_of(text)
        found = self._sums.of([*windows, (0, len(text))])
        *scores, whole = (_scaled(found[:, 0], found[:, 1]) + self._learnt.bias).tolist()
        best = max(range(len(windows)), key=scores.__getitem__)
        self._windows, self._scores, self._window = windows, scores, windows[best]
        self.loudest: float = scores[best]
        self.score: float = self.loudest + WHOLE_SHARE * max(whole, WHOLE_MIN)

    def around(self, place: int) -> float:
        """How alarming the sentences around a place of the text are by themselves, whatever else the letter says."""
        here = zip(self._windows, self._scores, strict=True)
        return max((score for (start, end), score in here if start <= place < end), default=self.loudest)

    @property
    def clause(self) -> Window:
        """The most alarming clause of the most alarming sentences."""
        start, end = self._window
        breaks = [match.span() for match in _CLAUSE_END.finditer(self._text[start:end])]
        begins = [start, *(start + stop for _, stop in breaks)]
        stops = [*(start + begin for begin, _ in breaks), end]
        clauses = [(begin, stop) for begin, stop in zip(begins, stops, strict=True) if begin < stop]
        if not clauses:
            return self._window
        return clauses[int(self._sums.of(clauses)[:, 0].argmax())]

    @property
    def kind(self) -> Kind:
        """What the most alarming sentences tell of, taken that it is a danger."""
        start, end = self._window
        at, learnt = places(self._text[start:end]), self._learnt
        square = np.square(learnt.rarity.take(at), dtype=np.int64).sum()
        harm, threat = (
            float(_scaled(table.take(at).sum(dtype=np.int64), square)) + bias
            for table, bias in (
                (learnt.self_harm, learnt.self_harm_bias),
                (learnt.threat, learnt.threat_bias),
            )
        )
        if max(harm, threat) <= 0:
            return "danger"
        return "self_harm" if harm >= threat else "threat"


class _Sums:
    """Weights and squared rarities of a text's n-grams, summed from its beginning: any window's sum is a difference."""

    def __init__(self, text: str, learnt: Tables) -> None:
        at = places(text)
        self._sums = np.zeros((len(at) + 1, 2), np.int64)
        np.cumsum(learnt.rows.take(at, axis=0), axis=0, out=self._sums[1:])
        self._sizes = [max(0, len(text) - shorter) for shorter in range(GRAM_MAX)]

    def of(self, windows: Sequence[Window]) -> Places:
        """For each window the sum of weights and the sum of squared rarities of the n-grams inside it."""
        starts, ends = np.array(windows, np.int64).T
        total = np.zeros((len(windows), 2), np.int64)
        begin = 0
        for shorter, size in enumerate(self._sizes):
            last = np.minimum(np.maximum(starts, ends - shorter), size)
            total += self._sums.take(begin + last, axis=0)
            total -= self._sums.take(begin + np.minimum(starts, size), axis=0)
            begin += size
        return total


def _scaled(weights: Places, squares: Places) -> NDArray[np.float64]:
    """Sums of weights in a text of length one, where a text is as long as the root of its squared rarities."""
    result: NDArray[np.float64] = weights * (RARITY_UNIT / UNIT) / np.sqrt(np.maximum(squares, 1))
    return result


def encode(learnt: Tables) -> bytes:
    """The tables as a file's bytes."""
    file = io.BytesIO()
    np.savez_compressed(
        file, allow_pickle=False, weights=learnt.weights, self_harm=learnt.self_harm, threat=learnt.threat,
        rarity=learnt.rarity, bias=np.array([learnt.bias, learnt.self_harm_bias, learnt.threat_bias]),
    )  # fmt: skip
    return file.getvalue()


def length(at: Places, rarity: NDArray[np.uint8]) -> float:
    """How long a text is whose n-grams are *at*; never 0."""
    return math.sqrt(max(int(np.square(rarity.take(at), dtype=np.int64).sum()), 1)) / RARITY_UNIT
