"""Numbers that point at a person, in folded text: mobile and fixed telephones, identity numbers, bank cards.

Digit runs first, kinds only inside runs: most letters hold no run of seven digits and cost one scan. A run is cut into
groups at its blanks and dashes, and neighbouring groups are joined again: ``138 0000 1234`` is one number,
``13800001234 13900005678`` are two. Chinese digits (一三八零…) stand beside Arabic ones.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from pipeline.text.personal_words import CARD_CUE, IDENTITY_CUE, NO_CARD_CUE, PHONE_CUE

_CHINESE = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_ARABIC = "001234567891123456789"
_AS_ARABIC = str.maketrans(_CHINESE, _ARABIC)
_DIGIT = f"0-9{_CHINESE}"
_BETWEEN = r" \-\u2010-\u2015\u2212_.·~()/+\u20e3"
_RUN = re.compile(rf"[{_DIGIT}][{_DIGIT}{_BETWEEN}]{{5,}}")
_GROUP = re.compile(rf"[0-9]+|[{_CHINESE}]+")
_EXTENSION = re.compile(rf"[{_BETWEEN}]?(?:转|分机)[号:{_BETWEEN}]?[0-9]{{1,6}}")
_DATE_BEHIND = re.compile(r"(?:19|20)[0-9]{2}$")
GAP_MAX = 3
GROUPS_MAX = 11
CUE_CHARACTERS = 14
"""A cue stands at most so far before its number: 身份证号码(本人)为."""

_MOBILE_GROUPS = frozenset(
    {
        (11,),
        (3, 4, 4),
        (3, 8),
        (7, 4),
        (3, 3, 5),
        (4, 4, 3),
        (4, 3, 4),
        (5, 6),
        (6, 5),
        (3, 5, 3),
        (4, 7),
        (8, 3),
    }
    | {(3, 2, 2, 2, 2), (3, 4, 2, 2), (3, 2, 2, 4), (3, 2, 3, 3), (2, 3, 3, 3), (1,) * 11}
)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_AREA = r"0(?:10|2[0-9]|[3-9][0-9]{2})"
_FIXED = re.compile(rf"{_AREA}[2-8][0-9]{{6,7}}")
_FIXED_ABROAD = re.compile(r"86(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_AREA_GROUP = re.compile(rf"{_AREA}|0086|86|86{_AREA[1:]}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_AMOUNT = re.compile(r" ?(?:元|万|亿|吨|人|户|平|[Kk][Gg]|号文)")

_PROVINCES = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for code in codes
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_X = frozenset("Xx×ХхΧχ")
_CARD_STARTS = re.compile(r"62|60|4|5[1-5]|35|3[47]|9[0-9]")


Kind = Literal["mobile", "landline", "identity", "card"]


class Number(NamedTuple):
    """A number at ``[start, end)`` of the folded text. ``sure``: a checksum, an area code or a cue says so."""

    kind: Kind
    start: int
    end: int
    sure: bool


class _Group(NamedTuple):
    digits: str
    start: int
    end: int


def numbers(folded: str) -> list[Number]:
    """Every number of a person, from left to right; none overlaps another."""
    found: list[Number] = []
    for run in _RUN.finditer(folded):
        found += _in_run(folded, run.start(), run.end(), found[-1] if found else None)
    return found


def _in_run(folded: str, start: int, end: int, before: Number | None) -> Iterator[Number]:
    groups = [
        _Group(each[0].translate(_AS_ARABIC), each.start(), each.end())
        for each in _GROUP.finditer(folded, start, end)
    ]
    at = 0
    while at < len(groups):
        joined = _first_fit(folded, groups, at, before)
        if joined is None:
            at += 1
            continue
        before, used = joined
        yield before
        at += used


def _first_fit(
    folded: str, groups: list[_Group], at: int, before: Number | None
) -> tuple[Number, int] | None:
    """The longest number that begins with group *at*, and of how many groups it is made."""
    reach = at + 1
    while (
        reach < min(len(groups), at + GROUPS_MAX) and groups[reach].start - groups[reach - 1].end <= GAP_MAX
    ):
        reach += 1
    if reach - at == 1 and len(groups[at].digits) < 7:
        return None
    for upto in range(reach, at, -1):
        taken = groups[at:upto]
        digits = "".join(group.digits for group in taken)
        if 7 <= len(digits) <= 19 and (found := _number(folded, digits, taken, before)) is not None:
            return found, upto - at
    return None


def _number(folded: str, digits: str, taken: list[_Group], before: Number | None) -> Number | None:
    start, end = taken[0].start, taken[-1].end
    lead = folded[max(0, start - CUE_CHARACTERS) : start]
    if lead[-1:] == "." and lead[-2:-1].isdigit():
        return None
    if len(digits) >= 15 and not digits.startswith("0086"):
        long = _identity(folded, digits, lead, taken) or _card(folded, digits, lead, taken)
        return long or _phone_and_date(folded, digits, taken)
    if re.match(r"\.[0-9]{1,2}(?![0-9])", folded[end : end + 4]):
        return None
    return _phone(folded, digits, taken, lead, before)


def _identity(folded: str, digits: str, lead: str, taken: list[_Group]) -> Number | None:
    if _after_letter(lead):
        return None
    start, end = taken[0].start, taken[-1].end
    cued = IDENTITY_CUE.search(lead) is not None
    if len(digits) == 17 and folded[end : end + 1] in _X:
        digits, end = digits + "X", end + 1
    elif len(digits) == 17 and folded[end : end + 1] in " -" and folded[end + 1 : end + 2] in _X:
        digits, end = digits + "X", end + 2
    if len(taken) > 5:
        return None
    if len(digits) == 18:
        sound = identity_holds(digits)
        return Number("identity", start, end, sure=True) if sound or cued else None
    old_form = len(taken) == 1 and digits[:2] in _PROVINCES and _born("19" + digits[6:12])
    if len(digits) == 15 and (old_form or cued):
        return Number("identity", start, end, cued)
    return None


def _after_letter(lead: str) -> bool:
    """Does the number go on from a letter (a file's or model's number), other than another identity number's X?"""
    last = lead[-1:]
    return last.isascii() and last.isalpha() and not (last in _X and lead[-2:-1].isdigit())


def identity_holds(digits: str) -> bool:
    """Do province, birthday and check digit of an identity number of 18 characters hold (GB 11643)?"""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return digits[:2] in _PROVINCES and _born(digits[6:14]) and _CHECKS[total % 11] == digits[17]


def _born(day: str) -> bool:
    return "1850" < day[:4] < "2100" and "01" <= day[4:6] <= "12" and "01" <= day[6:] <= "31"


def card_holds(digits: str) -> bool:
    """Does the check digit of a bank card hold (Luhn, ISO/IEC 7812)?"""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _card(folded: str, digits: str, lead: str, taken: list[_Group]) -> Number | None:
    """A card: its check digit holds, and it begins like one or a cue names it; nothing calls it another number."""
    start, end = taken[0].start, taken[-1].end
    cued = CARD_CUE.search(lead) is not None
    if not cued and (NO_CARD_CUE.search(lead) or not _CARD_STARTS.match(digits)):
        return None
    if folded[end : end + 1].isalpha() and folded[end].isascii():
        return None
    if _after_letter(lead):
        return None
    if any(len(group.digits) < 2 for group in taken) or not card_holds(digits):
        return None
    return Number("card", start, end, cued or len(digits) >= 16)


def _phone_and_date(folded: str, digits: str, taken: list[_Group]) -> Number | None:
    """A signature run together: ``138000012342019年7月``."""
    start = taken[0].start
    dated = _DATE_BEHIND.fullmatch(digits[11:]) and folded[taken[-1].end : taken[-1].end + 1] in "年.-/"
    if len(taken) == 1 and dated and _MOBILE.fullmatch(digits[:11]):
        return Number("mobile", start, start + 11, sure=True)
    return None


def _phone(folded: str, digits: str, taken: list[_Group], lead: str, before: Number | None) -> Number | None:
    start, end = taken[0].start, taken[-1].end
    sizes = tuple(len(group.digits) for group in taken)
    abroad = digits.removeprefix("00")
    if abroad.startswith("86") and len(abroad) > 11:
        start -= 1 if lead.endswith(("+", "(")) else 0
        start -= 1 if lead.endswith("(+") else 0
        if _MOBILE.fullmatch(abroad[2:]):
            return Number("mobile", start, end, sure=True)
        if _FIXED_ABROAD.fullmatch(abroad) or _FIXED.fullmatch(abroad[2:]):
            return _extended(folded, start, end)
        return None
    if _MOBILE.fullmatch(digits) and sizes in _MOBILE_GROUPS:
        return Number("mobile", start, end, sure=True)
    if _FIXED.fullmatch(digits) and (len(taken) == 1 or _AREA_GROUP.fullmatch(taken[0].digits)):
        if _after_letter(lead):
            return None
        return _extended(folded, start - (lead.endswith("(") and ")" in folded[start:end]), end)
    if _LOCAL.fullmatch(digits) and len(taken) <= 2 and sizes[-1] in (4, 7, 8) and _cued(lead, start, before):
        return None if _AMOUNT.match(folded, end) else _extended(folded, start, end)
    return None


def _cued(lead: str, start: int, before: Number | None) -> bool:
    near = before is not None and before.kind in ("landline", "mobile") and start - before.end <= GAP_MAX
    return near or PHONE_CUE.search(lead) is not None


def _extended(folded: str, start: int, end: int) -> Number:
    extension = _EXTENSION.match(folded, end)
    return Number("landline", start, extension.end() if extension else end, sure=True)
