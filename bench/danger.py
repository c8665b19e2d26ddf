"""What is learnt of danger from letters of our own writing: how many it finds of letters it never saw, what it learns from more.

    python bench/danger.py            # figures, with plots beside them
    python bench/danger.py --write    # and the tables that ``pipeline.judge.danger`` serves

``danger/*.tsv``: a label (no, danger, self_harm, threat) and a text a line; every file by another author about another
field, and each is judged by what the other files teach. What a file says more than once counts as often. What was never
used for learning lies in ``tests/pipeline/judge/danger/unseen.tsv``; three of its five authors' letters helped to choose the
threshold.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import realdata
from kit import ROOT, Report, parser
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from pipeline.judge.danger import danger, danger_of, learnt
from pipeline.judge.danger.training import Example, fit
from schemas.letter import Said

LETTERS = Path(__file__).with_name("danger")
UNSEEN = ROOT / "tests" / "pipeline" / "judge" / "danger" / "unseen.tsv"
TABLES = Path(learnt.__file__).with_name("learnt.npz")
STEPS = (16, 8, 4, 2, 1)
FOUND_MIN, FALSE_MAX, REAL_MAX = 0.9, 0.06, 0.015


def read(path: Path) -> list[Example]:
    return [Example.read(line) for line in path.read_text("utf-8").splitlines()]


def scores(tables: learnt.Tables, texts: Sequence[str]) -> NDArray[np.float64]:
    """How alarming each text is; ``learnt.ENOUGH`` and more alarms."""
    return np.array([learnt.Heard(text, tables).score for text in texts])


def found(tables: learnt.Tables, examples: Sequence[Example]) -> tuple[float, float]:
    """Which share of the dangers alarms, and which of everything else."""
    alarms = scores(tables, [example.text for example in examples]) >= learnt.ENOUGH
    dangers = np.array([example.is_danger for example in examples])
    # A file may tell of no danger at all.
    return float(alarms[dangers].sum() / max(1, dangers.sum())), float(alarms[~dangers].mean())


def by_others(files: dict[str, list[Example]]) -> Iterator[tuple[str, float, float]]:
    """Each file's letters, asked of tables that the other files taught."""
    for name, examples in files.items():
        others = [example for other, kept in files.items() if other != name for example in kept]
        yield name, *found(fit(others), examples)


def curve(letters: Sequence[Example], unseen: Sequence[Example]) -> list[tuple[int, float, float]]:
    """What every eighth, fourth, … letter teaches: how many were learnt from, dangers found, false alarms."""
    parts = [letters[::step] for step in STEPS]
    return [(len(part), *found(fit(part), unseen)) for part in parts]


def kinds(tables: learnt.Tables, examples: Sequence[Example]) -> float:
    """Of the dangers which share is told as the kind it is."""
    dangers = [example for example in examples if example.is_danger]
    return sum(learnt.Heard(example.text, tables).kind == example.label for example in dangers) / len(dangers)


def draw(points: Sequence[tuple[int, float, float]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    learnt_from = [letters for letters, _, _ in points]
    axes.plot(learnt_from, [found for _, found, _ in points], marker="o", label="dangers found")
    axes.plot(
        learnt_from, [false for _, _, false in points], marker="s", label="false alarms among near misses"
    )
    axes.set_xlabel("letters learnt from")
    axes.set_ylabel("share of letters never seen")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def as_the_line_does() -> tuple[float, float]:
    """Of the letters never seen, which dangers and which others alarm: served tables and plain cues together."""
    rows = [line.partition("\t") for line in UNSEEN.read_text("utf-8").splitlines()]
    alarms = {True: [danger(text) is not None for label, _, text in rows if label != "no"],
              False: [danger(text) is not None for label, _, text in rows if label == "no"]}  # fmt: skip
    return float(np.mean(alarms[True])), float(np.mean(alarms[False]))


def real_letters(report: Report) -> None:
    """How many of the real letters alarm, and what asking costs."""
    try:
        asked = [Said(subject=row["subject"][:1000], text=row["detail"]) for row in realdata.letters()]
    except realdata.Absent as absent:
        report.say(f"left out: {absent}")
        return
    began = time.process_time()
    alarms = sum(danger_of(letter) is not None for letter in asked)
    spent = time.process_time() - began
    report.figure("real letters", len(asked))
    report.figure("alarms among them", round(alarms / len(asked), 4), at_most=REAL_MAX)
    report.figure("µs a letter, plain writing included", round(spent / len(asked) * 1e6, 1))


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--write", action="store_true", help="write the tables that are served")
    asked = options.parse_args()
    report = Report("danger: what is learnt from letters of our own", asked.json)
    files = {path.stem: read(path) for path in sorted(LETTERS.glob("*.tsv"))}
    letters = [example for examples in files.values() for example in examples]
    unseen = read(UNSEEN)
    report.figure("letters learnt from", len(letters))
    report.figure("dangers among them", sum(example.is_danger for example in letters))
    tables = fit(letters)
    if asked.write:
        TABLES.write_bytes(learnt.encode(tables))
        report.say(f"written: {TABLES.relative_to(ROOT)}, {TABLES.stat().st_size} bytes")
    for name, dangers, others in by_others(files):
        if any(example.is_danger for example in files[name]):
            report.figure(f"found, taught by the other files ({name})", round(dangers, 3))
        report.figure(f"false alarms ({name})", round(others, 3))
    dangers, others = found(tables, unseen)
    report.figure("letters never seen", len(unseen))
    report.figure("dangers found by what was learnt alone", round(dangers, 3))
    report.figure("false alarms by it alone", round(others, 3))
    report.figure("kind told right", round(kinds(tables, unseen), 3))
    dangers, others = as_the_line_does()
    report.figure("dangers found", round(dangers, 3), at_least=FOUND_MIN)
    report.figure("false alarms among near misses", round(others, 3), at_most=FALSE_MAX)
    real_letters(report)
    points = curve(letters, unseen)
    plot = ROOT / "var" / "bench" / "danger.png"
    plot.parent.mkdir(parents=True, exist_ok=True)
    draw(points, plot)
    report.say(f"learning curve: {points} ({plot.relative_to(ROOT)})")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
