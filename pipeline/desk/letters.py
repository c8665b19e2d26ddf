"""What a letter does: judged when new, answered again when known, merged when revised, joined when it repeats another.

Pure: an item, a view and the desk's rules in, effects out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pipeline.desk.effects import Effects, encode_case, new_case
from pipeline.desk.made import made
from pipeline.desk.state import View
from pipeline.judge import replies
from pipeline.judge.judge import CityFacts, Earlier, Facts, Judgement, Link, judge, words_of
from pipeline.policies.model import Policy
from pipeline.text.mask import mask_contact
from schemas import ids
from schemas.decision import Cause, Decided, Decision, Emergency, Held, InScope, Linked
from schemas.letter import Letter
from schemas.memory import Case, Seen
from schemas.order import AlertEvent, Cleared, Confirmed, OrderEvent, WorkOrder
from schemas.reply import Reply

TITLE_CHARACTERS = 40
About = Literal["accepted", "answered", "declined", "emergency", "linked", "signed", "closed"]
PART = 1
"""Letters have one part for now."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say: every city's facts and policy, and how long the same words count as a copy."""

    cities: Mapping[str, tuple[CityFacts, Policy]]
    copy_window: timedelta


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an item stood in the inbox, and the id it is known by."""

    cause: Cause
    at: datetime

    @property
    def item(self) -> UUID:
        """The id of the inbox item."""
        return self.cause.item_id


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
    return _revise(letter, case, arrival, rules)


def facts_of(letter: Letter, arrival: Arrival, view: View | None, rules: Rules, words: str) -> Facts:
    """What judging may know. Raises KeyError for a city that the settings do not know."""
    city, policy = rules.cities[letter.city]
    earlier = _earlier(letter, view, words) if view is not None and words else None
    return Facts(policy, city, arrival.at, rules.copy_window, earlier)


def _earlier(letter: Letter, view: View, words: str) -> Earlier | None:
    found = view.latest(words)
    if found is None or found == letter.id.bytes:
        return None
    case = main_case(view, found)
    if case is None or not case.orders or case.letter.city != letter.city:
        return None
    decision = current_decision(case).decision
    joinable = decision if isinstance(decision, InScope) else None
    if case.closed or case.orders[-1].tag == "withdrawn":
        joinable = None
    return Earlier(case.letter, case.decisions[0].at, joinable)


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
    effects = Effects()
    decided = decision_event(letter, judgement.decision, arrival)
    decisions = [effects.decision(decided)]
    if judgement.link is not None:
        decisions.append(effects.decision(_linked(letter, judgement.link, arrival)))
    orders: list[bytes] = []
    if judgement.order == "opened" and isinstance(judgement.decision, InScope):
        orders.append(effects.order(opened(letter, judgement.decision, arrival)))
    elif judgement.order == "appended" and judgement.link is not None:
        _append_to_main(letter, judgement.link, arrival, view, effects)
    told = [effects.reply(reply) for reply in _reply(letter, judgement, arrival, facts.city)]
    alerts = [effects.alert(event) for event in _alerts(letter, judgement.decision, arrival)]
    at = f'"{_json_time(arrival.at)}"'.encode()
    closed = judgement.link is not None and isinstance(judgement.decision, InScope) and not orders
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


def _revise(letter: Letter, case: Case, arrival: Arrival, rules: Rules) -> Effects:
    words = words_of(letter)
    facts = facts_of(letter, arrival, None, rules, "")
    current = current_decision(case)
    decision: Decision = judge(letter, facts).decision
    by_rules = current.decided_by == "rules"
    if not by_rules and not isinstance(decision, Emergency):
        decision = current.decision  # a person decided; more pieces do not overrule a person
    elif isinstance(decision, InScope) and isinstance(current.decision, InScope):
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
    if isinstance(decision, InScope):
        own = order_after(letter, decision, case, arrival)
        effects.order(own)
        if not orders:
            told += _accepted(letter, decision, arrival, facts.city, effects)
        orders.append(own)
    elif isinstance(decision, Emergency) and not isinstance(current.decision, Emergency):
        told += [_told(letter, arrival, "emergency", replies.emergency(letter.number, facts.city))]
        effects.reply(told[-1])
    alerts = list(case.alerts)
    for alert in _alerts(letter, decision, arrival, before=current.decision):
        effects.alert(alert)
        alerts.append(alert)
    save(
        effects, case, letter=letter, decisions=(*case.decisions, event), orders=tuple(orders),
        replies=tuple(told), alerts=tuple(alerts), closed=False, at=arrival.at,
    )  # fmt: skip
    effects.seen.append(seen_of(letter, words, arrival))
    return effects


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


def seen_of(letter: Letter, words: str, arrival: Arrival) -> Seen:
    """What the window keeps of a letter."""
    return made(
        Seen,
        letter_id=letter.id,
        number=letter.number,
        digest=letter.digest,
        words=words,
        person=letter.person,
        received_at=letter.received_at,
        at=arrival.at,
    )


def decision_event(
    letter: Letter,
    decision: Decision,
    arrival: Arrival,
    *,
    supersedes: UUID | None = None,
    decided_by: str = "rules",
    reason: str = "",
) -> Decided:
    """The decision on the letter's part, caused by this arrival."""
    part_id = ids.part_id(letter.id, PART)
    return made(
        Decided,
        id=ids.event_id(part_id, "decided", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        tag="decided",
        part=PART,
        part_id=part_id,
        revision=letter.revision,
        digest=letter.digest,
        code_hash=letter.code_hash,
        mailbox=letter.mailbox,
        channel=letter.channel,
        received_at=letter.received_at,
        decided_by=decided_by,
        reason=reason,
        decision=decision,
        supersedes=supersedes,
    )


def _linked(letter: Letter, link: Link, arrival: Arrival) -> Linked:
    link_id = ids.event_id(letter.id, "link", link.to.id)
    return Linked(
        id=ids.event_id(link_id, "linked", arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        cause=arrival.cause,
        at=arrival.at,
        link_id=link_id,
        relation=link.relation,
        to_letter_id=link.to.id,
        to_number=link.to.number,
        score=1.0,
        why=link.why,
        digest=letter.digest,
        code_hash=letter.code_hash,
        mailbox=letter.mailbox,
        channel=letter.channel,
        received_at=letter.received_at,
    )


def _append_to_main(letter: Letter, link: Link, arrival: Arrival, view: View, effects: Effects) -> None:
    case = view.case(link.to.id.bytes)
    if case is None or not case.orders:
        message = "the case a letter was linked to is gone"
        raise LookupError(message)
    last = case.orders[-1].order
    files = {file.sha256: file for file in (*last.attachments, *letter.attachments)}
    order = last.model_copy(
        update={
            "revision": last.revision + 1,
            "letter_ids": (*last.letter_ids, letter.id),
            "attachments": tuple(files.values()),
        }
    )
    event = order_event(order, "appended", arrival, "同一人再次来信反映同一事项")
    effects.order(event)
    save(effects, case, orders=(*case.orders, event), at=arrival.at)


def order_of(letter: Letter, decision: InScope, revision: int = 1) -> WorkOrder:
    """The work order of the letter's part. No contact of the sender is in it."""
    body = mask_contact(letter.text, letter.sender)
    # Masked before it is cut: half a telephone number would no longer be found.
    title = mask_contact(letter.subject, letter.sender) or body.strip()[:TITLE_CHARACTERS]
    place = letter.place
    if place is not None and place.text:
        place = place.model_copy(update={"text": mask_contact(place.text, letter.sender)})
    return made(
        WorkOrder,
        id=ids.order_id(letter.id, PART),
        number=letter.number,
        part=PART,
        revision=revision,
        letter_ids=(letter.id,),
        city=letter.city,
        mailbox=letter.mailbox,
        channel=letter.channel,
        kind=letter.kind or "其他",
        topic=decision.topic,
        title=title or "(无文字,见附件)",
        body=body,
        place=place,
        attachments=letter.attachments,
        unit=decision.unit,
        received_at=letter.received_at,
        due_at=decision.due_at,
        due_provisional=decision.due_provisional,
        urgency=decision.urgency,
        dispatch_mode="归口",
        confidential=letter.confidential,
        sender_ref=letter.person,
    )


def order_event(
    order: WorkOrder, tag: Literal["opened", "appended", "withdrawn"], arrival: Arrival, reason: str = ""
) -> OrderEvent:
    """What this arrival did to an order."""
    return made(
        OrderEvent,
        id=ids.event_id(order.id, tag, arrival.item),
        tag=tag,
        city=order.city,
        order=order,
        cause=arrival.item,
        at=arrival.at,
        reason=reason,
    )


def opened(letter: Letter, decision: InScope, arrival: Arrival) -> OrderEvent:
    """The letter's order begins."""
    return order_event(order_of(letter, decision), "opened", arrival)


def order_after(letter: Letter, decision: InScope, case: Case, arrival: Arrival) -> OrderEvent:
    """The letter's order opened or, where it has one, the next revision of it. Letters joined to it stay."""
    if not case.orders:
        return opened(letter, decision, arrival)
    last = case.orders[-1].order
    files = {file.sha256: file for file in (*letter.attachments, *last.attachments) if file.state == "kept"}
    pending = tuple(file for file in letter.attachments if file.state == "pending")
    order = order_of(letter, decision, last.revision + 1).model_copy(
        update={"letter_ids": last.letter_ids, "attachments": (*files.values(), *pending)}
    )
    return order_event(order, "appended", arrival)


def _reply(letter: Letter, judgement: Judgement, arrival: Arrival, city: CityFacts) -> list[Reply]:
    decision, link = judgement.decision, judgement.link
    if isinstance(decision, Emergency):
        return [_told(letter, arrival, "emergency", replies.emergency(letter.number, city))]
    if isinstance(decision, Held):
        return []
    if link is None or judgement.order == "opened":
        return [_told(letter, arrival, "accepted", replies.accepted(letter.number, decision, city))]
    words = replies.copied if link.relation == "copy" else replies.joined
    return [_told(letter, arrival, "linked", words(letter.number, link.to.number, decision, city))]


def _accepted(
    letter: Letter, decision: InScope, arrival: Arrival, city: CityFacts, effects: Effects
) -> list[Reply]:
    reply = _told(letter, arrival, "accepted", replies.accepted(letter.number, decision, city))
    effects.reply(reply)
    return [reply]


def _told(letter: Letter, arrival: Arrival, about: About, text: str) -> Reply:
    return reply_to(letter, arrival, PART, about, text)


def reply_to(letter: Letter, arrival: Arrival, part: int, about: About, text: str) -> Reply:
    """One message to the sender of *letter*."""
    return made(
        Reply,
        id=ids.event_id(letter.id, f"reply-{about}", arrival.item),
        city=letter.city,
        number=letter.number,
        part=part,
        letter_id=letter.id,
        about=about,
        text=text,
        cause=arrival.item,
        at=arrival.at,
    )


def _alerts(
    letter: Letter, decision: Decision, arrival: Arrival, before: Decision | None = None
) -> list[AlertEvent]:
    """Confirmed for an emergency; cleared where the letter was one and, with this revision, is not."""
    if isinstance(decision, Emergency):
        return [alert(Confirmed, letter, arrival)]
    if isinstance(before, Emergency):
        return [alert(Cleared, letter, arrival)]
    return []


def alert(kind: type[Confirmed] | type[Cleared], letter: Letter, arrival: Arrival) -> AlertEvent:
    """An alert event on the letter, caused by this arrival."""
    name = "confirmed" if kind is Confirmed else "cleared"
    return kind(
        id=ids.event_id(letter.id, name, arrival.item),
        city=letter.city,
        number=letter.number,
        letter_id=letter.id,
        at=arrival.at,
    )


def _json_time(at: datetime) -> str:
    """As pydantic writes a UTC time."""
    return at.isoformat().replace("+00:00", "Z")
