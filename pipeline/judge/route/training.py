"""Training a topic model on letters whose topic is known: a city's closed orders.

Linear support vectors over characters, pairs and words; balanced, so that rare topics count as much as common ones. The
same letters in the same order always give the same model.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.route.grams import Counts, Dictionary, Keys, grams, head, whole
from pipeline.judge.route.topic_model import HEAD_SHARE, UNIT, WEIGHT_MAX, WEIGHT_UNIT, Block, TopicModel

PENALTY: Final = 0.5
"""C of the support vectors, and below: how many letters must have a feature. Chosen by cross-validation."""

GRAM_LETTERS_MIN: Final = 2
WORD_LETTERS_MIN: Final = 3
INNER_FOLDS: Final = 3
STEEPNESS: Final = tuple(step / 4 for step in range(2, 41))
STEEPNESS_UNTOLD: Final = 2.0
"""Where there are too few letters to find it out."""


@dataclass(frozen=True, slots=True)
class Example:
    """A letter, folded, and its topic."""

    subject: str
    text: str
    label: str


class TooFew(ValueError):
    """Nothing can be learnt: fewer than two topics. ``labels`` are those there are."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__(labels)
        self.labels = labels


Progress = Callable[[str], None]
"""Told the step that begins: words, features, weights, steepness."""


def train(examples: Sequence[Example], progress: Progress = lambda _: None) -> TopicModel:
    """The model that *examples* teach. Raises TooFew."""
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) < 2:
        raise TooFew(labels)
    progress("words")
    dictionary = _dictionary(examples)
    progress("features")
    features = _features(examples, dictionary)
    wanted = np.array([labels.index(example.label) for example in examples])
    progress("weights")
    weights, bias = _fit(features.table, wanted, len(labels))
    progress("steepness")
    steepness = _steepness(features.table, wanted, len(labels))
    return features.model(labels, weights, bias, steepness, dictionary)


def _dictionary(examples: Sequence[Example]) -> Dictionary:
    """Words of two characters and more that several of the letters have."""
    import rjieba  # noqa: PLC0415 - its dictionary takes 30 MB, which serving need not hold

    letters: Counter[str] = Counter()
    for example in examples:
        words = set(rjieba.cut(whole(example.subject, example.text)))
        letters.update(word for word in words if len(word) > 1 and not word.isspace() and "\n" not in word)
    return Dictionary(tuple(sorted(word for word, count in letters.items() if count >= WORD_LETTERS_MIN)))


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    blocks: tuple[Block, Block, Block]
    table: Any
    letters: int

    def model(
        self,
        labels: tuple[str, ...],
        weights: NDArray[np.float64],
        bias: NDArray[np.float64],
        steepness: float,
        dictionary: Dictionary,
    ) -> TopicModel:
        """The blocks with the weights that were learnt, one column a feature."""
        rounded = np.clip(np.rint(weights.T * WEIGHT_UNIT), -WEIGHT_MAX, WEIGHT_MAX).astype(np.int16)
        ends = np.cumsum([len(block.keys) for block in self.blocks])
        rows = np.split(rounded, ends[:-1])
        text, words, first = (
            Block(block.keys, block.rare, part, block.share)
            for block, part in zip(self.blocks, rows, strict=True)
        )
        return TopicModel(
            labels, text, words, first, np.round(bias, 9), steepness, dictionary, trained_on=self.letters
        )


def _features(examples: Sequence[Example], dictionary: Dictionary) -> _Features:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    bodies = [whole(example.subject, example.text) for example in examples]
    heads = [head(example.subject, example.text) for example in examples]
    counted = (
        ([grams(body) for body in bodies], GRAM_LETTERS_MIN, 1.0),
        ([dictionary.count(body) for body in bodies], 0, 1.0),
        ([grams(text) for text in heads], GRAM_LETTERS_MIN, HEAD_SHARE),
    )
    blocks = []
    tables = []
    for counts, least, share in counted:
        block = _block(counts, least, share, len(dictionary.words) if not least else None)
        blocks.append(block)
        tables.append(_table(block, counts))
    return _Features((blocks[0], blocks[1], blocks[2]), sparse.hstack(tables).tocsr(), len(examples))


def _block(counts: list[tuple[Keys, Counts]], least: int, share: float, every: int | None) -> Block:
    """The features that at least *least* letters have, or *every* number below; without weights yet."""
    keys, letters = np.unique(np.concatenate([keys for keys, _ in counts]), return_counts=True)
    if every is not None:
        full = np.zeros(every, np.int64)
        full[keys.astype(np.int64)] = letters
        keys, letters = np.arange(every, dtype=np.uint64), full
    kept = letters >= least
    keys, letters = keys[kept], letters[kept]
    rare = [round(UNIT * (math.log((1 + len(counts)) / (1 + count)) + 1)) for count in letters.tolist()]
    return Block(keys, np.array(rare, np.int32), np.zeros((len(keys), 0), np.int16), share)


def _table(block: Block, counts: list[tuple[Keys, Counts]]) -> Any:
    from scipy import sparse  # noqa: PLC0415 - only training needs it

    places: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float64]] = []
    ends = [0]
    for keys, count in counts:
        at, value = block.known(keys, count)
        length = math.sqrt(float(value @ value)) or 1.0
        places.append(at)
        values.append(value * (block.share / length))
        ends.append(ends[-1] + len(at))
    shape = (len(counts), len(block.keys))
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(places), np.array(ends)), shape=shape)


def _fit(
    table: Any, wanted: NDArray[np.int64], topics: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A row of weights and a bias for each topic."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - a second to load, and only training needs it

    machine = LinearSVC(C=PENALTY, class_weight="balanced", random_state=0, max_iter=5000)
    machine.fit(table, wanted)
    weights, bias = machine.coef_, machine.intercept_
    if topics == 2:  # the library keeps one row for two topics
        return np.vstack((-weights, weights)), np.concatenate((-bias, bias))
    return weights, bias


def _steepness(table: Any, wanted: NDArray[np.int64], topics: int) -> float:
    """What makes margins into shares that hold: the one under which letters not learnt from are least surprising."""
    if min(Counter(wanted.tolist()).values()) < 2 * INNER_FOLDS:
        return STEEPNESS_UNTOLD
    fold = np.zeros(len(wanted), np.int64)
    for topic in range(topics):
        members = np.flatnonzero(wanted == topic)
        fold[members] = np.arange(len(members)) % INNER_FOLDS
    margins = np.zeros((len(wanted), topics))
    for number in range(INNER_FOLDS):
        weights, bias = _fit(table[fold != number], wanted[fold != number], topics)
        margins[fold == number] = table[fold == number] @ weights.T + bias
    return min(STEEPNESS, key=lambda steep: (_surprise(margins * steep, wanted), steep))


def _surprise(margins: NDArray[np.float64], wanted: NDArray[np.int64]) -> float:
    top = margins.max(axis=1, keepdims=True)
    logs = np.log(np.exp(margins - top).sum(axis=1)) + top[:, 0] - margins[np.arange(len(wanted)), wanted]
    return round(float(np.mean(logs)), 6)
