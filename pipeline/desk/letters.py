"""What a letter does: judged when new, answered again when known, merged when revised, joined when it repeats another.

Pure: an item, a view and the desk's rules in, effects out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.desk.effects import Effects, encode_case, new_case
from pipeline.desk.records import (
    PART,
    Arrival,
    alert_event,
    decision_event,
    linked_event,
    opened,
    order_after,
    order_event,
    reply_to,
    seen_of,
)
from pipeline.desk.state import View
from pipeline.judge import replies
from pipeline.judge.judge import judge, trace_of, words_of
from pipeline.judge.judgement import CityFacts, Facts, Judgement, Known, Link, OrderStands
from pipeline.policies.model import Policy
from schemas.decision import Decided, Decision, Emergency, Held, InScope, Linked
from schemas.letter import Attachment, Letter
from schemas.memory import Case
from schemas.order import AlertEvent, Cleared, Confirmed
from schemas.reply import Reply


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say: every city's facts and policy, and how long the same words count as a copy."""

    cities: Mapping[str, tuple[CityFacts, Policy]]
    copy_window: timedelta


def decide_letter(letter: Letter, value: bytes, arrival: Arrival, view: View, rules: Rules) -> Effects:
    """The effects of one letter. *value* is the letter as it stands in the inbox."""
    known = view.entry(letter.id.bytes)
    if known is None:
        return _first(letter, value, arrival, view, rules)
    case = view.case(letter.id.bytes)
    if case is None:  # known, but its case is closed and gone: judged anew, with the same ids
        return _first(letter, value, arrival, view, rules)
    if known.digest == letter.digest or any(event.cause.item_id == arrival.item for event in case.decisions):
        return again(case, view)
    if letter.revision < case.letter.revision:
        return _outdated(case, arrival)
    return _revise(letter, case, arrival, view, rules)


def facts_of(letter: Letter, arrival: Arrival, view: View | None, rules: Rules, words: str) -> Facts:
    """What judging may know. Raises KeyError for a city that the settings do not know."""
    city, policy = rules.cities[letter.city]
    known = _known(letter, view, words) if view is not None and words else ()
    return Facts(policy, city, arrival.at, rules.copy_window, known)


def _known(letter: Letter, view: View, words: str) -> tuple[Known, ...]:
    found = view.latest(words)
    if found is None or found == letter.id.bytes:
        return ()
    case = main_case(view, found)
    if case is None or not case.orders or case.letter.city != letter.city:
        return ()
    other = case.letter
    same_way = (letter.channel, letter.account) == (other.channel, other.account)
    return (
        Known(
            other.id, other.number, case.decisions[0].at, same_person=True, trace=trace_of(other),
            stands=_stands(case), same_way=same_way, main=current_decision(case).decision,
        ),
    )  # fmt: skip


def _stands(case: Case) -> OrderStands:
    if not case.orders:
        return "none"
    if case.orders[-1].tag == "withdrawn":
        return "withdrawn"
    return "closed" if case.closed else "open"


def main_case(view: View, letter_id: bytes) -> Case | None:
    """The case of a letter or, where it was linked, of the letter it was linked to."""
    case = view.case(letter_id)
    if case is None or case.orders:
        return case
    link = next((event for event in reversed(case.decisions) if isinstance(event, Linked)), None)
    return view.case(link.to_letter_id.bytes) if link else case


def current_decision(case: Case) -> Decided:
    """The decision that holds now: the last one."""
    return next(event for event in reversed(case.decisions) if isinstance(event, Decided))


def _first(letter: Letter, value: bytes, arrival: Arrival, view: View, rules: Rules) -> Effects:
    words = words_of(letter)
    facts = facts_of(letter, arrival, view, rules, words)
    judgement = judge(letter, facts)
    [part] = judgement.parts
    effects = Effects()
    decided = decision_event(letter, part.decision, arrival)
    decisions = [effects.decision(decided)]
    if judgement.link is not None:
        decisions.append(effects.decision(linked_event(letter, judgement.link, arrival)))
    orders: list[bytes] = []
    if part.order == "opened" and isinstance(part.decision, InScope):
        orders.append(effects.order(opened(letter, part.decision, arrival)))
    elif part.order == "appended" and judgement.link is not None:
        _append_to_main(letter, _linked_case(judgement.link, view), arrival, effects)
    told = [effects.reply(reply) for reply in _replies(letter, judgement, arrival)]
    alerts = [effects.alert(event) for event in _alerts(letter, part.decision, arrival)]
    at = f'"{_json_time(arrival.at)}"'.encode()
    closed = judgement.link is not None and isinstance(part.decision, InScope) and not orders
    effects.case(
        letter, new_case(value, decisions, orders, told, alerts, closed=closed, at=at), closed=closed
    )
    effects.seen.append(seen_of(letter, words, arrival))
    return effects


def again(case: Case, view: View) -> Effects:
    """Everything that was said of a known letter, once more, byte for byte and in order; nothing else."""
    effects = Effects()
    orders = case.orders
    if not orders:
        main = main_case(view, case.letter.id.bytes)
        orders = main.orders if main is not None else ()
    for decision in case.decisions:
        effects.decision(decision)
    for order in orders:
        effects.order(order)
    for reply in case.replies:
        effects.reply(reply)
    for alert in case.alerts:
        effects.alert(alert)
    effects.decided.clear()
    effects.ordered.clear()
    return effects


def _outdated(case: Case, arrival: Arrival) -> Effects:
    """An older revision than the one decided: its decision is the one that holds."""
    effects = Effects()
    current = current_decision(case)
    event = decision_event(
        case.letter, current.decision, arrival, supersedes=current.id, decided_by=current.decided_by
    )
    effects.decision(event)
    save(effects, case, decisions=(*case.decisions, event), at=arrival.at)
    return effects


def _revise(letter: Letter, case: Case, arrival: Arrival, view: View, rules: Rules) -> Effects:
    words = words_of(letter)
    main = _worked_on_under(case, words, view)
    facts = facts_of(letter, arrival, None, rules, "")
    current = current_decision(case)
    decision: Decision = judge(letter, facts).parts[0].decision
    by_rules = current.decided_by == "rules"
    if not by_rules and not isinstance(decision, Emergency):
        decision = current.decision  # a person decided; more pieces do not overrule a person
    elif isinstance(decision, InScope) and isinstance(current.decision, InScope):
        # Also where it is worked on under another letter's order: unit and term are that order's.
        decision = decision.model_copy(
            update={"unit": current.decision.unit, "due_at": current.decision.due_at,
                    "due_provisional": current.decision.due_provisional}
        )  # fmt: skip
    effects = Effects()
    event = decision_event(
        letter, decision, arrival, supersedes=current.id,
        decided_by=current.decided_by if decision is current.decision else "rules",
    )  # fmt: skip
    effects.decision(event)
    orders, told = list(case.orders), list(case.replies)
    if isinstance(decision, InScope) and main is not None:
        _append_to_main(letter, main, arrival, effects)
    elif isinstance(decision, InScope):
        own = order_after(letter, decision, case, arrival)
        effects.order(own)
        if not orders:
            told += _accepted(letter, decision, arrival, facts.city, effects)
        orders.append(own)
    elif isinstance(decision, Emergency) and not isinstance(current.decision, Emergency):
        told += [reply_to(letter, arrival, PART, "emergency", replies.emergency(letter.number, facts.city))]
        effects.reply(told[-1])
    alerts = list(case.alerts)
    for alert in _alerts(letter, decision, arrival, before=current.decision):
        effects.alert(alert)
        alerts.append(alert)
    save(
        effects, case, letter=letter, decisions=(*case.decisions, event), orders=tuple(orders),
        replies=tuple(told), alerts=tuple(alerts), closed=main is not None and isinstance(decision, InScope),
        at=arrival.at,
    )  # fmt: skip
    effects.seen.append(seen_of(letter, words, arrival))
    return effects


def _worked_on_under(case: Case, words: str, view: View) -> Case | None:
    """The case whose order carries this letter, as long as it says the same *words* and that order is worked on."""
    main = main_case(view, case.letter.id.bytes)
    if case.orders or main is None or main is case or not main.orders:
        return None
    if main.closed or main.orders[-1].tag == "withdrawn" or words_of(main.letter) != words:
        return None
    return main


def hold_for_fault(letter: Letter, arrival: Arrival, view: View, rules: Rules) -> Effects:
    """Judging raised: a person decides. What was decided before stays on record."""
    _, policy = rules.cities[letter.city]
    held = Held(clause=policy.house.fault, confidence=1.0, reason="fault")
    case = view.case(letter.id.bytes)
    effects = Effects()
    before = current_decision(case).id if case else None
    event = decision_event(letter, held, arrival, supersedes=before, reason="判定程序出错")
    effects.decision(event)
    base = case or Case(letter=letter, decisions=(), at=arrival.at)
    save(effects, base, letter=letter, decisions=(*base.decisions, event), closed=False, at=arrival.at)
    effects.seen.append(seen_of(letter, "", arrival))
    return effects


def save(effects: Effects, case: Case, **changes: object) -> None:
    """The case with *changes*, as an effect."""
    changed = case.model_copy(update=changes)
    effects.case(changed.letter, encode_case(changed), closed=changed.closed)


def _linked_case(link: Link, view: View) -> Case:
    case = view.case(link.to.bytes)
    if case is None or not case.orders:
        message = "the case a letter was linked to is gone"
        raise LookupError(message)
    return case


def _append_to_main(letter: Letter, case: Case, arrival: Arrival, effects: Effects) -> None:
    """The letter and its files join the order of *case*; nothing where that order has them already."""
    last = case.orders[-1].order
    order = last.model_copy(
        update={
            "letter_ids": tuple(dict.fromkeys((*last.letter_ids, letter.id))),
            "attachments": _files_of_both(last.attachments, letter.attachments),
        }
    )
    if order == last:
        return
    order = order.model_copy(update={"revision": last.revision + 1})
    event = order_event(order, "appended", arrival, "同一人再次来信反映同一事项")
    effects.order(event)
    save(effects, case, orders=(*case.orders, event), at=arrival.at)


def _files_of_both(one: tuple[Attachment, ...], other: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Each file once; of those still being fetched, *other* says what has become of those it names."""
    kept = {file.sha256: file for file in (*one, *other) if file.state == "kept"}
    named = {file.name for file in other}
    pending = [file for file in one if file.state == "pending" and file.name not in named]
    return (*kept.values(), *pending, *(file for file in other if file.state == "pending"))


def _replies(letter: Letter, judgement: Judgement, arrival: Arrival) -> list[Reply]:
    return [
        reply_to(letter, arrival, part.no, part.told, part.reply) for part in judgement.parts if part.reply
    ]


def _accepted(
    letter: Letter, decision: InScope, arrival: Arrival, city: CityFacts, effects: Effects
) -> list[Reply]:
    reply = reply_to(letter, arrival, PART, "accepted", replies.accepted(letter.number, decision, city))
    effects.reply(reply)
    return [reply]


def _alerts(
    letter: Letter, decision: Decision, arrival: Arrival, before: Decision | None = None
) -> list[AlertEvent]:
    """Confirmed for an emergency; cleared where the letter was one and, with this revision, is not."""
    if isinstance(decision, Emergency):
        return [alert_event(Confirmed, letter, arrival)]
    if isinstance(before, Emergency):
        return [alert_event(Cleared, letter, arrival)]
    return []


def _json_time(at: datetime) -> str:
    """As pydantic writes a UTC time."""
    return at.isoformat().replace("+00:00", "Z")
