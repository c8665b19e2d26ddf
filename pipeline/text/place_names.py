"""Names of places and institutions in a text, as keys that two writers of the same place share.

锦绣新城, 锦绣小区 and A市A3区锦绣新城小区 all have the key of 锦绣: what stands before the words that only say
what kind of place it is. The name is cut on its left where a word begins that no name holds (在, 我们是, 投诉), and only
its last two characters count, in the order of their code points: people leave out the builder's name before an estate's, and
swap characters (云腾, 腾云).

``names`` promises: linear in the text, in the order of the text, no key twice. Kinds: a ``CITY`` and a ``DISTRICT`` lie
around many matters, an ``AREA`` (town, street, road, village, lake) around some, a ``PLACE`` (estate, school, company …) is
where one is, a ``MARK`` is a number that names (58车贷, 110kv, G107).
"""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

import ahocorasick_rs

from pipeline.text import place_words as words

VERSION = "3"

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


class Name(NamedTuple):
    """One key, and where in the text (code points) it stands. In the order of the text."""

    start: int
    kind: Kind
    key: str
    end: int


# Both begin with what they must hold, and look back after that: only so does the search skip what cannot begin one.
_CODED = re.compile(
    r"([A-Z])(?<![A-Za-z0-9].)(?:(市)|([0-9]{1,2})(?:[区县市]{1,2}|(?![0-9A-Za-z])))", re.DOTALL
)
"""Divisions whose names were taken out: A市, A3区."""
_MARK = re.compile(
    r"[0-9GSX](?<![0-9A-Za-z.].)(?:(?<=[0-9])[0-9]{1,3}(?:([\u3400-\u9fff]{2})|kv|KV|伏)|(?<=[GSX])[0-9]{2,4}(?![0-9]))",
    re.DOTALL,
)
_HOUSED = re.compile(
    r"[0-9]{1,3}(?:栋|幢|号楼)|物业(?!费|管理费|维修)|业委会|业主(?!委员会|大会)|楼盘|售楼|地下车库|地库"
)
_ESTATE = re.compile(
    r"(?!.*(?:业委|业主|物业|开发|部门|居委|全体|所有|广大|多数|一些|很多))[\u3400-\u9fff]{3,6}"
)
_CIVIC = re.compile(
    r"[市县区](?:第?[一二三四五六七八九十](?=人民|医|中|小)|人民(?=医)|中医|妇幼|妇女儿童|儿童|中心(?=医)|图书|体育|博物|科技|文化|青少年|老年|游泳|殡仪|客运)(?:人民|保健|中西)?(?:医院|院|馆|宫|中心|活动中心|大学|站|中学|小学|中)"
)
"""What a city has one of, and names by what it is: 市中医院, 县图书馆."""
_NAME = re.compile(r"[\u3400-\u9fff]{2}|[A-Za-z][A-Za-z0-9\u3400-\u9fff]")
_NAME_CHARACTER = re.compile(r"[\u3400-\u9fffA-Za-z0-9]")
_BUILDERS = frozenset("".join(sorted(name)) for name in words.BUILDERS)


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


class _Breaks(dict[str, tuple[str, ...]]):
    """Character: the breaks that end with it; the empty one where it is no character of names. Filled as they are met."""

    def __missing__(self, character: str) -> tuple[str, ...]:
        ends = tuple(sorted(one for one in words.BREAKS if one[-1] == character))
        found = self[character] = ends if _NAME_CHARACTER.match(character) else ("",)
        return found


_BREAKS = _Breaks()


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
    found += _housed(bare)
    found += _civic(bare)
    for match in _MARK.finditer(bare):
        whole, after = match[0], match[1]
        start, end = match.span()
        if after is None:
            found.append(Name(start, Kind.MARK, whole.lower(), end))
        elif after[0] == "路":  # a line of buses, whatever follows
            found.append(Name(start, Kind.MARK, whole[:-1], end - 1))
        elif (
            after[0] not in words.UNITS
            and after not in words.NO_NAMES
            and _begin(bare, end - len(after), end) == end - len(after)
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
        begin = _begin(text, max(last_end, start - _NAME_MAX), start)
        if open_from >= 0 and begin == last_end and start - begin < _NAME_MIN:
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
        elif (core := _core(name, ending.no_names)) is not None:
            kind = ending.kind
            if core in _BUILDERS:
                kind = Kind.AREA
            elif kind is Kind.AREA and _goes_on(text, end, hits[place + 1 : place + 2]):
                kind = Kind.PLACE
            yield Name(begin, kind, core, end)


def _civic(text: str) -> Iterator[Name]:
    """One key for 市第一人民医院 and 市一医院; what stands behind the name of a division is another city's, or a district's."""
    for match in _CIVIC.finditer(text):
        start = match.start()
        if _begin(text, max(0, start - _NAME_MAX), start) == start:
            key = match[0].replace("第", "").replace("人民医院", "医院")[:3]
            yield Name(start, Kind.PLACE, key, match.end())


def _housed(text: str) -> Iterator[Name]:
    """What bears the number of a building, or has a manager, is an estate even where nobody says so: 幸福里3栋, 枫林绿洲物业."""
    for match in _HOUSED.finditer(text):
        start = match.start()
        begin = _begin(text, max(0, start - _NAME_MAX), start)
        name = text[begin:start]
        if _ESTATE.fullmatch(name) and (core := _core(name, words.NO_NAMES)) is not None:
            yield Name(begin, Kind.AREA if core in _BUILDERS else Kind.PLACE, core, start)


def _begin(text: str, low: int, end: int) -> int:
    """Where the name begins that ends at *end*: behind the last break, not before *low*."""
    for at in range(end, low, -1):
        breaks = _BREAKS[text[at - 1]]
        if breaks and text.endswith(breaks, low, at):
            return at
    return low


def _goes_on(text: str, end: int, following: list[tuple[int, int, int]]) -> bool:
    """Is the ending part of a longer name, as 山 is in 栖霞山林小区?"""
    for ending, start, _ in following:
        return (
            start - end <= _MIDDLE_MAX and _IS_SUFFIX[ending] and text[end:start].isalpha() == (start > end)
        )
    return False


def _core(name: str, no_names: frozenset[str]) -> str | None:
    # What only tells the trade is taken off while a name remains: 福禄天下商务 is 福禄天下.
    while name[-1:] in words.TRADE_ENDS and len(shorter := words.TRADES.sub("", name)) >= _NAME_MIN:
        if shorter == name:
            break
        name = shorter
    tail = name[-2:]
    if len(tail) < _NAME_MIN or name in no_names or tail in no_names or not _NAME.fullmatch(tail):
        return None
    return tail if tail[0] <= tail[1] else tail[::-1]
