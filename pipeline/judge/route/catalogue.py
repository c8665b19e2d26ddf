"""A topic catalogue: topics in groups, each with cue words, found in one pass over a text.

``own`` is the one that comes with Xinshu. ``read`` takes a city's own YAML of the same form, ``read_table`` the rows of
a scheme of three levels (``一级分类,二级分类,三级分类``): its third-level names are cues of the second. Both are pure and
raise BadCatalogue with line and reason.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final

import yaml
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.judge.route.topics import NOTHING, Guess

READ_CHARACTERS: Final = 600
SUBJECT_WEIGHT: Final = 3.0
FURTHER_WEIGHT: Final = 0.3
"""What a cue counts each time it is said again, up to three times."""

SHORT_CUE: Final = 0.6
CHARACTER_WEIGHT: Final = 0.4
CUE_WEIGHT_MAX: Final = 2.2
"""A cue of one character weighs 0.6, each further one adds 0.4: 停水 1.0, 建筑垃圾 1.8."""

DOUBT: Final = 1.0
"""Added to the sum that a score is a share of: one weak cue alone is no certainty."""

TABLE_HEADER: Final = ("一级分类", "二级分类", "三级分类")


class BadCatalogue(ValueError):
    """A catalogue that cannot be used: one plain line with file, line and reason."""


Word = Annotated[str, Field(min_length=1, max_length=40)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    catalogue: Word
    version: Word
    topics: dict[Word, dict[Word, list[Word]]] = Field(min_length=1)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Topics by name (``组/事项``), each with its cues; a cue may point to several topics."""

    name: str
    version: str
    cues: Mapping[str, Sequence[str]]
    _automaton: AhoCorasick = field(init=False)
    _words: tuple[str, ...] = field(init=False)
    _meant: tuple[tuple[str, ...], ...] = field(init=False)
    _weights: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        meant: dict[str, list[str]] = {}
        for topic, cues in self.cues.items():
            for cue in cues:
                meant.setdefault(cue, []).append(topic)
        words = tuple(sorted(meant))
        automaton = AhoCorasick(
            words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        )
        object.__setattr__(self, "_automaton", automaton)
        object.__setattr__(self, "_words", words)
        object.__setattr__(self, "_meant", tuple(tuple(meant[word]) for word in words))
        object.__setattr__(self, "_weights", tuple(_weight(word) / len(meant[word]) for word in words))

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self.cues)

    def guess(self, subject: str, text: str) -> Guess:
        """The topics whose cues weigh most; of equal ones the first by name."""
        said = self._said(subject, text)
        if not said:
            return NOTHING
        scores: dict[str, float] = {}
        numbers = sorted(said)  # words by number are in order, too
        for number in numbers:
            for topic in self._meant[number]:
                scores[topic] = scores.get(topic, 0.0) + said[number]
        ranked = sorted(sorted(scores), key=scores.__getitem__, reverse=True)
        best, second = ranked[0], ranked[1] if len(ranked) > 1 else ""
        whole = scores[best] + (scores[second] if second else 0.0) + DOUBT
        cues = [number for number in numbers if best in self._meant[number]]
        cues.sort(key=said.__getitem__, reverse=True)
        return Guess(
            best,
            round(scores[best] / whole, 4),
            second,
            round(scores[second] / whole, 4) if second else 0.0,
            tuple(self._words[number] for number in cues[:3]),
        )

    def _said(self, subject: str, text: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for part, share in ((subject, SUBJECT_WEIGHT), (text[:READ_CHARACTERS], 1.0)):
            if not part:
                continue
            counts: dict[int, int] = {}
            for number, _, _ in self._automaton.find_matches_as_indexes(part):
                counts[number] = counts.get(number, 0) + 1
            for number, count in counts.items():
                weight = self._weights[number] * share
                if count > 1:
                    weight *= 1 + FURTHER_WEIGHT * (min(count, 4) - 1)
                found[number] = found.get(number, 0.0) + weight
        return found


def _weight(cue: str) -> float:
    return min(CUE_WEIGHT_MAX, SHORT_CUE + CHARACTER_WEIGHT * (len(cue) - 1))


@lru_cache(maxsize=1)
def own() -> Catalogue:
    """The catalogue that comes with Xinshu."""
    file = files("pipeline.judge.route") / "catalogue.yaml"
    return read(file.read_text("utf-8"), file.name)


def read(text: str, name: str) -> Catalogue:
    """The catalogue in *text*; *name* is what an error calls it."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BadCatalogue(
            f"{name}:{line}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}"
        ) from None
    try:
        file = _File.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the whole file"
        raise BadCatalogue(f"{name}:{_line(text, fault['loc'])}: {where}: {fault['msg']}") from None
    cues = {
        f"{group}/{topic}": tuple(words)
        for group, inside in file.topics.items()
        for topic, words in inside.items()
    }
    return Catalogue(file.catalogue, file.version, cues)


def read_table(text: str, name: str) -> Catalogue:
    """A scheme of three levels as CSV with the header ``一级分类,二级分类,三级分类``."""
    rows = list(csv.reader(text.lstrip("\ufeff").splitlines()))
    if not rows or tuple(rows[0]) != TABLE_HEADER:
        raise BadCatalogue(f"{name}:1: the header is not {','.join(TABLE_HEADER)}")
    cues: dict[str, list[str]] = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(TABLE_HEADER) or not all(cell.strip() for cell in row):
            raise BadCatalogue(f"{name}:{number}: three cells are wanted, none of them empty")
        group, topic, leaf = (cell.strip() for cell in row)
        found = cues.setdefault(f"{group}/{topic}", [])
        found += [word for word in (topic, leaf, *_parts(leaf)) if word not in found and word != "其他"]
    if not cues:
        raise BadCatalogue(f"{name}:2: there is no topic")
    return Catalogue(name, "table", cues)


def _parts(leaf: str) -> list[str]:
    """停车场管理 → 停车场: what people write is the thing, not the managing of it."""
    ends = (
        "管理",
        "服务",
        "建设",
        "问题",
        "监管",
        "政策",
        "保障",
        "待遇",
        "办理",
        "纠纷",
        "收费",
        "审批",
        "处理",
    )
    bare = [leaf.removesuffix(end) for end in ends if leaf.endswith(end)]
    pieces = leaf.replace("、", " ").replace("和", " ").replace("与", " ").split()
    return [part for part in (*bare, *pieces) if len(part) >= 2]


def _line(text: str, place: tuple[int | str, ...]) -> int:
    """The line of the last key of *place*, looked for key after key."""
    lines = text.splitlines()
    at = 0
    for key in (str(step) for step in place if isinstance(step, str)):
        at = next((number for number in range(at, len(lines)) if lines[number].strip().startswith(key)), at)
    return at + 1
