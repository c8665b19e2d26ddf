"""Topics: five folds over the labelled letters, the learning curve, and what a guess costs.

Letters with the same words (blanks apart) lie in one fold: nothing is learnt from a copy of what is asked.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import kit
from realdata import letters, path_or_skip

from pipeline.judge.route.topics import Guess
from pipeline.judge.route.training import Example, train
from pipeline.text.normalise import fold

FOLDS = 5
CURVE = (100, 300, 1000, 2000)
MACRO_F1_MIN, MACRO_F1_AIM, FIRST_TWO_MIN = 0.88, 0.92, 0.97


@dataclass(frozen=True, slots=True)
class TopicScore:
    """What one label got: precision, recall, F1, how many letters have it."""

    label: str
    precision: float
    recall: float
    f1: float
    letters: int


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """Over letters that were not learnt from. *confusion*: (label, guessed, letters), without the right ones.

    *sure*: (at least this sure, share of letters, share right).
    """

    letters: int
    macro_f1: float
    accuracy: float
    first_two: float
    per_label: tuple[TopicScore, ...]
    confusion: tuple[tuple[str, str, int], ...]
    sure: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The learning curve: macro-F1 on the held-out fold after so many letters."""

    letters: int
    macro_f1: float
    first_two: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Microseconds of CPU: a guess, mean; and a whole training in seconds."""

    guess_us: float
    train_s: float
    model_bytes: int


def examples(rows: Iterable[dict[str, Any]]) -> list[Example]:
    """The labelled letters among *rows* of ``citizen/messages.jsonl``, in their order."""
    return [
        Example(fold(row["subject"]), fold(row["detail"]), row["label"]) for row in rows if row.get("label")
    ]


def folds(letters: Sequence[Example], count: int = FOLDS) -> list[list[int]]:
    """Places of *letters*, dealt out label by label in their order; equal words stay together."""
    dealt: list[list[int]] = [[] for _ in range(count)]
    seen: dict[str, int] = {}
    turn: Counter[str] = Counter()
    for place, letter in enumerate(letters):
        words = "".join(letter.text.split())
        if words not in seen:
            seen[words] = turn[letter.label] % count
            turn[letter.label] += 1
        dealt[seen[words]].append(place)
    return dealt


def cross_validated(letters: Sequence[Example], count: int = FOLDS) -> TopicFigures:
    """Each fold guessed by a model of the others."""
    dealt = folds(letters, count)
    guesses: dict[int, Guess] = {}
    for held in dealt:
        away = set(held)
        model = train([letter for place, letter in enumerate(letters) if place not in away])
        guesses |= {place: model.guess(letters[place].subject, letters[place].text) for place in held}
    return figures([letter.label for letter in letters], [guesses[place] for place in range(len(letters))])


def figures(labels: Sequence[str], guesses: Sequence[Guess]) -> TopicFigures:
    """How well *guesses* meet *labels*."""
    pairs = Counter(zip(labels, (guess.best for guess in guesses), strict=True))
    per_label = tuple(_score(label, pairs) for label in sorted(set(labels)))
    right = [label == guess.best for label, guess in zip(labels, guesses, strict=True)]
    first_two = [label in {guess.best, guess.second} for label, guess in zip(labels, guesses, strict=True)]
    confusion = sorted(((a, b, n) for (a, b), n in pairs.items() if a != b), key=lambda row: (-row[2], row))
    return TopicFigures(
        letters=len(labels),
        macro_f1=_mean([score.f1 for score in per_label]),
        accuracy=_mean(right),
        first_two=_mean(first_two),
        per_label=per_label,
        confusion=tuple(confusion),
        sure=tuple(_sure(level, right, guesses) for level in (0.5, 0.7, 0.9)),
    )


def learning_curve(letters: Sequence[Example], sizes: Sequence[int] = CURVE) -> list[Point]:
    """The first fold held out; of the others the first so many letters, evenly over the file."""
    held = folds(letters)[0]
    away = set(held)
    rest = [letter for place, letter in enumerate(letters) if place not in away]
    points = []
    for size in (*[size for size in sizes if size < len(rest)], len(rest)):
        model = train([rest[place * len(rest) // size] for place in range(size)])
        guesses = [model.guess(letters[place].subject, letters[place].text) for place in held]
        measured = figures([letters[place].label for place in held], guesses)
        points.append(Point(size, measured.macro_f1, measured.first_two))
    return points


def speed(letters: Sequence[Example]) -> Speed:
    """Trained on all, asked for each."""
    began = time.process_time()
    model = train(letters)
    trained = time.process_time()
    for letter in letters:
        model.guess(letter.subject, letter.text)
    asked = time.process_time()
    return Speed((asked - trained) / len(letters) * 1e6, trained - began, len(model.encode()))


def _score(label: str, pairs: Counter[tuple[str, str]]) -> TopicScore:
    hit = pairs[label, label]
    said = sum(count for (_, guessed), count in pairs.items() if guessed == label)
    meant = sum(count for (wanted, _), count in pairs.items() if wanted == label)
    return TopicScore(label, hit / max(1, said), hit / max(1, meant), 2 * hit / max(1, said + meant), meant)


def _sure(level: float, right: Sequence[bool], guesses: Sequence[Guess]) -> tuple[float, float, float]:
    kept = [good for good, guess in zip(right, guesses, strict=True) if guess.score >= level]
    return level, len(kept) / len(right), _mean(kept)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _lines(measured: TopicFigures, curve: Sequence[Point], cost: Speed) -> Iterator[str]:
    yield f"{measured.letters} labelled letters, {FOLDS} folds, copies in one fold"
    yield f"macro-F1           {measured.macro_f1:.3f}   at least {MACRO_F1_MIN}, aim {MACRO_F1_AIM}"
    yield f"right in first two {measured.first_two:.3f}   at least {FIRST_TWO_MIN}"
    yield f"right              {measured.accuracy:.3f}"
    for score in measured.per_label:
        yield f"  {score.label}  P {score.precision:.2f}  R {score.recall:.2f}  F1 {score.f1:.2f}  ({score.letters})"
    yield "most confused: " + ", ".join(f"{a}→{b} {n}" for a, b, n in measured.confusion[:6])
    for level, share, right in measured.sure:
        yield f"sure ≥ {level}: {share:.0%} of letters, {right:.1%} right"
    yield "learning curve: " + ", ".join(f"{point.letters} → {point.macro_f1:.2f}" for point in curve)
    yield f"a guess {cost.guess_us:.0f} µs, training {cost.train_s:.1f} s, model {cost.model_bytes / 1e6:.1f} MB"


def main() -> None:
    options = kit.parser(__doc__ or "").parse_args()
    path_or_skip("citizen", "messages.jsonl")
    labelled = examples(letters())
    measured, curve, cost = cross_validated(labelled), learning_curve(labelled), speed(labelled)
    if not options.json:
        print("\n".join(_lines(measured, curve, cost)))
    machine = kit.machine()
    print(
        json.dumps(
            {"topics": asdict(replace(measured, confusion=measured.confusion[:10])), "curve": [asdict(p) for p in curve],
             "speed": asdict(cost), "machine": machine},
            ensure_ascii=False,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
