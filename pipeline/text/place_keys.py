"""How a name of a place is cut out of a text, and the key that stands for it.

The name is cut on its left where a word begins that no name holds (在, 我们是, 投诉), and only its last two characters count,
in the order of their code points: people leave out the builder's name before an estate's, and swap characters (云腾, 腾云).
"""

import re
from enum import IntEnum
from typing import NamedTuple

from pipeline.text import place_words as words

NAME_MAX = 8
"""Characters looked at before what ends a name."""
NAME_MIN = 2

_NAME = re.compile(r"[\u3400-\u9fff]{2}|[A-Za-z][A-Za-z0-9\u3400-\u9fff]")
_NAME_CHARACTER = re.compile(r"[\u3400-\u9fffA-Za-z0-9]")


class Kind(IntEnum):
    """What a key stands for; three bits of an anchor. From ``AREA`` on it is where or what a matter is."""

    CITY = 0
    DISTRICT = 1
    AREA = 2
    PLACE = 3
    MARK = 4


class Name(NamedTuple):
    """One key, and where in the text (code points) it stands. In the order of the text. *part*: ``place_parts.part_of``."""

    start: int
    kind: Kind
    key: str
    end: int
    part: int = 0


class Core(NamedTuple):
    """The *key* of a name, and what was *trimmed* before its ending and is no part of it. *is_builder*: it has many estates."""

    key: str
    trimmed: str
    is_builder: bool


class _Breaks(dict[str, tuple[str, ...]]):
    """Character: the breaks that end with it; the empty one where it is no character of names. Filled as they are met."""

    def __missing__(self, character: str) -> tuple[str, ...]:
        ends = tuple(sorted(one for one in words.BREAKS if one[-1] == character))
        found = self[character] = ends if _NAME_CHARACTER.match(character) else ("",)
        return found


_BREAKS = _Breaks()


def key_of(two: str) -> str:
    """The key of a name of two characters, in whichever order they are written."""
    return two if two[0] <= two[1] else two[::-1]


_BUILDERS = frozenset(map(key_of, words.BUILDERS))


def begin_of(text: str, low: int, end: int) -> int:
    """Where the name begins that ends at *end*: behind the last break, not before *low*."""
    for at in range(end, low, -1):
        breaks = _BREAKS[text[at - 1]]
        if breaks and text.endswith(breaks, low, at):
            return at
    return low


def core_of(name: str, no_names: frozenset[str]) -> Core | None:
    """What of *name*, its ending taken off, stands for it; None where it names nothing (*no_names*)."""
    trimmed = ""
    # What only tells the trade is taken off while a name remains: 福禄天下商务 is 福禄天下.
    while name[-1:] in words.TRADE_ENDS and len(shorter := words.TRADES.sub("", name)) >= NAME_MIN:
        if shorter == name:
            break
        trimmed, name = name[len(shorter) :], shorter
    tail = name[-2:]
    if len(tail) < NAME_MIN or name in no_names or tail in no_names or not _NAME.fullmatch(tail):
        return None
    key = key_of(tail)
    if key not in _BUILDERS:
        return Core(key, trimmed, is_builder=False)
    # 翠屏雅居 is one place, known by what stands before the word that builders use, too.
    front = name[-4:-2]
    if len(front) < NAME_MIN or (before := key_of(front)) in _BUILDERS:
        return Core(key, trimmed, is_builder=True)
    return Core(before, trimmed, is_builder=False)
