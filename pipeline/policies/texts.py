"""What a citizen is told, in plain Chinese: number, what was decided and why, the clause, who is competent, how to object.

Pure: words in, words out; never the citizen's own words. A refusal is never bare: it says the reason, the clause with its
words, the right organ with its number, and how to object. Held letters are told nothing until a person has decided.
"""

from schemas.decision import Clause, Organ
from schemas.numbers import shown

UNVERIFIED = "未核实"
"""Begins the source of an organ's number that nobody has checked."""


def organ_words(organ: Organ) -> str:
    """The organ with its number; a number that nobody has checked says so."""
    if not organ.phone:
        return organ.name
    checked = "" if not organ.source.startswith(UNVERIFIED) else ",以其公布的号码为准"
    return f"{organ.name}(电话 {organ.phone}{checked})"


def objection(hotline: str) -> str:
    """How to object."""
    return f"如有异议,可在查询页面提出、直接回复,或拨打{hotline}并报登记编号,由工作人员复核。"


def clause_words(clause: Clause, title: str) -> str:
    """The clause a decision rests on, in its own words. *title*: of the pack the clause stands in."""
    return f"依据《{title.strip('《》')}》({clause.code}):“{_inner(clause.quote)}”。"


def _inner(quote: str) -> str:
    """Quotation marks inside quotation marks become single ones; an end mark would stand twice."""
    return quote.replace("“", "‘").replace("”", "’").rstrip("。;；,，")


def out_of_scope(
    number: str,
    why: str,
    clause: Clause,
    title: str,
    organ: Organ | None,
    *,
    hotline: str,
    emergency_phones: str = "",
) -> str:
    """Not this city's to handle: *why* in plain words, the clause, the organ, the objection. *emergency_phones*: where fitting."""
    reason = why.rstrip("。") or "您反映的事项不在受理范围内"
    route = f"请向{organ_words(organ)}反映。" if organ else ""
    danger = f"如有人身或公共安全危险,请立即拨打{emergency_phones}。" if emergency_phones else ""
    return (
        f"您的来信已登记,编号 {shown(number)}。{reason},我们无法作为工单办理。"
        f"{clause_words(clause, title)}{route}{danger}{objection(hotline)}"
    )


def forwarded(number: str, unit: str) -> str:
    """Passed on to an organ that answers by itself."""
    return f"您的来信已受理,登记编号 {shown(number)}。您反映的事项由{unit}负责,已及时转送,由其处理并答复您。"


def answered(number: str, answer: str, unit: str, hotline: str) -> str:
    """Answered at once; still not solved becomes an order."""
    return (
        f"您的来信已登记,编号 {shown(number)}。{answer.rstrip('。')}。"
        f"以上由{unit}负责解释。如果没有解决,请直接回复或拨打{hotline}并报登记编号,我们将转为工单办理。"
    )


def emergency(number: str, phones: str, *, self_harm: bool = False, helpline: str = "12356") -> str:
    """Danger: call now."""
    care = f"您也可以随时拨打心理援助热线{helpline},有人愿意听您说。" if self_harm else ""
    return (
        f"如有人身或公共安全危险,请立即拨打{phones}。这里不能代替紧急电话。{care}"
        f"您的来信已登记,编号 {shown(number)},并已提示值班人员。"
    )


def status_told(number: str, words: str) -> str:
    """How far an earlier letter is, or where that can be seen."""
    return f"您的查询已登记,编号 {shown(number)}。{words.rstrip('。')}。"
