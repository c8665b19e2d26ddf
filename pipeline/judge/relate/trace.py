"""What is remembered of a letter to know its matter again: 256 bytes of hashes, no word of it.

Who wrote (a keyed hash), which way, which files; the whole text as one hash and as a signature; where it is (anchors)
and what it is about (weighed words and concepts). Made once, when the desk first sees the letter; stored in its memory and
in the changelog; never made again from hashes. The reading of a text into hashes is versioned: traces of another
``SCHEME`` cannot be compared.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from pipeline.judge.relate import minhash
from pipeline.text import normalise, place_names, place_parts, words
from pipeline.text.place_keys import Kind, Name
from schemas.letter import Letter

SCHEME = f"1.{normalise.VERSION}.{words.VERSION}.{place_names.VERSION}.{minhash.VERSION}"
"""Layout, normaliser, dictionary and lists of words, grammar of places, signature."""

ANCHORS_MAX = 8
DIVISIONS_MAX = 2
NAME_SHIFT, PART_SHIFT = 9, 5
"""An anchor without so many low bits is the hash of its name; with those from the second on, of which namesake it is."""

PLACES_READ = 400
"""Code points of the text in which places are looked for: what comes later is rarely where the matter is."""

_HEAD_WITHOUT_SUBJECT = 40
_HOUSE = re.compile(r"[0-9#-]+[号栋楼室幢座]?|单元|\s")
_LAYOUT = struct.Struct(f"<QQIIIII{minhash.VALUES}s{ANCHORS_MAX}I{words.WORDS_MAX}I")
BYTES = _LAYOUT.size


@dataclass(frozen=True, slots=True)
class Trace:
    """One letter's trace. *anchors*: 23 bits of the name, four of its part, three of its kind, one for the head. *parts*:

    the numbered parts it names (``place_parts``). *words*: 25 bits of the word, four of its weight, one each for: in the head, in head and body, a concept. Zero means none, everywhere.
    """

    person: int
    text: int
    way: int
    files: int
    place: int
    parts: int
    has_words: bool
    signature: bytes
    anchors: tuple[int, ...]
    words: tuple[int, ...]

    def encode(self) -> bytes:
        """``BYTES`` bytes, the same for the same trace everywhere."""
        return _LAYOUT.pack(
            self.person, self.text, self.way, self.files, int(self.has_words), self.place, self.parts,
            self.signature or bytes(minhash.VALUES),
            *_filled(self.anchors, ANCHORS_MAX), *_filled(self.words, words.WORDS_MAX),
        )  # fmt: skip

    @staticmethod
    def decode(stored: bytes) -> "Trace":
        """The trace of ``encode``. ValueError for bytes that are none."""
        if len(stored) != BYTES:
            raise ValueError(f"a trace has {BYTES} bytes, not {len(stored)}")
        person, text, way, files, has_words, place, parts, signature, *rest = _LAYOUT.unpack(stored)
        return Trace(
            person, text, way, files, place, parts, bool(has_words), signature if any(signature) else b"",
            tuple(anchor for anchor in rest[:ANCHORS_MAX] if anchor),
            tuple(word for word in rest[ANCHORS_MAX:] if word),
        )  # fmt: skip


def _filled(values: Sequence[int], count: int) -> Iterable[int]:
    return (*values, *(0,) * (count - len(values)))


def trace_of(letter: Letter) -> Trace:
    """The trace of *letter*. Pure; a text of any length costs no more than one of some thousand characters, but hashing."""
    subject, body = normalise.fold(letter.subject), normalise.fold(letter.text)
    head, told = _head(subject, body), body[: words.READ_CHARACTERS]
    in_head, in_text = place_names.met(head), place_names.met(told)
    place = normalise.fold(letter.place.text) if letter.place else ""
    said = place_names.met(place) if place else []
    described = words.heavy_words(place_names.without(head, in_head), place_names.without(told, in_text))
    bare = "".join(body.split()).casefold()
    return Trace(
        person=_hash64(letter.person.encode()) if letter.person else 0,
        text=_hash64(bare.encode()) if bare else 0,
        way=crc32(f"{letter.channel}\n{letter.account}".encode()),
        files=_files(letter),
        place=_given(place, said),
        parts=place_parts.numbered(f"{subject}\n{told[:PLACES_READ]}"),
        has_words=not normalise.is_empty(body),
        signature=minhash.signature(body),
        anchors=_anchors([*in_head, *said], [name for name in in_text if name.start < PLACES_READ]),
        words=described,
    )


def names_place(trace: Trace) -> bool:
    """Does the letter say where its matter is, more closely than by city and district?"""
    return trace.place != 0 or any((anchor >> 2) & 7 >= Kind.AREA for anchor in trace.anchors if anchor)


def _given(place: str, named: list[Name]) -> int:
    """What the sender filled in as the place: the names in it, or else its words without numbers of houses."""
    keys = sorted({name.key for name in named if name.kind >= Kind.AREA})
    bare = "".join(keys) or _HOUSE.sub("", place)
    return crc32(bare.encode()) if bare else 0


def _head(subject: str, body: str) -> str:
    """The subject, or the first clause where there is none."""
    if subject.strip():
        return subject
    start = body[:_HEAD_WITHOUT_SUBJECT]
    return start[: next((place for place, sign in enumerate(start) if sign in "。!?\n"), len(start))]


def _anchors(told: list[Name], further: list[Name]) -> tuple[int, ...]:
    """Places and marks first, those of the head before the others; then at most two divisions of each kind.

    A head that names no place lends its part to the first two of the text.
    """
    places: list[int] = []
    cities: list[int] = []
    districts: list[int] = []
    kinds = {Kind.CITY: cities, Kind.DISTRICT: districts}
    headed = 0
    for names in (told, further):
        for name in names:
            anchor = _anchor(name.kind, name.key, name.part)
            known = kinds.get(name.kind, places)
            if anchor not in known:
                known.append(anchor)
        headed = headed or len(places) or 2
    divisions = cities[:DIVISIONS_MAX] + districts[:DIVISIONS_MAX]
    kept = places[: ANCHORS_MAX - len(divisions)]
    return (*(key | (2 if rank < headed else 0) for rank, key in enumerate(kept)), *divisions)


@lru_cache(maxsize=16_384)  # a city's places are named again and again
def _anchor(kind: Kind, key: str, part: int) -> int:
    return crc32(key.encode()) >> NAME_SHIFT << NAME_SHIFT | part << PART_SHIFT | kind << 2


def _files(letter: Letter) -> int:
    return crc32("\n".join(sorted(file.sha256 for file in letter.attachments)).encode())


def _hash64(value: bytes) -> int:
    return int.from_bytes(blake2b(value, digest_size=8).digest(), "little")
