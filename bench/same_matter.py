"""How well letters are known to be about one matter: pairs and incidents judged by hand, and links to read.

    python bench/same_matter.py

Pairs (218): F1 with the threshold found by cross-validation (of ten parts, nine choose it), once with the weights as they
are and once with weights fitted anew on the nine parts, the incidents they do not touch and ``same_matter/read.tsv``
(pairs of ids that we read and judged): the second figure is what other pairs can expect.

Incidents: all letters in the order of time, each linked to the best earlier one at ``SURE``, in a window of 90 days as the
line has it, and in one of ten years. A link touches a labelled letter; it is right where both are of one incident. Letters
that nobody labelled but whose text is a copy of a labelled one are counted twice: as wrong, and as what they copy.

Beside them letters of our own writing, mostly short, by an author who knew nothing of how they are compared
(``same_matter/told_apart``): of the pairs linked unasked the share that is one matter, and how many of one matter are
linked, are asked about, or neither. What was wrong there has taught since: letters never seen do worse.

And real pairs read afterwards (``same_matter/afterwards.tsv``: ids, drawn over all degrees of likeness, no copies), from
which nothing was ever learnt: what pairs never seen can expect.
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kit import Report, parser
from realdata import Absent, path

from pipeline.cli.letters_file import Line, lines
from pipeline.judge.relate import DOUBTFUL, SURE, Index, Trace, trace_of
from pipeline.judge.relate.minhash import jaccard
from pipeline.judge.relate.pairs import Pairs
from schemas.letter import Letter

F1_MIN, CALLED_SAME_MAX = 0.94, 3
PRECISION_MIN, JOINED_MIN, MEAN_MIN = 0.97, 0.80, 0.75
FOLDS = 10
COPY_TEXT = 0.85
DAY_S = 86_400
OWN = Path(__file__).with_name("same_matter")
READ = OWN / "read.tsv"
AFTERWARDS = OWN / "afterwards.tsv"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Letters by name in the order of time, those without a time first; pairs and incidents as labelled."""

    letters: dict[str, Letter]
    timed: tuple[str, ...]
    pairs: tuple[tuple[str, str, bool], ...]
    incidents: dict[str, str]


@dataclass(frozen=True, slots=True)
class PairsQuality:
    """*called_same*: pairs of two matters called one, of *not_same*."""

    f1: float
    called_same: int
    not_same: int
    threshold: float


@dataclass(frozen=True, slots=True)
class IncidentsQuality:
    """Shares; *first_wrong*: first reports that were joined to something; *unlabelled*: links of no labelled letter."""

    links: int
    precision: float
    precision_with_copies: float
    joined: float
    mean_joined: float
    first_wrong: int
    unlabelled: tuple[tuple[str, str, float, str], ...]


def labelled(data: Path) -> Labelled:
    """The labelled letters under *data* (``citizen/``)."""
    letters: dict[str, Letter] = {}
    timed = []
    with (data / "messages.jsonl").open("rb") as source:
        for _, line in lines(_renamed(row) for row in source):
            assert isinstance(line, Line), line
            letters[line.id] = line.letter(NOW)
            if line.received_at is not None:
                timed.append((letters[line.id].received_at, line.id))
    with (data / "incident_clusters.tsv").open(encoding="utf-8", newline="") as source:
        incidents = {row["id"]: row["incident"] for row in csv.DictReader(source, delimiter="\t")}
    return Labelled(
        letters, tuple(name for _, name in sorted(timed)), tuple(judged(data / "dedup_pairs.tsv")), incidents
    )


def _renamed(row: bytes) -> bytes:
    """The contest's field names as ours."""
    said = json.loads(row)
    ours = {"id": said["id"], "subject": said.get("subject", ""), "text": said.get("detail", "")}
    if said.get("user"):
        ours["sender"] = said["user"]
    if said.get("time"):
        ours["received_at"] = said["time"]
    return json.dumps(ours).encode()


def judged(path: Path) -> list[tuple[str, str, bool]]:
    """Pairs of ids with their label."""
    with path.open(encoding="utf-8", newline="") as source:
        return [
            (row["id_a"], row["id_b"], row["label"] == "same")
            for row in csv.DictReader(source, delimiter="\t")
        ]


def own(report: Report, name: str) -> None:
    """The figures of one set of our own letters."""
    with (OWN / f"{name}.jsonl").open("rb") as source:
        said = [line for _, line in lines(source)]
    compared = Pairs.of({line.id: trace_of(line.letter(NOW)) for line in said if isinstance(line, Line)})
    apart(report, name, compared, judged(OWN / f"{name}.tsv"))


def apart(report: Report, name: str, compared: Pairs, pairs: list[tuple[str, str, bool]]) -> None:
    """What becomes of *pairs* that the thresholds were not chosen on."""
    linked, asked, right, found = 0, 0, 0, 0
    for one, other, same in pairs:
        value = compared.compare(one, other).score
        linked += value >= SURE
        right += value >= SURE and same
        asked += DOUBTFUL <= value < SURE
        found += value >= DOUBTFUL and same
    count = sum(same for *_, same in pairs)
    report.figure(f"{name}_pairs", len(pairs))
    report.figure(f"{name}_precision", round(right / max(1, linked), 3))
    report.figure(f"{name}_linked_of_same", round(right / count, 3))
    report.figure(f"{name}_linked_or_asked_of_same", round(found / count, 3))
    report.figure(f"{name}_asked", asked)


def traced(known: Labelled) -> dict[str, Trace]:
    return {name: trace_of(letter) for name, letter in known.letters.items()}


def pairs_quality(known: Labelled, traces: dict[str, Trace]) -> PairsQuality:
    """F1 of the pairs, the threshold chosen on other pairs than those it is tried on."""
    compared = Pairs.of(traces)
    scores = [compared.compare(one, other).score for one, other, _ in known.pairs]
    return cross_validated(scores, [same for *_, same in known.pairs])


def cross_validated(scores: Sequence[float], same: Sequence[bool]) -> PairsQuality:
    """Each tenth judged by the threshold that was best on the other nine; *threshold* is the mean of the ten."""
    called = [False] * len(scores)
    thresholds = []
    for fold in range(FOLDS):
        others = [place for place in range(len(scores)) if place % FOLDS != fold]
        threshold = max((round(step / 100, 2) for step in range(30, 96)), key=lambda at: (
            _f1([scores[place] >= at for place in others], [same[place] for place in others]), at))  # fmt: skip
        thresholds.append(threshold)
        for place in range(fold, len(scores), FOLDS):
            called[place] = scores[place] >= threshold
    wrong = sum(said and not true for said, true in zip(called, same, strict=True))
    return PairsQuality(_f1(called, same), wrong, sum(not true for true in same),
                        sum(thresholds) / FOLDS)  # fmt: skip


def _f1(called: Sequence[bool], same: Sequence[bool]) -> float:
    right = sum(said and true for said, true in zip(called, same, strict=True))
    return 2 * right / max(1, sum(called) + sum(same))


def incidents_quality(known: Labelled, traces: dict[str, Trace], window_s: int) -> IncidentsQuality:
    """Every letter in the order of time against those before it."""
    index = Index(window_s=window_s, rows_max=len(known.timed))
    name_of = {known.letters[name].id: name for name in known.timed}
    links: list[tuple[str, str, float, str]] = []
    for name in known.timed:
        letter, trace = known.letters[name], traces[name]
        at = int(letter.received_at.timestamp())
        found = next(iter(index.candidates(trace, at)), None)
        if found is not None and found.score >= SURE:
            links.append((name, name_of[found.letter_id], found.score, found.why))
        index.add(letter.id, at, trace)
    return _judged_links(known, traces, links)


def _judged_links(
    known: Labelled, traces: dict[str, Trace], links: list[tuple[str, str, float, str]]
) -> IncidentsQuality:
    incident = known.incidents
    copies = _copies(known, traces, links)
    touching = [(one, other) for one, other, *_ in links if one in incident or other in incident]
    strict = sum(incident.get(one) == incident.get(other) for one, other in touching)
    read = {**copies, **incident}
    kind = sum(read.get(one) == read.get(other) for one, other in touching)
    linked_to = {one: other for one, other, *_ in links}
    joined: dict[str, list[bool]] = defaultdict(list)
    seen: set[str] = set()
    first_wrong = 0
    for name in known.timed:
        if (mine := incident.get(name)) is None:
            continue
        to = read.get(linked_to.get(name, ""))
        if mine in seen:
            joined[mine].append(to == mine)
        else:
            first_wrong += name in linked_to
        seen.add(mine)
    every = [one for each in joined.values() for one in each]
    return IncidentsQuality(
        links=len(touching),
        precision=strict / max(1, len(touching)),
        precision_with_copies=kind / max(1, len(touching)),
        joined=sum(every) / len(every),
        mean_joined=sum(sum(each) / len(each) for each in joined.values()) / len(joined),
        first_wrong=first_wrong,
        unlabelled=tuple(link for link in links if link[0] not in incident and link[1] not in incident),
    )


def _copies(
    known: Labelled, traces: dict[str, Trace], links: list[tuple[str, str, float, str]]
) -> dict[str, str]:
    """Letters that nobody labelled, linked to a labelled one whose text they copy: its incident."""
    found = {}
    for one, other, *_ in links:
        for name, labelled_one in ((one, other), (other, one)):
            if name not in known.incidents and labelled_one in known.incidents:
                alike = jaccard(traces[name].signature, traces[labelled_one].signature)
                if alike >= COPY_TEXT:
                    found[name] = known.incidents[labelled_one]
    return found


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument(
        "--refit", action="store_true", help="fit the weights anew in each part too: takes a minute"
    )
    asked = options.parse_args()
    report = Report("same matter: pairs and incidents", asked.json)
    for name in sorted(place.stem for place in OWN.glob("*.jsonl")):
        own(report, name)
    try:
        known = labelled(path("citizen"))
    except Absent as absent:
        report.say(f"left out: {absent}")
        return report.end()
    traces = traced(known)
    apart(report, "afterwards", Pairs.of(traces), judged(AFTERWARDS))
    pairs = pairs_quality(known, traces)
    report.figure("pairs", len(known.pairs))
    report.figure("pairs_f1", round(pairs.f1, 3), at_least=F1_MIN)
    report.figure("not_same_called_same", pairs.called_same, at_most=CALLED_SAME_MAX)
    report.figure("threshold_of_the_line", SURE)
    report.figure("threshold_mean", round(pairs.threshold, 2))
    if asked.refit:
        from same_matter_fit import refitted

        again = refitted(known, traces, judged(READ))
        report.figure("pairs_f1_weights_too", round(again.f1, 3), at_least=F1_MIN)
        report.figure("not_same_called_same_weights_too", again.called_same, at_most=CALLED_SAME_MAX)
    found = incidents_quality(known, traces, 90 * DAY_S)
    report.figure("links", found.links)
    report.figure("link_precision", round(found.precision, 3))
    report.figure("link_precision_copies_read", round(found.precision_with_copies, 3), at_least=PRECISION_MIN)
    report.figure("later_reports_joined", round(found.joined, 3), at_least=JOINED_MIN)
    report.figure("joined_mean_of_incidents", round(found.mean_joined, 3), at_least=MEAN_MIN)
    report.figure("first_reports_wrongly_joined", found.first_wrong, at_most=0)
    long = incidents_quality(known, traces, 3650 * DAY_S)
    report.figure("ten_years_link_precision_copies_read", round(long.precision_with_copies, 3))
    report.figure("ten_years_later_reports_joined", round(long.joined, 3))
    report.figure("ten_years_first_reports_wrongly_joined", long.first_wrong)
    report.say("40 of the links between letters without label, one in so many, by id:")
    step = max(1, len(found.unlabelled) // 40)
    for one, other, score, why in found.unlabelled[::step][:40]:
        report.say(f"  {one}  {other}  {score:.2f}  {why}")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
