"""Names of private people, found by cue in folded text: 我叫, 联系人, 本人, family words, and the signature at the end.

No cue, no name: telling 高兴 from a person without one would mask words of the matter. Names of officials, companies and
of those complained of have none of these cues, so they stay.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from pipeline.text.personal_words import COMPOUND_SURNAMES, ENDINGS, POSTS, SURNAMES, WORDLIKE_SURNAMES, WORDS

_HAN = "\u4e00-\u9fff"
_TITLE = r"先生|女士|小姐|同志"
_ONE = f"[{''.join(sorted(SURNAMES))}]"
_NAME = rf"(?:(?:{COMPOUND_SURNAMES})[{_HAN}某]{{1,2}}|{_ONE}[ ]?[{_HAN}某]{{1,2}}?)"
_TITLED = rf"(?:{COMPOUND_SURNAMES}|{_ONE})[{_HAN}某]{{0,2}}?(?=(?:{_TITLE}))"
_STOP = r"[^\u4e00-\u9fffA-Za-z0-9]|$"
_LIFE = (
    r"男|女|汉族|身份证|现年|今年|家住|现住|住(?:在|址)|系|是(?!的|不)|电话|手机|联系|来自|户籍|籍贯|原籍|年龄|出生|生于|退休|"
    r"(?:19|20)[0-9]{2}|[0-9]{2}岁|1[3-9][0-9]{9}|原(?:系|是|为|在)|现(?:在|居|任)|于(?:19|20)|同志|先生|女士|小姐|微信|QQ|邮箱|"
    r"在(?!意|乎)|想|要|向|因|的(?=身份|电话|手机|名字|儿子|女儿|母亲|父亲)|和(?=我|妻|丈|爱)"
)
_BEHIND = f"(?={_STOP}|{_LIFE})"
_COMMA_LIFE = r"(?=[ ,(:;]{0,2}(?:男|女|汉族|身份证|现年|今年|家住|现住|住|系|是|电话|手机|于?(?:19|20)[0-9]{2}年|[0-9]{2}岁|来自|户籍|年龄|1[3-9][0-9]))"

_ROLE = "联系|投诉|举报|反映|申诉|申请|求助|留言|来信|信访|上访|控告|陈述|报告|建议|咨询|检举|诉求|写信|来电|致电|报案|请求|具名|恳求|呈报|呼吁"
_CUES: dict[str, Literal["called", "field", "self", "role"]] = {
    **dict.fromkeys(("我叫", "本人叫", "我名叫", "人名叫", "名字叫", "名字是", "名字为"), "called"),
    **dict.fromkeys(
        (
            *(f"{role}人" for role in _ROLE.split("|")),
            "恳 求 人",
            "户主",
            "房主",
            "患者",
            "签名",
            "署名",
            "落款",
            "姓名",
            "称呼",
        ),
        "field",
    ),
    **dict.fromkeys(("我是", "本人", "我("), "self"),
    **dict.fromkeys(("业主", "居民", "市民", "村民", "家长", "网友", "群众", "住户", "租户", "名叫"), "role"),
}
# Plain words, no group and no look-behind: this scan is what every letter pays for.
_CUE = re.compile("|".join(map(re.escape, sorted(_CUES, key=len, reverse=True))))
_NEXT = re.compile(rf"[ ]?[、 ][ ]?(?P<titled>)?(?P<name>{_NAME})(?=[、,。;!() \n]|$|等|电话|联系|手机)")
_SENTENCE = re.compile("[。;!?\n]")
_NO_WORD_FOLLOWS = re.compile(
    r"[^\u4e00-\u9fff]*(?:[年月日号谢电话手机身份证码联系方式微信二〇零一三四五六七八九十]+[^\u4e00-\u9fff]*){0,6}"
)
_ONESELF = re.compile("(?:我|本人|咱|俺)们?(?:是|系|为|叫)|作为")
_OF_OTHERS = re.compile(
    rf"(?:被实名|被(?:{_ROLE}|控)(?:人|方|者|对象)的?|法人(?:代表)?|法定代表人?|负责人|老板|经理|公司|店主|司机|对方|他的|她的|企业|工头|中介|销售):?$"
)
_NOT_BEFORE = frozenset("把被让给一个位各每等由")
_FIELD_NAME = re.compile(
    r"(?:姓名|签名|签字|\((?:签名|签字|盖章)\))?"
    rf"(?:[ ]?[:是为叫][ :]{{0,2}}|[ ]{{1,3}}|(?P<bare>))(?:(?P<titled>{_TITLED})|(?P<name>{_NAME}){_BEHIND})"
)
_CALLED_NAME = re.compile(rf"[ :做]{{0,2}}(?:(?P<titled>{_TITLED})|(?P<name>{_NAME}){_BEHIND})")
_BARE_BEHIND = re.compile(
    r"[ ,。;(:]?(?:电话|手机|联系|男|女|身份|1[3-9][0-9]|(?:19|20)[0-9]{2}|先生|女士)|[ 。!]*$"
)
_WEAK_NAME = re.compile(
    rf"[ :是(]{{0,2}}(?:(?P<titled>{_TITLED})|(?P<name>{_NAME})(?:{_COMMA_LIFE}|(?={_STOP})))"
)
_FAMILY = re.compile(
    r"(?:(?:我|本人|我的|我家)(?:的)?)(?:父亲|母亲|爸爸|妈妈|爸|妈|丈夫|妻子|儿子|女儿|爱人|老公|老婆|孩子|小孩|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|"
    r"外公|外婆|公公|婆婆|岳父|岳母|孙子|孙女|侄子|外甥|先生|大儿子|小儿子|大女儿|小女儿|家属|亲属)"
    rf"(?P<called>叫|名叫|姓名[:]?)?[ :(]{{0,2}}(?P<name>{_NAME})(?:{_COMMA_LIFE}|(?={_STOP}|在读|就读|在[^意乎]|患|因|被|现|已|于[0-9去今前]))"
)
SIGNATURE_CHARACTERS = 60
_DATE = r"(?:[12][09][0-9]{2}|二[〇零0O○oО]?[〇零一二三四五六七八九0-9O○]{2,4})[年.\-/ ]{1,2}[0-9一二三四五六七八九十元]{1,3}[月.\-/ ]{1,2}[0-9一二三四五六七八九十]{0,3}[日号]?"
_REACH = r"(?:联系)?(?:电话|手机|方式|微信|[Tt]el)?(?:号码?)?[:.]?[ ]?\+?[0-9*][0-9*\- ]{6,18}"
_SIGNATURE = re.compile(
    rf"(?:^|[。!?~ \n.,;:)”—]|敬礼|此致|谢谢|感谢)(?:(?P<titled>(?:{COMPOUND_SURNAMES}|{_ONE})[{_HAN}]{{0,2}}?)(?:{_TITLE})|(?P<name>{_NAME}))"
    rf"(?P<tail>[ ,。.:!\n]*(?:敬上|呈上|敬呈|谨上|谨呈|拜上|上|呈|书|泣书|叩首|敬书)?(?:[ ,。.:;!(\n]*(?:{_DATE}|{_REACH}))*[ ,。.)!~\n]*)$"
)
_CLOSING = re.compile(r"(?:此致|敬礼|谢谢|感谢|致礼|盼复|恳请|拜托)[!。~. \n]*$")
_BEFORE_NUMBER = re.compile(
    rf"(?:^|[^{_HAN}A-Za-z0-9]|代表|车主|房主|户主|业主|居民|村民|住户|患者|家属|联系|市民|群众|本人|人)(?:(?P<titled>(?:{COMPOUND_SURNAMES}|{_ONE})[{_HAN}]{{0,2}}?)(?:{_TITLE})|(?P<name>{_NAME}))"
    r"[ :,(]{0,2}(?:联系电话|电话|手机|[Tt]el)?[:]?[ ]?$"
)
_BEHIND_NUMBER = re.compile(
    rf"(?:[ ]?[ (]|[, ]?(?:找|联系))?(?:(?P<titled>{_TITLED})|(?P<name>{_NAME})(?=[),。;!]|$))"
)
_SURNAMED = re.compile(
    rf"(?:我|本人)姓[{_HAN}]{{1,2}},?(?:名|单名|名字)?叫?(?:做)?(?P<titled>)?(?P<name>{_NAME}){_BEHIND}"
)


class Named(NamedTuple):
    """A name at ``[start, end)`` of the folded text; ``sure`` where the cue is a strong one."""

    start: int
    end: int
    sure: bool


def names(folded: str) -> list[Named]:
    """Names of the sender and the sender's family, from left to right."""
    found: list[Named] = []
    found += _cued(folded)
    if "我" in folded or "本人" in folded:
        found += _family(folded)
    if "姓" in folded:
        found += [_named(match, sure=True) for match in _SURNAMED.finditer(folded) if _is_name(match)]
    signed = signature(folded)
    return [*found, signed] if signed is not None else found


def before_number(folded: str, start: int) -> Named | None:
    """The name that stands right before a contact: ``王小明 138…``, ``李女士:028-…``."""
    from_place = max(0, start - 16)
    match = _BEFORE_NUMBER.search(folded, from_place, start)
    return _named(match, sure=False) if match is not None and _is_name(match) else None


def behind_number(folded: str, end: int) -> Named | None:
    """The name that stands right behind a contact: ``138…(李女士)``, ``请致电138…找王小明``."""
    match = _BEHIND_NUMBER.match(folded, end)
    return _named(match, sure=False) if match is not None and _is_name(match, weak=True) else None


def signature(folded: str) -> Named | None:
    """The name that a letter ends with, be there a date or a contact behind it."""
    from_place = max(0, len(folded) - SIGNATURE_CHARACTERS)
    match = _SIGNATURE.search(folded, from_place)
    if match is None or not _is_name(match, weak=True) or _OF_OTHERS.search(folded, 0, match.start() + 1):
        return None
    group = "titled" if match["titled"] else "name"
    has_tail = bool(match["tail"].strip(" ,。.:!~\n)"))
    closed = _CLOSING.search(folded, from_place, match.start(group)) is not None
    new_line = folded[: match.start(group)].endswith(("\n", " ", "—"))
    if not (has_tail or closed or match["titled"] or new_line):
        return None
    return _named(match, sure=has_tail or closed)


def _cued(folded: str) -> Iterator[Named]:
    for cue in _CUE.finditer(folded):
        if folded[cue.start() - 1 : cue.start()] in _NOT_BEFORE or _OF_OTHERS.search(
            folded, max(0, cue.start() - 8), cue.start()
        ):
            continue
        match _CUES[cue[0]]:
            case "called":
                match = _CALLED_NAME.match(folded, cue.end())
                known = True
            case "field":
                match = _FIELD_NAME.match(folded, cue.end())
                known = match is not None and (match["bare"] is None or _ends_bare(folded, match))
                match = match if known else None
            case "self" | "role" as kind:
                match = _WEAK_NAME.match(folded, cue.end())
                known = match is not None and (
                    match["titled"] is not None or _of_life(folded, match.end("name"))
                )
                if match is not None and not known and match[0].lstrip(" :是(")[0] in WORDLIKE_SURNAMES:
                    continue
                if match is not None and kind == "role" and not _of_writer(folded, cue.start(), match):
                    continue
        if match is not None and _is_name(match, weak=not known, called=_CUES[cue[0]] == "called"):
            yield _named(match, sure=known)
            if _CUES[cue[0]] == "field" and match["name"]:
                yield from _listed(folded, match.end("name"))


def _listed(folded: str, end: int) -> Iterator[Named]:
    """Those who sign together: ``投诉人:张小明、李伟``."""
    while (match := _NEXT.match(folded, end)) is not None and _is_name(match, weak=True):
        yield _named(match, sure=True)
        end = match.end("name")


def _of_writer(folded: str, start: int, match: re.Match[str]) -> bool:
    """Does a name behind 业主 or 村民 belong to the writer: said of oneself, or the last word of the letter?"""
    if match[0].startswith("(") or match[0].lstrip(" :是")[0] in WORDLIKE_SURNAMES:
        return False
    if match[0].startswith(":"):
        return True
    said = _SENTENCE.split(folded[max(0, start - 40) : start])[-1]
    return _ONESELF.search(said) is not None or _NO_WORD_FOLLOWS.fullmatch(folded, match.end()) is not None


def _ends_bare(folded: str, match: re.Match[str]) -> bool:
    if match["titled"] is not None:
        return True
    own = folded.endswith(("本人", "我的", "我"), 0, match.start() - len("姓名"))
    return _BARE_BEHIND.match(folded, match.end("name")) is not None or (
        own and match.end("name") < len(folded)
    )


def _family(folded: str) -> Iterator[Named]:
    for match in _FAMILY.finditer(folded):
        known = match["called"] is not None or _of_life(folded, match.end("name"))
        if not known and match["name"][0] in WORDLIKE_SURNAMES:
            continue
        if _is_name(match, weak=match["called"] is None, called=match["called"] is not None):
            yield _named(match, sure=match["called"] is not None)


_LIFE_BEHIND = re.compile(_COMMA_LIFE)


def _of_life(folded: str, end: int) -> bool:
    return _LIFE_BEHIND.match(folded, end) is not None


def _is_name(match: re.Match[str], *, weak: bool = False, called: bool = False) -> bool:
    """Is it no common word? After 我叫 anything may be a name; elsewhere a word may only begin like one (申请将…)."""
    name = (match["name"] or match["titled"]).replace(" ", "")
    if name in WORDS or name[1:] in POSTS or (not called and len(name) > 2 and name[:2] in WORDS):
        return False
    return not (weak and match["name"] and name[-1] in ENDINGS)


def _named(match: re.Match[str], *, sure: bool) -> Named:
    return Named(*match.span("name" if match["name"] else "titled"), sure)
