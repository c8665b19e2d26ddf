"""Finds personal data in a text as people write it, and says whose it is.

Pure. The finder looks at the folded text (full-width digits, zero-width characters and blanks do not matter) and gives
spans in code points of the text as stored. What is found where, and whose it is, lies in the modules beside this one.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pipeline.text import personal_addresses, personal_names, personal_numbers, personal_roles
from pipeline.text.normalise import fold, offsets
from pipeline.text.personal_words import PLATE_CUE, PLATE_PROVINCES

Kind = Literal["mobile", "landline", "identity", "card", "email", "plate", "name", "address"]
Whose = Literal["person", "matter"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data of *kind* at ``[start, end)``, code points of the text as stored.

    ``sure``: a checksum, a strict form or a strong cue says so. ``whose`` tells a private person's own (``person``)
    from what belongs to the matter or to an office (``matter``): the telephone of a shop complained of, a reported
    car's plate.
    """

    kind: Kind
    start: int
    end: int
    sure: bool
    whose: Whose


_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63} ?@ ?(?:[A-Za-z0-9\-]{1,63}(?:[.。]|点(?=[a-z]))){1,4}[A-Za-z]{2,12}"
)
_ALNUM = "A-HJ-NP-Za-hj-np-z0-9"
_OFFICE = "[A-HJ-NP-Za-hj-np-z]"
_OFFICE_LETTER = re.compile(_OFFICE)
_TAIL = rf"{_OFFICE}[·•・∙.\- _]{{0,3}}(?:[A-Za-z][·•.\- ][0-9]{{5}}|[{_ALNUM}]{{4,5}}[{_ALNUM}学警港澳挂试领使])(?![A-Za-z0-9])"
_PLATE = re.compile(rf"[{PLATE_PROVINCES}] ?{_TAIL}")
_PLATE_ELSEWHERE = re.compile(rf"(?![为是牌照号码车有])[\u4e00-\u9fff] ?{_TAIL}")
_PLATE_DIGITS_MIN = 2
LISTED_CHARACTERS = 3
"""Numbers so near to one another, by 、or a bracket, are one owner's."""
SELF_CHARACTERS = 40
"""A door told so soon behind a name introduces a person; any other may be what the letter is about."""


@lru_cache(maxsize=4)  # a letter is asked for its names, then masked
def find(text: str) -> tuple[Finding, ...]:
    """All personal data of *text*, from left to right; no span overlaps another."""
    folded = fold(text)
    found = _apart(list(_all(folded)))
    if not found or folded == text:
        return tuple(found)
    return tuple(_as_stored(found, offsets(text)))


def _as_stored(found: Sequence[Finding], places: Sequence[int]) -> Iterator[Finding]:
    """The findings in code points of the stored text. One code point may fold to the end of one and the start of another."""
    end = 0
    for each in found:
        start = max(end, places[each.start])
        end = max(end, places[each.end - 1] + 1)
        if start < end:
            yield Finding(each.kind, start, end, each.sure, each.whose)


def _all(folded: str) -> Iterator[Finding]:
    before: Finding | None = None
    for kind, start, end, sure in personal_numbers.numbers(folded):
        listed = before is not None and before.whose == "matter" and start - before.end <= LISTED_CHARACTERS
        whose = "matter" if listed else personal_roles.of_number(folded, start, end, kind)
        before = Finding(kind, start, end, sure, whose)
        yield before
        if whose == "person" and kind in ("mobile", "landline"):
            for name in (
                personal_names.before_number(folded, start),
                personal_names.behind_number(folded, end),
            ):
                if name is not None:
                    yield Finding("name", name.start, name.end, name.sure, "person")
    if "@" in folded:
        for match in _MAIL.finditer(folded):
            yield Finding(
                "email", *match.span(), sure=True, whose=personal_roles.of_mail(folded, *match.span())
            )
    yield from _plates(folded)
    names = personal_names.names(folded)
    for name in names:
        yield Finding("name", name.start, name.end, name.sure, "person")
    for address in personal_addresses.addresses(folded):
        told = address.sure or any(0 <= address.start - name.end <= SELF_CHARACTERS for name in names)
        yield Finding("address", address.start, address.end, address.sure, "person" if told else "matter")


def _plates(folded: str) -> Iterator[Finding]:
    if (
        _OFFICE_LETTER.search(folded) is None
    ):  # most letters hold no Latin letter, and this scan is the cheapest
        return
    patterns = (_PLATE, _PLATE_ELSEWHERE) if "牌" in folded or "车号" in folded else (_PLATE,)
    for pattern in patterns:
        for match in pattern.finditer(folded):
            start, end = match.span()
            if sum(character.isdigit() for character in match[0]) < _PLATE_DIGITS_MIN:
                continue
            if pattern is _PLATE_ELSEWHERE and not PLATE_CUE.search(folded, max(0, start - 8), start):
                continue
            yield Finding("plate", start, end, sure=True, whose=personal_roles.of_plate(folded, start))


def _apart(found: Sequence[Finding]) -> list[Finding]:
    """The findings without those that overlap a longer or, of equal length, an earlier found one."""
    if len(found) < 2:
        return list(found)
    kept: list[Finding] = []
    for each in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        at = bisect(kept, each.start, key=_start)
        if (at == 0 or kept[at - 1].end <= each.start) and (at == len(kept) or each.end <= kept[at].start):
            kept.insert(at, each)
    return kept


def _start(one: Finding) -> int:
    return one.start
