"""Who speaks in a dialogue as text (坐席:… 市民:…): what an operator says is not what the citizen tells."""

import re

from pipeline.judge.lexicon import framing

BLANK = "\n"
"""What stands where something does not count: a place in what is left is a place in the text."""

_TURN = re.compile(framing.TURN, re.IGNORECASE | re.MULTILINE)
_SPEAKER = re.compile(
    r"坐席|座席|话务员|接线员|客服|市民|来电人|群众|诉求人|agent|Agent|citizen|Citizen|operator|caller"
)
_OPERATORS = ("坐席", "座席", "话务员", "接线员", "客服", "agent", "Agent", "operator", "Operator")


def names_speakers(text: str) -> bool:
    """May *text* say who speaks?"""
    return _SPEAKER.search(text) is not None


def has_operator(text: str) -> bool:
    """May an operator speak in *text*? Costs next to nothing."""
    return ":" in text and any(word in text for word in _OPERATORS)


def citizens_turns(text: str) -> list[tuple[int, int]]:
    """Where in *text* the citizen speaks: code points [start, end), in order; all of it where nobody is named."""
    named = list(_TURN.finditer(text))
    if not named:
        return [(0, len(text))]
    turns = [(0, named[0].start())]
    for at, turn in enumerate(named):
        end = named[at + 1].start() if at + 1 < len(named) else len(text)
        if not (turn.group(1) or turn.group(2)):
            turns.append((turn.end(), end))
    return [(start, end) for start, end in turns if start < end]


def citizen_only(text: str) -> str:
    """*text* with the operator's turns, and every speaker's name, blanked."""
    pieces, last = [], 0
    for start, end in citizens_turns(text):
        pieces += [BLANK * (start - last), text[start:end]]
        last = end
    return "".join([*pieces, BLANK * (len(text) - last)])
