"""A trained topic model, served from flat tables: the same answer on every machine.

All sums are of whole numbers below 2**53 held as floats (weights and inverse frequencies are stored rounded), so they are
exact in any order; what is left are single divisions and roots, which every machine rounds alike. Ties go to the name that sorts first. The file
is a NumPy archive without pickles, stamped with ``FORMAT``.
"""

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.route.grams import COUNT_MAX, Counts, Dictionary, Keys, grams, head, whole
from pipeline.judge.route.topics import Guess

FORMAT: Final = "xinshu-topic-1"
UNIT: Final = 1 << 14
"""Frequencies and values are whole numbers of 1/16384."""

WEIGHT_UNIT: Final = 1 << 9
WEIGHT_MAX: Final = 32767
"""Weights are whole numbers of 1/512 that fit two bytes: small tables stay in the processor's cache."""

HEAD_SHARE: Final = 0.5
"""What the head counts beside the whole text and its words."""

VALUE_MAX: Final = 1 << 20
"""A square stays exact over 8,192 features (2**20 · 2**20 · 2**13 = 2**53), a product with weights all the more."""

_LOG: Final = np.array([0, *(round(UNIT * (1 + math.log(n))) for n in range(1, COUNT_MAX + 1))], np.float64)
"""1 + log of a count."""


class BadModel(ValueError):
    """A file that is no topic model, or one of another version: one plain line."""


Numbers = NDArray[np.float64]
"""Whole numbers, as floats."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One kind of feature: ascending *keys*, their inverse frequencies, a row of weights for each, one a topic."""

    keys: Keys
    rare: NDArray[np.int32]
    weights: NDArray[np.int16]
    share: float

    def known(self, keys: Keys, counts: Counts) -> tuple[NDArray[np.int64], Numbers]:
        """Places of the *keys* that the model knows, and their values: (1 + log count) × rarity, rounded down."""
        if not len(self.keys) or not len(keys):
            return np.empty(0, np.int64), np.empty(0, np.float64)
        places = self.keys.searchsorted(keys)
        hit = self.keys.take(places, mode="clip") == keys
        places = places[hit]
        values = np.floor(_LOG.take(counts[hit]) * self.rare.take(places) / UNIT)
        return places, np.minimum(values, VALUE_MAX)

    def scores(self, keys: Keys, counts: Counts) -> Numbers:
        """What the block says for each topic."""
        places, values = self.known(keys, counts)
        square = float(values @ values)
        if not square:
            return np.zeros(self.weights.shape[1])
        weights = self.weights.take(places, axis=0).astype(np.float64)
        result: Numbers = (values @ weights) * (self.share / (WEIGHT_UNIT * math.sqrt(square)))
        return result


@dataclass(frozen=True, slots=True, eq=False)
class TopicModel:
    """*labels* in ascending order. *trained_on*: how many letters taught it."""

    labels: tuple[str, ...]
    text: Block
    words: Block
    head: Block
    bias: NDArray[np.float64]
    dictionary: Dictionary
    trained_on: int
    _order: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", tuple(range(len(self.labels))))

    def margins(self, subject: str, text: str) -> NDArray[np.float64]:
        """How far each topic lies on its side, in the order of ``labels``."""
        body = whole(subject, text)
        scores = self.text.scores(*grams(body))
        scores = scores + self.words.scores(*self.dictionary.count(body))
        scores = scores + self.head.scores(*grams(head(subject, text)))
        result: NDArray[np.float64] = scores + self.bias
        return result

    def guess(self, subject: str, text: str) -> Guess:
        """The two topics that lie highest."""
        margins = [round(margin, 9) for margin in self.margins(subject, text).tolist()]
        best, second = sorted(self._order, key=lambda at: (-margins[at], at))[:2]
        top = margins[best]
        parts = [math.exp(margin - top) for margin in margins]
        total = math.fsum(parts)
        return Guess(
            self.labels[best],
            round(parts[best] / total, 4),
            self.labels[second],
            round(parts[second] / total, 4),
        )

    def encode(self) -> bytes:
        """The model as a file's bytes: equal models give equal bytes."""
        arrays: dict[str, NDArray[np.generic]] = {
            "format": np.array(FORMAT),
            "labels": np.array(self.labels),
            "dictionary": np.frombuffer("\n".join(self.dictionary.words).encode(), np.uint8),
            "bias": self.bias,
            "trained_on": np.array(self.trained_on),
        }
        for name, block in (("text", self.text), ("words", self.words), ("head", self.head)):
            arrays[f"{name}_keys"] = block.keys
            arrays[f"{name}_rare"] = block.rare
            arrays[f"{name}_weights"] = block.weights
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()


def decode(content: bytes) -> TopicModel:
    """The model in *content*. Raises BadModel."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            if "format" not in stored or str(stored["format"]) != FORMAT:
                raise BadModel(f"no topic model of the form {FORMAT}")
            return _model({name: stored[name] for name in stored.files})
    except (BadZipFile, OSError, EOFError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, BadModel):
            raise
        raise BadModel("no topic model, or a damaged one") from None


def _model(stored: dict[str, NDArray[np.generic]]) -> TopicModel:
    words = stored["dictionary"].tobytes().decode()

    def block(name: str, share: float) -> Block:
        keys = stored[f"{name}_keys"].astype(np.uint64)
        rare = stored[f"{name}_rare"].astype(np.int32)
        return Block(keys, rare, stored[f"{name}_weights"].astype(np.int16), share)

    labels = tuple(str(label) for label in stored["labels"].tolist())
    model = TopicModel(
        labels=labels,
        text=block("text", 1.0),
        words=block("words", 1.0),
        head=block("head", HEAD_SHARE),
        bias=stored["bias"].astype(np.float64),
        dictionary=Dictionary(tuple(words.split("\n")) if words else ()),
        trained_on=int(stored["trained_on"].astype(np.int64)),
    )
    _check(model)
    return model


def _check(model: TopicModel) -> None:
    topics = len(model.labels)
    fits = topics >= 2 and len(model.bias) == topics and len(model.words.keys) == len(model.dictionary.words)
    for part in (model.text, model.words, model.head):
        fits = fits and part.weights.shape == (len(part.keys), topics) and len(part.rare) == len(part.keys)
    if not fits:
        raise BadModel("a topic model whose tables do not fit each other")


def load_model(path: Path) -> TopicModel:
    """The model in the file *path*. Raises BadModel, and OSError where there is no such file."""
    return decode(path.read_bytes())
