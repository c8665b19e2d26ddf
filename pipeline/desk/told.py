"""What is said to the sender of a letter, once for each arrival: one message, also where a letter has several parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.desk.records import About, Arrival, reply_to
from schemas.letter import Letter
from schemas.numbers import shown
from schemas.reply import Reply

GRAVEST: tuple[About, ...] = (
    "emergency", "escalated", "accepted", "answered", "declined", "linked", "noted",
)  # fmt: skip
_HEAD = re.compile(r"第\d+件\(编号 [\d ]+-\d+\):")
WAITS = "需要工作人员核实,核实后再告知您。"


@dataclass(frozen=True, slots=True)
class Saying:
    """What is to be said of one part; without words it waits for a person."""

    part: int
    about: About
    words: str


def reply_of(letter: Letter, sayings: Sequence[Saying], arrival: Arrival, *, several: bool) -> Reply | None:
    """One message that says all of it; None where there is nothing to say.

    Of *several* parts each is named by its number; what was said of it begins with the letter's number already.
    """
    said = [one for one in sayings if one.words]
    if not said:
        return None
    if not several:
        return reply_to(letter, arrival, said[0].part, said[0].about, said[0].words)
    about = min((one.about for one in said), key=GRAVEST.index)
    if len(sayings) == 1:
        one = said[0]
        return reply_to(letter, arrival, one.part, about, _head(letter.number, one.part) + one.words)
    lines = [
        f"您的来信(登记编号 {shown(letter.number)})反映了{len(sayings)}件事,分别处理如下。",
        *(_head(letter.number, one.part) + (one.words or WAITS) for one in sayings),
    ]
    return reply_to(letter, arrival, 0, about, "\n".join(lines))


def words_of(reply: Reply, part: int) -> str:
    """What *reply* says of this part; empty where it says nothing of it."""
    head = _head(reply.number, part)
    if reply.part:
        return reply.text.removeprefix(head) if reply.part == part else ""
    lines = reply.text.splitlines()
    first = next((place for place, line in enumerate(lines) if line.startswith(head)), None)
    if first is None:
        return ""
    last = next((place for place in range(first + 1, len(lines)) if _HEAD.match(lines[place])), len(lines))
    return "\n".join(lines[first:last]).removeprefix(head)


def _head(number: str, part: int) -> str:
    return f"第{part}件(编号 {shown(number)}-{part}):"


def named(number: str, part: int, *, several: bool) -> str:
    """A number as it is told to its sender: with the part, where there are several."""
    return f"{number}-{part}" if several else number
