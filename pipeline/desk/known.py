"""What judging may know of earlier letters: what the memory proposes, and the letters whose numbers a letter names."""

import re
from collections.abc import Iterator

from pipeline.desk import case as cases
from pipeline.desk.step import Step
from pipeline.judge.judge import trace_of
from pipeline.judge.judgement import Facts, Known
from schemas.letter import Letter
from schemas.memory import Case
from schemas.numbers import is_number

NAMED_MAX = 5
"""Numbers looked up for one letter."""
HOPS_MAX = 8
_NUMBER = re.compile(r"(?<![0-9])[0-9]{4}(?:[ \-－]?[0-9]{4}){3}(?![0-9])")
_BETWEEN = re.compile(r"[ \-－]")
_WIDE = str.maketrans("０１２３４５６７８９　", "0123456789 ")


def facts_of(letter: Letter, step: Step) -> Facts:
    """Everything judging may know of a new letter. Raises KeyError for a city that the settings do not know."""
    return _facts(letter, step, tuple(_known(letter, step)))


def facts_again(letter: Letter, case: Case, step: Step) -> Facts:
    """What judging may know of a letter decided before: the letter it was joined to, and no other."""
    link = cases.joined_to(case)
    main = main_case(step, case) if link is not None else None
    known = (_as_known(letter, main, trace_of(main.letter)),) if main is not None and main is not case else ()
    return _facts(letter, step, known)


def facts_alone(letter: Letter, step: Step) -> Facts:
    """What judging may know of a letter by itself."""
    return _facts(letter, step, ())


def _facts(letter: Letter, step: Step, known: tuple[Known, ...]) -> Facts:
    city, policy = step.rules.cities[letter.city]
    return Facts(policy, city, step.arrival.at, step.rules.copy_window, known)


def main_case(step: Step, case: Case) -> Case:
    """The case whose order a letter stands under: its own or, where it has none, that of the letter it was joined to."""
    for _ in range(HOPS_MAX):
        link = cases.joined_to(case) if not case.orders else None
        joined = step.case(link.to_letter_id) if link is not None else None
        if joined is None:
            return case
        case = joined
    return case


def _known(letter: Letter, step: Step) -> Iterator[Known]:
    for letter_id, trace in step.view.candidates(letter):
        found = step.view.case(letter_id)
        if found is not None and letter_id != letter.id.bytes:
            main = main_case(step, found)
            if main.letter.city == letter.city and main.letter.id != letter.id:
                yield _as_known(letter, main, trace)
    for number in _named(letter):
        found = step.view.case_by_number(number)
        if found is not None and found.letter.city == letter.city and found.letter.id != letter.id:
            main = main_case(step, found)
            yield _as_known(letter, main, trace_of(main.letter), named=True)


def _named(letter: Letter) -> list[str]:
    said = f"{letter.subject}\n{letter.text[:20_000]}".translate(_WIDE)
    found = (_BETWEEN.sub("", match) for match in _NUMBER.findall(said))
    return list(dict.fromkeys(number for number in found if is_number(number)))[:NAMED_MAX]


def _as_known(letter: Letter, case: Case, trace: bytes, *, named: bool = False) -> Known:
    other = case.letter
    closed = [part.closed_at for part in cases.parts_of(case) if part.closed_at is not None]
    return Known(
        letter_id=other.id, number=other.number, at=case.decisions[0].at,
        same_person=bool(letter.person) and letter.person == other.person,
        trace=trace, stands=cases.stands(case),
        same_way=(letter.channel, letter.account) == (other.channel, other.account),
        closed_at=max(closed, default=None), main=cases.main_decision(case), incident_id=case.incident_id,
        named=named,
    )  # fmt: skip
