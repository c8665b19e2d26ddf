"""Who only waits says so in words of waiting; every word of a matter, a place or a number of words more tells something."""

import pytest
from matterkit import letter

from pipeline.judge.relate import names_nothing


@pytest.mark.parametrize(
    "text",
    [
        "上周反映的问题到现在还没人联系我,请尽快处理。",
        "我前几天写的信怎么还没有回音?",
        "请问我10月8号提交的诉求办得怎么样了?",
        "上周反映的事到现在还没人联系我,请尽快处理。",
        "催一下上次那件事,都半个月了。",
        "上次说的事情麻烦快点,谢谢",
        "你好 我上个月反映的情况 请问有结果了吗 盼复",
        "第三次来信了,还是没有人管,请领导重视!",
    ],
)
def test_only_waiting(text: str) -> None:
    assert names_nothing(letter(1, text))


@pytest.mark.parametrize(
    "text",
    [
        "我反映的鸽子粪的事没人管。",
        "上次说的路灯怎么还没修?",
        "翠湖雅苑那件事怎么样了?",
        "我的低保什么时候批下来?",
        "催一下28路公交的事。",
        "请问退休金的事办得怎么样了?",
        "请尽快处理。" * 20,
        "谢谢领导,辛苦了!",
        "你好",
        "",
    ],
)
def test_something_told_or_nothing_waited_for(text: str) -> None:
    assert not names_nothing(letter(1, text))


def test_the_subject_tells_too() -> None:
    assert not names_nothing(letter(1, "怎么还没有回音?", "电梯"))
