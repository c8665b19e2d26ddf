"""From features to one number, how surely two letters are about one matter, with the reasons in words.

Weights of a logistic regression, bounded so that what speaks for one matter never lowers the score and what speaks
against it never raises it; fitted on pairs and incidents judged by hand (``bench/same_matter.py`` measures on them, and
finds the thresholds by cross-validation). Over it stand three vetoes, for what looks most alike: the same text about
another city, about another place, about another question; one rule: near copies without a veto are one matter; and
one bound: what differs in a part of the place is never sure.
"""

from math import exp

from pipeline.judge.relate.likeness import Likeness, Told, Where

SURE = 0.65
"""At or above: linked without asking. Chosen by cross-validation so that few different matters are called the same."""
DOUBTFUL = 0.35
"""At or above, below ``SURE``: a person is asked, and until then it counts as nothing."""

ASKED_AT_MOST = 0.6
"""Whatever else agrees, where each letter names a part of the place, or a place in a like text, that the
other does not: a person is asked.
"""

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
IN_AREA = {"words_shared": 2.3, "concepts": 2.2, "head_best": 1.5, "place_near": 1.15}
"""Where only a road, a town, a village is: many things happen there, so words must agree."""
ELSEWHERE = {"words_shared": 4.0, "topic": 3.2, "concepts": 1.7, "head": 0.45, "own_topic": -2.3}
"""Where no place is shared."""
ALWAYS = {"place_in_head": 1.8, "places": 0.95, "other_place": -0.1, "other_district": -4.0}
_SAME_PERSON = 0.85
_START = -6.35


_NAMED = Where._fields + Told._fields


def _with_always(weights: dict[str, float]) -> list[tuple[int, float]]:
    """The weights by the place that their feature has among those of ``Where`` and ``Told``."""
    return [(_NAMED.index(name), weight) for name, weight in (*weights.items(), *ALWAYS.items())]


_AT_PLACE, _IN_AREA, _ELSEWHERE = map(_with_always, (AT_PLACE, IN_AREA, ELSEWHERE))


def score(like: Likeness, *, prolific: bool = False) -> tuple[float, int]:
    """The score, 0 to 1, and the veto that made it 0.02 (``VETOES``; 0 for none).

    *prolific*: the person writes so often that being the same says little.
    """
    veto = veto_of(like, prolific=prolific)
    if veto:
        return VETOED, veto
    weights = _AT_PLACE if like.where.narrow else _IN_AREA if like.where.place_near else _ELSEWHERE
    features = like.where + like.told
    total = _START + sum([weight * features[place] for place, weight in weights])
    if like.person and not prolific:
        total += _SAME_PERSON
    found = 1 / (1 + exp(-total))
    if like.text >= COPY_TEXT:
        found = max(found, 0.5 + 0.5 * like.text)
    return min(found, ASKED_AT_MOST) if part_differs(like) else found, 0


def part_differs(like: Likeness) -> bool:
    """Is it a namesake, another part of one place, or a like text with another name in it?"""
    return like.where.other_part or (like.where.swapped and like.text >= QUESTION_TEXT)


def veto_of(like: Likeness, *, prolific: bool) -> int:
    """Which of ``VETOES`` forbids that they are one matter; 0 for none."""
    if like.where.other_city or (like.where.cities_differ and like.text >= TEMPLATE_TEXT):
        return 1
    elsewhere = like.where.other_place or like.where.other_district or like.other_given_place
    if elsewhere and like.text >= TEMPLATE_TEXT:
        return 2
    question = (
        QUESTION_TEXT <= like.text < EXACT_TEXT and not like.where.place_near
        and like.told.own_topic >= RARE_TOPIC and (prolific or not like.person)
    )  # fmt: skip
    return 3 if question else 0


def why(like: Likeness) -> str:
    """The reasons of one comparison, in Chinese, for the operator who sees the link."""
    if veto := veto_of(like, prolific=False):
        return VETOES[veto]
    reasons = []
    if like.text >= COPY_TEXT:
        reasons.append(f"文字{'相同' if like.text > 0.99 else '大部分相同'}({like.text:.0%})")
    if like.person:
        reasons.append("同一人")
    if like.where.place_near:
        reasons.append("地点或名称相同")
    if like.told.concepts >= 0.3:
        reasons.append(f"问题类别相同({like.told.concepts:.0%})")
    if like.told.words_shared >= 0.2:
        reasons.append(f"用词相近({like.told.words_shared:.0%})")
    if part_differs(like):
        reasons.append("期、栋、门牌或名称似有不同")
    if like.where.other_place:
        reasons.append("地点似有不同")
    if like.where.other_district:
        reasons.append("区县不同")
    if like.told.other_concept:
        reasons.append("问题类别不同")
    return ";".join(reasons) or "没有共同之处"
