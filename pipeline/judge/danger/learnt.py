"""Danger told in words that no cue foresees: a linear model over characters and pairs of them.

It was learnt from letters of our own writing (``bench/danger/``, ``make bench-danger ARGS=--write``) and lies in flat tables
of whole numbers: sums are exact in any order, so every machine gives the same answer. What somebody in danger writes stands
in a sentence or two; what an everyday letter says of hazards is spread over all of it. So a letter alarms by its most
alarming sentences and by how alarming it is as a whole.
"""

import io
import math
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.danger import words

BITS: Final = 17
UNIT: Final = 1 << 9
"""Weights are whole numbers of 1/512."""

RARITY_UNIT: Final = 1 << 4
_SCALE: Final = RARITY_UNIT / UNIT
SENTENCES: Final = 3
WINDOW_MAX: Final = 100
"""So many sentences, within so many code points, are looked at together."""

WHOLE_SHARE: Final = 0.6
"""What the letter as a whole counts beside its most alarming sentences."""

WHOLE_MIN: Final = -4.0
"""A letter however long does not hide a cry for help."""

LENGTH_MIN: Final = 100_000
"""Squared length of some eight characters, which every text has at least: four alone (今天上午) weigh too much for what they say."""

ENOUGH: Final = 0.75
DOUBTFUL: Final = -0.7
"""From here a plain cue decides: of a letter, or of the sentences around a threat or a wish to die in a letter however long."""

SUBJECT_END: Final = "。"
_FILE: Final = "learnt.npz"
_DIGITS: Final = "0123456789一二两三四五六七八九十几"
_BEYOND: Final = 0xFFFF
_AFTER: Final = "\n"
_MIX: Final = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B))
_SHIFT: Final = np.uint32(32 - BITS)

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
    rows: NDArray[np.complex128] = field(init=False)
    """Scaled weight as the real part and squared rarity as the imaginary one, both exact: one look for both."""

    def __post_init__(self) -> None:
        squares = np.square(self.rarity, dtype=np.int32)
        object.__setattr__(self, "rows", self.weights * _SCALE + 1j * squares)


def _table(of: NDArray[np.uint32], characters: str, value: int) -> NDArray[np.uint32]:
    of[[ord(character) for character in characters]] = value
    return of


_LETTERS: Final = _table(np.arange(_BEYOND + 1, dtype=np.uint32), _DIGITS, ord("0"))
_IS_END: Final = _table(np.zeros(_BEYOND + 1, dtype=np.uint32), "。!?;…\n", 1).astype(np.bool_)


def _points(text: str) -> NDArray[np.uint32]:
    """The code points of *text* and of ``_AFTER``."""
    return np.frombuffer((text + _AFTER).encode("utf-32-le", "surrogatepass"), np.uint32)


def places(text: str) -> Places:
    """Where the tables have the character and the pair that begin at each place of *text*: two rows.

    All digits are one. What begins at the end goes on with ``_AFTER``.
    """
    return _places(_points(text))


def _places(points: NDArray[np.uint32]) -> Places:
    letters = _LETTERS.take(points, mode="clip")
    found = np.empty((2, len(points) - len(_AFTER)), np.uint32)
    np.multiply(letters[:-1], _MIX[0], out=found[0])
    np.add(found[0], letters[1:], out=found[1])
    found[1] *= _MIX[1]
    found >>= _SHIFT
    return found.astype(np.int64)


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
    edges = _edges(_points(text))
    firsts, lasts = _windows(len(edges))
    starts, ends = edges.take(firsts), edges.take(lasts)
    fits = ends - starts <= WINDOW_MAX
    return list(zip(starts[fits].tolist(), ends[fits].tolist(), strict=True))


def _edges(points: NDArray[np.uint32]) -> Places:
    """Where sentences begin, and the end. A sentence ends behind its last mark, or where it gets too long."""
    size = len(points) - len(_AFTER)
    is_end = _IS_END.take(points, mode="clip")
    inner = np.flatnonzero(is_end[:-1] > is_end[1:])
    edges = np.empty(len(inner) + 2, np.int64)
    edges[0] = 0
    np.add(inner, 1, out=edges[1:-1])
    edges[-1] = size
    if size <= WINDOW_MAX or (edges[1:] - edges[:-1]).max() <= WINDOW_MAX:
        return edges
    spans = pairwise(edges.tolist())
    return np.array([place for start, end in spans for place in range(start, end, WINDOW_MAX)] + [size])


@lru_cache(maxsize=256)
def _windows(edges: int) -> tuple[Places, Places]:
    """First and last edge of every window between so many *edges*, by the number of sentences."""
    numbers = np.arange(edges)
    counts = range(1, min(SENTENCES, edges - 1) + 1)
    return (
        np.concatenate([numbers[:-more] for more in counts]),
        np.concatenate([numbers[more:] for more in counts]),
    )


class Heard:
    """What plain *text* sounds like. *score*: ``ENOUGH`` and more is a danger. *loudest*: of its sentences alone."""

    def __init__(self, text: str, learnt: Tables | None = None) -> None:
        self._text, self._learnt = text, learnt or tables()
        points = _points(text)
        singles, pairs = self._learnt.rows.take(_places(points))
        self._sums = np.zeros(len(points), np.complex128)
        (singles + pairs).cumsum(out=self._sums[1:])
        self._edges = _edges(points)
        self._firsts, self._lasts = _windows(len(self._edges))
        self._scores = self._windows_scored()
        self.loudest = float(self._scores.max())
        # However often it is said: a letter is as a whole no more alarming than its most alarming sentences.
        whole = min(_alarm(complex(self._sums[-1])) + self._learnt.bias, self.loudest)
        self.score = self.loudest + WHOLE_SHARE * max(whole, WHOLE_MIN)

    def _windows_scored(self) -> NDArray[np.float64]:
        """How far each window lies on the side of danger; one that is too long does not count."""
        sums, firsts, lasts = self._sums.take(self._edges), self._firsts, self._lasts
        said = sums.take(lasts) - sums.take(firsts)
        scores = said.real / np.sqrt(np.maximum(said.imag, LENGTH_MIN))
        scores += self._learnt.bias
        if self._edges[-1] > WINDOW_MAX:
            scores[self._edges.take(lasts) - self._edges.take(firsts) > WINDOW_MAX] = -math.inf
        return scores

    @property
    def _window(self) -> Window:
        """The most alarming sentences."""
        best = self._scores.argmax()
        return int(self._edges[self._firsts[best]]), int(self._edges[self._lasts[best]])

    def around(self, place: int) -> float:
        """How alarming the sentences around a place of the text are by themselves, whatever else the letter says."""
        here = (self._edges.take(self._firsts) <= place) & (place < self._edges.take(self._lasts))
        return float(self._scores[here].max(initial=-math.inf))

    @property
    def clause(self) -> Window:
        """The most alarming clause of the most alarming sentences."""
        window = start, end = self._window
        breaks = [match.span() for match in words.ANY_END.finditer(self._text[start:end])]
        begins = [start, *(start + stop for _, stop in breaks)]
        stops = [*(start + begin for begin, _ in breaks), end]
        clauses = [(begin, stop) for begin, stop in zip(begins, stops, strict=True) if begin < stop]
        if not clauses:
            return window
        return max(clauses, key=lambda clause: (self._sums[clause[1]] - self._sums[clause[0]]).real)

    @property
    def kind(self) -> Kind:
        """What the most alarming sentences tell of, taken that it is a danger."""
        start, end = self._window
        at, learnt = places(self._text[start:end]), self._learnt
        squares = int(np.square(learnt.rarity.take(at), dtype=np.int64).sum())
        harm, threat = (
            _alarm(complex(int(table.take(at).sum(dtype=np.int64)) * _SCALE, squares)) + bias
            for table, bias in (
                (learnt.self_harm, learnt.self_harm_bias),
                (learnt.threat, learnt.threat_bias),
            )
        )
        if max(harm, threat) <= 0:
            return "danger"
        return "self_harm" if harm >= threat else "threat"


def _alarm(sums: complex) -> float:
    """A sum of weights, in a text as long as the root of its squared rarities."""
    return sums.real / math.sqrt(max(sums.imag, LENGTH_MIN))


def encode(learnt: Tables) -> bytes:
    """The tables as a file's bytes."""
    file = io.BytesIO()
    np.savez_compressed(
        file, allow_pickle=False, weights=learnt.weights, self_harm=learnt.self_harm, threat=learnt.threat,
        rarity=learnt.rarity, bias=np.array([learnt.bias, learnt.self_harm_bias, learnt.threat_bias]),
    )  # fmt: skip
    return file.getvalue()
