"""What judging may know of earlier letters: what the memory proposes, and the letters whose numbers a letter names."""

import re
from collections.abc import Iterator
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk.brief import Brief, brief_of, way_of
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
_DIGIT = "[0-9０-９]"
# The first digit before the look-behind: a scan for a digit is several times faster than a look behind every character.
_NUMBER = re.compile(
    rf"{_DIGIT}(?<!{_DIGIT}{_DIGIT}){_DIGIT}{{3}}(?:[ \u3000\-－]?{_DIGIT}{{4}}){{3}}(?!{_DIGIT})"
)
_BETWEEN = re.compile("[ \u3000\\-－]")
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def facts_of(letter: Letter, trace: Trace, step: Step) -> Facts:
    """Everything judging may know of a new letter with this *trace*. Raises KeyError for a city that the settings do not know."""
    return _facts(letter, step, tuple(_known(letter, trace, step)))


def facts_again(letter: Letter, case: Case, step: Step) -> Facts:
    """What judging may know of a letter decided before: the letter it was joined to, and no other."""
    link = cases.joined_to(case)
    main = main_brief(step, brief_of(case)) if link is not None else None
    if main is None or main.letter_id == case.letter.id:
        return _facts(letter, step, ())
    compared = step.view.compared(letter, trace_of(letter), [main.letter_id])
    return _facts(letter, step, (_as_known(letter, main, next(iter(compared), None)),))


def facts_alone(letter: Letter, step: Step) -> Facts:
    """What judging may know of a letter by itself."""
    return _facts(letter, step, ())


def _facts(letter: Letter, step: Step, known: tuple[Known, ...]) -> Facts:
    city = step.rules.cities[letter.city]
    return Facts(
        city.policy(letter.mailbox, letter.received_at), city.facts, step.arrival.at, step.rules.copy_window, known,
        demo=city.demo, department=step.rules.department(letter),
    )  # fmt: skip


def main_case(step: Step, case: Case) -> Case:
    """The case whose order a letter stands under: its own or, where it has none, that of the letter it was joined to."""
    main = main_brief(step, brief_of(case))
    joined = step.case(main.letter_id) if main.letter_id != case.letter.id else None
    return case if joined is None else joined


def main_brief(step: Step, brief: Brief) -> Brief:
    """The same, in short."""
    for _ in range(HOPS_MAX):
        joined = step.brief(brief.under) if brief.under is not None else None
        if joined is None:
            break
        brief = joined
    return brief


def _known(letter: Letter, trace: Trace, step: Step) -> Iterator[Known]:
    named = _named_cases(letter, step)
    found = step.view.alike(letter, trace, step.arrival.at)
    others = [case.letter.id for case in named.values()]
    for one in step.view.compared(letter, trace, others):
        yield _as_known(letter, main_brief(step, brief_of(named.pop(one.letter_id))), one, named=True)
    for case in named.values():  # beyond the window: known by its number only
        yield _as_known(letter, main_brief(step, brief_of(case)), None, named=True)
    strangers = 0
    for one in found:
        strangers += not one.same_person
        if not one.same_person and (
            strangers > STRANGERS_MAX or (one.score < DOUBTFUL and not one.same_text)
        ):
            continue
        other = step.brief(one.letter_id)
        if other is not None and one.letter_id not in others and one.letter_id != letter.id:
            yield _as_known(letter, main_brief(step, other), one)


def _named_cases(letter: Letter, step: Step) -> dict[UUID, Case]:
    """The cases whose numbers the letter names, by the id of the letter that has the number."""
    said = f"{letter.subject}\n{letter.text[:NAMED_READ]}"
    found = (_BETWEEN.sub("", match).translate(_WIDE) for match in _NUMBER.findall(said))
    numbers = list(dict.fromkeys(number for number in found if is_number(number)))[:NAMED_MAX]
    cases_ = (step.view.case_by_number(number) for number in numbers)
    return {
        case.letter.id: case
        for case in cases_
        if case is not None and case.letter.city == letter.city and case.letter.id != letter.id
    }


def _as_known(letter: Letter, other: Brief, one: Candidate | None, *, named: bool = False) -> Known:
    return Known(
        letter_id=other.letter_id, number=other.number, at=other.at,
        same_person=bool(letter.person) and letter.person == other.person,
        stands=other.stands,
        score=one.score if one is not None else 0.0, why=one.why if one is not None else "",
        same_text=one is not None and one.same_text, same_files=one is not None and one.same_files, vetoed=one is not None and one.vetoed,
        same_way=way_of(letter) == other.way, closed_at=other.closed_at, main=other.main, incident_id=other.incident_id,
        named=named,
    )  # fmt: skip
