"""A pack of a city that does not exist, and how to read a pack as it stands in a test."""

from collections.abc import Callable

import pytest

from pipeline.policies.catalogue import shared
from pipeline.policies.model import Policy
from pipeline.policies.reading import city_pack

FICTITIOUS = """\
pack: yunhai
succeeds_as: yunhai
version: "1"
title: 云海市市长信箱
source:
  title: 云海市市长信箱办法
effective:
  from: 2026-01-01
  to: 2026-12-31
silence: national_2025
territory:
  codes: ["9901"]
  names: [云海市]
  aliases: [雾都]
  divisions:
    "990102": [听涛区]
    "990103": [望岳区]
mailboxes: [云海信箱]
kinds: { 吐槽: 投诉 }
emergency:
  code: YH9
  quote: 险情立即报总值班
clauses:
  - code: YH3
    quote: 涉及灯会的举报先报灯会办主任
    effect: escalate
    when: { object: market, demand: accuse }
    units:
      - { unit: 灯会办主任 }
  - code: YH2
    quote: 属于法院的不受理,但判决执行中的协调除外
    effect: exclude
    sure: 0.9
    reply: 这是法院的事
    when: { actor: court }
    unless:
      - when: { actor: court, object: social_order }
        code: YH2X
        quote: 判决执行中的协调除外
  - code: YH4
    quote: 其余不属于信箱的
    effect: hold
    catch_all: true
    held_as: HUB.CATCHALL
    reason: rule
    proposes: exclude
    reply: 可能不属于信箱
    when: { object: private }
  - code: YH1
    quote: 云海市的事都受理
    effect: accept
dispatch:
  mode: 属地
deadlines:
  - kinds: [咨询]
    days: 2
    status: published
    source: 云海市市长信箱办法
  - kinds: [举报]
    days: 20
    count: days
    status: published
    source: 云海市市长信箱办法
  - days: 9
    status: sample
    source: 样例
organs:
  - key: court
    name: 云海市中级人民法院
    phone: "990-12368"
    status: published
    source: 云海市市长信箱办法
    when: { actor: court }
units:
  fallback: 云海市信访局
  entries:
    - { unit: 灯会办, topics: [灯会], cues: [花灯, 灯会], status: published, source: 云海市市长信箱办法 }
answers:
  - id: lantern
    title: 灯会时间
    asks: ['灯会.{0,10}(?:几点|时间|什么时候)']
    never: [投诉]
    answer: 灯会时间请问灯会办
    unit: 灯会办
    valid_from: 2026-02-01
    valid_until: 2026-03-15
    status: published
    source: 云海市市长信箱办法
"""
SOURCE = """云海市市长信箱办法。险情立即报总值班。涉及灯会的举报先报灯会办主任。
属于法院的不受理，但判决执行中的协调除外。其余不属于信箱的，由人定。云海市的事
都受理。"""

Read = Callable[..., Policy]


@pytest.fixture(scope="session")
def read() -> Read:
    """``read()``: the pack of the city that does not exist; ``read(text, source)``: another, and its source text."""

    def read(text: str = FICTITIOUS, source: str | None = None) -> Policy:
        return city_pack(text, "yunhai.yaml", shared(), source)

    return read


@pytest.fixture(scope="session")
def fictitious() -> str:
    return FICTITIOUS


@pytest.fixture(scope="session")
def source() -> str:
    return SOURCE
