"""How alike one letter is to another: named features, each 0 to 1.

Words of places are not among the words (``trace``), so that where and what are seen apart: the same place with another
problem and the same problem at another place are the two ways of being wrong.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from pipeline.judge.relate import minhash
from pipeline.judge.relate.rarity import Rarity
from pipeline.judge.relate.table import Side
from pipeline.judge.relate.trace import NAME_SHIFT, PART_SHIFT
from pipeline.text.place_keys import Kind
from pipeline.text.place_parts import BUILDINGS, HOUSES, PHASES, differ
from pipeline.text.words import AGAIN, CONCEPT, IN_HEAD

WORDS_FULL, CONCEPTS_FULL = 5.0, 1.5
NOTHING_SAID = 0.3
"""How much of a topic counts as met where a letter has none to meet."""

_FLOOR = 1e-6
_CITY, _DISTRICT, _AREA = int(Kind.CITY), int(Kind.DISTRICT), int(Kind.AREA)
_KINDS = tuple(min(kind, _AREA) for kind in range(8))
"""A road and an estate may bear one name and lie together; a city and an estate do not."""
_ROOTS = tuple(sqrt(weight) for weight in range(16))
_Anchors = dict[int, list[tuple[int, bool, int]]]
_NO_STYLE: frozenset[int] = frozenset()


class Where(NamedTuple):
    """The features of places. *places*: how many places, areas and marks are shared (of 3); *place_in_head*:
    one is in the head of both; *place_near*: in the head of one; *narrow*: and for both it is an estate, an
    institution or a mark, no road or town. *other_place*, *other_city*, *other_district*: both name one and
    none is shared (a place: near the head of either); *cities_differ*: each names a city that the other does
    not. *other_part*: both name parts of a place (``place_parts``) and none is shared. *swapped*: each has a
    place in its head that the other does not name.
    """

    places: float
    place_in_head: bool
    place_near: bool
    narrow: bool
    other_place: bool
    other_city: bool
    cities_differ: bool
    other_district: bool
    other_part: bool
    swapped: bool


class Told(NamedTuple):
    """The features of words. *concepts*: cosine of the concepts. *words_shared*, *concepts_shared*: how much
    is shared at all, full at ``WORDS_FULL`` words or ``CONCEPTS_FULL`` concepts that are in no other letter.
    *topic*, *topic_best*: how much of what one letter says in head and body the other says too (lesser and
    greater of both directions); *head*, *head_best*: the same of all words of the head. *own_topic*: the
    rarest topic word that each has and the other has not, the lesser of both: two questions that differ in
    one word. *other_concept*: both heads name a concept and neither's is met in the other letter.
    """

    concepts: float
    words_shared: float
    concepts_shared: float
    topic: float
    topic_best: float
    head: float
    head_best: float
    own_topic: float
    other_concept: bool


class Likeness(NamedTuple):
    """Features of one comparison. *text*: estimated Jaccard similarity. *person*: the same person.
    *other_given_place*: both senders filled in a place, and not the same.
    """

    text: float
    person: bool
    other_given_place: bool
    where: Where
    told: Told


class Comparer:
    """One letter, made ready to be compared with many. *style*: keys of words that tell nothing here."""

    def __init__(self, one: Side, rarity: Rarity, style: frozenset[int] = _NO_STYLE) -> None:
        self._one, self._rarity, self._style = one, rarity, style
        self._top = top = rarity.top
        self._signature = int.from_bytes(one.signature, "little")
        self._anchors = _by_code(one.anchors)
        self._named = any(code & 3 == _AREA for code in self._anchors)
        self._headed = {
            code
            for code, told in self._anchors.items()
            if code & 3 == _AREA and any(head for _, head, _ in told)
        }
        self._cities = {code for code in self._anchors if code & 3 == _CITY}
        self._districts = {code for code in self._anchors if code & 3 == _DISTRICT}
        keys = [word >> 7 for word in one.words if word]
        self._worth = dict(zip(keys, rarity.of_words(keys, top), strict=True))
        for key in style:
            if key in self._worth:
                self._worth[key] = 0.0
        self._force = {
            word >> 7: self._worth[word >> 7] * _ROOTS[(word >> 3) & 15]
            for word in one.words
            if word & CONCEPT
        }
        self._flagged = [(word >> 7, word & 7) for word in one.words if word & 7]
        self._norm = sum([force * force for force in self._force.values()])

    def glance(self, other: Side) -> Likeness:
        """The features that a glance tells, the others at their best: what is unlikely at a glance is no likelier after a look."""
        one, worths, top = self._one, self._worth, self._top
        plain = concepts = 0.0
        for word in [word for word in other.words if word >> 7 in worths]:
            if word & CONCEPT:
                concepts += worths[word >> 7]
            else:
                plain += worths[word >> 7]
        return Likeness(
            self._text(other),
            one.person != 0 and one.person == other.person,
            one.place != 0 and other.place not in {0, one.place},
            self._where(other.anchors, other.parts),
            Told(
                1.0 if concepts else 0.0,
                min(plain / (top * WORDS_FULL), 1.0),
                min(concepts / (top * CONCEPTS_FULL), 1.0),
                1.0, 1.0, 1.0, 1.0, 0.0,
                other_concept=False,
            ),
        )  # fmt: skip

    def look(self, other: Side, glance: Likeness) -> Likeness:
        """All features of *other* beside this letter."""
        return glance._replace(told=self._words(other.words))

    def _text(self, other: Side) -> float:
        """Estimated Jaccard similarity of the two texts."""
        if not self._signature or not (theirs := int.from_bytes(other.signature, "little")):
            return 0.0
        same = (self._signature ^ theirs).to_bytes(minhash.VALUES, "little").count(0) / minhash.VALUES
        # Different values have equal bytes once in 256 times.
        return max(0.0, (same - 1 / 256) * (256 / 255))

    def _where(self, anchors: Sequence[int], parts: int) -> Where:
        mine = self._anchors
        met: set[int] = set()
        named = in_head = near = narrow = city = district = other_city = False
        namesake = own_in_head = False
        for anchor in anchors:
            if not anchor:
                break
            kind, head = (anchor >> 2) & 7, anchor & 2
            code = anchor >> NAME_SHIFT << 2 | _KINDS[kind]
            known = mine.get(code)
            if kind <= _DISTRICT:
                if known is not None:
                    met.add(code)
                if kind == _CITY:
                    city, other_city = True, other_city or known is None
                else:
                    district = True
                continue
            named = True
            if known is None:
                own_in_head = own_in_head or head > 0
                continue
            part = (anchor >> PART_SHIFT) & 15
            for my_kind, my_head, my_part in known:
                if my_kind == kind and 0 != part != my_part != 0:
                    namesake = True
                    continue
                met.add(code)
                in_head = in_head or (my_head and head > 0)
                if my_head or head:
                    near = True
                    narrow = narrow or (my_kind > _AREA and kind > _AREA)
        both = city and bool(self._cities)
        return Where(
            min(sum([len(mine[code]) for code in met if code & 3 == _AREA]), 3) / 3, in_head, near, narrow,
            other_place=named and self._named and not near,
            other_city=both and self._cities.isdisjoint(met),
            cities_differ=both and other_city and not self._cities <= met,
            other_district=district and bool(self._districts) and self._districts.isdisjoint(met),
            other_part=(namesake and not near) or self._other_part(parts, narrow=narrow),
            swapped=own_in_head and not self._headed <= met,
        )  # fmt: skip

    def _other_part(self, parts: int, *, narrow: bool) -> bool:
        mine = self._one.parts
        return (
            differ(mine, parts, PHASES)
            or differ(mine, parts, BUILDINGS)
            or (not narrow and differ(mine, parts, HOUSES))
        )

    def _words(self, words: Sequence[int]) -> Told:
        worths, force, top = self._worth, self._force, self._top
        plain = concepts = both = norm = 0.0
        head = head_met = topic = topic_met = own = 0.0
        names = named_met = False
        met = set()
        for word in words:
            key, low = word >> 7, word & 7
            worth = worths.get(key)
            if worth is None:
                if not low:
                    continue
                worth = 0.0 if key in self._style else self._rarity.of_word(key, top)
                known = 0.0
            else:
                met.add(key)
                known = worth
            if low & CONCEPT:
                strong = worth * _ROOTS[(word >> 3) & 15]
                norm += strong * strong
                if known:
                    concepts += known
                    both += force.get(key, 0.0) * strong
                if low & IN_HEAD and worth:
                    names = True
                    named_met = named_met or known > 0
                continue
            plain += known
            if low & IN_HEAD:
                head += worth
                head_met += known
            if low & AGAIN:
                topic += worth
                topic_met += known
                if not known and worth > own:
                    own = worth
        my_head = my_head_met = my_topic = my_topic_met = my_own = 0.0
        my_names = False
        for key, low in self._flagged:
            worth = worths[key]
            known = worth if key in met else 0.0
            if low & CONCEPT:
                if low & IN_HEAD and worth:
                    my_names = True
                    named_met = named_met or known > 0
                continue
            if low & IN_HEAD:
                my_head += worth
                my_head_met += known
            if low & AGAIN:
                my_topic += worth
                my_topic_met += known
                if not known and worth > my_own:
                    my_own = worth
        heads = _covered(my_head_met, my_head), _covered(head_met, head)
        topics = _covered(my_topic_met, my_topic), _covered(topic_met, topic)
        return Told(
            both / max(sqrt(self._norm * norm), _FLOOR),
            min(plain / (top * WORDS_FULL), 1.0),
            min(concepts / (top * CONCEPTS_FULL), 1.0),
            min(topics), max(topics), min(heads), max(heads),
            min(my_own, own) / top,
            names and my_names and not named_met,
        )  # fmt: skip


def _by_code(anchors: Sequence[int]) -> _Anchors:
    """Kind, being in the head, and part of each name."""
    found: _Anchors = {}
    for anchor in anchors:
        if anchor:
            kind = (anchor >> 2) & 7
            code = anchor >> NAME_SHIFT << 2 | _KINDS[kind]
            found.setdefault(code, []).append((kind, bool(anchor & 2), (anchor >> PART_SHIFT) & 15))
    return found


def _covered(shared: float, total: float) -> float:
    """How much of one part of a side's words is met in the other; ``NOTHING_SAID`` where it has none."""
    return shared / max(total, _FLOOR) if total > 0 else NOTHING_SAID
