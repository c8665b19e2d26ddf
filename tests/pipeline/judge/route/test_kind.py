"""Kinds of appeal: a hand-labelled table of our own writing, and what bends a kind."""

from collections import Counter
from pathlib import Path

import pytest

from pipeline.judge.route.forms import Forms
from pipeline.judge.route.kind import kind_of
from pipeline.policies.matter import Demand, Matter
from pipeline.text.normalise import fold

TABLE = [
    row.split("\t")
    for row in Path(__file__).with_name("kinds.tsv").read_text("utf-8").splitlines()[1:]
    if row
]


def test_the_table_is_told_right() -> None:
    guessed: list[tuple[str, str]] = [(kind, kind_of("", fold(text))) for kind, text in TABLE]
    pairs = Counter(guessed)
    scores = []
    for kind in {kind for kind, _ in guessed}:
        hit = pairs[kind, kind]
        whole = sum(n for (a, _), n in pairs.items() if a == kind) + sum(
            n for (_, b), n in pairs.items() if b == kind
        )
        scores.append(2 * hit / whole)
    assert len(TABLE) >= 95
    assert sum(scores) / len(scores) >= 0.93


@pytest.mark.parametrize("text", [text for kind, text in TABLE if kind not in {"表扬", "其他"}][::5])
def test_polite_framing_changes_no_kind(text: str) -> None:
    assert kind_of("", fold(text)) == kind_of("", fold(f"尊敬的领导:您好!{text}此致 敬礼"))


def test_what_the_sender_ticked_stands() -> None:
    assert kind_of("", "请问怎么办理社保卡?", chosen="建议") == "建议"


def test_the_subject_outweighs_the_story() -> None:
    assert kind_of("关于增设站点的建议", "现在等车要半个小时,大家苦不堪言,没人管。") == "建议"
    assert kind_of("投诉公交司机", "能不能考虑多开几班车。") == "投诉"


def test_what_the_reading_found_weighs_in() -> None:
    text = "养老金的事情"
    assert kind_of("", text, Matter(Demand.ASK)) == "咨询"
    assert kind_of("", text, Matter(Demand.SUGGEST)) == "建议"
    assert kind_of("", text, Matter(Demand.HANDLE)) == "投诉"
    assert kind_of("", "加微信领优惠券,名额有限先到先得,欢迎咨询", Matter(Demand.ADVERTISE)) == "其他"


def test_thanks_that_go_on_to_ask_are_no_praise() -> None:
    assert kind_of("", "感谢社区小李的帮助,服务很好。") == "表扬"
    assert kind_of("", "非常感谢领导!但是路灯至今没有修好,请尽快派人维修。") != "表扬"


def test_a_pair_is_found_in_one_clause_only() -> None:
    forms = Forms([("wish", "希望|请…维修|修复"), ("word", "路灯")])
    assert forms.found("希望早日修复路灯") == ["wish", "word"]
    assert forms.found("希望大家好。维修很慢") == []
    assert forms.found("维修希望") == []
    assert forms.found("请" + "很" * 40 + "维修") == []
    assert forms.found("") == []
