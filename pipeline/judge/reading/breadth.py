"""Whom a matter touches: one sender, many people, several units that push it around, a whole place in distress."""

import re

from pipeline.judge.reading.tokens import Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Breadth, Demand

_NUMBER = r"(?:[二两三四五六七八九]|[2-9])?[百千万]|[0-9]{3,}|[0-9一二三四五六七八九]+(?:百|千|万)|上[百千万]|[几数][百千万十]|近[百千万]|[百千万]余"
_MANY = re.compile(
    rf"(?:{_NUMBER})[多余来几]?(?:多|余|来)?(?:个|名|位|家|户)?(?:户|业主|居民|村民|家长|职工|工人|农民工|学生|群众|家庭|住户|人|名|商户|购房者|会员|老人|商家|司机)|联名|联合署名|集体(?:反映|投诉|请愿|维权|上访|要求|签名)|(?:全体|全村|全镇|全校)(?:业主|村民|居民|家长|职工|老百姓|人|百姓)"
)
_TOLD_ONCE = re.compile(r"(?:一个|我)(?:人|家)")
_UNITS = bit("gov", "service")


def breadth_of(view: View, demand: Demand) -> tuple[Breadth, Token | None]:
    """How wide *view* reaches; the gravest that is said."""
    if demand in (Demand.ASK, Demand.SUGGEST, Demand.PROPOSE, Demand.PRAISE, Demand.STATUS):
        return Breadth.ONE, None
    grave = view.first(bit("grave_core"))
    if grave is not None and _in_distress(view):
        return Breadth.GRAVE, grave
    works = _WORKS.search(view.said, view.start, view.end)
    if works is not None and _in_distress(view):
        return Breadth.GRAVE, (works.start(), works.end(), 0)
    if _many_units(view):
        return Breadth.MANY_UNITS, view.first(bit("shove", "regions"))
    text = view.said[view.start : view.end]
    if view.has(bit("many", "many_head")) and len(text) <= 1000:
        match = _MANY.search(text)
        if match is not None:
            place = view.start + match.start()
            return Breadth.MANY_PEOPLE, (place, view.start + match.end(), 0)
    return Breadth.ONE, None


_WORKS = re.compile(
    r"(?:水库|大坝|堤坝|河堤|大堤|江堤|大桥|桥墩|山体|尾矿库|堰塞湖)[^,。!?]{0,10}(?:裂缝|渗水|漏水|管涌|险情|垮|塌|溃|滑坡|松动|下沉|倾斜)"
)


def _in_distress(view: View) -> bool:
    text = view.said[view.start : view.end]
    return (
        re.search(
            r"村|镇|乡|县|全|群众|居民|桥|路|百姓|大家|学生|工人|教师|司机|[几数百千][十百千]?(?:人|户)", text
        )
        is not None
        and re.search(r"去年|前年|往年|以前|多年前|担心|怕|建议|万一|如果", text) is None
    )


def _many_units(view: View) -> bool:
    if not view.has(bit("shove", "regions")):
        return False
    text = view.said[view.start : view.end]
    if view.has(bit("shove")) and re.search(r"推|扯皮|踢皮球|都说|不管|各说|协调不了|让找|让我找", text):
        units = {view.said[token[0] : token[1]] for _, token in view.tokens(_UNITS)} - {
            "有关部门",
            "相关部门",
            "政府",
            "12345",
        }
        if len(units) >= 2 or view.has(bit("regions")):
            return True
        if re.search(r"交界|跨[区县市镇]|三不管", text):
            return True
    return (
        view.has(bit("regions"))
        and re.search(
            r"流经|交界|跨|上下游|沿线各|(?:[两三四五几多]个)(?:区县|区|县|乡镇|镇|部门)[^,。]{0,12}(?:推|不管|都|互相|没人|协调|来回|踢)",
            text,
        )
        is not None
    )
