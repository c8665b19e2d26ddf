"""Which clause decides a matter. Clauses stand in one fixed order; the first whose tests hold decides.

In order: house rules that come first (unreadable, advertising, asking after an order) → the pack's clauses that refuse,
forward, escalate, hold, answer → house rules and, where the pack is silent, the national rule → the pack's other clauses
that accept. A refusal asks for certainty: where the reading has less, a person decides and is offered the refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from pipeline.policies.conditions import Seen, seen
from pipeline.policies.matter import Circumstances, Matter
from pipeline.policies.pack_file import Effect
from schemas.decision import Clause, HeldReason, Organ

COMBINATIONS_KEPT: Final = 16_384


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of one matter.

    *unit*: who gets it where the clause names somebody (a leader's office, another organ). *proposal*: what a person who
    decides a hold is offered. *why*: the clause's reason in plain words. *sure*: of the reading, 0 to 1.
    """

    effect: Effect
    clause: Clause
    sure: float = 1.0
    organ: Organ | None = None
    reason: HeldReason | None = None
    proposal: "Ruling | None" = None
    unit: str = ""
    why: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One clause, compiled. *exceptions*: where another clause accepts instead, or None of them does and others decide."""

    effect: Effect
    clause: Clause
    applies: Callable[[Seen], bool]
    exceptions: tuple[tuple[Callable[[Seen], bool], Clause | None], ...] = ()
    units: tuple[tuple[Callable[[Seen], bool], str], ...] = ()
    why: str = ""
    sure: float = 0.0
    reason: HeldReason | None = None
    proposed: "tuple[Effect, Clause] | None" = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """The rows in their order. The last row applies to everything.

    *organs*: who is competent for what, first fit. *unsure*: the clause that holds what is not certain enough. *notes*:
    what a case system should be shown besides.
    """

    rows: tuple[Row, ...]
    organs: tuple[tuple[Callable[[Seen], bool], Organ], ...]
    unsure: Clause
    notes: tuple[tuple[Callable[[Seen], bool], str], ...] = ()
    _found: Callable[[Seen], tuple[Ruling, float]] = field(init=False)

    def __post_init__(self) -> None:
        # Letters differ without end, the values that rules test do not: each combination is worked out once.
        object.__setattr__(self, "_found", lru_cache(maxsize=COMBINATIONS_KEPT)(self._work_out))

    def rule(self, matter: Matter, about: Circumstances) -> Ruling:
        """The clause that decides *matter*."""
        ruling, least = self._found(seen(matter, about))
        if matter.sure < least:
            return Ruling(
                "hold", self.unsure, matter.sure, ruling.organ, "unsure", replace(ruling, sure=matter.sure),
                marks=ruling.marks,
            )  # fmt: skip
        return ruling if matter.sure == 1.0 else replace(ruling, sure=matter.sure)

    def _work_out(self, values: Seen) -> tuple[Ruling, float]:
        marks = tuple(dict.fromkeys(mark for test, mark in self.notes if test(values)))
        for row in self.rows:
            if not row.applies(values):
                continue
            exempt = next((clause for test, clause in row.exceptions if test(values)), _NOT_EXEMPT)
            if exempt is None:
                continue
            if isinstance(exempt, Clause):
                return Ruling("accept", exempt, marks=marks), 0.0
            return self._ruling(row, values, marks), row.sure
        message = "the last row of an engine applies to everything"
        raise AssertionError(message)

    def _ruling(self, row: Row, values: Seen, marks: tuple[str, ...]) -> Ruling:
        organ = self.organ(values) if row.effect == "exclude" or row.proposed is not None else None
        unit = next((unit for test, unit in row.units if test(values)), "")
        proposal = None
        if row.proposed is not None:
            effect, clause = row.proposed
            proposal = Ruling(
                effect, clause, 1.0, organ if effect == "exclude" else None, unit=unit, why=row.why
            )
        return Ruling(
            row.effect, row.clause, 1.0, organ, row.reason, proposal, unit, row.why, (*row.marks, *marks)
        )

    def organ(self, values: Seen) -> Organ | None:
        """Who is competent for a matter of these values, as far as the packs know."""
        return next((organ for test, organ in self.organs if test(values)), None)


class _NotExempt:
    """No exception applies."""


_NOT_EXEMPT: Final = _NotExempt()
