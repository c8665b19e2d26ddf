"""Two letters out of a set, compared as the line would after it had received them all: for files, not for the line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import score
from pipeline.judge.relate.likeness import Comparer, Likeness
from pipeline.judge.relate.lookup import PROLIFIC_LETTERS, style_of
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.table import RECORD, side_of
from pipeline.judge.relate.trace import Trace


@dataclass(frozen=True, slots=True)
class Compared:
    """How surely two letters are about one matter, and why."""

    score: float
    why: str
    vetoed: bool
    same_person: bool
    same_text: bool
    same_way: bool
    same_files: bool


@dataclass(frozen=True, slots=True)
class Pairs:
    """The traces of a set of letters by name, with what they say together about how rare words are."""

    traces: Mapping[str, Trace]
    rarity: Rarity = field(default_factory=Rarity)
    styles: dict[int, frozenset[int]] = field(default_factory=dict)

    @staticmethod
    def of(traces: Mapping[str, Trace]) -> "Pairs":
        made = Pairs(traces)
        records = _records(traces.values())
        made.rarity.add(records["words"], records["anchors"])
        own: dict[int, list[int]] = defaultdict(list)
        for place, trace in enumerate(traces.values()):
            own[trace.person].append(place)
        for person, count in Counter(trace.person for trace in traces.values()).items():
            if person and count >= PROLIFIC_LETTERS:
                made.styles[person] = style_of(records["words"][own[person]].tolist())
        return made

    def compare(self, one: str, other: str) -> Compared:
        """KeyError for a name that is not in the set."""
        a, b = self.traces[one], self.traces[other]
        like, prolific = self.likeness(one, other)
        value, veto = score.score(like, prolific=prolific)
        return Compared(
            round(value, 4),
            score.why(like),
            bool(veto),
            same_person=bool(a.person) and a.person == b.person,
            same_text=bool(a.text) and a.text == b.text,
            same_way=a.way == b.way,
            same_files=a.files == b.files,
        )

    def likeness(self, one: str, other: str) -> tuple[Likeness, bool]:
        """The features, and whether both are letters of one person who writes very often."""
        a, b = self.traces[one], self.traces[other]
        style = self.styles.get(a.person) if a.person == b.person else None
        asked = Comparer(side_of(a.encode()), self.rarity, style or frozenset())
        theirs = side_of(b.encode())
        return asked.look(theirs, asked.glance(theirs)), style is not None


def _records(traces: Iterable[Trace]) -> NDArray[np.void]:
    return np.frombuffer(b"".join(trace.encode() for trace in traces), dtype=RECORD)
