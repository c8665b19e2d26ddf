"""One spelling for text that people type in many: what judging and comparing look at. The stored text stays as it is.

``fold`` is NFKC code point by code point (full-width letters and digits, ㎡, ①, compatibility ideographs), with
zero-width and control characters taken out and every blank one space; a line break stays a line break. Because each
code point is folded alone, a place in the folded text can be found again in the text as stored: ``offsets``.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

VERSION = "1"
"""Stands in every memory record: hashes of words folded by another version cannot be compared."""

_LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def _fold_one(code: int) -> str:
    character = chr(code)
    if character in _LINE_BREAKS:
        return "\n"
    if character.isspace():
        return " "
    if unicodedata.category(character) in _INVISIBLE or code in _VARIATION_SELECTORS:
        return ""
    folded = unicodedata.normalize("NFKC", character)
    return "".join(" " if part.isspace() else part for part in folded)


class _Folding(dict[int, str]):
    """Fills itself as characters are met: Chinese letters use some thousands of them."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_one(code)
        return folded


_FOLDING = _Folding()


# Most texts hold nothing to fold but the full-width marks of Chinese: replacing those is five times as fast as
# looking at every character. A test holds both ways to the same result.
_MARKS = tuple((mark, _fold_one(ord(mark))) for mark in "，！？：；（）")
_PLAIN = re.compile(
    r"[\u4e00-\u9fa5\u2014\u2018\u2019\u3010\u3011\u3001\u3002\u300a\u300b\u201c\u201d\x20-\x7e\n]*"
)


def fold(text: str) -> str:
    """*text* in one spelling; no character is moved before another."""
    return folded(text)[0]


def folded(text: str) -> tuple[str, bool]:
    """``fold(text)``, and whether it is of common Chinese characters, their marks and ASCII only."""
    return _folded_short(text) if len(text) <= _SHORT else _folded_long(text)


def folded_anew(text: str) -> tuple[str, bool]:
    """``folded`` without its memory of texts: what folding costs."""
    quick = text
    for mark, folded in _MARKS:
        quick = quick.replace(mark, folded)
    if _PLAIN.fullmatch(quick):
        return quick, True
    return text.translate(_FOLDING), False


# Danger, words and emptiness look at the same text, with sixty others between them where letters are judged together.
_SHORT = 4096
_folded_short = lru_cache(maxsize=256)(folded_anew)
_folded_long = lru_cache(maxsize=8)(folded_anew)


def offsets(text: str) -> Sequence[int]:
    """For each code point of ``fold(text)`` the place in *text* that it came from."""
    if all(len(_FOLDING[code]) == 1 for code in map(ord, set(text))):
        return range(len(text))
    return [place for place, character in enumerate(text) for _ in _FOLDING[ord(character)]]


def is_empty(folded: str) -> bool:
    """Is there nothing to read: no letter, no digit, no emoji, of any script?"""
    if folded[:1].isalnum():
        return False
    return not any(kind[0] in "LN" or kind == "So" for kind in map(unicodedata.category, folded))
