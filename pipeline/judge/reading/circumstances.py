"""What rules may know around a matter: named or not, reachable or not, readable, whose mailbox, enough to send somebody."""

import re

import re2

from pipeline.judge.lexicon import departments
from pipeline.judge.reading.frame import Framed
from pipeline.judge.reading.tokens import ALL_GROUPS, GROUPS, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Circumstances, Demand
from schemas.letter import Said

_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_OTHER = re.compile("[\u0370-\u03ff\u0400-\u1cff\u3040-\u30ff\uac00-\ud7af\ufb50-\ufdff\ufe70-\ufeff]")
_ENGLISH = re.compile(
    r"\b(?:the|is|are|and|my|to|of|in|please|we|there|has|have|not|help|for|on|at)\b", re.IGNORECASE
)
_ANCHOR = re.compile(
    r"[\u4e00-\u9fff]{1,}(?:路|街|巷|道|小区|花园|新村|苑|庭|广场|村|镇|乡|社区|栋|幢|号楼|单元|大厦|公寓|学校|医院|中学|小学|公园|市场|桥|站|湖|河|里|坊|城|府|湾|园|区|县|组|队|厂|店|院|局|中心|门口|大学|幼儿园|银行|超市|[0-9]+号)|[0-9]+[号栋幢楼弄]|我(?:们|家|这|住)|门口|门前|楼下|楼上|这里|这边|对面|旁边|[\u4e00-\u9fff]口|家里|隔壁|小区|村里|单位|公司"
)
_NOT_ANCHOR = re.compile(
    r"道路|马路|路灯|路面|公路|修路|水管道|下水道|管道|红绿灯|路口|街道|人行道|盲道|消防通道|通道|楼道|停车场|垃圾站|公交站|广场舞|河道|(?<![\u4e00-\u9fff]{2})小区"
)
_THINGS = bit("group.lamps", "group.roads", "group.drains", "group.waste", "group.noise", "group.stalls", "group.parking", "group.smoke", "group.lifts", "group.green", "group.building", "group.water", "group.power", "group.heat", "group.gas", "group.pets")  # fmt: skip
_DATA = re.compile(r"电话|手机|号码|姓名|名字|[住地]址|信息|身份|资料|来信|隐私")
"""A word of each that ``_OWN_DATA`` finds."""
_OWN_DATA = re2.compile(
    r"我(?:们)?的?(?:个人)?(?:电话|手机|手机号|号码|姓名|名字|住址|地址|信息|身份|资料|来信|隐私)[^。!?]{0,12}(?:给了|告诉|透露|泄|传出去|传给|公开|公布|知道|曝光|卖给|保密|外传|转给|用于|用来|拿去)|(?:把|将)(?:我的?|举报人的?|投诉人的?)?(?:个人)?(?:信息|号码|电话|名字|资料)[^。!?]{0,6}(?:卖|给了|泄|告诉|传)|(?:泄露|泄漏|透露|公开|公布|曝光|外泄|保护)(?:了|出)?[^。!?]{0,6}我(?:们)?的?(?:个人)?(?:电话|手机|号码|姓名|名字|住址|信息|身份|资料|隐私)"
)
_SHORT = 30
_READ_AT_MOST = 400
_MIXED = 0.5
_LATIN_LETTERS_MIN = 25
_CALLABLE_CHANNELS = frozenset({"sms", "hotline", "phone", "tel", "call", "voice"})
_FORM_CHANNELS = frozenset({"web_form"})


def circumstances_of(
    letter: Said, about: Framed, view: View, demand: Demand, came_to: tuple[str, str]
) -> Circumstances:
    """The circumstances of the matter in *view*. *came_to*: the channel, and the unit whose own mailbox it is, if any."""
    channel, own = came_to
    sender = letter.sender
    reachable = bool(sender.phone or sender.email or sender.handle) or about.phone
    form = channel in _FORM_CHANNELS
    department = about.department or own
    return Circumstances(
        anonymous=about.nobody or (form and not sender.name and not reachable),
        has_contact=not about.unreachable or reachable if not form else reachable and not about.unreachable,
        department=department,
        own_department=not department or _is_own(department, view),
        readable=is_readable(about.said),
        complete=not _lacks_place(letter, about, view, demand, channel),
        confidential=letter.confidential or view.has(bit("privacy")) or _tells_own_data(view),
    )


def _tells_own_data(view: View) -> bool:
    """Does a short letter fear for the sender's own data?"""
    return (
        not view.is_long
        and _DATA.search(view.said, view.start, view.end) is not None
        and _OWN_DATA.search(view.said, view.start, view.end) is not None
    )


def is_readable(said: str) -> bool:
    """Is it in Chinese or English, as far as there are letters at all?"""
    head = said[:_READ_AT_MOST]
    ascii_share = len(head.encode("ascii", "ignore")) / max(1, len(head))
    if ascii_share < _MIXED and _OTHER.search(head) is None:
        return True
    other, han, latin = len(_OTHER.findall(head)), len(_HAN.findall(head)), len(_LATIN.findall(head))
    if other > han:
        return False
    if latin < _LATIN_LETTERS_MIN or latin < _MIXED * 6 * han:
        return True
    return bool(han) or _ENGLISH.search(head) is not None


def _is_own(department: str, view: View) -> bool:
    groups = departments.groups_of(department)
    if groups is None:
        return True
    found = {GROUPS[one].removeprefix("group.") for one in GROUPS if view.bits & ALL_GROUPS & one}
    if view.has(bit("integrity_strong", "style")) and not found:
        return True
    return not found or bool(found & groups) or department in view.said


def _lacks_place(letter: Said, about: Framed, view: View, demand: Demand, channel: str) -> bool:
    if demand is not Demand.HANDLE or not view.has(_THINGS) or letter.place is not None:
        return False
    said = about.said.strip()
    if len(said) > _SHORT:
        return False
    callable_back = channel in _CALLABLE_CHANNELS or about.phone or bool(letter.sender.phone)
    return callable_back and _ANCHOR.search(_NOT_ANCHOR.sub("", said)) is None
