"""How the weights of ``pipeline/judge/relate/score.py`` were found, and what they are worth on letters they were not fitted on.

    python bench/same_matter_fit.py          # prints weights to round and write down

A logistic regression whose weights may not have the wrong sign, on the pairs labelled by hand, on those of
``same_matter/read.tsv``, and on every labelled report beside the earlier letters that share a key with it. A pair weighs
ten times a neighbour, of which there are many.
"""

import sys
from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
from realdata import path_or_skip
from same_matter import FOLDS, READ, Labelled, PairsQuality, cross_validated, judged, labelled, traced
from scipy.optimize import minimize

from pipeline.judge.relate import Trace, score
from pipeline.judge.relate.likeness import Likeness
from pipeline.judge.relate.pairs import Pairs
from pipeline.judge.relate.trace import NAME_SHIFT
from pipeline.text.place_keys import Kind

PAIR_WEIGHT = 10.0
RIDGE = 1.0
AGAINST = ("own_topic", "other_place", "other_district")
Row = dict[str, float]


def features(like: Likeness, *, prolific: bool) -> Row:
    """What the score sees of one comparison: the parts of ``score`` with their regimes."""
    named: Row = {**like.where._asdict(), **like.told._asdict()}
    narrow, near = like.where.narrow, like.where.place_near
    made = {f"at {name}": named[name] * narrow for name in score.AT_PLACE}
    made |= {f"in {name}": named[name] * (near - narrow) for name in score.IN_AREA}
    made |= {f"else {name}": named[name] * (1 - near) for name in score.ELSEWHERE}
    made |= {f"always {name}": named[name] for name in score.ALWAYS}
    return {**made, "person": float(like.person and not prolific)}


class Examples:
    """Rows of features with label, weight and the group that stays together when parts are made."""

    def __init__(self, known: Labelled, traces: dict[str, Trace], read: list[tuple[str, str, bool]]) -> None:
        self.pairs = Pairs.of(traces)
        self.rows: list[Row] = []
        self.final: list[tuple[int, float, bool]] = []
        self.same: list[bool] = []
        self.weight: list[float] = []
        self.group: list[Hashable] = []
        for one, other, same in (*known.pairs, *read):
            self._add(one, other, same, PAIR_WEIGHT, one)
        for one, other in _neighbours(known, traces):
            mine, theirs = known.incidents[one], known.incidents.get(other)
            self._add(one, other, mine == theirs, 1.0, mine)

    def _add(self, one: str, other: str, same: bool, weight: float, group: Hashable) -> None:
        like, prolific = self.pairs.likeness(one, other)
        self.rows.append(features(like, prolific=prolific))
        _, veto = score.score(like, prolific=prolific)
        self.final.append((veto, like.text, score.part_differs(like)))
        self.same.append(same)
        self.weight.append(weight)
        self.group.append(group)

    def scored(self, place: int, weights: Row) -> float:
        """The score with other weights; vetoes, copies and the bound as ever."""
        veto, text, asked = self.final[place]
        if veto:
            return score.VETOED
        total = sum(weights[name] * value for name, value in self.rows[place].items()) + weights["start"]
        found = 1 / (1 + np.exp(-total))
        found = float(max(found, 0.5 + 0.5 * text) if text >= score.COPY_TEXT else found)
        return min(found, score.ASKED_AT_MOST) if asked else found


def _neighbours(known: Labelled, traces: dict[str, Trace]) -> Iterator[tuple[str, str]]:
    chains: dict[Hashable, list[str]] = defaultdict(list)
    for name in known.timed:
        trace = traces[name]
        places = [anchor >> NAME_SHIFT for anchor in trace.anchors if (anchor >> 2) & 7 >= Kind.AREA]
        words = [("word", word >> 7) for word in trace.words if not word & 1][:6]
        keys: list[Hashable] = [*places, *words, *([trace.person] if trace.person else [])]
        if name in known.incidents:
            met = {other for key in keys for other in chains[key][-48:]}
            yield from ((name, other) for other in sorted(met))
        for key in keys:
            chains[key].append(name)


def fit(examples: Examples, places: list[int]) -> Row:
    """The weights for the examples at *places*."""
    names = list(examples.rows[0])
    known = np.array([[examples.rows[place][name] for name in names] for place in places])
    sign = np.where([examples.same[place] for place in places], 1.0, -1.0)
    weight = np.array([examples.weight[place] for place in places])

    def loss(at: Any) -> tuple[float, Any]:
        margin = sign * (known @ at[1:] + at[0])
        slope = -weight * sign / (1 + np.exp(margin))
        value = (weight * np.logaddexp(0, -margin)).sum() + RIDGE * (at[1:] ** 2).sum() / 2
        return value, np.r_[slope.sum(), known.T @ slope + RIDGE * at[1:]]

    bounds = [(None, None)] + [(None, 0) if name.split()[-1] in AGAINST else (0, None) for name in names]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    return dict(zip(["start", *names], found.tolist(), strict=True))


def refitted(known: Labelled, traces: dict[str, Trace], read: list[tuple[str, str, bool]]) -> PairsQuality:
    """The pairs' F1 where neither weights nor threshold have seen the pair, or one that shares its first letter."""
    examples = Examples(known, traces, read)
    groups = sorted({str(group) for group in examples.group})
    part_of = {group: place % FOLDS for place, group in enumerate(groups)}
    scores = [0.0] * len(known.pairs)
    for fold in range(FOLDS):
        others = [place for place, group in enumerate(examples.group) if part_of[str(group)] != fold]
        weights = fit(examples, others)
        for place in range(len(known.pairs)):
            if part_of[str(examples.group[place])] == fold:
                scores[place] = examples.scored(place, weights)
    return cross_validated(scores, [same for *_, same in known.pairs])


def main() -> int:
    known = labelled(path_or_skip("citizen"))
    examples = Examples(known, traced(known), judged(READ))
    print(f"{len(examples.rows)} examples, {sum(examples.same)} of one matter")
    for name, value in fit(examples, list(range(len(examples.rows)))).items():
        print(f"{name:<26} {value:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
