"""One pass over a text finds every word of every lexicon; what follows looks at clauses and bits only.

A lexicon's name is a bit. Of words that overlap the leftmost, then the longest is found; it has its own bits and those
of the words inside it, unless a lexicon of whole expressions (an insult, a greeting, 遗留物品, 没有异议) has it.
"""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

import ahocorasick_rs as aho

from pipeline.judge.lexicon import groups, matters, organ_strong, organs, saying

_TABLES = (organs.WORDS, organ_strong.WORDS, matters.WORDS, saying.WORDS)
_WHOLE = frozenset(
    {
        "insult",
        "greet",
        "legacy_not",
        "overturn_not",
        "named_after",
        "other_number",
        "praise",
        "ad",
        "named_after_a_thing",
    }
)
_NOT_OURS = ("court", "proc", "discipline", "party", "congress", "cppcc", "army", "province", "state")
_STOPS = "。!?;\n…"
_PAUSES = ",、:"
_NAMES = [name for table in _TABLES for name in table] + [f"group.{name}" for name in groups.WORDS]
_BITS = {name: 1 << place for place, name in enumerate(_NAMES)}
STOP = 1 << len(_NAMES)
PAUSE = STOP << 1
DIGITS = PAUSE << 1
GROUPS = {bit: name for name, bit in _BITS.items() if name.startswith("group.")}
ALL_GROUPS = sum(GROUPS)


@cache
def bit(*names: str) -> int:
    """The bits of lexicons, together."""
    return sum(_BITS[name] for name in names)


def _words() -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for table in _TABLES:
        for name, words in table.items():
            for word in words.split():
                found[word] |= _BITS[name]
    for name, words in groups.WORDS.items():
        for word in words.split():
            found[word] |= _BITS[f"group.{name}"]
    own = dict(found)
    whole, organs_of_others = bit(*_WHOLE), bit(*_NOT_OURS)
    finder = aho.AhoCorasick(list(own))
    listed = list(own)
    for word, bits in own.items():
        if not bits & whole:
            for which, _, _ in finder.find_matches_as_indexes(word, overlapping=True):
                if len(listed[which]) > 1 and not own[listed[which]] & whole:
                    found[word] |= own[listed[which]]
        if bits & organs_of_others:
            found[word] &= ~bit("gov")
        elif bits & bit("gov"):
            found[word] &= ~organs_of_others  # 民政部门 is not 民政部
    for word in found:
        if word.isdigit():
            found[word] |= DIGITS
    found.update(dict.fromkeys(_STOPS, STOP))
    found.update(dict.fromkeys(_PAUSES, PAUSE))
    return found


_FOUND = _words()
_BITS_OF = [*_FOUND.values(), STOP]
_END = len(_FOUND)
"""The end of the text is a mark too."""
_FINDER = aho.AhoCorasick(
    list(_FOUND), matchkind=aho.MatchKind.LeftmostLongest, implementation=aho.Implementation.ContiguousNFA
)

Token = tuple[int, int, int]
"""Start, end, bits."""


class Clause(NamedTuple):
    """A piece between two marks. *sentence* counts sentences from the start of the text."""

    start: int
    end: int
    bits: int
    tokens: tuple[Token, ...]
    sentence: int


def clauses(said: str) -> tuple[Clause, ...]:
    """*said* cut at its marks, each piece with the words found in it; pieces without words are left out."""
    found: list[Clause] = []
    start = sentence = bits = 0
    tokens: list[Token] = []
    is_new = False
    hits = _FINDER.find_matches_as_indexes(said)
    hits.append((_END, len(said), len(said)))
    for which, begin, end in hits:
        what = _BITS_OF[which]
        if what >= STOP:
            if what & DIGITS:
                if said[begin - 1 : begin].isdigit() or said[end : end + 1].isdigit():
                    continue
                what ^= DIGITS
            else:
                if tokens or (begin > start and not said[start:begin].isspace()):
                    found.append(Clause(start, begin, bits, tuple(tokens), sentence))
                    is_new = True
                    bits = 0
                    tokens = []
                start = end
                if what == STOP and is_new:
                    sentence += 1
                    is_new = False
                continue
        tokens.append((begin, end, what))
        bits |= what
    return tuple(found)
