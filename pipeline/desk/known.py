"""What judging may know of earlier letters: what the memory proposes, and the letters whose numbers a letter names."""

import re
from collections.abc import Iterator
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk.step import Step
from pipeline.judge.judgement import Facts, Known
from pipeline.judge.relate import DOUBTFUL, Candidate, Trace, trace_of
from schemas.letter import Letter
from schemas.memory import Case
from schemas.numbers import is_number

NAMED_MAX = 5
"""Numbers looked up for one letter."""
NAMED_READ = 20_000
"""Characters in which they are looked for."""
HOPS_MAX = 8
STRANGERS_MAX = 3
"""Other people's letters that are looked at; of the many in an incident the likeliest are enough."""
_NUMBER = re.compile(r"(?<![0-9])[0-9]{4}(?:[ \-－]?[0-9]{4}){3}(?![0-9])")
_BETWEEN = re.compile(r"[ \-－]")
_WIDE = str.maketrans("０１２３４５６７８９　", "0123456789 ")


def facts_of(letter: Letter, trace: Trace, step: Step) -> Facts:
    """Everything judging may know of a new letter with this *trace*. Raises KeyError for a city that the settings do not know."""
    return _facts(letter, step, tuple(_known(letter, trace, step)))


def facts_again(letter: Letter, case: Case, step: Step) -> Facts:
    """What judging may know of a letter decided before: the letter it was joined to, and no other."""
    link = cases.joined_to(case)
    main = main_case(step, case) if link is not None else case
    if main is case or link is None:
        return _facts(letter, step, ())
    compared = step.view.compared(letter, trace_of(letter), [main.letter.id])
    return _facts(letter, step, (_as_known(letter, main, next(iter(compared), None)),))


def facts_alone(letter: Letter, step: Step) -> Facts:
    """What judging may know of a letter by itself."""
    return _facts(letter, step, ())


def _facts(letter: Letter, step: Step, known: tuple[Known, ...]) -> Facts:
    city = step.rules.cities[letter.city]
    return Facts(
        city.policy(letter.mailbox, letter.received_at), city.facts, step.arrival.at, step.rules.copy_window, known,
        demo=city.demo, department=city.mailbox(letter.mailbox).department,
    )  # fmt: skip


def main_case(step: Step, case: Case) -> Case:
    """The case whose order a letter stands under: its own or, where it has none, that of the letter it was joined to."""
    for _ in range(HOPS_MAX):
        own = bool(case.orders) and any(cases.has_own(case, part.no) for part in cases.parts_of(case))
        link = None if own else cases.joined_to(case)
        joined = step.case(link.to_letter_id) if link is not None else None
        if joined is None:
            return case
        case = joined
    return case


def _known(letter: Letter, trace: Trace, step: Step) -> Iterator[Known]:
    named = _named_cases(letter, step)
    found = step.view.alike(letter, trace, step.arrival.at)
    others = [case.letter.id for case in named.values()]
    for one in step.view.compared(letter, trace, others):
        yield _as_known(letter, named.pop(one.letter_id), one, named=True)
    for case in named.values():  # beyond the window: known by its number only
        yield _as_known(letter, case, None, named=True)
    strangers = 0
    for one in found:
        strangers += not one.same_person
        if not one.same_person and (
            strangers > STRANGERS_MAX or (one.score < DOUBTFUL and not one.same_text)
        ):
            continue
        other = step.case(one.letter_id)
        if other is not None and one.letter_id not in others and one.letter_id != letter.id:
            yield _as_known(letter, main_case(step, other), one)


def _named_cases(letter: Letter, step: Step) -> dict[UUID, Case]:
    """The cases whose numbers the letter names, by the id of the letter that has the number."""
    said = f"{letter.subject}\n{letter.text[:NAMED_READ]}".translate(_WIDE)
    found = (_BETWEEN.sub("", match) for match in _NUMBER.findall(said))
    numbers = list(dict.fromkeys(number for number in found if is_number(number)))[:NAMED_MAX]
    cases_ = (step.view.case_by_number(number) for number in numbers)
    return {
        case.letter.id: case
        for case in cases_
        if case is not None and case.letter.city == letter.city and case.letter.id != letter.id
    }


def _as_known(letter: Letter, case: Case, one: Candidate | None, *, named: bool = False) -> Known:
    other = case.letter
    closed = [part.closed_at for part in cases.parts_of(case) if part.closed_at is not None]
    return Known(
        letter_id=other.id, number=other.number, at=case.decisions[0].at,
        same_person=bool(letter.person) and letter.person == other.person,
        stands=cases.stands(case),
        score=one.score if one is not None else 0.0, why=one.why if one is not None else "",
        same_text=one is not None and one.same_text, same_files=one is not None and one.same_files, vetoed=one is not None and one.vetoed,
        same_way=(letter.channel, letter.account) == (other.channel, other.account),
        closed_at=max(closed, default=None), main=cases.main_decision(case), incident_id=case.incident_id,
        named=named,
    )  # fmt: skip
