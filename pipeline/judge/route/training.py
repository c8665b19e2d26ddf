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

PENALTY: Final = 0.8
STRETCH: Final = 0.5
"""C of the support vectors, how much features are stretched, and below: how many letters must have a feature.
Chosen by cross-validation.
"""

GRAM_LETTERS_MIN: Final = 2
WORD_LETTERS_MIN: Final = 3
INNER_FOLDS: Final = 3
MIXING: Final = 0.3
"""How margins are made into shares: over so many folds of the letters, with this C."""

CALIBRATION_LETTERS_MIN: Final = 40
STEEPNESS_UNTOLD: Final = 2.0
"""Letters that the rarest topic must have for it. What margins are multiplied with where there are too few letters for that."""


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
"""Told the step that begins: words, features, weights, calibration."""


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
    progress("calibration")
    mixed, shift = _calibration(features.table, wanted, len(labels))
    return features.model(labels, mixed @ weights, mixed @ bias + shift, dictionary)


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
        dictionary: Dictionary,
    ) -> TopicModel:
        """The blocks with the weights that were learnt, one column a feature."""
        scaled = np.clip(np.rint(weights.T * WEIGHT_UNIT), -WEIGHT_MAX, WEIGHT_MAX)
        rounded = np.ascontiguousarray(scaled, np.int16)  # a row a feature lies together
        ends = np.cumsum([len(block.keys) for block in self.blocks])
        rows = np.split(rounded, ends[:-1])
        text, words, first = (
            Block(block.keys, block.rare, part, block.share)
            for block, part in zip(self.blocks, rows, strict=True)
        )
        return TopicModel(labels, text, words, first, np.round(bias, 9), dictionary, trained_on=self.letters)


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
    """A row of weights and a bias for each topic, learnt against all others.

    Features are stretched by how much more often letters of the topic have them than others (Wang and Manning 2012, half
    way): what tells it apart needs less evidence. The stretch becomes part of the weight, so serving costs nothing more.
    """
    from scipy import sparse  # noqa: PLC0415 - only training needs it
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - a second to load, and only training needs it

    had = (table > 0).astype(np.float64)
    weights = np.zeros((topics, table.shape[1]))
    bias = np.zeros(topics)
    for topic in range(topics):
        ours = wanted == topic
        stretch = 1 - STRETCH + STRETCH * np.abs(_log_ratio(had[ours]) - _log_ratio(had[~ours]))
        machine = LinearSVC(C=PENALTY, class_weight="balanced", random_state=0, max_iter=5000)
        machine.fit(table @ sparse.diags(stretch), ours)
        weights[topic] = machine.coef_[0] * stretch
        bias[topic] = machine.intercept_[0]
    return weights, bias


def _log_ratio(had: Any) -> NDArray[np.float64]:
    """The logarithm of each feature's share, one letter added so that none is zero."""
    count = np.asarray(had.sum(axis=0)).ravel() + 1
    shares: NDArray[np.float64] = np.log(count / count.sum())
    return shares


def _calibration(
    table: Any, wanted: NDArray[np.int64], topics: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What makes margins into shares that hold: a mix of the margins and a shift for each topic.

    Learnt from margins of letters that the weights were not learnt from.
    """
    if min(Counter(wanted.tolist()).values()) < CALIBRATION_LETTERS_MIN:
        return np.eye(topics) * STEEPNESS_UNTOLD, np.zeros(topics)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training needs it

    fold = np.zeros(len(wanted), np.int64)
    for topic in range(topics):
        members = np.flatnonzero(wanted == topic)
        fold[members] = np.arange(len(members)) % INNER_FOLDS
    margins = np.zeros((len(wanted), topics))
    for number in range(INNER_FOLDS):
        weights, bias = _fit(table[fold != number], wanted[fold != number], topics)
        margins[fold == number] = table[fold == number] @ weights.T + bias
    machine = LogisticRegression(C=MIXING, max_iter=1000)
    machine.fit(margins, wanted)
    mixed, shift = machine.coef_, machine.intercept_
    if topics == 2:  # the library keeps one row for two topics
        return np.vstack((-mixed, mixed)) / 2, np.concatenate((-shift, shift)) / 2
    return mixed, shift
