"""Divisions named in a text, as codes: 四川省成都市简阳市 is 510185, 南京西路 is none.

A name counts by itself where it is unmistakable: with its suffix, or a short name that is no other word. What several
divisions are called (朝阳区) counts only right after its city or province, or where the judging city has one. A road, a
dish or a bank that bears a name is no place; where people and goods come from, and where a journey leads, is told apart
from where something is. The caller folds the text; offsets are code points of what was given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.text import division_words as words
from pipeline.text.division_table import Level, Row, by_code, is_within, may_hold, name_of, rows

__all__ = ["Aliases", "Division", "Role", "divisions_in", "is_within", "may_hold", "name_of"]

Aliases = tuple[tuple[str, str], ...]
"""Names of a city's own, each with the division code it stands for: ("凤城", "440606").

A code that the table does not have (a development zone) is a division of that name."""


class Role(StrEnum):
    """What a name does in its sentence: something is there, somebody is from there, somebody goes there."""

    PLACE = "place"
    ORIGIN = "origin"
    WAY = "way"


@dataclass(frozen=True, slots=True)
class Division:
    """A division named in the text at [start, end). *name*: its full name, whatever was written."""

    code: str
    name: str
    start: int
    end: int
    role: Role = Role.PLACE


@lru_cache(maxsize=8)  # reading and routing look at the same text one after the other
def divisions_in(text: str, home: str = "", aliases: Aliases = ()) -> tuple[Division, ...]:
    """The divisions that *text* names, in order; of 四川省成都市简阳市 only the last. *home*: the judging city's code.

    Where a name may stand for several, the one inside *home* is meant.
    """
    finder = _finder(home, aliases)
    return tuple(_told(finder, text))


_NAMES_SOMETHING = re.compile(words.NAMES_SOMETHING)
_BREAKS = re.compile(words.BREAKS_A_WORD)
_PERSON = re.compile(words.PERSON_AFTER)
_ORIGIN_AFTER = re.compile(words.ORIGIN_AFTER)
_ORIGIN_BEFORE = re.compile(words.ORIGIN_BEFORE)
_AT_HOME_BEFORE = re.compile(words.AT_HOME_BEFORE)
_AT_HOME_AFTER = re.compile(words.AT_HOME_AFTER)
_FROM_BEFORE = re.compile(words.FROM_BEFORE)
_FROM_AFTER = re.compile(words.FROM_AFTER)
_WAY_BEFORE = re.compile(words.WAY_BEFORE)
_WAY_AFTER = re.compile(words.WAY_AFTER)
_SIDE_AFTER = re.compile(words.SIDE_AFTER)
_FULL_BREAKS = re.compile(words.FULL_BREAKS)
_JOINTS = frozenset(" \t,、-—·/")


_RANKS = {"province": 0, "city": 1, "county": 2}


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a written name may stand for, higher divisions first. *alone*: it needs no parent beside it."""

    written: str
    rows: tuple[Row, ...]
    full: bool
    alone: bool

    @property
    def level(self) -> Level:
        return self.rows[0].level


@dataclass(frozen=True, slots=True)
class _Finder:
    automaton: AhoCorasick
    meanings: tuple[_Meaning, ...]
    home: tuple[str, ...]


@lru_cache(maxsize=64)  # one a city
def _finder(home: str, aliases: Aliases) -> _Finder:
    table = dict(_table())
    for alias, code in aliases:
        row = by_code().get(code) or Row(code, alias, "", "county", ())
        table[alias] = _Meaning(alias, (row,), full=True, alone=True)
    meanings = tuple(table.values())
    automaton = AhoCorasick(
        [meaning.written for meaning in meanings],
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.ContiguousNFA,
    )
    return _Finder(automaton, meanings, (home,) if home else ())


@lru_cache(maxsize=1)
def _table() -> dict[str, _Meaning]:
    full: dict[str, list[Row]] = {}
    short: dict[str, list[Row]] = {}
    for row in rows():
        for name in (row.name, *_middle(row)):
            full.setdefault(name, []).append(row)
        if row.short:
            short.setdefault(row.short, []).append(row)
    table = {name: _short(name, meant) for name, meant in short.items()}
    for name, meant in full.items():
        table[name] = _Meaning(name, tuple(meant), full=True, alone=name not in words.COMMON_FULL)
    return table


def _short(name: str, meant: list[Row]) -> _Meaning:
    """Districts of cities go by their short name only at home or beside their city: 和平, 新华, 鼓楼 are everywhere."""
    best = sorted(meant, key=lambda row: (_RANKS[row.level], row.code))
    district = best[0].level == "county" and best[0].name.endswith("区")
    return _Meaning(name, tuple(best), full=False, alone=name not in words.NOT_ALONE and not district)


def _middle(row: Row) -> Iterator[str]:
    """凉山州 and 凉山自治州 for 凉山彝族自治州, 北川县 for 北川羌族自治县."""
    if "自治" in row.name and row.short:
        yield row.short + row.name[-1]
        yield f"{row.short}自治{row.name[-1]}"


class _Hit(NamedTuple):
    """A name found at [start, end)."""

    meaning: _Meaning
    text: str
    start: int
    end: int


def _told(finder: _Finder, text: str) -> Iterator[Division]:
    """A division that a finer one of it follows is told with that one."""
    before: tuple[Row, int, int] | None = None
    for which, start, end in finder.automaton.find_matches_as_indexes(text):
        above = before if before is not None and _joined(text, before[2], start) else None
        row = _meant(_Hit(finder.meanings[which], text, start, end), finder.home, above[0] if above else None)
        if above is not None and row is not None and above[0].code in row.parents:
            before = (row, above[1], end)
            continue
        if before is not None:
            yield _placed(text, *before)
        before = None if row is None else (row, start, end)
    if before is not None:
        yield _placed(text, *before)


def _joined(text: str, end: int, start: int) -> bool:
    return start == end or (start == end + 1 and text[end] in _JOINTS)


def _meant(hit: _Hit, home: tuple[str, ...], above: Row | None) -> Row | None:
    """The division that a name stands for, or None: it is no place, or nobody can say which."""
    meaning, text, start, end = hit
    if not meaning.full and _is_something_else(hit):
        return None
    if above is not None:
        for row in meaning.rows:
            if above.code in row.parents:
                return row
    at_edge = not start or text[start - 1] in words.LEFT_EDGE
    if not _stands_alone(meaning, text, end, at_edge=at_edge):
        return None
    for row in meaning.rows:
        if home and (is_within(row.code, home) or may_hold(row.code, home)):
            return row
    if meaning.level == "county" and not meaning.full and not _said_alone(hit):
        return None
    first = meaning.rows[0]
    equal = len(meaning.rows) > 1 and meaning.rows[1].level == first.level
    return first if meaning.alone and not equal else None


def _stands_alone(meaning: _Meaning, text: str, end: int, *, at_edge: bool) -> bool:
    """Is it a word of its own, and no chance meeting of two? Names of cities nearly always are."""
    if meaning.level != "county":
        return at_edge or meaning.full or meaning.written not in words.EDGED
    if not meaning.full:
        return at_edge or len(meaning.written) > 2
    if _FULL_BREAKS.match(text, end):
        return False
    return at_edge or (len(meaning.written) > 2 and meaning.written[1:] not in words.TOWN_WORDS)


def _said_alone(hit: _Hit) -> bool:
    """Far away from home a county's short name of two characters needs more: a preposition, or a break behind it."""
    meaning, text, start, end = hit
    if len(meaning.written) > 2 or (start and text[start - 1] in words.PREPOSITIONS):
        return True
    return end == len(text) or text[end] in words.RIGHT_EDGE


def _is_something_else(hit: _Hit) -> bool:
    """Does the short name only seem to be there, or does a person, a road, a dish bear it?"""
    meaning, text, start, end = hit
    written = meaning.written
    before = text[start - 1] if start else "\n"
    if written[-1] == "安" and _BREAKS.match(text, end):
        return True
    if before in words.SURNAMES and _PERSON.match(text, end):
        return True
    if before in words.NOT_AFTER.get(written, ""):
        return True
    if written[-1] in words.DIRECTIONS and before not in words.LEFT_EDGE and _SIDE_AFTER.match(text, end):
        return True
    return _NAMES_SOMETHING.match(text, end) is not None


def _placed(text: str, row: Row, start: int, end: int) -> Division:
    return Division(row.code, row.name, start, end, _role(text, start, end))


def _role(text: str, start: int, end: int) -> Role:
    left = text[max(0, start - 7) : start]
    if _AT_HOME_AFTER.match(text, end) and _AT_HOME_BEFORE.search(left):
        return Role.PLACE
    if _ORIGIN_AFTER.match(text, end) or _ORIGIN_BEFORE.search(left):
        return Role.ORIGIN
    if _FROM_BEFORE.search(left) and _FROM_AFTER.match(text, end):
        return Role.ORIGIN
    if _WAY_BEFORE.search(left) or _WAY_AFTER.match(text, end):
        return Role.WAY
    return Role.PLACE
