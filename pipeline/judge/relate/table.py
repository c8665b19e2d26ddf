"""A stored trace as an array sees it, and as one letter is compared with others."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import minhash
from pipeline.judge.relate.trace import ANCHORS_MAX, BYTES
from pipeline.text.words import WORDS_MAX

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

RECORD = np.dtype(
    [
        ("person", "<u8"),
        ("text", "<u8"),
        ("way", "<u4"),
        ("files", "<u4"),
        ("has_words", "<u4"),
        ("place", "<u4"),
        ("parts", "<u4"),
        ("signature", "u1", minhash.VALUES),
        ("anchors", "<u4", ANCHORS_MAX),
        ("words", "<u4", WORDS_MAX),
    ]
)
"""A trace as ``Trace.encode`` writes it."""
assert RECORD.itemsize == BYTES  # noqa: S101 - both sides of one layout

_SIDE = struct.Struct(f"<QQII4xII{minhash.VALUES}s{ANCHORS_MAX}I{WORDS_MAX}I")


class Side(NamedTuple):
    """What of one trace is compared, in plain numbers: for one letter, arrays cost more than they save."""

    person: int
    text: int
    way: int
    files: int
    place: int
    parts: int
    signature: bytes
    anchors: Sequence[int]
    words: Sequence[int]


@lru_cache(maxsize=16)  # a letter is looked up, compared and remembered
def side_of(encoded: bytes) -> Side:
    """The side of ``Trace.encode``; zeros are left in. struct.error for bytes that are none."""
    person, text, way, files, place, parts, signature, *rest = _SIDE.unpack(encoded)
    return Side(person, text, way, files, place, parts, signature, rest[:ANCHORS_MAX], rest[ANCHORS_MAX:])
