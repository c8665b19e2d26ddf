"""The unit directory: who handles what, found by words in one pass over a text."""

from dataclasses import dataclass, field

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.policies.pack_file import Status


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with its topics, the division codes it works in (none: everywhere) and the words that point to it."""

    name: str
    topics: tuple[str, ...]
    territories: tuple[str, ...]
    cues: tuple[str, ...]
    leader: str
    liaison: str
    status: Status
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The directory. *fallback*: who takes what nobody claims; empty where the city's settings name it."""

    entries: tuple[Unit, ...] = ()
    fallback: str = ""
    _cues: AhoCorasick | None = field(init=False)
    _pairs: tuple[tuple[int, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        pairs = tuple((at, cue) for at, unit in enumerate(self.entries) for cue in unit.cues)
        words = [cue for _, cue in pairs]
        finder = (
            AhoCorasick(words, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA)
            if words
            else None
        )
        object.__setattr__(self, "_cues", finder)
        object.__setattr__(self, "_pairs", pairs)

    def pointed_at(self, text: str) -> dict[str, tuple[str, ...]]:
        """Unit → the cues of its that stand in *text*, in the order of the directory; each cue once."""
        if self._cues is None:
            return {}
        hits = sorted({number for number, _, _ in self._cues.find_matches_as_indexes(text, overlapping=True)})
        found: dict[int, list[str]] = {}
        for number in hits:
            at, cue = self._pairs[number]
            found.setdefault(at, []).append(cue)
        return {self.entries[at].name: tuple(cues) for at, cues in found.items()}
