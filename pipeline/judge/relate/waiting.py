"""Does a letter tell of no matter at all, but only that one is waited for: 上次反映的事怎么样了, 催一下?

Of such a letter nothing can be compared. Who sent it has to say the rest: the same person's only open order is meant.
"""

import re

from pipeline.text import place_names
from pipeline.text.common_words import EMPTY, listed
from pipeline.text.normalise import fold
from pipeline.text.place_keys import Kind
from schemas.letter import Said

CHARACTERS_MAX = 80
"""A longer letter tells something."""

_WAITING = listed(
    """
    上周 上次 上回 上个月 上月 这周 本周 前天 前几天 几天 几次 这么久 好久 多久 半天 半个 半个月 一个月 两个月 三个月 一周 两周 一个星期 两个星期 星期 礼拜 我前 第二次
    第三次 第四次 好几次 没人 没人管 人管 没人理 人理 理我 没有人 无人 谁来 回音 音讯 音信 动静 结果 下文 进展 进度 进程 着落 消息 提交 诉求 信件 信箱 邮件 短信 来电 回电 回信
    办得 办好 办完 办理 办结 怎么样 怎样 那件事 那个事 这件事 这个事 那事 这事 事儿 麻烦 快点 快些 赶快 赶紧 抓紧 加急 催促 催一下 催办 一步 哪一步 哪步 打电话 电话 联系 跟进 盼复 盼望 收到 寄出 发出 转办
    派单 工单 单子 受理 登记 编号 重视 关注 关心 等着 等了 等到 拖着 着急 心急 万分 请示 批示 现在 还没 还没有 有没有 给个 说法 准信 准话 答应 客服 坐席 热线 你好 老师 打扰 不好意思
    """
)
_GRAMMAR = "的了在是我你您他她它们咱这那有没不还又再就才都也很太请求给让被把向跟和与及或到从去来要想能会过着吗呢吧啊呀哦嘛啦么个件次天日号月年点等多久几一二三四五六七八九十两半人事信问说看催办管理查报回复写寄发送交提前后"
_WORDS = re.compile("|".join(sorted(EMPTY | _WAITING, key=lambda word: (-len(word), word))))
_WAITS = re.compile(
    "催|没人|没有人|没回|没有回|还没|还是没|怎么样|怎样|如何|哪一?步|到哪|结果|进展|进度|下文|动静|回音|音讯|快点|快些|尽快|抓紧|赶紧|多久|多少天|什么时候|何时|为什么|收到"
)
_TELLS = re.compile(rf"[^\W\d_{_GRAMMAR}]")


def names_nothing(letter: Said) -> bool:
    """True only where it waits and nothing is left when words of waiting, of courtesy and of grammar are taken out, and no place is named."""
    told = fold(f"{letter.subject}\n{letter.text}")
    if len(told) > CHARACTERS_MAX or any(name.kind >= Kind.AREA for name in place_names.met(told)):
        return False
    return _WAITS.search(told) is not None and _TELLS.search(_WORDS.sub("", told)) is None
