"""The sender's own address, found by cue in folded text; what is found begins behind the name of the place.

``家庭住址:幸福路12号阳光花园3栋2单元501室`` gives ``12号阳光花园3栋2单元501室``: road and estate are often the place of
the matter and stay. Behind a mere 家住 only the door is found (``501室``): the building may be what the letter is about.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_N = "0-9A-Za-z一二三四五六七八九十百"
_FIELD = re.compile(
    r"(?:家庭住址|家庭地址|现住址|住址|通讯地址|通信地址|联系地址|户籍地址|户口地址|身份证地址|身份证住址|收件地址|邮寄地址|居住地址|户籍所在地|户籍地)"
    r"(?:为|是|在|位于)?[: ]{0,2}(?P<address>[^,。;!?\n(]{4,40})"
)
_HOME = re.compile(
    r"(?:家住|我住|我们住|本人住|现住|现居住|居住在|租住|我家在|我家居住)(?![户宅房址])(?:在|于|的是)?(?P<address>[^,。;!?\n(]{2,40})"
)
_NUMBERED = re.compile(
    rf"(?<=[路街道巷弄里村组区苑园城庭府湾郡庄厦寓镇乡坊坪])[ ]?(?P<from>[{_N}\-#]{{1,8}}[ ]?(?:号|弄|栋|幢|座|单元|室|-|#)).*"
)
_DOOR = re.compile(
    rf"(?:栋|幢|座|号楼|单元|门|楼|层|#|-)[ ]?(?P<door>(?:[0-9]{{3,4}}|[0-9]{{1,2}}-[0-9]{{1,4}}|[{_N}]{{1,4}}(?=[室户])|[0-9]{{3,4}}(?=号))(?:室|号房?|户|房)?)(?![0-9{_N}栋单])"
)
_TRAILING = re.compile(r"(?:电话|手机|联系|身份证|邮编|邮箱|的|附近|旁|楼下|对面|[ ]?1[3-9][0-9]{9}).*")


class Address(NamedTuple):
    """The part of an address that leads to a door, at ``[start, end)`` of the folded text."""

    start: int
    end: int
    sure: bool


def addresses(folded: str) -> Iterator[Address]:
    """Where the sender lives, behind the place's name."""
    if "址" in folded or "户籍" in folded:
        for match in _FIELD.finditer(folded):
            if (found := _from_number(folded, *match.span("address"))) is not None:
                yield found
    if "住" in folded or "我家" in folded:
        for match in _HOME.finditer(folded):
            end = _until(folded, *match.span("address"))
            if (door := _DOOR.search(folded, match.start("address"), end)) is not None:
                yield Address(*door.span("door"), sure=False)


def _from_number(folded: str, start: int, end: int) -> Address | None:
    end = _until(folded, start, end)
    numbered = _NUMBERED.search(folded, start, end)
    return Address(numbered.start("from"), end, sure=True) if numbered is not None else None


def _until(folded: str, start: int, end: int) -> int:
    trailing = _TRAILING.search(folded, start, end)
    return trailing.start() if trailing is not None else end
