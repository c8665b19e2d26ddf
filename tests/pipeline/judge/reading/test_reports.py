"""What a letter says of earlier ones, by tables."""

import pytest

from pipeline.judge.reading.reader import read
from pipeline.judge.reading.reports import presses
from schemas.letter import Said


def pressing(text: str, subject: str = "") -> bool:
    return any(presses(piece.view) for piece in read(Said(subject=subject, text=text), "web").pieces)


@pytest.mark.parametrize(
    "text",
    [
        "幸福路小学门口的路灯坏了三个星期,上次反映过了怎么还不来修?",
        "上次反映的路灯怎么还没修?",
        "我之前投诉的噪音问题什么时候能处理?",
        "催办:幸福路路灯",
        "你们到底管不管,我那个井盖的事反映三次了还没人来",
        "第三次反映了,垃圾还是没人清,请尽快处理",
        "前几天打电话说的那个下水道,有结果了吗",
        "早就报过路灯坏了,为什么还不修",
        "前段时间来信反映过广场舞,到现在一直没人管",
        "市民:上个月我打你们电话报的树倒了压着线,你们说三天,到现在都没得人来。",
    ],
)
def test_who_writes_again_and_urges_presses(text: str) -> None:
    assert pressing(text)


@pytest.mark.parametrize(
    "text",
    [
        "幸福路小学门口的路灯坏了三个星期,请派人修",
        "路灯又坏了一盏,在三号楼门口",
        "昨天反映的路灯在幸福路12号门前,补充一张照片",
        "什么时候能通公交?",
        "上次来修的师傅态度很好,谢谢",
        "至今没有供暖,家里有老人",
        "之前反映的是东门,这次是西门的护栏坏了",
    ],
)
def test_who_tells_something_new_does_not(text: str) -> None:
    assert not pressing(text)


def test_a_subject_that_urges() -> None:
    assert pressing("幸福路路灯不亮,灯杆编号见上封信", "催办")
