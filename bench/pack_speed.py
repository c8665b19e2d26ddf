"""What one matter costs a pack of 2,000 phrases and 300 patterns: its clause, its answer, the units its words point to.

    python bench/pack_speed.py

The phrases are the unit directory's cues, the patterns the answers' questions, both cut out of the letters themselves, so
that they are found at least as often as a city's own would be. Letters: citizen/messages.jsonl below XINSHU_DATA. Processor time of one core, the median of several passes.
"""

import itertools
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

from kit import Report, parser
from realdata import path_or_skip

from pipeline.policies.catalogue import shared
from pipeline.policies.matter import Actor, Circumstances, Demand, Matter, Object
from pipeline.policies.model import Policy
from pipeline.policies.reading import city_pack
from pipeline.text.normalise import fold

PHRASES, PATTERNS = 2000, 300
COMMONEST = 1500  # left out: with them a text would hold more than forty
PASSES = 7
ON = date(2026, 3, 2)
US_MAX = 80.0


def letters(count: int) -> Iterator[str]:
    with path_or_skip("citizen", "messages.jsonl").open(encoding="utf-8") as lines:
        for line in itertools.islice(lines, count):
            yield json.loads(line)["detail"]


def phrases(texts: list[str]) -> list[str]:
    """Runs of two to four Chinese characters, as frequent in the texts as that each holds about twenty of them."""
    counts = Counter(
        text[at : at + size]
        for text in texts
        for size in (2, 3, 4)
        for at in range(0, len(text) - size, 3)
        if all("一" <= letter <= "龥" for letter in text[at : at + size])
    )
    ordered = [phrase for phrase, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    return ordered[COMMONEST : COMMONEST + PHRASES + 2 * PATTERNS]


def pack(words: list[str]) -> Policy:
    cues, ends = words[:PHRASES], words[PHRASES:]
    units = [
        {"unit": f"单位{at}", "cues": list(cues[at::50]), "status": "sample", "source": "样例"}
        for at in range(50)
    ]
    answers = [
        {
            "id": f"a{at}", "title": f"{at}", "asks": [f"{one}.{{0,12}}(?:{other}|怎么|哪里)"], "answer": "样例",
            "unit": "样例", "valid_until": "2027-12-31", "status": "sample", "source": "样例",
        }
        for at, (one, other) in enumerate(zip(ends[:PATTERNS], ends[PATTERNS:], strict=False))
    ]  # fmt: skip
    file = {
        "pack": "bench", "version": "1", "title": "样例", "source": {"title": "样例", "basis": "house"},
        "silence": "national_2025", "units": {"entries": units}, "answers": answers,
        "clauses": [{"code": "B1", "quote": "样例", "effect": "accept"}],
        "deadlines": [{"days": 5, "status": "sample", "source": "样例"}],
    }  # fmt: skip
    return city_pack(json.dumps(file, ensure_ascii=False), "bench.yaml", shared())


def matters(count: int) -> list[Matter]:
    fields = itertools.cycle(itertools.product(Demand, Actor, Object))
    return [Matter(*one) for one in itertools.islice(fields, 0, count * 7, 7)]


def us_each(work: Callable[[], None], count: int) -> float:
    spent = []
    for _ in range(PASSES):
        before = time.process_time_ns()
        work()
        spent.append((time.process_time_ns() - before) / 1000 / count)
    return round(statistics.median(spent), 1)


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=4000)
    asked = options.parse_args()
    report = Report("pack speed: clause, answer, units of 2,000 phrases and 300 patterns", asked.json)
    texts = [fold(text) for text in letters(asked.letters)]
    policy = pack(phrases(texts))
    read = matters(len(texts))
    about = Circumstances()

    def rule() -> None:
        for matter in read:
            policy.rule(matter, about)

    def answer() -> None:
        for text in texts:
            policy.answer(text, ON, demo=True)

    def units() -> None:
        for text in texts:
            policy.units.pointed_at(text)

    hits = sum(len(cues) for text in texts for cues in policy.units.pointed_at(text).values())
    report.figure("letters", len(texts))
    report.figure("characters_each", round(statistics.mean(map(len, texts))))
    report.figure("phrases_found_each", round(hits / len(texts), 1))
    parts = {
        "rule_us": us_each(rule, len(read)),
        "answer_us": us_each(answer, len(texts)),
        "units_us": us_each(units, len(texts)),
    }
    for name, value in parts.items():
        report.figure(name, value)
    report.figure("pack_us", round(sum(parts.values()), 1), at_most=US_MAX)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
