"""Personal data planted into real letters: how much is found, what is masked in untouched ones, and how fast.

    python bench/personal.py --letters 1500

One plant of each kind in each of so many letters, by a fixed seed, in the spellings that people use, at the end of a
clause. Of 500 untouched letters every mask was read by hand and judged; the verdicts lie by id and offset in
``judgement/masks.tsv``. A mask that nobody has judged counts as wrong and is printed by id.
"""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kit import Report, parser
from plants import SORTS, STAY
from realdata import letters, path_or_skip

from pipeline.text.mask import mask_contact
from pipeline.text.normalise import folded_anew
from pipeline.text.personal import find
from schemas.letter import Sender

SEED = 20
UNTOUCHED = 500
VERDICTS = Path(__file__).parent / "judgement" / "masks.tsv"
AT_LEAST = {
    "mobile": 1.0,
    "identity": 1.0,
    "card": 1.0,
    "email": 1.0,
    "plate": 1.0,
    "landline": 0.9,
    "name": 0.8,
}


def planted(texts: list[str], kind: str, seed: int = SEED) -> Iterator[tuple[str, int, int, str]]:
    """Each text with one plant of *kind*, where the plant lies, and what led to it."""
    chance = random.Random(f"{seed}-{kind}")
    for text in texts:
        lead, plant = chance.choice(SORTS[kind].leads), SORTS[kind].make(chance)
        cuts = [cut.end() for cut in re.finditer("[，。；！？]", text)] or [len(text)]
        at = chance.choice([*cuts, len(text)])
        lead = ("" if at == 0 or text[at - 1] in "，。；！？\n" else "。") + lead
        end = chance.choice(["，", "。", "，谢谢。", "；", "\n"])
        yield (
            text[:at] + lead + plant + end + text[at:],
            at + len(lead),
            at + len(lead) + len(plant),
            lead.lstrip("。"),
        )


@dataclass
class Recall:
    """How many of a kind's plants were found and, where it is the sender's own, how many an order hides."""

    planted: int = 0
    found: int = 0
    hidden: int = 0
    missed: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.found / self.planted


def recall(texts: list[str], kind: str) -> Recall:
    """Plants of *kind* in *texts*: a finding must cover the whole plant."""
    done = Recall()
    for text, start, end, lead in planted(texts, kind):
        done.planted += 1
        if any(each.start <= start and each.end >= end for each in find(text)):
            done.found += 1
        else:
            done.missed[lead + re.sub("[0-9０-９]", "9", text[start:end])] += 1
        done.hidden += text[start:end] not in mask_contact(text, Sender())
    return done


def places_masked(texts: list[str]) -> int:
    """How many places of a matter, cars and offices complained of were masked, one planted into each text."""
    chance = random.Random(SEED)
    lost = 0
    for text in texts:
        stay = chance.choice(STAY)
        cuts = [cut.end() for cut in re.finditer("[，。；！？]", text)] or [len(text)]
        at = chance.choice(cuts)
        lost += stay not in mask_contact(
            f"{text[:at]}反映{stay}扰民。{text[at:]}", Sender(name="钱小安", phone="13700001111")
        )
    return lost


@dataclass
class Masks:
    """Masks in untouched letters: how many in all, in how many letters a wrong or an unread one stands."""

    masks: int = 0
    letters: int = UNTOUCHED
    wrong: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def wrong_share(self) -> float:
        return len({each.partition(" ")[0] for each in (*self.wrong, *self.unread)}) / self.letters


def untouched(rows: list[dict[str, str]]) -> Masks:
    """What would be masked in 500 letters as they are, against the verdicts of a reader."""
    verdicts = (
        dict(line.rsplit("\t", 1) for line in VERDICTS.read_text().splitlines()[1:])
        if VERDICTS.exists()
        else {}
    )
    done = Masks()
    for row in random.Random(SEED).sample(rows, UNTOUCHED):
        for each in find(row["detail"]):
            if each.whose == "matter":
                continue
            done.masks += 1
            key = f"{row['id']}\t{each.start}\t{each.end}\t{each.kind}"
            verdict = verdicts.get(key)
            if verdict != "right":
                (done.wrong if verdict == "wrong" else done.unread).append(key.replace("\t", " "))
    return done


def speed_us(texts: list[str], work: Callable[[str], object]) -> float:
    """Processor time of *work* on a text, the best of five passes over all."""
    passes = []
    for _ in range(5):
        began = time.process_time()
        for text in texts:
            work(text)
        passes.append(time.process_time() - began)
    return min(passes) / len(texts) * 1e6


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=1500)
    options.add_argument(
        "--show", action="store_true", help="print the masks of the untouched letters with their surroundings"
    )
    asked = options.parse_args()
    path_or_skip("citizen", "messages.jsonl")
    rows = letters()
    if asked.show:
        show(rows)
        return 0
    report = Report("personal data planted into real letters", asked.json)
    texts = [row["detail"] for row in random.Random(SEED + 1).sample(rows, asked.letters)]
    for kind, least in AT_LEAST.items():
        done = recall(texts, kind)
        report.figure(f"{kind}: found", round(done.share, 4), at_least=least)
        report.say(
            f"    hidden in an order {done.hidden / done.planted:.3f}; missed {done.missed.most_common(6)}"
        )
    report.figure("places and things of the matter masked", places_masked(texts), at_most=0)
    masks = untouched(rows)
    report.figure("masks in 500 untouched letters", masks.masks)
    report.figure("letters of them with a wrong or unread mask", round(masks.wrong_share, 4), at_most=0.01)
    report.say(f"    wrong {masks.wrong}; unread {masks.unread}")
    report.figure(
        "finding, µs a letter (folding apart)",
        round(speed_us(texts, find) - speed_us(texts, folded_anew), 1),
        at_most=25,
    )
    return report.end()


def show(rows: list[dict[str, str]]) -> None:
    for row in random.Random(SEED).sample(rows, UNTOUCHED):
        text = row["detail"]
        for each in find(text):
            around = f"{text[max(0, each.start - 16) : each.start]}【{text[each.start : each.end]}】{text[each.end : each.end + 12]}"
            print(
                row["id"], each.start, each.end, each.kind, each.whose, re.sub(r"\s+", " ", around), sep="\t"
            )


if __name__ == "__main__":
    sys.exit(main())
