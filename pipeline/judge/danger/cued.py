"""Danger told in the words of a cue: who is plainly in danger, or threatens, says so in them.

A cue in a letter that does not sound like danger as a whole tells of something else: ``finding`` asks for cues only where
``learnt`` is in doubt. Taken back is what is denied, over, feared or prevented, and what is only a figure of speech
(``words``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.judge.danger import cues, words
from pipeline.judge.danger.learnt import Kind

_FOUND_MAX = 16
_SENTENCE_MAX = 400
"""Code points looked at as one sentence: whoever writes without a full stop is still judged in linear time."""


@dataclass(frozen=True, slots=True)
class Cued:
    """*places*: start, end (code points of the text asked about) and name of every cue; at least one."""

    places: tuple[tuple[int, int, str], ...]
    kind: Kind


def cued(text: str) -> Cued | None:
    """The danger that plain *text* tells of in a cue's words, or None."""
    held = cues.cues_in(text)
    found = tuple(_found(text, held)) if held else ()
    return Cued(found, _kind({cue for _, _, cue in found})) if found else None


def _kind(names: set[str]) -> Kind:
    """Of several kinds: somebody threatens others, then somebody may harm themselves, then any other danger."""
    if names & cues.THREATS:
        return "threat"
    if names & cues.MISTAKEN:
        return "danger"
    return "self_harm" if names & cues.SELF_HARM else "danger"


def _found(written: str, held: list[tuple[cues.Cue, list[int]]]) -> Iterator[tuple[int, int, str]]:
    count = 0
    for match in words.SENTENCE.finditer(written):
        for piece in range(match.start(), match.end(), _SENTENCE_MAX):
            end = min(piece + _SENTENCE_MAX, match.end())
            here = [cue for cue, places in held if any(piece <= place < end for place in places)]
            if not here:
                continue
            for start, stop, cue in _found_in(written[piece:end], here):
                yield piece + start, piece + stop, cue
                count += 1
                if count == _FOUND_MAX:
                    return


def _found_in(sentence: str, here: list[cues.Cue]) -> Iterator[tuple[int, int, str]]:
    ends = [match.span() for match in words.CLAUSE_END.finditer(sentence)]
    over = words.PAST.search(sentence) is not None or words.OVER.search(sentence) is not None
    people = words.PEOPLE.search(sentence) is not None
    safe = words.SAFE.search(sentence) is not None
    for cue in here:
        if safe and cue.name in words.DAMAGE:
            continue
        if cue.unless is not None and cue.unless.search(sentence):
            continue
        if cue.needs is not None and not cue.needs.search(sentence):
            continue
        for match in cue.pattern.finditer(sentence):
            start, end = match.span()
            clause_start = max((stop for _, stop in ends if stop <= start), default=0)
            clause_end = min((begin for begin, _ in ends if begin >= end), default=len(sentence))
            before, after = sentence[clause_start:start], sentence[end:clause_end]
            if _is_meant(cue, before, match.group(), after, over=over, people=people):
                yield start, end, cue.name


def _is_meant(cue: cues.Cue, before: str, said: str, after: str, *, over: bool, people: bool) -> bool:
    clause = before + said + after
    if words.NEGATED.search(before) or words.FIGURE.search(clause):
        return False
    if cue.not_after is not None and cue.not_after.search(after):
        return False
    now = words.NOW.search(clause) is not None
    if words.LONG_PAST.search(clause) if now else over:
        return False
    if cue.kind == "deed":
        return not words.AVERTED.search(before)
    if cue.kind == "threat":
        return True
    if not now and words.FEARED.search(before):
        return False
    return cue.kind == "fact" or now or people or words.HAPPENS.search(clause) is not None
