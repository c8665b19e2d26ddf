"""What of a letter is the citizen's own telling: headings, the operator's turns, notes of the form and courtesies are not.

What does not count is blanked, not cut: a place in ``Framed.said`` is a place in the plain text that it was made of.
"""

import re
from dataclasses import dataclass

from pipeline.judge.lexicon import framing
from pipeline.judge.speakers import BLANK, citizen_only, names_speakers
from pipeline.text.plain import Plain, Writing, plain
from schemas.decision import Span
from schemas.letter import Said

READ_CHARACTERS_MAX = 2000
"""How much of a letter is looked at for what it is about; of the rest only dangers are looked for."""

_LABEL = re.compile(framing.LABELS, re.IGNORECASE)
_NOTE = re.compile(framing.NOTES)
_NOBODY = re.compile(framing.NOBODY)
_NO_CONTACT = re.compile(framing.NO_CONTACT)
_DEPARTMENT = re.compile(framing.DEPARTMENT)
_SCAN = re.compile(framing.SCAN)
_PHONE = re.compile(framing.PHONE)
_GREETING = re.compile(framing.GREETING)
_CLOSING = re.compile(framing.CLOSING)
_SIGNED = re.compile(framing.SIGNED)
_NUMBER = re.compile(r"[0-9*](?:[0-9*]{4,})")  # begins with one set: searched for fast
_AROUND = 24
_LABELS_WITHIN = 120
_SUBJECT_LINE = re.compile(r"\s*(?:主题|标题|Subject|subject) ?:[^\n]{2,80}?(?:正文|内容|Body|body) ?:")
_CLOSING_WITHIN = 80


@dataclass(frozen=True, slots=True)
class Framed:
    """*said*: subject and telling, as long as both plain texts. *base*: where the telling starts in it.

    *head*: where the subject line ends, which some write into the text (主题:… 正文:…).
    *nobody*, *unreachable*: the letter says that it names nobody, gives no way to answer. *department*: the unit that
    it is addressed to, as written. *phone*: a number or address to answer to stands in it.
    """

    said: str
    base: int
    text: Plain
    head: int
    nobody: bool = False
    unreachable: bool = False
    department: str = ""
    phone: bool = False

    def span(self, start: int, end: int, cue: str) -> Span | None:
        """The evidence [start, end) of ``said`` as a place in the text as stored; None in the subject."""
        if start < self.base or start >= end:
            return None
        first, last = self.text.back(start - self.base, end - self.base)
        return Span(start=first, end=last, cue=cue[:64])


def framed(letter: Said, writing: Writing | None = None) -> Framed:
    """*letter* with everything but the citizen's telling blanked out. *writing*: its own, where it is known."""
    text = letter.text[: READ_CHARACTERS_MAX * 2]
    if letter.turns and not names_speakers(text):
        text = _spoken(letter, text)
    written = writing.text if writing and text == writing.text.stored else plain(text)
    telling = written.text[:READ_CHARACTERS_MAX]
    subject = (writing.subject if writing else plain(letter.subject)).text if letter.subject else ""
    notes = ""
    if "[" in telling or "【" in telling:
        telling, notes = _without_notes(telling)
    if ":" in telling:
        if names_speakers(telling):
            telling = citizen_only(telling)
        if ":" in telling[:_LABELS_WITHIN]:
            telling = _LABEL.sub(_blanked, telling[:_LABELS_WITHIN]) + telling[_LABELS_WITHIN:]
    phone = _has_phone(telling)
    telling = _without_courtesies(telling, phone=phone)
    said = f"{subject}{BLANK}{telling}" if subject else telling
    base = len(said) - len(telling)
    line = _SUBJECT_LINE.match(written.text) if ":" in written.text[:_LABELS_WITHIN] else None
    about = _DEPARTMENT.search(notes)
    return Framed(
        said,
        base,
        written,
        base + (line.end() if line else 0),
        nobody=_NOBODY.search(notes) is not None or _NOBODY.search(telling) is not None,
        unreachable=_NO_CONTACT.search(notes) is not None,
        department=about.group(1) if about else "",
        phone=phone or _has_phone(notes),
    )


def _has_phone(text: str) -> bool:
    """Is there a number to call or an address to write to? Looked for around long runs of digits and @ only."""
    places = [match.span() for match in _NUMBER.finditer(text)]
    if "@" in text:
        places += [(place, place + 1) for place, sign in enumerate(text) if sign == "@"]
    return any(_PHONE.search(text, max(0, start - _AROUND), end + _AROUND) for start, end in places)


def _spoken(letter: Said, text: str) -> str:
    """The citizen's turns, where the text itself does not say who speaks."""
    citizen = [turn.text for turn in letter.turns if turn.speaker != "agent"]
    agent = [turn.text for turn in letter.turns if turn.speaker == "agent" and turn.text]
    for said in agent:
        if said not in citizen:
            text = text.replace(said, BLANK * len(said), 1)
    return text


def _blanked(match: re.Match[str]) -> str:
    return BLANK * len(match.group())


def _without_notes(text: str) -> tuple[str, str]:
    notes: list[str] = []

    def note(match: re.Match[str]) -> str:
        words = match.group()
        known = (_NOBODY, _NO_CONTACT, _DEPARTMENT, _SCAN)
        if any(pattern.search(words) for pattern in known) or (
            "信箱" in words or "姓名" in words or "电话" in words
        ):
            notes.append(words)
            return BLANK * len(words)
        return words

    return _NOTE.sub(note, text), " ".join(notes)


def _without_courtesies(text: str, *, phone: bool) -> str:
    """*phone*: ``_has_phone(text)``."""
    bare = _GREETING.sub(_blanked, text, count=1)
    head, tail = bare[:-_CLOSING_WITHIN], bare[-_CLOSING_WITHIN:]
    tail = _CLOSING.sub(_blanked, tail)
    if "落款" in tail or (phone and _has_phone(tail)):
        tail = _SIGNED.sub(_blanked, tail)
    return head + tail
