"""Traditional characters to simplified, one for one: a place in the text stays the same place.

Words are not looked at, so a character with two simplified forms gets the commoner one; the few words where that
matters to a reader stand in ``plain``'s tables.
"""

import re

import opencc

VERSION = "1"

_FIRST, _LAST = 0x3400, 0x9FFF


def _table() -> dict[int, str]:
    convert = opencc.OpenCC("t2s").convert
    characters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    simple = convert("\n".join(characters)).split("\n")
    return {
        ord(old): new
        for old, new in zip(characters, simple, strict=True)
        if old != new and len(new) == 1 and old not in _KEPT
    }


# Used in simplified texts as they are: 乾隆, 瞭望, 著名.
_KEPT = frozenset("乾瞭著")
_SIMPLE = _table()
_TRADITIONAL = re.compile(f"[{''.join(map(chr, _SIMPLE))}]")


def simplified(text: str) -> str:
    """*text* in simplified characters; as long as it was."""
    return text if _TRADITIONAL.search(text) is None else text.translate(_SIMPLE)
