"""What becomes of a letter: danger, relation to earlier letters, scope, unit and term. One pure function.

In order: a letter that speaks of danger is an Emergency, whatever else holds; a letter without anything to read is
Held; the same person's same words while the order is open are joined to it; every other letter is in scope and gets an order
of its own (linked to the earlier one, where that was closed before).
"""

from functools import lru_cache
from typing import Literal

from pipeline.judge import replies
from pipeline.judge.danger import Danger, danger_of
from pipeline.judge.judgement import Facts, Judgement, Known, Link, OrderStep, Part, Told
from pipeline.policies.calendar import Due
from pipeline.policies.matter import Demand, Matter
from pipeline.text.normalise import fold, is_empty, words_hash
from schemas.decision import AnswerNow, Clause, Decision, Emergency, Held, InScope
from schemas.letter import Letter

SHORT_CHARACTERS = 30
"""A text this short ("见附件", "请尽快处理") names no matter by itself: with other files it is another matter."""

_UNREAD = Matter(Demand.HANDLE)


def words_of(letter: Letter) -> str:
    """The words of a person as a keyed hash, empty for a letter without person or without words."""
    if not letter.person:
        return ""
    folded = fold(letter.text)
    return "" if is_empty(folded) else words_hash(folded, letter.person)


def trace_of(letter: Letter) -> bytes:
    """What a later letter is compared with; empty for a letter that no other can repeat."""
    words = words_of(letter)
    if not words:
        return b""
    place = fold(letter.place.text).strip() if letter.place else ""
    blob = letter.text_blob.sha256 if letter.text_blob else ""
    files = ",".join(sorted({file.sha256 for file in letter.attachments}))
    return f"{words}\x1f{place}\x1f{blob}\x1f{files}".encode()


def judge(letter: Letter, facts: Facts) -> Judgement:
    """The judgement on *letter*. Pure: the same letter and facts always give the same."""
    rules = facts.policy.house
    found = danger_of(letter)
    related = _related(letter, facts)
    link = related[0] if related else None
    if found is not None:
        text = replies.emergency(letter.number, facts.city)
        return Judgement(
            (_part(letter, _emergency(found, rules.emergency), told="emergency", reply=text),), link
        )
    if _nothing_to_read(letter):
        return Judgement((_part(letter, Held(clause=rules.empty, confidence=1.0, reason="empty")),))
    if related is not None and isinstance(main := _joinable(related[1]), InScope):
        words = replies.copied if related[0].relation == "copy" else replies.joined
        text = words(letter.number, related[1].number, main, facts.city)
        joined = main.model_copy(update={"clause": rules.linked})
        order: OrderStep = "appended" if related[0].relation == "same_person" else "none"
        return Judgement((_part(letter, joined, order=order, told="linked", reply=text),), link)
    decision = in_scope(letter, facts, facts.policy.accept)
    text = replies.accepted(letter.number, decision, facts.city)
    return Judgement((_part(letter, decision, order="opened", reply=text),), link)


def _part(
    letter: Letter, decision: Decision, *, order: OrderStep = "none", told: Told = "accepted", reply: str = ""
) -> Part:
    return Part(1, 0, len(letter.text), _UNREAD, decision, order, told, reply)


def in_scope(letter: Letter, facts: Facts, clause: Clause, unit: str = "") -> InScope:
    """The letter is taken on, by *unit* or else the city's fallback unit, within the pack's term."""
    policy = facts.policy
    due = policy.due(letter.kind or "其他", letter.received_at, facts.city.zone)
    return _in_scope(clause, unit or facts.city.fallback_unit, due)


@lru_cache(maxsize=1024)  # letters of one day and unit have one decision
def _in_scope(clause: Clause, unit: str, due: Due) -> InScope:
    return InScope(clause=clause, confidence=1.0, unit=unit, due_at=due.at, due_provisional=due.provisional)


def _emergency(found: Danger, clause: Clause) -> Emergency:
    return Emergency(clause=clause, confidence=0.9, evidence=found.spans)


def _nothing_to_read(letter: Letter) -> bool:
    if letter.attachments or letter.text_blob is not None:
        return False
    return is_empty(fold(letter.text)) and is_empty(fold(letter.subject))


def _joinable(known: Known) -> Decision | None:
    return known.main if known.stands == "open" else None


def _related(letter: Letter, facts: Facts) -> tuple[Link, Known] | None:
    trace = trace_of(letter)
    found = [
        known
        for known in facts.known
        if known.same_person
        and (known.stands != "none" or isinstance(known.main, AnswerNow))
        and _same_matter(trace, known.trace)
    ]
    if not found:
        return None
    known = found[-1]

    def link(relation: Literal["copy", "same_person"], why: str) -> tuple[Link, Known]:
        return Link(relation, known.letter_id, known.number, 1.0, why), known

    if not isinstance(_joinable(known), InScope):
        return link("same_person", "同一人的相同诉求,原工单已不在办理")
    same_files = trace == known.trace or _files(trace) == _files(known.trace)
    if same_files and known.same_way and facts.at - known.at <= facts.copy_window:
        return link("copy", "同一渠道短时间内收到的相同来信")
    if not same_files and len(letter.text.strip()) < SHORT_CHARACTERS:
        return None
    return link("same_person", "同一人的相同诉求,原工单尚在办理")


def _same_matter(trace: bytes, other: bytes) -> bool:
    if not trace or not other:
        return False
    words, place, blob, _ = trace.split(b"\x1f")
    their_words, their_place, their_blob, _ = other.split(b"\x1f")
    return (words, blob) == (their_words, their_blob) and (
        not place or not their_place or place == their_place
    )


def _files(trace: bytes) -> bytes:
    return trace.rpartition(b"\x1f")[2]
