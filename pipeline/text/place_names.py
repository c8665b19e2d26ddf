"""Names of places and institutions in a text, as keys that two writers of the same place share.

锦绣新城, 锦绣小区 and A市A3区锦绣新城小区 all have the key of 锦绣: what stands before the words that only say
what kind of place it is (``place_keys``); and names that have no such word (``place_forms``).

``names`` promises: linear in the text, in the order of the text, no key twice. Kinds: a ``CITY`` and a ``DISTRICT`` lie
around many matters, an ``AREA`` (town, street, road, village, lake) around some, a ``PLACE`` (estate, school, company …) is
where one is, a ``MARK`` is a number that names (58车贷, 110kv, G107).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import ahocorasick_rs

from pipeline.text import place_forms
from pipeline.text import place_words as words
from pipeline.text.place_keys import NAME_MAX, NAME_MIN, Kind, Name, begin_of, core_of
from pipeline.text.place_parts import part_of

VERSION = "5"

_MIDDLE_MAX = 2
_ROADS = frozenset("路街巷道")

# Both begin with what they must hold, and look back after that: only so does the search skip what cannot begin one.
_CODED = re.compile(
    r"([A-Z])(?<![A-Za-z0-9].)(?:(市)|([0-9]{1,2})(?:[区县市]{1,2}|(?![0-9A-Za-z])))", re.DOTALL
)
"""Divisions whose names were taken out: A市, A3区."""
_MARK = re.compile(
    r"[0-9GSX](?<![0-9A-Za-z.].)(?:(?<=[0-9])[0-9]{1,3}(?:([\u3400-\u9fff]{2})|kv|KV|伏)|(?<=[GSX])[0-9]{2,4}(?![0-9]))",
    re.DOTALL,
)


class _Ending(NamedTuple):
    """What is told by an ending. *maybe*, *division*: the characters of a division, the last ones of its name, if it makes one."""

    suffix: str
    opens: bool
    maybe: Kind | None
    division: Kind | None
    kind: Kind
    no_names: frozenset[str]


def _ending(suffix: str) -> _Ending | None:
    """None for an ending that names nothing, whatever stands before it."""
    if suffix in words.NEUTRAL and suffix not in words.MAYBE_DIVISIONS:
        return None
    division = words.DIVISIONS_KIND.get(suffix)
    return _Ending(
        suffix,
        suffix in words.OPEN,
        Kind(words.DIVISIONS_KIND[suffix[-1]]) if suffix in words.NEUTRAL else None,
        Kind(division) if division is not None else None,
        Kind.AREA if suffix in words.AREAS else Kind.PLACE,
        words.NOT_SCHOOLS if suffix in words.HIGH_SCHOOLS else words.NO_NAMES,
    )


_WORDS = sorted(words.SUFFIXES | words.AREAS | words.DIVISIONS | words.NEUTRAL)
_ENDINGS = [_ending(suffix) for suffix in _WORDS]
_IS_SUFFIX = [suffix in words.SUFFIXES for suffix in _WORDS]
_SUFFIXES = ahocorasick_rs.AhoCorasick(
    _WORDS,
    matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
    implementation=ahocorasick_rs.Implementation.DFA,
)


def names(text: str) -> tuple[Name, ...]:
    """The names in folded *text*."""
    found: dict[tuple[Kind, str], Name] = {}
    for name in met(text):
        found.setdefault((name.kind, name.key), name)
    return tuple(found.values())


def met(text: str) -> list[Name]:
    """Every name each time it is met, in the order of the text."""
    found: list[Name] = []
    bare = text
    for match in _CODED.finditer(text):
        letter, city, number = match.groups()
        start, end = match.span()
        found.append(Name(start, Kind.CITY, letter, end))
        if not city:
            found.append(Name(start, Kind.DISTRICT, letter + number, end))
        bare = f"{bare[:start]}{',' * (end - start)}{bare[end:]}"
    found += _suffixed(bare)
    found += place_forms.told(bare)
    for match in _MARK.finditer(bare):
        whole, after = match[0], match[1]
        start, end = match.span()
        if after is None:
            found.append(Name(start, Kind.MARK, whole.lower(), end))
        elif after[0] == "路":  # a line of buses, whatever follows
            found.append(Name(start, Kind.MARK, whole[:-1], end - 1))
        elif after == "公交":
            found.append(Name(start, Kind.MARK, f"{whole[:-2]}路", end - 2))
        elif (
            after[0] not in words.UNITS
            and after not in words.NO_NAMES
            and begin_of(bare, end - len(after), end) == end - len(after)
        ):
            found.append(Name(start, Kind.MARK, whole, end))
    found.sort()
    return found


def without(text: str, found: Iterable[Name]) -> str:
    """*text* with blanks where a place or division is named: what is left tells what the matter is, not where."""
    pieces, last = [], 0
    for name in found:
        if name.kind is not Kind.MARK and name.start >= last:
            pieces += [text[last : name.start], " "]
            last = name.end
    return "".join([*pieces, text[last:]])


def _suffixed(text: str) -> Iterator[Name]:
    last_end, open_from = 0, -1
    hits = _SUFFIXES.find_matches_as_indexes(text)
    for place, (number, start, end) in enumerate(hits):
        ending = _ENDINGS[number]
        if ending is None:
            last_end, open_from = end, -1
            continue
        begin = begin_of(text, max(last_end, start - NAME_MAX), start)
        if open_from >= 0 and begin == last_end and start - begin < NAME_MIN:
            # 银河湾: what looked like an ending, too near the beginning, is part of the name.
            begin = open_from
        open_from = begin if ending.opens else -1
        last_end = end
        name = text[begin:start]
        if ending.maybe is not None:
            if len(name) == 1 and name not in words.NO_DIVISION_BEGINS:
                yield Name(start - 1, ending.maybe, name + ending.suffix[0], end)
        elif ending.division is not None:
            if (
                2 <= len(name) <= 4
                and name[-2:] not in words.NO_NAMES
                and name[-1] not in words.NO_DIVISION_ENDS
            ):
                yield Name(begin, ending.division, name[-2:], end)
        elif (core := core_of(name, ending.no_names)) is not None:
            kind = ending.kind
            if core.is_builder:
                kind = Kind.AREA
            elif (
                kind is Kind.AREA
                and ending.suffix[-1] not in _ROADS
                and _goes_on(text, end, hits[place + 1 : place + 2])
            ):
                kind = Kind.PLACE
            yield Name(begin, kind, core.key, end, part_of(ending.suffix, core.trimmed))


def _goes_on(text: str, end: int, following: list[tuple[int, int, int]]) -> bool:
    """Is the ending part of a longer name, as 山 is in 栖霞山林小区?"""
    for ending, start, _ in following:
        return (
            start - end <= _MIDDLE_MAX and _IS_SUFFIX[ending] and text[end:start].isalpha() == (start > end)
        )
    return False
