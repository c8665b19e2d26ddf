"""From features to one number, how surely two letters are about one matter, with the reasons in words.

Weights of a logistic regression, bounded so that what speaks for one matter never lowers the score and what speaks
against it never raises it; fitted on pairs and incidents judged by hand (``bench/same_matter.py`` measures on them, and
finds the thresholds by cross-validation). Over it stand three vetoes, for what looks most alike: the same text about
another city, about another place, about another question; and one rule: near copies without a veto are one matter.
"""

import numpy as np

from pipeline.judge.relate.likeness import Likeness
from pipeline.judge.relate.table import F32

SURE = 0.65
"""At or above: linked without asking. Chosen by cross-validation so that few different matters are called the same."""
DOUBTFUL = 0.35
"""At or above, below ``SURE``: a person is asked, and until then it counts as nothing."""

VETOED = 0.02
VETOES = ("", "城市不同", "文字相近,地点不同", "文字相近,所问不同")
COPY_TEXT = 0.6
"""Share of 3-grams from which two texts are copies of one another, edited or not."""
TEMPLATE_TEXT = 0.45
QUESTION_TEXT = 0.3
EXACT_TEXT = 0.85
RARE_TOPIC = 0.5

AT_PLACE = {
    "concepts": 5.6, "topic_best": 2.0, "words_shared": 1.85, "concepts_shared": 1.5, "head_best": 0.5,
}  # fmt: skip
"""Where an estate, an institution or a mark is shared and stands in one of the heads: there it takes little more."""
IN_AREA = {"words_shared": 2.3, "concepts": 1.5, "head_best": 1.5, "place_near": 1.15}
"""Where only a road, a town, a village is: many things happen there, so words must agree."""
ELSEWHERE = {"words_shared": 4.0, "topic": 3.2, "concepts": 1.7, "head": 0.45, "own_topic": -2.3}
"""Where no place is shared."""
ALWAYS = {"place_in_head": 1.8, "places": 0.95, "other_place": -0.1, "other_district": -4.0}
_SAME_PERSON = 0.85
_START = -6.35


def scores(like: Likeness, *, prolific: bool = False) -> tuple[F32, F32]:
    """Per compared letter the score, 0 to 1, and the veto that made it 0.02 (``VETOES``; 0 for none).

    *prolific*: the person writes so often that being the same says little.
    """
    at_place, in_area = like.narrow, like.place_near - like.narrow
    total = (
        np.float32(_START)
        + _sum(like, AT_PLACE) * at_place
        + _sum(like, IN_AREA) * in_area
        + _sum(like, ELSEWHERE) * (1 - like.place_near)
        + _sum(like, ALWAYS)
    )
    if not prolific:
        total += np.float32(_SAME_PERSON) * like.person
    found = 1 / (1 + np.exp(-total))
    found = np.where(like.text >= COPY_TEXT, np.maximum(found, 0.5 + 0.5 * like.text), found)
    vetoes = _vetoes(like, prolific=prolific)
    found[vetoes > 0] = VETOED
    return found.astype(np.float32), vetoes


def _sum(like: Likeness, weights: dict[str, float]) -> F32:
    terms = [np.float32(weight) * getattr(like, name) for name, weight in weights.items()]
    total: F32 = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _vetoes(like: Likeness, *, prolific: bool) -> F32:
    city = (like.other_city > 0) | ((like.cities_differ > 0) & (like.text >= TEMPLATE_TEXT))
    elsewhere = (
        (like.other_place > 0)
        | ((like.other_district > 0) & (like.place_near == 0))
        | (like.other_given_place > 0)
    )
    place = elsewhere & (like.text >= TEMPLATE_TEXT)
    question = (
        (like.text >= QUESTION_TEXT) & (like.text < EXACT_TEXT) & (like.place_near == 0)
        & (like.own_topic >= RARE_TOPIC) & ((like.person == 0) | prolific)
    )  # fmt: skip
    veto = np.where(question, np.float32(3), np.float32(0))
    veto[place], veto[city] = 2, 1
    return veto


def why(like: Likeness, place: int) -> str:
    """The reasons of one comparison, in Chinese, for the operator who sees the link."""
    row, veto = like.row(place), int(_vetoes(like, prolific=False)[place])
    if veto:
        return VETOES[veto]
    reasons = []
    if row["text"] >= COPY_TEXT:
        reasons.append(f"文字{'相同' if row['text'] > 0.99 else '大部分相同'}({row['text']:.0%})")
    if row["person"]:
        reasons.append("同一人")
    if row["place_near"]:
        reasons.append("地点或名称相同")
    if row["concepts"] >= 0.3:
        reasons.append(f"问题类别相同({row['concepts']:.0%})")
    if row["words_shared"] >= 0.2:
        reasons.append(f"用词相近({row['words_shared']:.0%})")
    if row["other_place"]:
        reasons.append("地点似有不同")
    if row["other_district"]:
        reasons.append("区县不同")
    if row["other_concept"]:
        reasons.append("问题类别不同")
    return ";".join(reasons) or "没有共同之处"
