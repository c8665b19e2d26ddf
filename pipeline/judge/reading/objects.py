"""What a matter is about, as far as rules tell it apart."""

import re
from dataclasses import dataclass

import re2

from pipeline.judge.reading.tokens import Token, bit
from pipeline.judge.reading.view import OFTEN, View
from pipeline.policies.matter import Actor, Demand, Object

_TRIPS = re.compile(
    r"(?:跑|来|去|找|来回|往返|折腾)(?:了|我|我们)?(?:[一二两三四五六七八九十几0-9好多]+)趟|跑断了?腿|来来回回|一次(?:性)?(?:说|讲|告知)"
)
_ERA = re.compile(
    r"(?<![0-9])19[4-9][0-9] ?年|[四五六七八九]十年代|[2-9][0-9]年代|(?:[二三四五六]十|[2-6][0-9])(?:多|几|来)?年(?:没|前|了|来|间|未|一直|都|过去|的|得)|上世纪|解放前|建国初|(?:几|数)十年|[0-9]{2}年(?:改制|破产|买断|下岗)"
)
_PROTECT = re2.compile(
    r"虐待|遗弃|家暴|殴打|打骂|饿|孤儿|未成年|失学|辍学|没人照[顾料]|无人照[顾料]|独居|残疾|精神病|吸毒|集资|传销|诈骗|被骗|[几数上][百千万]|[两二三四五六七八九]百|[0-9]{3,}多?(?:人|户|名)"
)
_NOT_ACCUSING = frozenset({Demand.PRAISE, Demand.ASK, Demand.SUGGEST, Demand.PROPOSE})
_WONDERS = re2.compile(
    r"(?:是不是|是否|难道|有没有|会不会|不知|怀疑|莫非|什么样的|哪来的|谁的)[^,。!?]{0,12}(?:保护伞|腐败|猫腻|利益|收钱|好处|回扣|红包|贪)|(?:保护伞|腐败|猫腻|利益输送)[^,。!?]{0,6}(?:吗|呢|[?])|(?:想|要|请)问[^,。!?]{0,12}(?:红包|好处|回扣)|猜测"
)
_TAKES = re.compile(
    r"收(?:受|取|了|过)?[^,。!?]{0,8}(?:的钱|钱财|好处|贿|礼金|红包|购物卡|现金)|拿了?[^,。!?]{0,6}(?:的钱|好处|回扣)|伸手要钱|索要[^,。!?]{0,6}(?:钱|好处|红包)|通风报信"
)
_OWN = re.compile(r"我(?:自己)?的|本人的")
_APPLIED = re2.compile(
    r"(?:申请|要求|请求|依法)[^,。!?]{0,12}(?:信息公开|公开[^,。!?]{0,10}信息)|依申请公开|信息公开[^,。!?]{0,6}(?:申请|答复|告知)"
)
_OFFICIALS = bit("official")
_GOV = bit("gov")
_LOCAL = bit("gov", "official", "service")
_STYLE_SURE = re.compile(
    r"态度|玩手机|刷手机|推诿|踢皮球|刁难|不作为|吃拿卡要|作风|效率|白跑|执法|懒政|乱作为|慢作为|门难进|脸难看|事难办|敷衍|官僚|脱岗|不在岗|迟到早退|上班时间|爱理不理|爱答不理|一次性告知|嗑瓜子|为难|翻白眼|说下班|拉帘子|挂"
)
# Of equals the first: 楼下 and 小区 tell only where it is.
_EVERYDAY = {
    Object.SOCIAL_ORDER: bit("social"),
    Object.MARKET: bit("market"),
    Object.PUBLIC_SERVICE: bit("service_matter"),
    Object.DAILY_LIFE: bit("daily"),
}
_LABOUR = bit("labour")
_LABOUR_SURE = re.compile(
    r"工资|薪|工钱|血汗钱|加班|劳动|工伤|辞退|裁员|社保不|不交社保|不缴社保|没交社保|五险一金|克扣|最低工资|离职|解雇|试用期"
)
_ECONOMY = bit("economy")
_DISCLOSED = bit("disclosure")
_LEGACY = bit("legacy", "legacy_cause")
_ANY_EVERYDAY = sum(_EVERYDAY.values())
_ORGAN_OBJECTS = {
    Actor.COURT: Object.JUDGEMENT,
    Actor.ARBITRATION: Object.LABOUR,
    Actor.PROCURATORATE: Object.JUDGEMENT,
    Actor.PARTY: Object.APPOINTMENT,
    Actor.CONGRESS: Object.APPOINTMENT,
    Actor.CPPCC: Object.APPOINTMENT,
}


@dataclass(frozen=True, slots=True)
class About:
    """The object, and the word that told it."""

    object: Object
    token: Token | None = None
    sure: float = 1.0


def object_of(view: View, organ: Actor | None, demand: Demand) -> About:
    """What *view* is about; *organ* as the subject test found it."""
    secret = _secret(view)
    if secret is not None:
        return secret
    if organ is Actor.ARMY:
        return _of_the_army(view, overturns=demand is Demand.OVERTURN)
    if organ in _ORGAN_OBJECTS:
        return About(_ORGAN_OBJECTS[organ])
    for reading in (_integrity, _disclosure, _prying, _private, _legacy, _unmet):
        found = reading(view, demand)
        if found is not None:
            return found
    return _everyday(view, demand)


def _secret(view: View) -> About | None:
    if view.together(bit("secret"), bit("secret_carrier")) and view.is_about(bit("secret")):
        return About(Object.SECRET, view.first(bit("secret")))
    return None


def _of_the_army(view: View, *, overturns: bool) -> About:
    own = view.first(bit("army_strong")) or view.first(bit("army_deed"))
    if view.has(bit("army_strong")) or ((own is not None or overturns) and not view.has(bit("army_social"))):
        return About(Object.MILITARY, own)
    return _everyday(view, Demand.HANDLE)


def _integrity(view: View, demand: Demand) -> About | None:
    strong, weak, staff = bit("integrity_strong"), bit("integrity"), bit("public_staff")
    if demand in _NOT_ACCUSING:
        return None
    if takes_money(view):
        return About(Object.INTEGRITY, view.first(bit("integrity", "official")), 0.85)
    if not view.has(strong | weak) or not view.is_about(strong | weak):
        return None
    if _WONDERS.search(view.said, view.start, view.end) and view.count(strong | weak) < OFTEN:
        return None
    official = _OFFICIALS | bit("party")
    token = view.first(strong) or view.first(weak)
    if view.together(strong, official) or (view.together(strong, _GOV) and not view.has(bit("business"))):
        return About(Object.INTEGRITY, token, 0.95)
    if view.together(weak, _OFFICIALS) or (view.near(weak, _OFFICIALS) and not view.has(bit("business"))):
        return About(Object.INTEGRITY, token, 0.9)
    if view.has(bit("accuse")) and view.together(weak, _GOV) and not view.has(bit("business")):
        return About(Object.INTEGRITY, token, 0.85)
    if view.together(weak | strong, staff) and view.has(bit("accuse")):
        return About(Object.INTEGRITY, token, 0.6)
    return None


def takes_money(view: View) -> bool:
    """Does a short letter accuse an official of taking money, in whatever words?"""
    return (
        not view.is_long
        and view.has(bit("official"))
        and view.has(bit("accuse"))
        and _TAKES.search(view.said, view.start, view.end) is not None
    )


def _disclosure(view: View, demand: Demand) -> About | None:
    if demand is Demand.ASK or not view.is_about(_DISCLOSED):
        return None
    if _APPLIED.search(view.said, view.start, view.end) is None:
        return None
    return About(Object.DISCLOSURE, view.first(_DISCLOSED))


_ASKED_ANYWAY = ("政府", "市政府", "有关部门", "相关部门", "领导", "县长", "区长", "社区", "12345", "平台")
"""Whom people ask for help in private matters too."""

_LENT = re.compile(
    r"(?:室友|朋友|同学|同事|邻居|亲戚|熟人|老乡|战友|网友|牌友|工友|[哥弟姐妹舅叔姨姑])[^。!?;]{0,4}(?:借(?:了|走|走了|去|给|给了)?(?:我|他|她)|(?:向|问|找|跟|和)我借)"
    r"[^。!?;]{0,24}?(?:不还|没还|没有还|不认账|赖账|要不回|拉黑|还钱)"
)
"""One person's money that another does not give back."""


def _prying(view: View, _: Demand) -> About | None:
    if view.near(bit("pry"), bit("pry_verb")) and not view.is_long and _OWN.search(view.said) is None:
        return About(Object.PRIVACY, view.first(bit("pry")))
    return None


def _private(view: View, _: Demand) -> About | None:
    private = view.count(bit("private"))
    if view.is_long and not view.is_about(bit("private", "private_debt")):
        return None
    if view.has(bit("private_debt")):
        private += _LENT.search(view.said, view.start, view.end) is not None
    if not private and not (
        view.together(bit("private_people"), bit("private_debt", "private_estate"))
        and not view.has(bit("business", "labour"))
    ):
        return None
    if view.has(bit("gov", "service", "official", "business")) and view.has(bit("problem", "style", "info")):
        public = [
            token
            for _, token in view.tokens(bit("gov", "service", "official", "business"))
            if view.said[token[0] : token[1]] not in _ASKED_ANYWAY
        ]
        if public:
            return None
    if _PROTECT.search(view.said, view.start, view.end) or view.has(bit("many", "many_head") & bit("many")):
        return None
    everyday = view.count(_ANY_EVERYDAY | bit("benefit"))
    if everyday > 2 * max(1, private):
        return None
    return About(
        Object.PRIVATE,
        view.first(bit("private", "private_debt", "private_estate")),
        0.9 if private > everyday else 0.8,
    )


def _legacy(view: View, _: Demand) -> About | None:
    if not view.has(_LEGACY) or (view.has(bit("legacy_not")) and not view.has(bit("legacy_cause"))):
        return None
    named = view.first(bit("legacy"))
    cause = view.first(bit("legacy_cause"))
    era = _ERA.search(view.said, view.start, view.end) is not None
    if named is not None and not view.has(bit("legacy_not")) and view.is_about(bit("legacy", "legacy_cause")):
        return About(Object.LEGACY, named, 0.95 if era or cause is not None else 0.8)
    if cause is not None and era and view.is_about(bit("legacy_cause")):
        return About(Object.LEGACY, cause, 0.9)
    return None


def _unmet(view: View, demand: Demand) -> About | None:
    if demand in (Demand.ASK, Demand.SUGGEST, Demand.PROPOSE, Demand.PRAISE):
        return None
    if view.near(bit("benefit"), bit("unmet")) or view.together(bit("benefit"), bit("unmet")):
        return About(Object.POLICY_UNMET, view.first(bit("benefit")))
    return None


def _everyday(view: View, demand: Demand) -> About:
    words = [found for found in view.words if found & _ANY_EVERYDAY]
    counts = {what: len([1 for found in words if found & bits]) for what, bits in _EVERYDAY.items()}
    everyday = max(counts.values())
    most = next(what for what, count in counts.items() if count == everyday)
    labour = view.count(_LABOUR)
    if labour and (labour + 1 >= everyday or labour >= OFTEN) and _is_of_work(view):
        return About(Object.LABOUR, view.first(_LABOUR))
    if demand not in (Demand.SUGGEST, Demand.PROPOSE, Demand.ASK) and _style(view, everyday):
        return About(Object.WORK_STYLE, view.first(bit("style")))
    economy = view.count(_ECONOMY)
    if demand in (Demand.SUGGEST, Demand.PROPOSE) and economy and economy >= everyday:
        return About(Object.ECONOMY, view.first(bit("economy")))
    if demand is Demand.ASK and view.has(bit("info")):
        return About(Object.POLICY, view.first(bit("info")))
    if not everyday:
        for bits, what in (
            (bit("benefit"), Object.POLICY), (bit("labour"), Object.LABOUR),
            (bit("service"), Object.PUBLIC_SERVICE), (bit("gov"), Object.PUBLIC_SERVICE), (bit("economy"), Object.ECONOMY),
        ):  # fmt: skip
            if view.has(bits):
                return About(what, view.first(bits))
        return About(Object.OTHER)
    if counts[Object.PUBLIC_SERVICE] and _subject_is_service(view):
        most = Object.PUBLIC_SERVICE
    return About(most, view.first(_EVERYDAY[most]))


def _is_of_work(view: View) -> bool:
    return any(_LABOUR_SURE.search(view.said, token[0], token[1]) for _, token in view.tokens(_LABOUR))


def _subject_is_service(view: View) -> bool:
    first = view.first(bit("service", "gov"))
    return first is not None and view.near(bit("service"), bit("problem", "unmet"))


def _style(view: View, everyday: int) -> bool:
    trips = ("跑" in view.said or "趟" in view.said or "一次" in view.said) and (
        _TRIPS.search(view.said, view.start, view.end) is not None
    )
    if not view.has(bit("style")):
        return trips and everyday <= 2
    sure = any(_STYLE_SURE.search(view.said, token[0], token[1]) for _, token in view.tokens(bit("style")))
    if view.together(bit("style"), bit("official", "gov")) and (
        sure or view.together(bit("style"), _OFFICIALS)
    ):
        return everyday <= 2 or view.count(bit("style")) >= everyday
    return everyday <= 1 and (trips or (sure and view.has(_LOCAL | bit("service_matter"))))
