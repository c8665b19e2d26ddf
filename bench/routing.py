"""Routing over the 9,611 real letters: kinds against hand labels, the share that only the fallback unit gets, the cost.

``judgement/kinds.tsv`` holds 200 ids, every 48th letter, each labelled by reading it. The units are the sample directory.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import kit
from realdata import letters, path_or_skip

from pipeline.judge.judgement import CityFacts
from pipeline.judge.reading.reader import read
from pipeline.judge.route.kind import kind_of
from pipeline.judge.route.route import route
from pipeline.policies.matter import Demand, Matter
from pipeline.policies.model import packaged
from pipeline.text.normalise import fold
from schemas.letter import Said

KINDS = Path(__file__).with_name("judgement") / "kinds.tsv"
CITY = CityFacts("甲市", "总值班室", ZoneInfo("Asia/Shanghai"), "110、119、120", "12345")
PACK = "generic"


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Against the hand labels. *macro_f1*: over the kinds that five letters or more have. *confusion*: (label, told, letters)."""

    letters: int
    macro_f1: float
    accuracy: float
    f1: tuple[tuple[str, float, int], ...]
    confusion: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """Over all letters, read without the matter's reading. *route_us*: CPU a letter, mean and 99th percentile."""

    letters: int
    only_fallback: float
    no_topic: float
    urgency: dict[str, float]
    kinds: dict[str, float]
    route_us: float
    route_p99_us: float


def by_id() -> dict[str, Said]:
    """Id → letter, in the file's order."""
    return {row["id"]: Said(subject=row["subject"], text=row["detail"]) for row in letters()}


def kinds(said: dict[str, Said], labelled: Path = KINDS) -> KindFigures:
    """Labels against what the line says of a letter's first matter."""
    rows = [line.split("\t") for line in labelled.read_text("utf-8").splitlines()[1:]]
    pairs = Counter((kind, _told(said[one])) for one, kind in rows)
    f1 = [(kind, *_f1(kind, pairs)) for kind in sorted({kind for _, kind in rows})]
    counted = [score for _, score, count in f1 if count >= 5]
    right = sum(count for (kind, told), count in pairs.items() if kind == told)
    confusion = sorted(((a, b, n) for (a, b), n in pairs.items() if a != b), key=lambda row: (-row[2], row))
    return KindFigures(len(rows), sum(counted) / len(counted), right / len(rows), tuple(f1), tuple(confusion))


def routes(said: Sequence[Said], pack: str = PACK) -> RouteFigures:
    """Every letter routed as a matter to be handled, by the sample directory."""
    policy, matter = packaged(pack), Matter(Demand.HANDLE)
    texts = [fold(letter.text) for letter in said]
    for letter, text in zip(said[:500], texts[:500], strict=True):
        route(letter, text, matter, policy, CITY)  # tables are built
    costs, told = [], []
    for letter, text in zip(said, texts, strict=True):
        began = time.process_time_ns()
        told.append(route(letter, text, matter, policy, CITY))
        costs.append((time.process_time_ns() - began) / 1000)
    count = len(told)
    return RouteFigures(
        letters=count,
        only_fallback=sum(all(unit.score == 0 for unit in one.units) for one in told) / count,
        no_topic=sum(not one.topic for one in told) / count,
        urgency={name: n / count for name, n in sorted(Counter(one.urgency for one in told).items())},
        kinds={name: n / count for name, n in sorted(Counter(one.appeal for one in told).items())},
        route_us=sum(costs) / count,
        route_p99_us=kit.percentile(costs, 0.99),
    )


def _told(letter: Said) -> str:
    return kind_of(fold(letter.subject), fold(letter.text), read(letter).pieces[0].matter)


def _f1(kind: str, pairs: Counter[tuple[str, str]]) -> tuple[float, int]:
    meant = sum(count for (label, _), count in pairs.items() if label == kind)
    told = sum(count for (_, guessed), count in pairs.items() if guessed == kind)
    return 2 * pairs[kind, kind] / max(1, meant + told), meant


def _lines(by_hand: KindFigures, routed: RouteFigures) -> Iterator[str]:
    yield f"kinds: {by_hand.letters} letters labelled by hand, macro-F1 {by_hand.macro_f1:.3f}, right {by_hand.accuracy:.3f}"
    for kind, f1, count in by_hand.f1:
        yield f"  {kind}  F1 {f1:.2f}  ({count})"
    yield "  most confused: " + ", ".join(f"{a}→{b} {n}" for a, b, n in by_hand.confusion[:5])
    yield f"{routed.letters} letters by the sample directory"
    yield f"only the fallback unit: {routed.only_fallback:.1%}; no topic: {routed.no_topic:.1%}"
    yield "urgency: " + ", ".join(f"{name} {share:.1%}" for name, share in routed.urgency.items())
    yield "kinds: " + ", ".join(f"{name} {share:.1%}" for name, share in routed.kinds.items())
    yield f"a letter {routed.route_us:.0f} µs, p99 {routed.route_p99_us:.0f} µs"


def main() -> None:
    options = kit.parser(__doc__ or "").parse_args()
    path_or_skip("citizen", "messages.jsonl")
    said = by_id()
    by_hand, routed = kinds(said), routes(list(said.values()))
    if not options.json:
        print("\n".join(_lines(by_hand, routed)))
    print(
        json.dumps(
            {"kinds": asdict(by_hand), "routes": asdict(routed), "machine": kit.machine()}, ensure_ascii=False
        )
    )


if __name__ == "__main__":
    main()
