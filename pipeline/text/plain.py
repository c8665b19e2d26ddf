"""Plain writing: what the readers of a letter look at, whatever way it was typed. The stored text stays as it is.

On top of ``fold``: simplified characters; emoji, and signs or blanks put between the characters of a word, taken out;
dialect and slips as the common word; English as Chinese glosses where the text is mostly English. ``Plain.back``
finds the place in the text as stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs as aho

from pipeline.text import english, simplified, spelling
from pipeline.text.normalise import fold, folded, offsets
from schemas.letter import Said

VERSION = "1"

_EMOJI = re.compile("[\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]+")
_HAN = "[\u3400-\u9fff]"
_BLANKS_APART = 3
_APART = re.compile(rf"(?:{_HAN} ){{{_BLANKS_APART},}}{_HAN}")
_SIGNS = "*·_~^|`"
_ANY_SIGN = re.compile(f"[{_SIGNS}]")
_SIGN = re.compile(rf"(?<={_HAN})[{_SIGNS}]+(?={_HAN})")
_LATIN = re.compile(r"[A-Za-z]")
_ENGLISH_SHARE_MIN = 0.6
_SENTENCE_DOT = re.compile(r"\.(?=\s|$)")

_SPELT = spelling.rows(spelling.DIALECT) | spelling.rows(spelling.SLIPS)
_SPELT_WORDS = list(_SPELT)
_SPELT_FINDER = aho.AhoCorasick(
    _SPELT_WORDS, matchkind=aho.MatchKind.LeftmostLongest, implementation=aho.Implementation.ContiguousNFA
)
_GLOSSES = english.rows()
_GLOSS_WORDS = list(_GLOSSES)
_GLOSS_FINDER = aho.AhoCorasick(_GLOSS_WORDS, matchkind=aho.MatchKind.Standard)

Edit = tuple[int, int, str]
"""Characters [start, end) become the string."""


@dataclass(frozen=True, slots=True)
class Plain:
    """*text* in plain writing; *stored* the text it was made of."""

    text: str
    stored: str
    _edits: tuple[list[Edit], ...]
    """What was done to the folded text, one round after the other."""

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The code points [start, end) of ``text`` as code points of the stored text."""
        last = end - 1
        for edits in reversed(self._edits):
            start, last = _origin(edits, start), _origin(edits, last)
        end = last + 1
        if self._same_length():
            return start, end
        stored = _stored_places(self.stored)
        return stored[start], stored[end - 1] + 1

    def _same_length(self) -> bool:
        # fold() either replaces mark by mark, or takes out and spreads: only then is a map needed.
        return len(fold(self.stored)) == len(self.stored)


@lru_cache(maxsize=2)  # every evidence span of a letter asks
def _stored_places(stored: str) -> Sequence[int]:
    return offsets(stored)


@lru_cache(maxsize=4)
def plain(text: str) -> Plain:
    """*text* in plain writing."""
    told, is_common = folded(text)
    writing = simplified.simplified(told)
    rounds: list[list[Edit]] = []
    for edits in (_clean if is_common else _clean_of_emoji, _spelling, _english):
        changes = edits(writing)
        if changes:
            writing = _apply(writing, changes)
            rounds.append(changes)
    return Plain(writing, text, tuple(rounds))


@dataclass(frozen=True, slots=True)
class Writing:
    """Subject and text of a letter in plain writing."""

    subject: Plain
    text: Plain


def writing_of(letter: Said) -> Writing:
    """*letter* in plain writing."""
    return Writing(plain(letter.subject), plain(letter.text))


def _clean_of_emoji(text: str) -> list[Edit]:
    emoji = {(match.start(), match.end(), "") for match in _EMOJI.finditer(text)}
    return sorted(emoji.union(_clean(text)))


def _clean(text: str) -> list[Edit]:
    found: set[Edit] = set()
    if text.count(" ") >= _BLANKS_APART:
        found.update(
            (place, place + 1, "")
            for match in _APART.finditer(text)
            for place in range(match.start(), match.end())
            if text[place] == " "
        )
    if _ANY_SIGN.search(text):
        found.update((match.start(), match.end(), "") for match in _SIGN.finditer(text))
    return sorted(found)


def _spelling(text: str) -> list[Edit]:
    hits = _SPELT_FINDER.find_matches_as_indexes(text)
    return [(start, end, _SPELT[_SPELT_WORDS[which]]) for which, start, end in hits]


def _english(text: str) -> list[Edit]:
    if not _is_english(text):
        return []
    lower = text.lower()
    if len(lower) != len(text):  # İ becomes two: places would no longer be those of the text
        lower = "".join(small if len(small := sign.lower()) == 1 else sign for sign in text)
    edits: list[Edit] = []
    done = 0
    for start, end, gloss in _glosses(lower):
        if start < done:
            continue
        # The blank after a glossed word would part a sentence that has no comma.
        stop = end + 1 if lower[end : end + 1] == " " else end
        edits.append((start, stop, gloss))
        done = stop
    return edits


def _glosses(lower: str) -> list[tuple[int, int, str]]:
    whole = [
        (start, end, _GLOSSES[_GLOSS_WORDS[which]])
        for which, start, end in _GLOSS_FINDER.find_matches_as_indexes(lower, overlapping=True)
        if not lower[max(start - 1, 0) : start].isalnum() and not lower[end : end + 1].isalnum()
    ]
    dots = [(match.start(), match.end(), "。") for match in _SENTENCE_DOT.finditer(lower)]
    return sorted(whole + dots, key=lambda found: (found[0], -found[1]))


def _is_english(text: str) -> bool:
    head = text[:2000]
    if head.isascii():
        return _LATIN.search(head) is not None
    if 2 * len(head.encode("ascii", "ignore")) < len(head):
        return False
    latin = len(_LATIN.findall(head))
    return latin >= _ENGLISH_SHARE_MIN * max(1, sum(map(str.isalpha, head)))


def _apply(text: str, edits: list[Edit]) -> str:
    """*text* with *edits* made."""
    pieces: list[str] = []
    done = 0
    for start, end, words in edits:
        pieces += (text[done:start], words)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def _origin(edits: list[Edit], place: int) -> int:
    """Where the character at *place* of the edited text came from."""
    lost = 0
    for start, end, words in edits:
        inside = place - (start - lost)
        if inside < 0:
            break
        if inside < len(words):
            # A longer word begins where the shorter one began, and ends where it ended.
            return end - 1 if inside == len(words) - 1 else min(start + inside, end - 1)
        lost += end - start - len(words)
    return place + lost
