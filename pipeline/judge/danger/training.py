"""Learning what danger sounds like from letters with a label each: ``bench/danger/``, ``make bench-danger ARGS=--write``.

Logistic regression on characters and pairs of them weighed by how rare they are, in texts of length one; then rounded
to the whole numbers that ``learnt`` serves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Final, Literal, Self, cast, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from pipeline.judge.danger import learnt
from pipeline.text.plain import plain

LOOSENESS: Final = 5.0
"""Inverse strength of the regularisation: of 1, 3, 5, 10 and 30 the one that found most in letters of other authors."""

FRAMES: Final = (
    ("尊敬的领导:您好!", "望尽快处理,谢谢!"),
    ("您好,", "谢谢。"),
    ("市长您好!", "盼回复。"),
    ("坐席:您好,请讲。市民:", "坐席:好的,请稍等。"),
    ("坐席:您好,12345热线,请问什么事?市民:", "坐席:请问具体位置在哪里?"),
    ("坐席:您好。市民:", "坐席:请说地址。"),
    ("坐席:您好,这里是12345。市民:", "坐席:我记下了。"),
    ("市民:", ""),
    ("我想反映一个问题。", "请有关部门管一管。"),
    ("", "联系人:王先生"),
    ("主题:求助。正文:", ""),
    ("领导好,", "麻烦你们了,非常感谢!"),
)
"""What people and operators write around a matter says nothing of it: every letter is learnt with a frame, too, and both
of them with another.
"""

FRAMED: Final = (3, 0)
"""By how much the frames are turned in each round of framing."""

_SAYS_NOTHING: Final = "..."
"""Some leave every sentence open."""

_SIZE: Final = 1 << learnt.BITS
_WEIGHT_MAX: Final = 32767

Label = Literal["no", "danger", "self_harm", "threat"]


@dataclass(frozen=True, slots=True)
class Example:
    """A letter in plain writing. *label*: the kind of danger that it tells of, or ``no``."""

    label: Label
    text: str

    @classmethod
    def read(cls, line: str) -> Self:
        """Of a line ``label<TAB>text``, the text as people wrote it. Raises ValueError."""
        label, found, text = line.partition("\t")
        if not found or label not in get_args(Label):
            raise ValueError(f"no label and text: {line[:40]!r}")
        return cls(cast("Label", label), plain(text).text)

    @property
    def is_danger(self) -> bool:
        """Must somebody look at once?"""
        return self.label != "no"


def _framed(examples: Sequence[Example], turn: int) -> Iterator[Example]:
    """Each with a frame; every frame stands around as many of either side."""
    frames = {is_danger: islice(cycle(FRAMES), turn, None) for is_danger in (True, False)}
    for example in examples:
        before, after = next(frames[example.is_danger])
        yield Example(example.label, f"{before}{example.text}{after}")


def _counts(texts: Sequence[str]) -> Any:
    """How often each text has each n-gram that says something."""
    columns = [learnt.places(text).ravel() for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(one) for one in columns])
    ones = np.ones(len(rows))
    table = sparse.csr_matrix((ones, (rows, np.concatenate(columns))), shape=(len(texts), _SIZE))
    heard = np.ones(_SIZE)
    heard[learnt.places(_SAYS_NOTHING)] = 0
    return table @ sparse.diags(heard)


def fit(examples: Sequence[Example]) -> learnt.Tables:
    """Logistic regression on n-grams weighed by rarity, in texts of length one; then rounded."""
    for turn in FRAMED:
        examples = [*examples, *_framed(examples, turn)]
    texts = [example.text for example in examples]
    table = _counts(texts)
    having = np.asarray((table > 0).sum(axis=0)).ravel()
    rarity = np.where(having > 0, 1 + np.log((len(texts) + 1) / (having + 1)), 0)
    rounded = np.minimum(np.rint(rarity * learnt.RARITY_UNIT), 255).astype(np.uint8)
    rarity = rounded / learnt.RARITY_UNIT
    squares = table @ np.square(rounded.astype(np.float64))
    lengths = np.sqrt(np.maximum(squares, 1)) / learnt.RARITY_UNIT
    values = sparse.diags(1 / lengths) @ table @ sparse.diags(rarity)

    def side(of: Sequence[bool], among: NDArray[np.bool_]) -> tuple[NDArray[np.int16], float]:
        model = LogisticRegression(C=LOOSENESS, max_iter=3000, class_weight="balanced")
        model.fit(values[among], np.array(of)[among])
        weights = np.clip(np.rint(model.coef_[0] * rarity * learnt.UNIT), -_WEIGHT_MAX, _WEIGHT_MAX).astype(
            np.int16
        )
        return weights, float(model.intercept_[0])

    dangers = np.array([example.is_danger for example in examples])
    weights, bias = side([example.is_danger for example in examples], np.ones(len(texts), np.bool_))
    harm, harm_bias = side([example.label == "self_harm" for example in examples], dangers)
    threat, threat_bias = side([example.label == "threat" for example in examples], dangers)
    return learnt.Tables(weights, harm, threat, rounded, bias, harm_bias, threat_bias)
