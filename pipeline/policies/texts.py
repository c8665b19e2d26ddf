"""What a citizen is told, in plain Chinese: number, what was decided and why, the clause, who is competent, how to object.

Pure: words in, words out; never the citizen's own words. A refusal is never bare: it says the reason, the clause with its
words, the right organ with its number, and how to object. Held letters are told nothing until a person has decided.
"""

from schemas.decision import Clause, Organ

UNVERIFIED = "未核实"
"""Begins the source of an organ's number that nobody has checked."""


def shown(number: str) -> str:
    """A number in groups of four, as it is read out."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def organ_words(organ: Organ) -> str:
    """The organ with its number; a number that nobody has checked says so."""
    if not organ.phone:
        return organ.name
    checked = "" if not organ.source.startswith(UNVERIFIED) else ",以其公布的号码为准"
    return f"{organ.name}(电话 {organ.phone}{checked})"


def objection(hotline: str) -> str:
    """How to object."""
    return f"如有异议,可直接回复或拨打{hotline}并报登记编号,由工作人员复核。"


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


def accepted(number: str, unit: str, due: str, *, query: bool = True) -> str:
    """Taken on. *due*: the day, in words."""
    told = "凭登记编号和查询码可以查询进度。" if query else ""
    return f"您的来信已受理,登记编号 {shown(number)}。由{unit}办理,预计{due}前办结。{told}"


def escalated(number: str, due: str) -> str:
    """Goes to a leader's office first. The citizen is not told which."""
    return f"您的来信已受理,登记编号 {shown(number)}。因事项重要,按规定先呈报负责人阅示,再交办理,预计{due}前办结。"


def forwarded(number: str, unit: str) -> str:
    """Passed on to an organ that answers by itself."""
    return f"您的来信已受理,登记编号 {shown(number)}。您反映的事项由{unit}负责,已及时转送,由其处理并答复您。"


def answered(number: str, answer: str, unit: str, hotline: str) -> str:
    """Answered at once; still not solved becomes an order."""
    return (
        f"您的来信已登记,编号 {shown(number)}。{answer.rstrip('。')}。"
        f"以上由{unit}负责解释。如果没有解决,请直接回复或拨打{hotline}并报登记编号,我们将转为工单办理。"
    )


def reminded(number: str, main: str, unit: str, due: str) -> str:
    """An order that is open is pressed once more."""
    return f"您的催办已登记,编号 {shown(number)}。原工单(编号 {shown(main)})由{unit}办理,已再次催促,预计{due}前办结,期限不变。"


def joined(number: str, main: str, unit: str, due: str) -> str:
    """The same person on the same matter while its order is open."""
    return (
        f"您的来信已收到,登记编号 {shown(number)}。您此前反映的同一事项(编号 {shown(main)})正在办理,"
        f"本次来信已并入该工单,由{unit}一并办理,预计{due}前办结,期限不变。"
    )


def copied(number: str, main: str, unit: str, due: str) -> str:
    """The same letter came twice."""
    return (
        f"您的来信已收到,登记编号 {shown(number)}。同样的来信刚才已登记为 {shown(main)},不重复派单。"
        f"由{unit}办理,预计{due}前办结。两个编号都可以查询进度。"
    )


def recurred(number: str, main: str, unit: str, due: str) -> str:
    """A matter that was closed came back."""
    return (
        f"您的来信已受理,登记编号 {shown(number)}。与此前已办结的事项(编号 {shown(main)})关联,"
        f"按再次出现处理,由{unit}办理,预计{due}前办结。"
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
