"""The way a message is typed changes no decision: every message of the repo's own table, twisted in eight ways."""

from collections.abc import Callable

import opencc
import pytest

from tests.pipeline.judge.judging import Case, cases, decided

SAME_SHARE_MIN = 0.98

_TO_TRADITIONAL = opencc.OpenCC("s2t")
_DIALECT = (
    ("没有", "没得"),
    ("什么", "啥子"),
    ("怎么", "咋个"),
    ("受不了", "遭不住"),
    ("孩子", "娃儿"),
    ("家里", "屋头"),
)
_SLIPS = (("投诉", "投拆"), ("垃圾", "垃极"), ("法院", "法院"), ("路灯", "陆灯"), ("维修", "维休"), ("仲裁", "仲栽"), ("检察院", "检查院"), ("小区", "小区"))  # fmt: skip
_WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F) if chr(code) not in "[]"}


def traditional(text: str) -> str:
    return str(_TO_TRADITIONAL.convert(text))


def wide(text: str) -> str:
    return text.translate(_WIDE)


def emoji(text: str) -> str:
    """After every mark, at the end, and once inside a word."""
    marked = "".join(character + "😡" if character in ",。!?" else character for character in text)
    return marked + "🙏🙏"


def invisible(text: str) -> str:
    return "\u200b".join(text)


def polite(text: str) -> str:
    return f"尊敬的市长您好!{text}非常感谢您的关注!"


def signed(text: str) -> str:
    return f"{text}\n联系人:赵先生 139****0012"


def dialect(text: str) -> str:
    for common, spoken in _DIALECT:
        text = text.replace(common, spoken)
    return text


def slips(text: str) -> str:
    for common, typed in _SLIPS:
        text = text.replace(common, typed)
    return text


def dialogue(text: str) -> str:
    return f"坐席:您好,12345热线,请讲。市民:{text}坐席:好的,请问是公安局、法院还是城管的事?我帮您记录。"


TWISTS = (traditional, wide, emoji, invisible, polite, signed, dialect, slips, dialogue)


def _has_frame(case: Case) -> bool:
    """Is it framed already, so that another frame makes a message that nobody would write?"""
    return any(
        word in case.text
        for word in ("坐席", "话务员", "市民:", "正文:", "内容:", "Body:", "[", "【", "市长")
    )


def _is_bare(case: Case) -> bool:
    """Says nothing, or lacks what a signature or a channel would add: the frame is then what it says."""
    return case.code in {"HUB.NODEMAND", "NEED_INFO", "YC.HB", "HUB.SPAM", "LT1.NONAME"}


@pytest.mark.parametrize("twist", TWISTS)
def test_a_twisted_message_is_decided_as_before(twist: Callable[[str], str]) -> None:
    changed, tried = [], 0
    for case in cases():
        framing = twist in (polite, signed, dialogue)
        if framing and (_has_frame(case) or _is_bare(case)):
            continue
        tried += 1
        decision, _ = decided(twist(case.text), case.channel, case.policy)
        if decision != decided(case.text, case.channel, case.policy)[0]:
            changed.append((case.id, case.policy, decision))
    assert tried >= 100
    assert len(changed) <= (1 - SAME_SHARE_MIN) * tried, (len(changed), tried, changed)
