"""What a case says of its parts, orders and links. Pure questions; a case is changed by whoever decides."""

from collections.abc import Iterator

from pipeline.judge.judgement import OrderStands
from schemas.decision import (
    AnswerNow,
    Decided,
    Decision,
    Escalated,
    Held,
    InScope,
    Linked,
    OutOfScope,
    Suspected,
    Unlinked,
)
from schemas.memory import Case, CasePart
from schemas.order import OrderEvent

Opened = InScope | Escalated
JOINING = frozenset({"copy", "same_person", "reminder", "repeat"})
"""Relations by which a letter has no order of its own, but may stand under the other letter's."""

OVERLAP_MEANT = 0.3
"""Two texts share so much of the shorter one's pairs of characters: one speaks of the other's matter."""


def parts_of(case: Case) -> tuple[CasePart, ...]:
    """Its parts by number; a case of earlier versions has one."""
    return case.parts or (CasePart(no=1, start=0, end=len(case.letter.text), closed=case.closed),)


def part_of(case: Case, number: int) -> CasePart | None:
    """The part with this number."""
    return next((part for part in parts_of(case) if part.no == number), None)


def is_several(case: Case) -> bool:
    """Are part numbers shown?"""
    return len(parts_of(case)) > 1


def with_part(case: Case, part: CasePart) -> Case:
    """The case with this part as it stands now, or with one part more."""
    others = [known for known in parts_of(case) if known.no != part.no]
    parts = tuple(sorted((*others, part), key=lambda one: one.no))
    return case.model_copy(update={"parts": parts, "closed": all(one.closed for one in parts)})


def words_of_part(case: Case, part: CasePart) -> str:
    """What the letter says of this part."""
    return case.letter.text[part.start : part.end] if is_several(case) else case.letter.text


def current(case: Case, part: int) -> Decided | None:
    """The decision on this part that holds now: the last one."""
    decided = (event for event in reversed(case.decisions) if isinstance(event, Decided))
    return next((event for event in decided if event.part == part), None)


def decided_now(case: Case) -> list[Decided]:
    """The decisions that hold, one a part."""
    found = (current(case, part.no) for part in parts_of(case))
    return [event for event in found if event is not None]


def last_order(case: Case, part: int) -> OrderEvent | None:
    """What was last said of the order of this part."""
    return next((event for event in reversed(case.orders) if event.order.part == part), None)


def last_opened(case: Case, part: int) -> Opened | None:
    """The decision that the last order of this part rests on; None where it never had one."""
    if last_order(case, part) is None:
        return None
    told = (
        event.decision
        for event in reversed(case.decisions)
        if isinstance(event, Decided) and event.part == part
    )
    return next((decision for decision in told if isinstance(decision, Opened)), None)


def open_orders(case: Case) -> list[OrderEvent]:
    """The orders that are worked on, each as it was last told."""
    if not case.orders:
        return []
    last = ((part, last_order(case, part.no)) for part in parts_of(case))
    return [event for part, event in last if event and event.tag != "withdrawn" and not part.closed]


def has_own(case: Case, part: int) -> bool:
    """Has the part an order of its own that was not withdrawn?"""
    event = last_order(case, part)
    return event is not None and event.tag != "withdrawn"


def stands(case: Case) -> OrderStands:
    """What has become of its orders; one that is open counts before one that waits, and that before one that is finished."""
    if not case.orders:
        return "none"
    if open_orders(case):
        return "open"
    if any(isinstance(now.decision, Held) and last_order(case, now.part) for now in decided_now(case)):
        return "waiting"
    last = (last_order(case, part.no) for part in parts_of(case))
    return "closed" if any(event and event.tag != "withdrawn" for event in last) else "withdrawn"


def main_decision(case: Case) -> Decision | None:
    """The decision that stands for the case: of the first part that is worked on, else of the first part."""
    numbers = [event.order.part for event in open_orders(case)] or [parts_of(case)[0].no]
    event = current(case, numbers[0])
    return event.decision if event else None


def links_of(case: Case) -> list[Linked]:
    """The links that hold: not taken back."""
    found: dict[object, Linked] = {}
    for event in case.decisions:
        if isinstance(event, Linked):
            found[event.link_id] = event
        elif isinstance(event, Unlinked):
            found.pop(event.link_id, None)
    return list(found.values())


def suspected_of(case: Case) -> list[Suspected]:
    """Links that a person was asked about and has said nothing of."""
    found: dict[object, Suspected] = {}
    for event in case.decisions:
        if isinstance(event, Suspected):
            found[event.link_id] = event
        elif isinstance(event, Linked | Unlinked):
            found.pop(event.link_id, None)
    return list(found.values())


def joined_to(case: Case) -> Linked | None:
    """The letter whose order this one stands under, as far as it has none of its own."""
    return next((link for link in reversed(links_of(case)) if link.relation in JOINING), None)


def is_final(decision: Decision) -> bool:
    """Does it leave nothing to be done?"""
    return isinstance(decision, AnswerNow | OutOfScope)


def orders_meant(case: Case, text: str) -> list[OrderEvent]:
    """The open orders that *text* speaks of: of several the one most like it, or all where none is like it."""
    found = open_orders(case)
    if len(found) < 2:
        return found
    shares = [overlap(text, event.order.body) for event in found]
    best = max(shares)
    return [found[shares.index(best)]] if best >= OVERLAP_MEANT else found


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's pairs of characters that the other has too, 0 to 1."""
    pairs, others = set(_pairs(one)), set(_pairs(other))
    fewer = min(len(pairs), len(others))
    return len(pairs & others) / fewer if fewer else 0.0


def _pairs(text: str) -> Iterator[str]:
    bare = "".join(text.split())
    return (bare[place : place + 2] for place in range(len(bare) - 1))
