"""Judgement: every figure that is asked of it, quality and speed side by side, in one table with a plot each.

    python bench/judgement.py
    python bench/judgement.py --only scope --only people
    python bench/judgement.py --long

A figure whose data or code is not here is skipped and says why. Plots lie in var/bench/judgement, the figures as JSON
beside them. Real letters and cases are read where XINSHU_DATA points and are printed by id only.
"""

import dataclasses
import json
import sys
import time
from typing import Any

import matplotlib as mpl
from figures import cost, data_of_people, kinds, letters, scope, topics_learnt, twisted
from figures.base import Figure, Row
from figures.others import Bench
from kit import ROOT, machine, parser
from realdata import Absent

mpl.use("Agg")
from matplotlib import pyplot as plt

PLACE = ROOT / "var" / "bench" / "judgement"
FIGURES: dict[str, Any] = {
    "scope": scope,
    "letters": letters,
    "twisted": twisted,
    "same": Bench("The same matter: pairs and incidents", "same_matter.py"),
    "topics": topics_learnt,
    "kinds": kinds,
    "people": data_of_people,
    "cost": cost,
    "pack": Bench("A pack of 2,000 phrases and 300 patterns", "pack_speed.py"),
    "desk": Bench("The desk with transactions, one core", "desk_alone.py", long=True),
    "window": Bench("Five million letters remembered", "window.py", long=True),
}
MARKS = {True: "met", False: "MISSED", None: ""}


def main() -> int:
    """1 where a figure misses what is asked of it."""
    options = parser(__doc__ or "")
    options.add_argument("--only", action="append", choices=FIGURES, help="this figure; may be given again")
    options.add_argument(
        "--long", action="store_true", help="also what takes many minutes: the desk, the window"
    )
    options.add_argument("--pack", default="chengdu", help="the pack that the real letters are judged by")
    options.add_argument(
        "--letters", type=int, default=0, help="only the first so many real letters (0: all)"
    )
    asked = options.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    table: list[Row] = []
    told: dict[str, Any] = {"machine": machine()}
    for name in asked.only or FIGURES:
        began = time.perf_counter()
        try:
            done = FIGURES[name].measure(asked)
        except Absent as error:
            _say(asked.json, f"{name}: skipped, {error}")
            told[name] = {"skipped": str(error)}
            continue
        found = FIGURES[name].rows(done)
        table += found
        _plot(name, FIGURES[name], done)
        told[name] = {**dataclasses.asdict(done), "rows": [dataclasses.asdict(row) for row in found]}
        _say(asked.json, f"{name}: measured in {time.perf_counter() - began:.0f} s")
    if not asked.json:
        _print(table)
        _print_ids(told)
    told.get("cost", {}).pop("times_us", None)
    (PLACE / "figures.json").write_text(json.dumps(told, ensure_ascii=False, indent=1))
    print(
        json.dumps(told, ensure_ascii=False)
        if asked.json
        else f"Plots and figures.json: {PLACE.relative_to(ROOT)}"
    )
    return int(any(row.met is False for row in table))


def _say(as_json: bool, text: str) -> None:
    if not as_json:
        print(text, flush=True)


def _print(table: list[Row]) -> None:
    width = max((len(row.what) for row in table), default=0)
    print(f"\n{'what':<{width}}  {'asked':<18}  {'measured':<26}  verdict")
    for row in table:
        print(f"{row.what:<{width}}  {row.asked:<18}  {row.measured:<26}  {MARKS[row.met]}")


def _print_ids(told: dict[str, Any]) -> None:
    """Ids of the letters that a reader has to see."""
    for kind, ids in told.get("letters", {}).get("ids", {}).items():
        print(f"\n{len(ids)} letters with {kind}, to be read:\n{' '.join(ids)}")
    for code, count in told.get("letters", {}).get("codes", ()):
        print(f"{count:>6} letters: {code}")
    wrong = told.get("scope", {}).get("whole", {}).get("wrong", ())
    if wrong:
        print(f"\nscope rows decided otherwise: {'; '.join(wrong)}")
    changed = told.get("twisted", {}).get("changed", ())
    if changed:
        print(f"\ntwisted letters decided otherwise (first 40 of {len(changed)}): {'; '.join(changed[:40])}")
    print()


def _plot(name: str, figure: Figure, done: Any) -> None:
    shape, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    figure.draw(done, axes)
    axes.set_title(figure.TITLE, fontsize=11)
    axes.grid(axis="x", alpha=0.3)
    shape.savefig(PLACE / f"{name}.png", dpi=110)
    plt.close(shape)


if __name__ == "__main__":
    sys.exit(main())
