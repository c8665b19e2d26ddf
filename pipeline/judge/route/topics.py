"""What a matter is about: the best topic, the second best, and how sure. Said by a catalogue's cues or a trained model."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Guess:
    """*score*: how sure *best* is, 0 to 1; *second_score* of *second*. Empty names where nothing was found.

    *cues*: the words that spoke for *best*, strongest first; a trained model names none.
    """

    best: str
    score: float
    second: str = ""
    second_score: float = 0.0
    cues: tuple[str, ...] = ()


NOTHING = Guess("", 0.0)


class Topics(Protocol):
    """Whoever tells topics. The same subject and text always give the same guess."""

    def guess(self, subject: str, text: str) -> Guess:
        """The topics of a letter with folded *subject* and *text*."""
        ...
