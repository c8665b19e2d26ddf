"""Where a matter is, seen from a city: not where its sender is from, nor what a street or a dish is called."""

import re

from pipeline.judge.reading.view import View
from pipeline.policies.matter import Where
from pipeline.text.divisions import Aliases, Division, Role, divisions_in, is_within, may_hold
from schemas.letter import Place

_LOCATED = re.compile(r"(?:^|[。!?;,:\n\s(]|在|位于|地处|坐落|住|地址|来|到|是|我们?|反映|投诉|举报|关于)$")
_LOCAL = re.compile(r"我们?市|本市|咱们?市|我们?[县区]|本[县区]|[A-Z][0-9]{0,2}[市县区]")
_COMPARED = re.compile(
    r"学习|借鉴|对标|相比|比如|例如|其[他它]城市|像|参照|效仿|同样是|人家|经验|城市都|一样|等城市|等地|回来|放弃|注册地|转入|转到|平移|打工"
)
_MAKER = re.compile(
    r"[^,。!?;]{0,14}(?:公司|集团|股份|有限|地产|置业|物业|银行|律师|基金|证券|商会|大学|学院|医科|羊肉|牛肉|烤|面馆|拉面|米粉|菜|酒|茶|现代|城际)"
)
_ADDRESS_OF_PERSON = re.compile(
    r"(?:住址|户籍|籍贯|户口|身份证|汉族|出生|联系地址|注册地|总部)[^,。!?;]{0,16}$"
)
_PERSON_IN = re.compile(
    r"(?:妈|爸|父母|母亲|父亲|儿子|女儿|孩子|老公|老婆|丈夫|妻子|[哥弟姐妹]|爷爷|奶奶|外公|外婆|家人|亲戚|我)(?:现在|目前|一直|人)?在$"
)
_BUSY = re.compile(
    r"(?:市|省|区|县)?[^,。!?;的]{0,4}?(?:帮|打工|上班|上学|读书|念书|工作|做生意|务工|当兵|服役|带小孩|带孩子|照顾|住院|出差|旅游|实习)"
)
"""我妈在深圳帮我带孩子 tells where somebody is, not where the matter is."""
_FULL = "市县区省州旗盟镇乡"
_ADDRESSED = re.compile(r"(?:请|希望|要求|麻烦|恳请|让|叫|求|望|离|距|距离)$")
_CODE_DIGITS = 6
_PLACES_MAX = 3
_HEAD = 60
_SHORT = 160
_SENT = re.compile(
    r"^(?:市)?(?:是|作为)(?:省会|首府)|^(?:市|区|县)?(?:政府|市长|领导|方面|相关部门|有关部门)?(?:派人|派|来|帮|协调|管|处理|解决|出面|给|能)"
)
_BORDER = re.compile(
    r"交界|接壤|毗邻|跨界|分界|边界|之间|两地|界碑|分不清|哪边|两市|跨市|归谁管|归哪|都说是|都说归|中间地带|插花地|飞地|搞不清|一半|地界|哪个市|哪个区|飘到|流到|连接处"
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
    home = territory[0].ljust(_CODE_DIGITS, "0") if territory else ""
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
    judged = [one for one in found if is_within(one.code, territory) or not may_hold(one.code, territory)]
    if not judged:
        return Where.UNSAID, names, 1.0
    here = [one for one in judged if is_within(one.code, territory)]
    there = [one for one in judged if not is_within(one.code, territory)]
    if there and _BORDER.search(text) and (here or any(is_within(one.code, territory) for one in named)):
        return Where.BORDER, names, 0.6
    if not here and any(one.role is Role.WAY and is_within(one.code, territory) for one in named):
        return Where.HERE, names, 0.8
    if not here and not _is_there(text, there):
        return Where.UNSAID, names, 1.0
    meant_here = [one for one in here if not _is_addressed(text, one)]
    if meant_here or not there:
        return Where.HERE, names, 1.0
    return Where.ELSEWHERE, names, 0.9 if len({one.code for one in there}) == 1 else 0.8


def _is_there(text: str, there: list[Division]) -> bool:
    """Is the place of the matter elsewhere, or are other cities only spoken of?"""
    first = there[0]
    if len({one.code for one in there}) > _PLACES_MAX or _LOCAL.search(text) or _COMPARED.search(text):
        return False
    if first.start > _HEAD and len(text) > _SHORT:
        return False
    if not _LOCATED.search(text[max(0, first.start - 6) : first.start]):
        return False
    is_in_full = text[first.end - 1] in _FULL and text[first.start : first.end] == first.name
    return is_in_full or all(_MAKER.match(text, one.end) is None for one in there)


def _is_place(text: str, one: Division) -> bool:
    if one.role is not Role.PLACE or _NOT_HERE.match(text, one.end):
        return False
    before = text[max(0, one.start - 24) : one.start]
    if _ADDRESS_OF_PERSON.search(before) or (_PERSON_IN.search(before) and _BUSY.match(text, one.end)):
        return False
    return text[one.end - 1] in "市县区省州旗" or _STREET.match(text, one.end) is None


def _is_addressed(text: str, one: Division) -> bool:
    """请成都派人来处理 and 离成都这么近 tell whom the sender asks, and why, not where it is."""
    return bool(
        _ADDRESSED.search(text[max(0, one.start - 3) : one.start])
        or _SENT.match(text[one.end : one.end + 12])
    )
