"""File names that strangers chose, made harmless: shown, kept as a word, never used as a path."""

import re

NAME_CHARACTERS_MAX = 255
_ENDING_MAX = 16

_SEPARATORS = re.compile(r"[/\\]")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and marks that turn the direction of writing: ``exe.gpj`` must not read ``jpg.exe`` backwards."""


def safe_name(name: str) -> str:
    """The last step of *name* as a path, without control and direction marks, in at most 255 characters.

    The ending is kept where it is short. ``.`` and ``..`` and nothing at all are an empty string.
    """
    whole = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    last = _UNSHOWABLE.sub("", _SEPARATORS.split(whole)[-1]).strip()
    if not last.strip("."):
        return ""
    if len(last) <= NAME_CHARACTERS_MAX:
        return last
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > _ENDING_MAX:
        return last[:NAME_CHARACTERS_MAX]
    return stem[: NAME_CHARACTERS_MAX - len(ending) - 1] + dot + ending
