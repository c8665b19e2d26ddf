"""Scope: for each matter of a letter the clause that decides it under one policy. Danger is decided before, relation beside."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from pipeline.judge.reading.reader import Piece, Reading, placed
from pipeline.policies.answers import Answer
from pipeline.policies.engine import Ruling
from pipeline.policies.matter import Again, Circumstances, Demand, Matter
from pipeline.policies.policy import Policy
from pipeline.text.divisions import Aliases

MIXED: Final = "MIXED.SPLIT"
MULTI: Final = "MULTI.DEPT"
_TAKEN: Final = frozenset({"accept", "forward", "escalate"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One matter with its ruling. *answer*: what can be told at once, where the ruling is to answer a question."""

    piece: Piece
    matter: Matter
    about: Circumstances
    ruling: Ruling
    answer: Answer | None = None


def verdicts(reading: Reading, policy: Policy, on: date, *, demo: bool) -> tuple[Verdict, ...]:
    """The ruling on each matter. *on*: the local day of receipt, for answers; *demo*: sample answers count."""
    return tuple(_verdict(piece, reading, policy, on, demo=demo) for piece in reading.pieces)


def split_code(found: tuple[Verdict, ...]) -> str:
    """What a letter of several matters is as a whole: some in and some not, or all in for different units; else empty."""
    if len(found) < 2:
        return ""
    taken = [one.ruling.effect == "accept" for one in found]
    if all(taken):
        return MULTI
    return MIXED if any(one.ruling.effect in _TAKEN for one in found) else ""


@lru_cache(maxsize=64)  # one a pack in force
def aliases_of(policy: Policy) -> Aliases:
    """Other names of the places in the pack's territory."""
    return tuple(sorted((policy.territory.divisions or {}).items()))


def _verdict(piece: Piece, reading: Reading, policy: Policy, on: date, *, demo: bool) -> Verdict:
    codes = policy.territory.codes
    matter = placed(piece, reading.letter, codes, aliases_of(policy))
    about = piece.about
    answer = None
    if matter.demand is Demand.ASK and matter.again is Again.NONE:
        answer = policy.answer(matter.asked, on, demo=demo)
        about = replace(about, answer_known=answer is not None)
    return Verdict(piece, matter, about, policy.rule(matter, about), answer)
