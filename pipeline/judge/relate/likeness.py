"""How alike one letter is to others: named features, each 0 to 1, for one trace against many at once.

Words of places are not among the words (``trace``), so that where and what are seen apart: the same place with another
problem and the same problem at another place are the two ways of being wrong.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import minhash
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.table import F32, U32, Columns
from pipeline.text.place_names import Kind

WORDS_FULL, CONCEPTS_FULL = np.float32(5), np.float32(1.5)
NOTHING_SAID = np.float32(0.3)
"""How much of a topic counts as met where a letter has none to meet."""

Bools = NDArray[np.bool_]

_FLOOR = np.float32(1e-6)
_NONE = np.float32(0)
_SHIFT_WORD, _SHIFT_NAME = np.uint32(7), np.uint32(5)
_CITY, _DISTRICT, _AREA = int(Kind.CITY), int(Kind.DISTRICT), int(Kind.AREA)
_ABSENT = 9
_ROOTS: F32 = np.sqrt(np.arange(16, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Features as arrays, one value per compared letter.

    *text*: estimated Jaccard similarity. *concepts*: cosine of the concepts. *words_shared*, *concepts_shared*: how much is
    shared at all, full at ``WORDS_FULL`` words or ``CONCEPTS_FULL`` concepts that are in no other letter. *topic*,
    *topic_best*: how much of what one letter says in head and body the other says too (lesser and greater of both
    directions); *head*, *head_best*: the same of all words of the head. *own_topic*: the rarest topic word that each has
    and the other has not, the lesser of both: two questions that differ in one word. *other_concept*: both heads
    name a concept and neither's is met in the other letter.

    *places*: how many places, areas and marks are shared (of 3); *place_in_head*: one is in the head of both;
    *place_near*: in the head of one; *narrow*: and for both it is an estate, an institution or a mark, no road or town.
    *other_place*, *other_city*, *other_district*: both name one and none is shared (a place: near the head of either);
    *cities_differ*: each names a city that the other does not; *district*: one is shared. *person*: the same person. *other_given_place*:
    both senders filled in a place, and not the same.
    """

    text: F32
    concepts: F32
    words_shared: F32
    concepts_shared: F32
    topic: F32
    topic_best: F32
    head: F32
    head_best: F32
    own_topic: F32
    other_concept: F32
    places: F32
    place_in_head: F32
    place_near: F32
    narrow: F32
    other_place: F32
    other_city: F32
    cities_differ: F32
    other_district: F32
    district: F32
    person: F32
    other_given_place: F32

    def row(self, place: int) -> dict[str, float]:
        """The features of one compared letter, by name."""
        return {one.name: float(getattr(self, one.name)[place]) for one in fields(self)}


def likeness(one: Columns, others: Columns, rarity: Rarity, style: U32 | None = None) -> Likeness:
    """*one* (a single row) against every row of *others*. *style*: keys of words that tell nothing here."""
    same_person = (others.person == one.person[0]) & (one.person[0] != 0)
    given = (others.place != one.place[0]) & (others.place != 0) & (one.place[0] != 0)
    return Likeness(
        text=_text(one, others),
        person=same_person.astype(np.float32),
        other_given_place=given.astype(np.float32),
        **_words(one.words, others.words, rarity, style),
        **_places(one.anchors[0], others.anchors),
    )


def _text(one: Columns, others: Columns) -> F32:
    mine = one.signature[0]
    if not mine.any():
        return np.zeros(len(others.person), dtype=np.float32)
    same = (others.signature == mine).sum(axis=1, dtype=np.int32) / np.float32(minhash.VALUES)
    # Different values have equal bytes once in 256 times; a letter without signature has only zeros.
    share = np.maximum((same - 1 / 256) * (256 / 255), 0) * others.signature.any(axis=1)
    text: F32 = share.astype(np.float32)
    return text


# What the three low bits of a packed word say, as columns of 0 and 1: any word, concept, head word, topic word, head concept.
_BITS = np.arange(8)
_CONCEPT, _AGAIN, _HEAD = _BITS & 1, (_BITS >> 1) & 1, (_BITS >> 2) & 1
_PARTS: F32 = np.stack(
    [1 - _CONCEPT, _CONCEPT, _HEAD * (1 - _CONCEPT), _AGAIN * (1 - _CONCEPT), _HEAD * _CONCEPT], axis=1
).astype(np.float32)
_PLAIN_AT, _CONCEPT_AT, _HEAD_AT, _TOPIC_AT, _HEAD_CONCEPT_AT = range(5)
_LOW_BITS, _ALL_BITS = np.uint32(7), np.uint32(127)


def _words(one: U32, others: U32, rarity: Rarity, style: U32 | None) -> dict[str, F32]:
    mine = one[0][one[0] != 0]
    mine = np.sort(mine) if mine.size else np.zeros(1, dtype=np.uint32)
    my_key, their_key = mine >> _SHIFT_WORD, others >> _SHIFT_WORD
    place = np.minimum(np.searchsorted(my_key, their_key), mine.size - 1)
    met = ((my_key[place] == their_key) & (their_key != 0)).astype(np.float32)
    mine_met = np.zeros((len(others), mine.size), dtype=np.float32)
    rows, columns = np.nonzero(met)
    mine_met[rows, place[rows, columns]] = 1
    my_worth, their_worth = _worth(mine, my_key, rarity, style), _worth(others, their_key, rarity, style)

    my_parts, their_parts = _PARTS[mine & _LOW_BITS], _PARTS[others & _LOW_BITS]
    my_worths, their_worths = my_parts * my_worth[:, None], their_parts * their_worth[:, :, None]
    their_total, their_shared = their_worths.sum(axis=1), (met[:, None, :] @ their_worths)[:, 0, :]
    my_total, my_shared = my_worths.sum(axis=0), mine_met @ my_worths

    concept = their_parts[:, :, _CONCEPT_AT]
    my_force = my_worth * _ROOTS[(mine & _ALL_BITS) >> np.uint32(3)]
    their_force = their_worth * _ROOTS[(others & _ALL_BITS) >> np.uint32(3)] * concept
    both = (my_force[place] * their_force * met).sum(axis=1)
    norm = np.sqrt(((my_force * my_parts[:, _CONCEPT_AT]) ** 2).sum() * (their_force**2).sum(axis=1))
    my_own = (my_worths[:, _TOPIC_AT] * (1 - mine_met)).max(axis=1)
    their_own = (their_worths[:, :, _TOPIC_AT] * (1 - met)).max(axis=1)
    heads = _covered(my_shared, my_total, _HEAD_AT), _covered(their_shared, their_total, _HEAD_AT)
    topics = _covered(my_shared, my_total, _TOPIC_AT), _covered(their_shared, their_total, _TOPIC_AT)
    neither = (my_shared[:, _HEAD_CONCEPT_AT] == 0) & (their_shared[:, _HEAD_CONCEPT_AT] == 0)
    both_name = (their_total[:, _HEAD_CONCEPT_AT] > 0) & (my_total[_HEAD_CONCEPT_AT] > 0)
    top = rarity.top
    return {
        "concepts": both / np.maximum(norm, _FLOOR),
        "words_shared": np.minimum(their_shared[:, _PLAIN_AT] / (top * WORDS_FULL), 1),
        "concepts_shared": np.minimum(their_shared[:, _CONCEPT_AT] / (top * CONCEPTS_FULL), 1),
        "topic": np.minimum(*topics),
        "topic_best": np.maximum(*topics),
        "head": np.minimum(*heads),
        "head_best": np.maximum(*heads),
        "own_topic": np.minimum(my_own, their_own) / top,
        "other_concept": (neither & both_name).astype(np.float32),
    }


def _worth(words: U32, keys: U32, rarity: Rarity, style: U32 | None) -> F32:
    worth: F32 = rarity.of_words(words) * (words != 0)
    return worth if style is None or not style.size else worth * ~np.isin(keys, style)


def _covered(shared: F32, total: F32, part: int) -> F32:
    """How much of one part of a side's words is met in the other; ``NOTHING_SAID`` where it has none."""
    whole = total[..., part]
    covered: F32 = np.where(whole > 0, shared[:, part] / np.maximum(whole, _FLOOR), NOTHING_SAID)
    return covered


def _places(mine: U32, others: U32) -> dict[str, F32]:
    mine = mine[mine != 0]
    if not mine.size:
        mine = np.zeros(1, dtype=np.uint32)
    my_kind, their_kind = _kinds(mine), _kinds(others)
    # A road and an estate may bear one name and lie together; a city and an estate do not.
    my_code = (mine >> _SHIFT_NAME << np.uint32(2)) | np.minimum(my_kind, _AREA)
    their_code = (others >> _SHIFT_NAME << np.uint32(2)) | np.minimum(their_kind, _AREA)
    same: Bools = (their_code[:, :, None] == my_code) & (mine != 0) & (others != 0)[:, :, None]
    exact = same & (my_kind >= _AREA)
    my_head, their_head = (mine & 2) > 0, (others & 2) > 0
    near = exact & (my_head | their_head[:, :, None])
    place_near = _any(near)
    named = bool(((my_kind >= _AREA) & (my_kind < _ABSENT)).any()) & (
        (their_kind >= _AREA) & (their_kind < _ABSENT)
    ).any(axis=1)
    found: dict[str, NDArray[Any]] = {
        "places": np.minimum(exact.any(axis=1).sum(axis=1), 3) / np.float32(3),
        "place_in_head": _any(exact & my_head & their_head[:, :, None]),
        "place_near": place_near,
        "narrow": _any(near & ((my_kind > _AREA) & (their_kind > _AREA)[:, :, None])),
        "other_place": named & ~place_near,
    }
    cities = same & (my_kind == _CITY)
    my_cities, their_cities = my_kind == _CITY, their_kind == _CITY
    both_name = bool(my_cities.any()) & their_cities.any(axis=1)
    found["other_city"] = both_name & ~_any(cities)
    all_mine = (cities.any(axis=1) | ~my_cities).all(axis=1)
    all_theirs = (cities.any(axis=2) | ~their_cities).all(axis=1)
    found["cities_differ"] = both_name & ~all_mine & ~all_theirs
    my_districts, their_districts = my_kind == _DISTRICT, their_kind == _DISTRICT
    district = _any(same & my_districts)
    both_say: Bools = their_districts.any(axis=1) & bool(my_districts.any())
    found["district"], found["other_district"] = district, both_say & ~district
    return {name: value.astype(np.float32) for name, value in found.items()}


def _kinds(anchors: U32) -> NDArray[np.uint8]:
    kinds = ((anchors >> np.uint32(2)) & np.uint32(7)).astype(np.uint8)
    kinds[anchors == 0] = _ABSENT
    return kinds


def _any(pairs: Bools) -> Bools:
    found: Bools = np.asarray(pairs.any(axis=(1, 2)))
    return found
