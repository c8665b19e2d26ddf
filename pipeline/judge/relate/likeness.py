"""How alike one letter is to others: named features, each 0 to 1, for one trace against many at once.

Words of places are not among the words (``trace``), so that where and what are seen apart: the same place with another
problem and the same problem at another place are the two ways of being wrong.
"""

from dataclasses import dataclass, fields

import numpy as np

from pipeline.judge.relate import minhash
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.table import F32, U32, Columns
from pipeline.text.place_names import Kind

FLOOR = np.float32(1e-6)
WORDS_FULL, CONCEPTS_FULL = np.float32(5), np.float32(1.5)
NOTHING_SAID = np.float32(0.3)
"""How much of a topic counts as met where a letter has none to meet."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Features as arrays, one value per compared letter.

    *text*: estimated Jaccard similarity. *words*, *concepts*: cosines of what is said; *words_shared*, *concepts_shared*: how

    much is shared at all, full at ``WORDS_FULL`` words or ``CONCEPTS_FULL`` concepts that are in no other letter. *topic*, *topic_best*: how much of what
    one letter says in head and body the other says too (lesser and greater of both directions); *head*, *head_best*: the same
    of all words of the head. *own_topic*: the rarest topic word that each has and the other has not, the lesser of both:
    two questions that differ in one word. *place*: the rarest shared place or mark; *places*: how many are shared (of
    3); *place_in_head*: one is in the head of both; *place_near*: in the head of one; *narrow*: and
    it is an estate, an institution or a mark, no road or town. *other_place*, *other_city*,
    *other_district*: both say one and none is shared (a place: not near the head of either); *cities_differ*: each names a city
    that the other does not; *district*: one is shared. *other_concept*: both heads name a
    concept and neither's is met in the other letter. *person*: the same person.
    """

    text: F32
    words: F32
    concepts: F32
    words_shared: F32
    concepts_shared: F32
    topic: F32
    topic_best: F32
    head: F32
    head_best: F32
    own_topic: F32
    place: F32
    places: F32
    place_in_head: F32
    place_near: F32
    narrow: F32
    other_place: F32
    other_city: F32
    cities_differ: F32
    other_district: F32
    district: F32
    other_concept: F32
    concept_in_head: F32
    person: F32

    def row(self, place: int) -> dict[str, float]:
        """The features of one compared letter, by name."""
        return {one.name: float(getattr(self, one.name)[place]) for one in fields(self)}


def likeness(one: Columns, others: Columns, rarity: Rarity, style: U32 | None = None) -> Likeness:
    """*one* (a single row) against every row of *others*. *style*: keys of words that tell nothing here."""
    top = np.float32(np.log(rarity.letters + 301))
    said = _words(one.words, others.words, rarity, style)
    where = _places(one.anchors[0], others.anchors, rarity, top)
    return Likeness(
        text=_text(one, others),
        own_topic=said.pop("own_topic") / top,
        words_shared=np.minimum(said.pop("words_shared") / (top * WORDS_FULL), 1),
        concepts_shared=np.minimum(said.pop("concepts_shared") / (top * CONCEPTS_FULL), 1),
        person=((others.person == one.person[0]) & (one.person[0] != 0)).astype(np.float32),
        **said,
        **where,
    )


def _text(one: Columns, others: Columns) -> F32:
    same = (others.signature == one.signature[0]).sum(axis=1, dtype=np.int32).astype(np.float32)
    share = np.clip((same / minhash.VALUES - 1 / 256) * (256 / 255), 0, 1).astype(np.float32)
    some = others.signature.any(axis=1) & bool(one.signature.any())
    text: F32 = np.where(some, share, np.float32(0))
    return text


def _words(one: U32, others: U32, rarity: Rarity, style: U32 | None) -> dict[str, F32]:
    mine = one[0][one[0] != 0]
    if not mine.size:
        nothing = np.zeros(len(others), dtype=np.float32)
        half = np.full(len(others), NOTHING_SAID, dtype=np.float32)
        return {
            "words": nothing, "concepts": nothing, "words_shared": nothing, "concepts_shared": nothing, "topic": half, "topic_best": half, "head": half, "head_best": half,
            "own_topic": nothing, "other_concept": nothing, "concept_in_head": nothing,
        }  # fmt: skip
    order = np.argsort(mine >> np.uint32(7), kind="stable")
    mine = mine[order]
    my_keys, their_keys = mine >> np.uint32(7), others >> np.uint32(7)
    place = np.minimum(np.searchsorted(my_keys, their_keys), mine.size - 1)
    met = (my_keys[place] == their_keys) & (others != 0)
    my_worth, their_worth = rarity.of_words(mine), np.where(others != 0, rarity.of_words(others), np.float32(0))
    if style is not None and style.size:
        my_worth = np.where(np.isin(my_keys, style), np.float32(0), my_worth)
        their_worth = np.where(np.isin(their_keys, style), np.float32(0), their_worth)
    mine_met = np.zeros((len(others), mine.size), dtype=bool)
    rows, columns = np.nonzero(met)
    mine_met[rows, place[rows, columns]] = True

    my_concept, their_concept = (mine & 1).astype(bool), (others & 1).astype(bool)
    weights = np.sqrt(((mine >> 3) & 15).astype(np.float32)), np.sqrt(((others >> 3) & 15).astype(np.float32))
    my_force, their_force = weights[0] * my_worth, weights[1] * their_worth
    both = np.where(met, my_force[place] * their_force, np.float32(0))
    cosines = []
    for mine_of, theirs_of in ((~my_concept, ~their_concept), (my_concept, their_concept)):
        norm = np.sqrt((my_force[mine_of] ** 2).sum() * (np.where(theirs_of, their_force, 0) ** 2).sum(axis=1))
        cosines.append(np.where(theirs_of, both, 0).sum(axis=1) / np.maximum(norm, FLOOR))

    my_head, their_head = ((mine >> 2) & 1).astype(bool), ((others >> 2) & 1).astype(bool)
    my_topic, their_topic = ((mine >> 1) & 1).astype(bool), ((others >> 1) & 1).astype(bool)
    head = _covered(my_worth * (my_head & ~my_concept), mine_met), _covered(their_worth * (their_head & ~their_concept), met)
    topics = my_worth * (my_topic & ~my_concept), their_worth * (their_topic & ~their_concept)
    topic = _covered(topics[0], mine_met), _covered(topics[1], met)
    own = np.where(mine_met, 0, topics[0]).max(axis=1), np.where(met, 0, topics[1]).max(axis=1)

    head_met = (mine_met & (my_head & my_concept)).any(axis=1), (met & their_head & their_concept).any(axis=1)
    named = bool((my_head & my_concept).any()) & (their_head & their_concept & (others != 0)).any(axis=1)
    found = {
        "words": cosines[0],
        "concepts": cosines[1],
        "words_shared": np.where(met & ~their_concept, their_worth, 0).sum(axis=1),
        "concepts_shared": np.where(met & their_concept, their_worth, 0).sum(axis=1),
        "topic": np.minimum(*topic),
        "topic_best": np.maximum(*topic),
        "head": np.minimum(*head),
        "head_best": np.maximum(*head),
        "own_topic": np.minimum(*own),
        "other_concept": named & ~head_met[0] & ~head_met[1],
        "concept_in_head": head_met[0] | head_met[1],
    }
    return {name: value.astype(np.float32) for name, value in found.items()}


def _covered(worth: F32, met: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> F32:
    """How much of *worth*, word by word, is met; ``NOTHING_SAID`` where there is no worth."""
    total = worth.sum(axis=-1)
    share = (met * worth).sum(axis=1) / np.maximum(total, FLOOR)
    covered: F32 = np.where(total > 0, share, NOTHING_SAID).astype(np.float32)
    return covered


def _places(mine: U32, others: U32, rarity: Rarity, top: np.float32) -> dict[str, F32]:
    mine = mine[mine != 0]
    their_kind = np.where(others != 0, (others >> np.uint32(2)) & 7, 9)
    my_kind = (mine >> np.uint32(2)) & 7
    same = (others[:, :, None] >> np.uint32(5)) == (mine >> np.uint32(5))[None, None, :]
    # A road and an estate may bear one name and lie together; a city and an estate do not.
    some = np.minimum(my_kind, Kind.AREA)[None, None, :] == np.minimum(their_kind, Kind.AREA)[:, :, None]
    same &= some & (their_kind < 9)[:, :, None]
    exact = same & (my_kind >= Kind.AREA)
    narrow = exact & ((my_kind > Kind.AREA)[None, None, :] | (their_kind > Kind.AREA)[:, :, None])
    my_head, their_head = ((mine >> 1) & 1).astype(bool), ((others >> 1) & 1).astype(bool)
    worth = rarity.of_anchors(mine) / top
    shared = exact.any(axis=1) if mine.size else np.zeros((len(others), 0), dtype=bool)
    found = {
        "place": (shared * worth).max(axis=1, initial=0),
        "places": np.minimum(shared.sum(axis=1), 3) / 3,
        "place_in_head": (exact & my_head & their_head[:, :, None]).any(axis=(1, 2)),
        "narrow": (narrow & (my_head | their_head[:, :, None])).any(axis=(1, 2)),
        "place_near": (exact & (my_head | their_head[:, :, None])).any(axis=(1, 2)),
    }
    both_told = bool((my_kind >= Kind.AREA).any()) & ((their_kind >= Kind.AREA) & (their_kind < 9)).any(axis=1)
    found["other_place"] = both_told & ~found["place_near"]
    for kind, name in ((Kind.CITY, "city"), (Kind.DISTRICT, "district")):
        alike = (same & (my_kind == kind)).any(axis=(1, 2))
        said = bool((my_kind == kind).any()) & (their_kind == kind).any(axis=1)
        found[f"other_{name}"] = said & ~alike
        if kind is Kind.CITY:
            # {A, B} and {A, C}: neither letter's cities are all named in the other.
            mine_all = (same & (my_kind == kind)).any(axis=1)[:, my_kind == kind].all(axis=1)
            theirs_all = ((same & (my_kind == kind)).any(axis=2) | (their_kind != kind)).all(axis=1)
            found["cities_differ"] = said & ~mine_all & ~theirs_all
        if kind is Kind.DISTRICT:
            found[name] = alike
    return {name: value.astype(np.float32) for name, value in found.items()}
