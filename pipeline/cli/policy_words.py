"""How ``xinshu policy`` tells of packs: a row of the list, one pack in full, the confusion table."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from pipeline.cli import matter_words, story_words
from pipeline.cli.policy_cases import Scores
from pipeline.cli.words import say
from pipeline.policies.conditions import When, values_of
from pipeline.policies.model import Policy
from pipeline.policies.pack_file import Deadline, Status

_DECISIONS: Final = {
    "accept": ("受理", "accept"), "answer_now": ("直接答复", "answer_now"), "out_of_scope": ("不予受理", "out_of_scope"),
    "emergency": ("紧急", "emergency"), "hold": ("待人工", "hold"), "escalate": ("呈报", "escalate"),
}  # fmt: skip
_EFFECTS: Final = {
    "accept": ("受理", "accept"), "exclude": ("不予受理", "exclude"), "forward": ("转送", "forward"),
    "escalate": ("呈报", "escalate"), "hold": ("待人工", "hold"), "answer": ("直接答复", "answer"),
}  # fmt: skip
_STATUS: Final = {
    "published": ("", ""), "unverified": ("【未核实】", " [unverified]"), "sample": ("【样例】", " [sample]"),
}  # fmt: skip


def decision(name: str) -> str:
    """A decision in the operator's language."""
    return say(*_DECISIONS.get(name, (name, name)))


def _mark(status: Status) -> str:
    return say(*_STATUS[status])


def samples(pack: Policy) -> tuple[str, ...]:
    """What in the pack has no source: terms, units, answers."""
    terms = [f"期限 {_kinds(term)}" for term in pack.deadlines if term.status == "sample"]
    units = [f"单位 {unit.name}" for unit in pack.units.entries if unit.status == "sample"]
    answers = [f"答复 {answer.title}" for answer in pack.answers.entries if answer.status == "sample"]
    return (*terms, *units, *answers)


def row(facts: dict[str, Any]) -> str:
    """One pack of the list."""
    dates = f"{facts['from'] or '…'} / {facts['to'] or '…'}"
    force = say("今天有效", "in force") if facts["in_force"] else say("今天无效", "not in force")
    return f"{facts['pack']:<14} {dates:<24} {force}  {facts['title']}  " + say(
        f"样例 {facts['samples']} 处", f"{facts['samples']} samples"
    )


def told(pack: Policy) -> Iterator[str]:
    """One pack in full."""
    file = pack.file
    yield f"{pack.pack} {pack.version}  {pack.title}"
    number = f"({file.source.number})" if file.source.number else ""
    yield say("出处:", "source: ") + f"{file.source.title}{number} {file.source.note}".rstrip()
    dates = f"{pack.effective.from_ or '…'} / {pack.effective.to or '…'}"
    yield say("有效期:", "in force: ") + f"{dates} {pack.effective.source}".rstrip()
    yield say("条文没有规定的:", "where it is silent: ") + (file.silence or say("受理", "accept"))
    yield say("险情:", "danger: ") + f"{pack.emergency.code} 「{pack.emergency.quote}」"
    yield say("条款,先合先用:", "clauses, the first that fits decides:")
    for entry in file.clauses:
        yield f"  {entry.code}  {say(*_EFFECTS[entry.effect])}{_catch_all(entry.catch_all)}"
        yield f"      「{entry.quote}」"
        for when in entry.when:
            yield say("      当 ", "      when ") + _conditions(when)
        for one in entry.unless:
            under = f" → {one.code}" if one.code else ""
            yield (
                say("      除 ", "      unless ")
                + say("、或 ", " or ").join(map(_conditions, one.when))
                + under
            )
        for unit in entry.units:
            yield say("      交 ", "      to ") + unit.unit
    yield say("期限:", "terms:")
    for term in pack.deadlines:
        days = say("个工作日", " workdays") if term.count == "workdays" else say("天", " days")
        yield f"  {_kinds(term)} {term.days}{days}{_mark(term.status)}  {term.source}"
    yield from _tables(pack)


def _tables(pack: Policy) -> Iterator[str]:
    if pack.dispatch:
        quote = f" 「{pack.dispatch.quote}」" if pack.dispatch.quote else ""
        who = say(*story_words.ANSWERED_BY[pack.answered_by])
        yield say("派单:", "dispatch: ") + f"{pack.dispatch.mode}, {who}{quote}"
    yield _publicity(pack)
    if pack.mailboxes:
        yield say("信箱:", "mailboxes: ") + "、".join(pack.mailboxes)
    if pack.kinds:
        yield say("类型:", "kinds: ") + "、".join(f"{own}→{kind}" for own, kind in pack.kinds.items())
    for organ in (*pack.file.organs, *pack.shared_organs):
        phone = f" {organ.phone}" if organ.phone else ""
        yield say("机关:", "organ: ") + f"{organ.name}{phone}{_mark(organ.status)}"
    for unit in pack.units.entries:
        yield say("单位:", "unit: ") + f"{unit.name}{_mark(unit.status)}"
    for answer in pack.answers.entries:
        until = say(f"有效至 {answer.valid_until}", f"until {answer.valid_until}")
        yield say("答复:", "answer: ") + f"{answer.title}({until}){_mark(answer.status)}"


def _publicity(pack: Policy) -> str:
    silent = say("条文没有规定:", "the text does not say: ") if pack.publicity.rule == "unsaid" else ""
    rule = say(*story_words.PUBLICATION[pack.publication])
    limit = "" if pack.publication == "no" else say(
        ",须来信人同意,保密的不公开", ", with the sender's consent, nothing confidential"
    )  # fmt: skip
    quote = f" 「{pack.publicity.quote}」" if pack.publicity.quote else ""
    return say("公开:", "publicity: ") + silent + rule + limit + quote


def _catch_all(yes: bool) -> str:
    return say("(兜底,不自动适用)", " (catch-all, never by itself)") if yes else ""


def _kinds(term: Deadline) -> str:
    return "、".join(term.kinds) or say("其余", "all others")


def _conditions(when: When) -> str:
    return say(",", ", ").join(
        f"{matter_words.field(name)}={'|'.join(matter_words.value(name, one) for one in values)}"
        for name, values in values_of(when).items()
    )


def scores(found: Scores) -> Iterator[str]:
    """Confusion table, shares, and every wrong row by its id."""
    names = [name for name in _DECISIONS if any(name in pair for pair in found.table)]
    yield say("应为 \\ 判为  ", "expected \\ got  ") + "  ".join(f"{name:>12}" for name in names)
    for expected in names:
        cells = "  ".join(f"{found.table[expected, got] or '.':>12}" for got in names)
        yield f"{expected:<14}  {cells}"
    for case, got, code in found.wrong:
        yield f"{case.id}  {case.decision} {case.code} → {got} {code}"
    yield say(
        f"{found.rows} 行:决定正确 {_share(found.decisions_right, found.rows)},"
        f"条款正确 {_share(found.codes_right, found.rows)},误拒 {len(found.refused_wrongly)} 行",
        f"{found.rows} rows: decisions right {_share(found.decisions_right, found.rows)}, "
        f"clauses right {_share(found.codes_right, found.rows)}, refused wrongly {len(found.refused_wrongly)}",
    )


def _share(part: int, whole: int) -> str:
    return f"{part}({part / whole:.1%})" if whole else "0"


def moves(found: Counter[tuple[str, str]], letters: int) -> str:
    """How many letters go from one decision to another."""
    said = ",".join(
        f"{decision(one)}→{decision(other)} {count}" for (one, other), count in sorted(found.items())
    )
    total = found.total()
    return say(f"{letters} 封中 {total} 封不同", f"{total} of {letters} differ") + (
        f":{said}" if said else ""
    )
