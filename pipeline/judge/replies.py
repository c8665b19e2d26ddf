"""What a citizen is told, in plain Chinese: the number, what was decided, what comes next. Never the citizen's words."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipeline.judge.judgement import CityFacts
from schemas.decision import AnsweredBy, Escalated, InScope
from schemas.numbers import shown


@lru_cache(maxsize=1024)  # letters of one day have one term
def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日"


def due_words(decision: InScope | Escalated, city: CityFacts) -> str:
    """The day the order is due, in words."""
    day = _day(decision.due_at, city.zone)
    return f"{day}前(该年放假安排尚未公布,日期可能调整)" if decision.due_provisional else f"{day}前"


def accepted(number: str, decision: InScope, city: CityFacts) -> str:
    """The letter was taken on."""
    return (
        f"您的来信已受理,登记编号 {shown(number)}。由{decision.unit}办理,"
        f"预计{due_words(decision, city)}办结。凭登记编号和查询码可以查询进度。"
    )


def copied(number: str, main: str, decision: InScope | Escalated, city: CityFacts) -> str:
    """The same letter came twice."""
    return (
        f"您的来信已收到,登记编号 {shown(number)}。同样的来信刚才已登记为 {shown(main)},不重复派单。"
        f"由{decision.unit}办理,预计{due_words(decision, city)}办结。两个编号都可以查询进度。"
    )


def joined(number: str, main: str, decision: InScope | Escalated, city: CityFacts) -> str:
    """The matter is being worked on already."""
    return (
        f"您的来信已收到,登记编号 {shown(number)}。您此前反映的同一事项(编号 {shown(main)})正在办理,"
        f"本次来信已并入该工单,由{decision.unit}一并办理,预计{due_words(decision, city)}办结,期限不变。"
    )


def reminded(number: str, main: str, decision: InScope | Escalated, city: CityFacts) -> str:
    """An order that is open is pressed for once more."""
    return (
        f"您的催办已登记,编号 {shown(number)}。原工单(编号 {shown(main)})由{decision.unit}办理,"
        f"已再次催促,预计{due_words(decision, city)}办结,期限不变。"
    )


def pressed(number: str) -> str:
    """Somebody pressed for an order by its number, who may not be its sender: nothing is said of it."""
    return (
        f"您的来信已登记,编号 {shown(number)},所提编号的办理单位已知悉。"
        "办理情况只向原来信人提供:凭原登记编号和查询码可以随时查询。"
    )


def progress(number: str, main: str, decision: InScope | Escalated, city: CityFacts) -> str:
    """How far an order is that was asked after."""
    return (
        f"您的查询已登记,编号 {shown(number)}。原工单(编号 {shown(main)})正由{decision.unit}办理,"
        f"预计{due_words(decision, city)}办结。凭登记编号和查询码可以随时查询。"
    )


def by_person(number: str, words: str) -> str:
    """A person's own answer, after the number."""
    return f"登记编号 {shown(number)}。{words}"


def reopened(number: str, decision: InScope | Escalated, city: CityFacts) -> str:
    """A finished order is worked on again: its letter says more than it did."""
    return (
        f"您补充的内容已收到,登记编号 {shown(number)} 的事项重新办理,"
        f"预计{due_words(decision, city)}办结。凭登记编号和查询码可以查询进度。"
    )


def as_other(main: str, words: str) -> str:
    """Decided as another letter of the same matter, of which *words* were said."""
    return f"来信与编号 {shown(main)} 反映的是同一事项,处理相同。该件的答复:{words}"


def escalated(number: str, decision: Escalated, city: CityFacts) -> str:
    """The letter went to a leader's office."""
    return (
        f"您的来信已收到,登记编号 {shown(number)}。来信已按规定呈报有关负责同志阅处,"
        f"预计{due_words(decision, city)}答复。凭登记编号和查询码可以查询进度。"
    )


def objected(number: str, city: CityFacts) -> str:
    """The sender does not agree: a person looks again."""
    return (
        f"您对登记编号 {shown(number)} 的处理提出的异议已收到,将由工作人员重新核实,核实后再告知您。"
        f"也可以拨打{city.hotline}并报登记编号。"
    )


def signed(number: str) -> str:
    """The case system took the order over."""
    return f"您的来信(登记编号 {shown(number)})已由承办单位签收,正在办理。"


def closed(number: str, answer: str, city: CityFacts, answered_by: AnsweredBy = "unit") -> str:
    """The case system finished the order; *answer* is of the one who answers the sender."""
    silent = {
        "unit": "承办单位没有附答复内容。",
        "office": "承办单位已报告办理情况,由受理来信的办公室审核后答复您。",
    }
    told = f"办理结果:{answer}" if answer else silent[answered_by]
    return f"您的来信(登记编号 {shown(number)})已办结。{told}如有异议,请拨打{city.hotline}并报登记编号。"
