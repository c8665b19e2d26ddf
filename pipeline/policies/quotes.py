"""Does a quote stand in a text, word for word? Full and half width, and blanks, make no difference; nothing else may."""

import re

from pipeline.text.normalise import fold

_BLANKS = re.compile(r"\s+")
ELLIPSIS = "…"
"""Joins pieces of a quote that stand one after the other in the text."""


def stands_in(quote: str, text: str) -> bool:
    """Do all pieces of *quote* stand in *text*, in their order?"""
    words, at = _plain(text), 0
    pieces = [piece for piece in map(_plain, re.split(f"{ELLIPSIS}+", quote)) if piece]
    for piece in pieces:
        found = words.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return bool(pieces)


def _plain(text: str) -> str:
    return _BLANKS.sub("", fold(text))
