"""What the letter itself says of earlier reports: pressed again, reported elsewhere, come back, reported by others."""

import re

import re2

from pipeline.judge.reading.tokens import bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Again

_REPORT, _FORMAL, _STILL = bit("report"), bit("formal"), bit("still")
_CLOSED_AGAIN = re2.compile(
    r"(?:投诉|反映|举报|报)过[^。!?]{0,20}(?:拆|关|撤|搬|清|修|封|停|罚|管|改|走)了[^。!?]{0,20}(?:又|再次|重新)|(?:办结|结案|修好|解决|处理|清理|整治|整改|疏通|取缔|消停|好了|停了|罚了|罚过|安静了|收敛|搬走|撤了|撤走|补过|换过|修过|清过|拆过|管过|来过|答复)[^。!?]{0,30}?(?:又|再次|再度|反弹|复发|死灰复燃|卷土重来|老样子|依旧|照旧|恢复原样|还是臭|还是堵|还是坏)"
    r"|(?:办结|结案|修好|解决|处理|清理|整治|整改|取缔|消停|好了|停了|安静了|收敛)[^!?]{0,40}?(?:老毛病|又犯|反弹|复发|死灰复燃|卷土重来|老样子|故态复萌)"
    r"|(?:办结|结案|结了单|修好|填平|处理完|处理好|解决了|清理完|整改完|疏通|修补完|搬走|取缔|关停|拆掉|拆除)[^!?]{0,16}[。,;][^。!?]{0,14}(?:原地方|老地方|原处|同一|还是那|还是这|还在那|这几天|前几天|前天|昨天|没几天|没多久|没过|过了|这两天|这周|这个?星期|这个?礼拜|这个?月|上周|最近|昨晚|今天)[^。!?]{0,12}(?:又|全?回来了|重新)"
)
_WAYS = (
    re.compile(r"12345|热线|电话"), re.compile(r"网上|网站|平台|留言板|网页|官网"), re.compile(r"小程序|公众号|APP|app|客户端"),
    re.compile(r"邮件|写信|来信|信箱|邮箱|信件"), re.compile(r"短信|微信|微博|抖音"),
)  # fmt: skip
_TOO = re.compile(
    r"也|又|再|同样|同一|一样|重复|同时|分别|都(?:说|报|反映|投诉|打)|多头|各(?:个|种)渠道|多(?:个|种)?渠道|几个渠道"
)
_SAID_ALREADY = re.compile(
    r"(?:已经?|先)在?[^。]{0,22}(?:反映|投诉|提交|留言|打|发|报|说)|(?:打|写|发|提交|留|报|投|说|反映|登记|填)(?:过|了)"
)
_OTHERS_TOLD = re2.compile(
    r"(?:好多|很多|许多|不少|好几|几[十户家]|隔壁|左邻右舍|大家|邻居|业主|居民|家长|村民|楼里|群里|同楼|别人|别家|其他人|其它人|上百|几百|整[栋个层幢]|全[楼栋]|一栋楼|全小区|不止我|不只我)[^。!?;]{0,10}(?:打|投诉|反[映应]|报|举报|留言|写|说|发)(?:过|了|起)[^。!?;]{0,8}(?:电话|短信|消息|邮件|12345|热线|信|问题|诉求|投诉|言|这事|这个|同样|一样|同一)?|(?:好多|很多|许多|不少|好几|几十|大家|邻居|业主|居民|家长|村民)[^。!?;]{0,6}(?:都|也)(?:在)?(?:打|投诉|反映|报|举报|留言)|各家(?:各户)?(?:也|都)(?:来)?(?:打|投诉|反映|报)"
)
_ANSWERED = re.compile(
    r"按(?:照)?(?:了)?(?:你们|您|上次|热线|12345|客服|坐席|回复|答复)[^。]{0,8}(?:说|回复|答复|要求|提示|的|讲|办)|(?:你们|上次|之前|热线)(?:的)?(?:回复|答复|解释|说法)|照着(?:做|办)|(?:回复|答复)(?:没用|不管用|说已)"
)
_MINE = re.compile(
    r"我(?:的|[^。,!?]{0,10}?(?:报|反映|投诉|提交|打|写|留|申请|发))|单号|工单|编号|受理号|流水号|尾号|尾数|上次|上周|前几天|前天|昨天|上个?月|之前|先前|[0-9]{1,2}[号日]"
)
_NUMBER = re.compile(
    r"(?:单号|工单号?|编号|受理号|流水号|尾号|尾数|登记号|查询码|号码)[^0-9]{0,6}[0-9A-Z\-]{3,}"
)
_SHORT = 100
_HOW_FAR = re2.compile(
    r"(?:什么|怎么个)情况|到了?哪|批到|转到哪|派到哪|谁(?:在)?(?:处理|办理|办|负责|跟进)|(?:办|处理|弄|修|查)(?:好|完|妥)了?(?:没|吗)|出来没|有没有(?:处理|受理|回复|分派|派单|结果|办)|(?:查|问|看)[^。]{0,10}(?:进度|进展|结果|状态|办到|处理到|到哪|哪一步)|(?:受理|处理|办理|回复|答复|签收|派单|派|转办|办结|解决|审核)了?(?:没有|没|吗|么|否)|(?:办|处理|进行|流转|走|查)(?:得|的)?(?:到哪|到什么|怎么样|怎样|如何|咋样|怎么了)"
)
_OWN_LETTER = re2.compile(
    r"查进度|查件|(?:前头|上次|之前|先前|上周|前几天|那天|早先)(?:报|反映|投诉|交|登记|打|提)的?[^。]{0,16}(?:单|件|事|信)|我(?:的)?(?:那|这)?(?:个|件|封)?(?:投诉|诉求|信|工单|单子|反映|件|来信)|交的信|寄的信|(?:上个?月|上周|上次|前几天|那天|昨天)[^。]{0,4}那(?:张|个|件|封)?(?:单子?|件|信|诉求|投诉)|[0-9]{4} [0-9]{4}|(?:工单|单号|编号|受理号|登记号|流水号|查询码|诉求号|回执)|我(?:们)?(?:的|上|之前|昨|前|提|投|反|报|写|寄|交|登记|打|留|[0-9一二三四五六七八九十])[^。]{0,16}(?:信|诉求|投诉|件|单|问题|申请|留言|反映|事|邮件)|(?:投诉|诉求|反映|提交|来信)的(?:那个|那件|那封|这个)?(?:件|单|事|信|问题|诉求)?"
)
_PRESSED = re.compile(r"怎么还没|还没人|一直没|催|没人来|没人联系|没动静|没消息|拖|太慢|还不")
_TOLD_BEFORE = re2.compile(
    r"(?:上次|上回|上周|上个?(?:月|星期|礼拜)|之前|先前|前(?:几|两|些)天|前段时间|早就|早已|已经?|曾经?|多次|几次|[0-9一二两三四五六七八九十几数好]+(?:次|遍|回)|第[0-9一二三四五六七八九十]+次|再次|又)[^。!?;\n]{0,14}(?:反映|投诉|举报|报修|上报|报过|报了|说过|打[^。!?;\n]{0,4}电话|来信|写信|写过|留言|提过|催)|(?:反映|投诉|举报|报修|报|说|提|催|写|问)(?:(?:过|了)(?:的|很?多次)|(?:过|了)?(?:好几|[0-9一二两三四五六七八九十几数]+)(?:次|遍|回))"
)
_URGED = re2.compile(
    r"怎么(?:还|一直)|咋(?:还|一直)|还(?:没|不|是(?:没|老样子|这样))|至今|到现在|到今天|一直(?:没|不)|没(?:有)?(?:人|得人)(?:来|管|处理|理|答复|回复)|没(?:有)?(?:解决|处理|下文|动静|结果|答复|回音|消息)|什么时候|何时|为什么(?:还|不)|(?:有|啥|什么)结果|进展|进度|(?:请|快|赶紧|抓紧|尽快)[^。!?;\n]{0,8}(?:处理|解决|修|办|落实|答复)|到底管不管"
)
_URGING = re.compile(r"催办|催单|催促|再催|催一催|催一下|催件")
_PRESSING_MAX = 300
_NOT_US = re.compile(r"物业|社区|居委会|村委|开发商|商家|公司|派出所|学校|医院|街道|物管|城管")


def reminds(view: View) -> bool:
    """Does the sender press for an earlier report of the same matter to this house?"""
    spoken = view.near(_REPORT | bit("formal"), _STILL) or view.together(_REPORT, _STILL)
    if not spoken or not view.has(_REPORT):
        return False
    text = view.said[view.start : view.end]
    if not view.has(_FORMAL) or _MINE.search(text) is None:
        return False
    if _NUMBER.search(text) or re.search(r"12345|热线|工单|信箱|单号|受理|登记|催", text):
        return True
    told = _NOT_US.search(text)
    return told is None and len(text) <= 120


def presses(view: View) -> bool:
    """Does the sender, writing again, press rather than tell something new? Weaker than ``reminds``: it says
    so only of a letter that is known to be about the person's own open matter.
    """
    text = view.said[view.start : view.end]
    if len(text) > _PRESSING_MAX:
        return False
    if _URGING.search(text):
        return True
    return _TOLD_BEFORE.search(text) is not None and _URGED.search(text) is not None


def asks_status(view: View) -> bool:
    """Does the sender only ask how far an earlier letter has got?"""
    text = view.said[view.start : view.end]
    if len(text) > _SHORT or not view.has(_REPORT | bit("formal", "status", "told")):
        return False
    asks = view.has(bit("status")) or _HOW_FAR.search(text) is not None
    return asks and _OWN_LETTER.search(text) is not None and _PRESSED.search(text) is None


def again_of(view: View) -> Again:
    """What the sender says of earlier reports; the strongest of them."""
    if not view.has(bit("told", "report", "closed", "others", "cross", "unsolved", "again", "formal")):
        return Again.NONE
    text = view.said[view.start : view.end]
    if view.has(bit("again")) and len(text) <= 400 and _CLOSED_AGAIN.search(text):
        return Again.RECUR
    if _reported_elsewhere(text):
        return Again.MANY_CHANNELS
    if view.has(bit("others", "told", "report")) and len(text) <= 300 and _OTHERS_TOLD.search(text):
        return Again.MANY_SENDERS
    if view.has(bit("unsolved")) and _ANSWERED.search(text):
        return Again.UNSOLVED
    return Again.NONE


def _reported_elsewhere(text: str) -> bool:
    if len(text) > 300:
        return False
    if "多头反映" in text or re.search(r"(?:多个?|几个|各个?)渠道", text):
        return True
    if re.search(
        r"(?:同样|一样|同一|这)的?(?:内容|件事|问题|诉求|事|封信)[^。]{0,20}(?:打|写|发|提交|留|报|投|寄)(?:过|了|给)",
        text,
    ):
        return True
    ways = sum(way.search(text) is not None for way in _WAYS)
    return ways > 1 and _SAID_ALREADY.search(text) is not None and _TOO.search(text) is not None
