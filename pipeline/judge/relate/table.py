"""Traces side by side as columns, so that one letter is compared with many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import minhash
from pipeline.judge.relate.trace import ANCHORS_MAX, BYTES, Trace
from pipeline.text.words import WORDS_MAX

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
F32 = NDArray[np.float32]

RECORD = np.dtype(
    [
        ("person", "<u8"),
        ("text", "<u8"),
        ("way", "<u4"),
        ("files", "<u4"),
        ("has_words", "<u4"),
        ("place", "<u4"),
        ("signature", "u1", minhash.VALUES),
        ("anchors", "<u4", ANCHORS_MAX),
        ("words", "<u4", WORDS_MAX),
    ]
)
"""A trace as ``Trace.encode`` writes it."""
assert RECORD.itemsize == BYTES  # noqa: S101 - both sides of one layout


@dataclass(frozen=True, slots=True)
class Columns:
    """What of many traces is compared; a row each."""

    person: U64
    place: U32
    signature: U8
    anchors: U32
    words: U32


def columns(traces: Sequence[Trace]) -> Columns:
    """*traces* as columns."""
    return of_records(np.frombuffer(b"".join(trace.encode() for trace in traces), dtype=RECORD))


def of_records(records: NDArray[np.void]) -> Columns:
    return Columns(
        records["person"], records["place"], records["signature"], records["anchors"], records["words"]
    )
