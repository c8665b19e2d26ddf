"""What the sender wants: to have something done, to know, to suggest, to praise, to accuse, to press, or nothing at all."""

import re
from dataclasses import dataclass

import re2

from pipeline.judge.reading.objects import takes_money
from pipeline.judge.reading.tokens import Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Again, Demand

_CONTENT = bit(
    "daily", "service_matter", "labour", "market", "social", "benefit", "integrity", "private", "legacy", "legacy_cause",
    "secret", "court", "proc", "army", "congress", "party", "disclosure", "privacy", "economy", "style",
)  # fmt: skip
_SUBSTANCE = (_CONTENT & ~bit("legacy", "legacy_cause")) | bit(
    "please", "ask_strong", "service", "business", "report"
)
_WANTS = bit("please", "suggest", "propose", "accuse", "info", "ask_strong", "report", "status")
_GRIEVANCE_WEAK = re.compile(
    r"^(?:问题|影响|不能|不让|没有|无法|不知道怎么|难|缺|少|不|坏|还没|反映|断了|停了|没|投诉|不准)$"
)
_COMPLAINS = re.compile(
    r"没人|无人|不给|不让|不管|不理|不修|不处理|不解决|不回复|不合理|不公|拒|拖欠|欠|骗|偷|太|睡不着|受不了|苦不堪言|推诿|无果|未果|至今|迟迟|仍未|未解决|没解决|没下文|没结果|遥遥无期|折腾|坑人|黑心|擅自|私自|强行|强制|霸占|侵占|破坏|冤枉|维权|烂尾|严重|举报|查|态度|推|扰|臭|吵|脏|乱"
)
"""Words of trouble that are complaints even beside a question; others (过期, 丢了, 逾期) belong to what is asked about."""
_TRIPS = re.compile(r"(?:跑|来回|往返|折腾)(?:了|我|我们)?[一二两三四五六七八九十几0-9好多]+[趟回]")
_QUESTION = re.compile(r"[??]|(?:吗|呢|么|不|呀|嘛|啊|啦|哈|没有|没)[。!\s]*$")
_FILLER = re.compile(r"[\s,。!?;:、.…~—\-0-9a-zA-Z*()\"'“”‘’]+")
_CONTACT = re2.compile(
    r"(?:微信|QQ|qq|加微|vx|VX|V信|电话|热线|详询|咨询|www|http|网址|链接|t\.cn|群|[vV][xX]?[::])|[a-zA-Z]{1,4}[0-9]{4,}|1[3-9][0-9*]{9}|【[^】]{2,12}】"
)
_PROTEST = re.compile(
    r"合理吗|合法吗|有人管吗|谁管|没人管吗|管不管|怎么回事|为什么|凭什么|怎么能|怎么就|难道|合规吗|正常吗|算什么|还让不让|怎么没人|有没有人管|何时(?:能)?(?:解决|修)|什么时候(?:能)?(?:解决|修|处理|整改)|能不能管|能管管|管管|怎么还"
)
_ASKED_MAX = 200
_TEST_MAX = 20
_ADS_OF_A_LONG_ONE = 6
_TEST = re.compile(r"测试|试一?下|试试|test", re.IGNORECASE)
_TAKEN_AWAY = re.compile(r"[拆撤]|取消|关[掉闭]|去掉|不要|[给赔发帮]我|不[^,。!?]{1,8}就是|办不到|我家")
"""A word of each that ``_UNFOUNDED`` finds."""
_UNFOUNDED = re2.compile(
    r"(?:拆掉|拆除|拆了|取消|撤掉|撤销|关掉|关闭|去掉|不要)[^,。!?]{0,6}(?:红绿灯|信号灯|斑马线|护栏|监控|摄像头|消防栓|减速带|公交站|垃圾站|基站|学校)|(?:红绿灯|信号灯|护栏|监控|摄像头|消防栓|减速带|斑马线|公交站)[^,。!?]{0,4}(?:拆掉|拆除|拆了|取消|撤掉|去掉|关掉)|(?:给我|赔我|发我)[^,。!?]{0,4}(?:一套房|一百万|100万|媳妇|老婆|对象)|(?:给我|帮我)(?:安排|找)(?:一个)?(?:公务员|编制|局长)|(?:专门|单独|只)(?:为|给)我家|(?:为|给)我家(?:专门|单独|专设|专开)|(?:不[^,。!?]{1,8}|办不到|做不到)[,]?(?:你们|那|这|那你们)?就是(?:不作为|懒政|懒|欺负|失职|渎职|不为民|官僚|不负责|没良心|骗)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The demand, the word that told it, and for a question its words."""

    demand: Demand
    token: Token | None = None
    asked: str = ""
    sure: float = 1.0


def demand_of(view: View, again: Again, *, reminds: bool, asks_status: bool, overturns: bool) -> Wanted:
    """What *view* asks for. The last four: what the readers of earlier reports and of stages found."""
    if _advertises(view):
        return Wanted(Demand.ADVERTISE, view.first(bit("ad")))
    empty = _nothing(view)
    if empty is not None:
        return empty
    if overturns:
        return Wanted(Demand.OVERTURN, view.first(bit("overturn")))
    if asks_status:
        return Wanted(Demand.STATUS, view.first(bit("status")))
    if reminds:
        return Wanted(Demand.REMIND, view.first(bit("still")))
    if view.has(bit("propose")):
        return Wanted(Demand.PROPOSE, view.first(bit("propose")))
    if _praises(view):
        return Wanted(Demand.PRAISE, view.first(bit("praise")))
    if _asks(view) and again is Again.NONE:
        return Wanted(Demand.ASK, view.first(bit("ask_strong", "ask")), _asked(view))
    if view.has(bit("suggest")) and not _accuses(view):
        return Wanted(Demand.SUGGEST, view.first(bit("suggest")))
    if _accuses(view):
        return Wanted(Demand.ACCUSE, view.first(bit("integrity_strong", "integrity", "accuse")))
    return Wanted(Demand.HANDLE, view.first(bit("please", "problem")))


def is_unfounded(view: View) -> bool:
    """Is something asked for that would take from everybody what serves them?"""
    return (
        not view.is_long
        and _TAKEN_AWAY.search(view.said, view.start, view.end) is not None
        and _UNFOUNDED.search(view.said, view.start, view.end) is not None
    )


def _advertises(view: View) -> bool:
    ads = view.count(bit("ad"))
    if not ads or (view.is_long and ads < _ADS_OF_A_LONG_ONE):
        return False
    if view.has(bit("against_ad")) and (ads < 3 or view.has(bit("accuse"))):
        return False
    reachable = _CONTACT.search(view.said, view.start, view.end) is not None
    if view.has(bit("gov", "please")) and ads < 3 and not reachable:
        return False
    bare = not view.has(_CONTENT | bit("gov", "service"))
    return ads >= 3 or (reachable and (bare or ads >= 2)) or (ads >= 2 and not view.has(bit("problem")))


def _nothing(view: View) -> Wanted | None:
    """A greeting, a test, a curse: nothing that anybody could act on."""
    said = view.said[view.start : view.end]
    insult = view.first(bit("insult"))
    somebody = view.has(bit("gov", "service", "official", "business"))
    if insult is not None and not view.has(_SUBSTANCE if somebody else _SUBSTANCE & ~bit("style")):
        return Wanted(Demand.ABUSE, insult)
    if len(said) <= _TEST_MAX and _TEST.search(said) and not view.has(_CONTENT):
        return Wanted(Demand.NONE, view.first(bit("greet", "none_hint")))
    if view.has(
        _CONTENT | _WANTS | bit("problem", "gov", "service", "business", "official", "ask", "praise")
    ):
        plain_greeting = all(token[2] & bit("greet") for clause in view.clauses for token in clause.tokens)
        if not plain_greeting:
            return None
    bare = _FILLER.sub("", said)
    greeted = sum(token[1] - token[0] for _, token in view.tokens(bit("greet", "none_hint")))
    if len(bare) - greeted <= 12:
        return Wanted(Demand.NONE, view.first(bit("greet")))
    return Wanted(Demand.NONE, None, sure=0.7) if len(bare) <= 30 and not view.has(~0) else None


def _praises(view: View) -> bool:
    if not view.has(bit("praise")):
        return False
    hard = [token for _, token in view.tokens(bit("problem", "style", "unmet")) if not _weak(view, token)]
    return not hard and not view.has(bit("suggest", "ask_strong"))


def _weak(view: View, token: Token) -> bool:
    return _GRIEVANCE_WEAK.match(view.said[token[0] : token[1]]) is not None


def _grieves(view: View) -> bool:
    hard = bit("problem", "style", "unmet", "organ_fault", "integrity_strong", "accuse")
    asking = bit("ask", "ask_can", "ask_strong", "info", "status")
    if view.has(bit("style")) or _TRIPS.search(view.said, view.start, view.end):
        return True
    return any(
        not token[2] & asking and _COMPLAINS.search(view.said, token[0], token[1])
        for _, token in view.tokens(hard)
    )


def _asks(view: View) -> bool:
    if not view.has(bit("ask", "ask_strong", "ask_can")) or _PROTEST.search(view.said, view.start, view.end):
        return False
    if _grieves(view) or view.has(bit("suggest")):
        return False
    if view.has(bit("ask_strong")):
        return True
    if view.has(bit("please")) and not view.has(bit("info")):
        return False
    questioned = _QUESTION.search(view.said, view.start, view.end + 1) is not None
    return questioned and (view.has(bit("ask")) or view.has(bit("info")))


def _asked(view: View) -> str:
    """The words that the question stands in."""
    return ",".join(view.said[clause.start : clause.end].strip() for clause in view.clauses)[:_ASKED_MAX]


def _accuses(view: View) -> bool:
    if takes_money(view):
        return True
    strong, weak = bit("integrity_strong"), bit("integrity")
    if not view.has(strong | weak) or not view.is_about(strong | weak):
        return False
    return view.has(bit("official", "gov", "party", "public_staff"))
