"""Where a matter is, seen from a city: not where its sender is from, nor what a street or a dish is called."""

import re

from pipeline.judge.reading.view import View
from pipeline.policies.matter import Where
from pipeline.text.divisions import Aliases, Division, Role, divisions_in, is_within, may_hold
from schemas.letter import Place

_HOME = re.compile(r"(?:我|我们|本人|俺)?(?:家)?(?:现)?(?:住|居住|家)在?$|我(?:们)?在$|人在$")
_ADDRESSED = re.compile(r"(?:请|希望|要求|麻烦|恳请|让|叫|求|望)$")
_SENT = re.compile(
    r"^(?:市|区|县)?(?:政府|市长|领导|方面|相关部门|有关部门)?(?:派人|派|来|帮|协调|管|处理|解决|出面|给|能)"
)
_BORDER = re.compile(
    r"交界|接壤|毗邻|跨界|分界|边界|之间|两地|界碑|分不清|哪边|两市|跨市|归谁管|归哪|都说是|都说归|中间地带|插花地|飞地|代管|搞不清"
)
_STREET = re.compile(
    r"[\u4e00-\u9fff]?(?:路|街|巷|大道|坊|苑|花园|广场|大厦|酒店|宾馆|公寓|新村|横|桥|东[路街]|西[路街]|南[路街]|北[路街])"
)
_NOT_HERE = re.compile(
    r"(?:的[,。;]|市|省|区|县)?(?:的)?(?:牌照|做法|经验|模式|那样|一样|政策|标准|户口|户籍|籍|人|社保|医保|公积金|驾照|身份证|朋友|亲戚|老家|公司|客户|比)"
)


def where_of(
    view: View, place: Place | None, territory: tuple[str, ...], aliases: Aliases = ()
) -> tuple[Where, tuple[str, ...], float]:
    """Where it is, the places named, and how sure that is. *territory*: the codes of what the city administers."""
    home = territory[0] if territory else ""
    if place is not None and place.division and territory:
        inside = is_within(place.division, territory) or may_hold(place.division, territory)
        return (Where.HERE if inside else Where.ELSEWHERE), (place.text,), 1.0
    text = view.said[view.start : view.end]
    if place is not None and place.text:
        text = f"{text}\n{place.text}"
    named = divisions_in(text, home, aliases)
    found = [one for one in named if _is_place(text, one)]
    names = tuple(dict.fromkeys(one.name for one in found))
    if not territory or not found:
        return Where.UNSAID, names, 1.0
    judged = [one for one in found if not may_hold(one.code, territory)]
    if not judged:
        return Where.UNSAID, names, 1.0
    here = [one for one in judged if is_within(one.code, territory)]
    there = [one for one in judged if not is_within(one.code, territory)]
    if there and _BORDER.search(text) and (here or any(is_within(one.code, territory) for one in named)):
        return Where.BORDER, names, 0.6
    if not here and any(one.role is Role.WAY and is_within(one.code, territory) for one in named):
        return Where.HERE, names, 0.8
    meant_here = [one for one in here if not _is_addressed(text, one)]
    if meant_here or not there:
        return Where.HERE, names, 1.0
    return Where.ELSEWHERE, names, 0.9 if len({one.code for one in there}) == 1 else 0.8


def _is_place(text: str, one: Division) -> bool:
    if one.role is not Role.PLACE or _NOT_HERE.match(text, one.end):
        return False
    return text[one.end - 1] in "市县区省州旗" or _STREET.match(text, one.end) is None


def _is_addressed(text: str, one: Division) -> bool:
    """请成都派人来处理 tells whom the sender asks, not where it is."""
    return bool(
        _ADDRESSED.search(text[max(0, one.start - 3) : one.start])
        or _SENT.match(text[one.end : one.end + 12])
    )
