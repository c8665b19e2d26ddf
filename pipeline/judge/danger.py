"""Does a letter speak of danger to life or property, now? Asked by the door at once and by the desk again.

``danger`` promises: pure, linear in the text, the same answer in every process. Recall comes before precision: a
duty officer who looks once too often costs less than a fire nobody looked at. Not danger are: what is denied
(没有着火), what is over (去年着火, 已扑灭), what is feared or prevented (怕引起火灾, 火灾隐患), figures of speech (气得快
爆炸了). Which words say so stands in ``danger_words``.

One pass over the whole text looks for any cue; only sentences with a cue are looked at closer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.judge import danger_cues as cues
from pipeline.judge import danger_signs as signs
from pipeline.judge import danger_words as words
from pipeline.text.plain import Plain, plain
from schemas.decision import Span
from schemas.letter import Said

VERSION = "2"

Kind = Literal["threat", "self_harm", "danger"]

_SPANS_MAX = 16
_SENTENCE_MAX = 400
"""Code points looked at as one sentence: whoever writes without a full stop is still judged in linear time."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What was found: the first cue, and where every cue stands (code points of the text as stored).

    *kind*: somebody threatens others, somebody may harm themselves, or life or property is in danger otherwise; of
    several, in this order.
    """

    cue: str
    spans: tuple[Span, ...] = ()
    kind: Kind = "danger"


def danger(text: str) -> Danger | None:
    """The danger that *text* speaks of, or None."""
    written = plain(text)
    held = cues.cues_in(written.text)
    found = list(_found(written.text, held)) if held else []
    if not found:
        return _told_by_signs(written)
    places = [(*written.back(start, end), cue) for start, end, cue in found]
    spans = tuple(Span(start=start, end=end, cue=cue) for start, end, cue in places)
    return Danger(spans[0].cue, spans, _kind({cue for _, _, cue in found}))


def _told_by_signs(written: Plain) -> Danger | None:
    """What no cue foresees: signs that tell only together, in a short message."""
    found = signs.signs_of(written.text)
    if not found:
        return None
    spans = tuple(
        Span(start=start, end=end, cue=written.text[sign[0] : sign[1]])
        for sign in found
        for start, end in (written.back(sign[0], sign[1]),)
    )
    return Danger(spans[0].cue, spans, "self_harm" if signs.is_self_harm(found) else "danger")


def danger_of(letter: Said) -> Danger | None:
    """The danger that a letter speaks of in its text or its subject; a subject has no span."""
    if not letter.subject:
        return danger(letter.text)
    found = danger(letter.text)
    if found is None:
        titled = danger(letter.subject)
        return Danger(titled.cue, (), titled.kind) if titled else None
    return found


def _kind(names: set[str]) -> Kind:
    if names & cues.MISTAKEN and not names & cues.THREATS:
        return "danger"
    if names & cues.THREATS:
        return "threat"
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
                if count == _SPANS_MAX:
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
