"""Does a letter speak of danger to life or property, now? Asked by the door at once and by the desk again.

``danger_of`` promises: pure, linear in the text, the same answer in every process. Recall comes before precision: a
duty officer who looks once too often costs less than a fire nobody looked at. Not danger are: what is denied
(没有着火), what is over (去年着火, 已扑灭), what is feared or prevented (怕引起火灾, 火灾隐患), figures of speech (气得快
爆炸了). What tells them apart is learnt from letters (``learnt``); where that is in doubt, a plain cue decides (``cued``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.judge.danger import learnt
from pipeline.judge.danger.cued import Cued, cued
from pipeline.judge.danger.cues import may_threaten
from pipeline.judge.danger.learnt import Kind, Window
from pipeline.judge.speakers import citizens_turns, has_operator
from pipeline.text.mask import mask_contact, names_in
from pipeline.text.plain import Plain, Writing, writing_of
from schemas.decision import Span
from schemas.letter import Said

VERSION = "7"

_CUE_MAX = 40


@dataclass(frozen=True, slots=True)
class Danger:
    """What was found. *cue*: the words that weigh most, private people's data masked, or the cue's name; *spans*: where the text as stored says it (code
    points), nowhere where only the subject does.

    *kind*: somebody threatens others, somebody may harm themselves, or life or property is in danger otherwise.
    """

    cue: str
    spans: tuple[Span, ...] = ()
    kind: Kind = "danger"


class Turns:
    """What is *told* in some turns of a text, and where that stands in the text as stored."""

    def __init__(self, written: Plain, turns: Sequence[Window]) -> None:
        self._written, self._turns = written, turns
        self.told = learnt.SUBJECT_END.join(written.text[start:end] for start, end in turns)

    def back(self, start: int, end: int) -> Window:
        """The code points [start, end) of ``told`` as code points of the stored text."""
        return self._written.back(self._place(start), self._place(end - 1) + 1)

    def _place(self, told: int) -> int:
        last = 0
        for start, end in self._turns:
            if told < end - start:
                return start + told
            told -= end - start + len(learnt.SUBJECT_END)
            last = end - 1
            if told < 0:  # the mark between two turns
                break
        return last


def danger_of(letter: Said, writing: Writing | None = None) -> Danger | None:
    """The danger that a letter speaks of in its subject or its text, or None. *writing*: its own, where it is known."""
    writing = writing or writing_of(letter)
    text = writing.text.text
    whole = [(0, len(text))]
    found = _told(letter, writing, whole)
    if found is None and has_operator(text) and (turns := citizens_turns(text)) not in ([], whole):
        # Questions and courtesies of an operator drown a cry for help; what they say of danger counts, too.
        found = _told(letter, writing, turns)
    return found


def _told(letter: Said, writing: Writing, turns: Sequence[Window]) -> Danger | None:
    """The danger in the subject or in what stands in *turns* of the text."""
    written = Turns(writing.text, turns)
    text = learnt.asked_about(writing.subject.text, written.told)
    heard = learnt.Heard(text)
    if heard.score >= learnt.ENOUGH:
        start, end = heard.clause
        # Who looks at alerts needs the words, not the person.
        cue = mask_contact(text[start:end].strip(), letter.sender, names_in(letter.text))[:_CUE_MAX]
        return _danger(written, text, [(start, end, cue)], heard.kind)
    if max(heard.score, heard.loudest) < learnt.DOUBTFUL:
        return None
    if heard.score < learnt.DOUBTFUL and not may_threaten(text):
        return None  # ``_is_meant`` takes no other cue here
    found = cued(text)
    return _danger(written, text, found.places, found.kind) if found and _is_meant(found, heard) else None


def _is_meant(found: Cued, heard: learnt.Heard) -> bool:
    """A cue in a letter that does not sound like danger tells of something else. A threat, or a wish to die, may be one
    sentence of a long letter: there that sentence has to sound like it.
    """
    if heard.score >= learnt.DOUBTFUL:
        return True
    return found.kind != "danger" and any(
        heard.around(start) >= learnt.DOUBTFUL for start, _, _ in found.places
    )


def _danger(written: Turns, text: str, places: Sequence[tuple[int, int, str]], kind: Kind) -> Danger:
    """*places* in subject and text as places in the stored text; what the subject says has none."""
    base = len(text) - len(written.told)
    inside = [(max(0, start - base), end - base, cue) for start, end, cue in places if end > base]
    spans = [(*written.back(start, end), cue) for start, end, cue in inside]
    return Danger(places[0][2], tuple(Span(start=start, end=end, cue=cue) for start, end, cue in spans), kind)


def danger(text: str) -> Danger | None:
    """The danger that *text* alone speaks of, or None."""
    return danger_of(Said(text=text))
