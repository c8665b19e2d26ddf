"""Names of places and institutions in a text, as keys that two writers of the same place share.

丽发新城, 丽发小区 and A市A3区丽发新城小区 all have the key of 丽发: what stands before the words that only say
what kind of place it is. The name is cut on its left where a word begins that no name holds (在, 我们是, 投诉), and only
its last two characters count, in the order of their code points: people leave out the builder's name before an estate's, and
swap characters (趣步, 步趣).

``names`` promises: linear in the text, in the order of the text, no key twice. Kinds: a ``CITY`` and a ``DISTRICT`` lie
around many matters, an ``AREA`` (town, street, road, village, lake) around some, a ``PLACE`` (estate, school, company …) is
where one is, a ``MARK`` is a number that names (58车贷, 110kv, G107).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import ahocorasick_rs

from pipeline.text import place_words as words

VERSION = "1"

_NAME_MAX = 8
"""Characters looked at before a suffix."""
_NAME_MIN = 2
_MIDDLE_MAX = 2


class Kind(IntEnum):
    """What a key stands for; three bits of an anchor. From ``AREA`` on it is where or what a matter is."""

    CITY = 0
    DISTRICT = 1
    AREA = 2
    PLACE = 3
    MARK = 4


@dataclass(frozen=True, slots=True)
class Name:
    """One key, and where in the text (code points) it stands for the first time."""

    kind: Kind
    key: str
    start: int
    end: int


CODED = re.compile(r"(?<![A-Za-z0-9])([A-Z])(?:(市)|([0-9]{1,2})(?:[区县市]{1,2}|(?![0-9A-Za-z])))")
"""Divisions whose names were taken out: A市, A3区."""

_NAME = re.compile(r"[\u3400-\u9fff]{2}|[A-Za-z][A-Za-z0-9\u3400-\u9fff]")
_MARK = re.compile(
    r"(?<![0-9A-Za-z.])(?:([0-9]{2,4})([\u3400-\u9fff]{2})"
    r"|([0-9]{2,4}(?:kv|KV|伏)|[GSX][0-9]{2,4}(?![0-9])))"
)
_BUILDERS = frozenset("".join(sorted(name)) for name in words.BUILDERS)
_ENDINGS = sorted(words.SUFFIXES | words.AREAS | words.DIVISIONS | words.NEUTRAL)
_SUFFIXES = ahocorasick_rs.AhoCorasick(_ENDINGS, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)


def names(text: str) -> tuple[Name, ...]:
    """The names in folded *text*."""
    found: dict[tuple[Kind, str], Name] = {}
    for name in met(text):
        found.setdefault((name.kind, name.key), name)
    return tuple(found.values())


def met(text: str) -> list[Name]:
    """Every name each time it is met, in the order of the text."""
    return sorted(_all(text), key=lambda name: (name.start, name.kind, name.key))


def without(text: str, found: Iterable[Name]) -> str:
    """*text* with blanks where a place or division is named: what is left tells what the matter is, not where."""
    pieces, last = [], 0
    for name in found:
        if name.kind is not Kind.MARK and name.start >= last:
            pieces += [text[last : name.start], " "]
            last = name.end
    return "".join([*pieces, text[last:]])


def _all(text: str) -> Iterator[Name]:
    for match in CODED.finditer(text):
        letter, city, number = match.groups()
        yield Name(Kind.CITY, letter, *match.span())
        if not city:
            yield Name(Kind.DISTRICT, letter + number, *match.span())
    bare = CODED.sub(lambda match: "," * len(match.group()), text)
    yield from _suffixed(bare)
    for match in _MARK.finditer(bare):
        number, after, whole = match.groups()
        if whole:
            yield Name(Kind.MARK, whole.lower(), *match.span())
        elif after[0] not in words.UNITS and after not in words.NO_NAMES and not words.BREAKS.search(after):
            yield Name(Kind.MARK, number + after, *match.span())


def _suffixed(text: str) -> Iterator[Name]:
    last_end, open_from = 0, -1
    hits = list(_SUFFIXES.find_matches_as_indexes(text))
    for place, (ending, start, end) in enumerate(hits):
        suffix = _ENDINGS[ending]
        name = words.BREAKS.split(text[max(last_end, start - _NAME_MAX) : start])[-1]
        if len(name) < _NAME_MIN and open_from >= 0 and start - last_end == len(name):
            # 银河湾: what looked like an ending, too near the beginning, is part of the name.
            name = text[open_from:start]
        open_from = start - len(name) if suffix in words.OPEN else -1
        last_end = end
        if suffix in words.NEUTRAL:
            if suffix in words.MAYBE_DIVISIONS and len(name) == 1 and name not in words.NO_DIVISION_BEGINS:
                yield Name(Kind(words.DIVISIONS_KIND[suffix[-1]]), name + suffix[0], start - 1, end)
            continue
        if suffix in words.DIVISIONS:
            if (
                2 <= len(name) <= 4
                and name[-2:] not in words.NO_NAMES
                and name[-1] not in words.NO_DIVISION_ENDS
            ):
                yield Name(Kind(words.DIVISIONS_KIND[suffix]), name[-2:], start - len(name), end)
            continue
        core = _core(name, words.NOT_SCHOOLS if suffix in words.HIGH_SCHOOLS else words.NO_NAMES)
        if core is not None:
            kind = (
                Kind.AREA
                if suffix in words.AREAS and not _goes_on(text, end, hits[place + 1 : place + 2])
                else Kind.PLACE
            )
            yield Name(Kind.AREA if core in _BUILDERS else kind, core, start - len(name), end)


def _goes_on(text: str, end: int, following: list[tuple[int, int, int]]) -> bool:
    """Is the ending part of a longer name, as 山 is in 诺亚山林小区?"""
    for ending, start, _ in following:
        return (
            start - end <= _MIDDLE_MAX
            and _ENDINGS[ending] in words.SUFFIXES
            and text[end:start].isalpha() == (start > end)
        )
    return False


def _core(name: str, no_names: frozenset[str]) -> str | None:
    # What only tells the trade is taken off while a name remains: 富惠天下商务 is 富惠天下.
    while (shorter := words.TRADES.sub("", name)) != name and len(shorter) >= 2:
        name = shorter
    tail = name[-2:]
    if len(tail) < 2 or name in no_names or tail in no_names or not _NAME.fullmatch(tail):
        return None
    return "".join(sorted(tail))
