"""Which strings a pattern cannot do without: one pass over a text for all of them tells which patterns are worth a try.

Understands the patterns that data tables are written in: literals, sets, groups, alternatives, repetitions, ``.``, ``^``
and ``$``; no look-around, no back references.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

T = TypeVar("T", bound=Hashable)

_EXACT_MAX: Final = 100
_SET_MAX: Final = 12
_NEEDS_MAX: Final = 3
_ESCAPES: Final = {"n": "\n", "t": "\t", "s": None, "d": None, "w": None}

Strings = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Says:
    """*exact*: all that a piece may say, where that is little; else None. *needs*: it says one of each of these."""

    exact: Strings | None
    needs: tuple[Strings, ...] = ()

    @property
    def all_needs(self) -> tuple[Strings, ...]:
        """Sets of strings: of each one is there, whatever is matched; the most telling sets first."""
        exact = (self.exact,) if self.exact and "" not in self.exact else ()
        return tuple(sorted((*exact, *self.needs), key=_telling)[:_NEEDS_MAX])


_NOTHING: Final = _Says(frozenset({""}))
_ANYTHING: Final = _Says(None)


def _telling(strings: Strings) -> tuple[int, int]:
    """The longer strings, then the fewer."""
    return -min(map(len, strings)), len(strings)


def needed(pattern: str) -> list[tuple[Strings, ...]]:
    """For each alternative of *pattern* what its matches need: of every set one string. Raises ValueError."""
    branches: list[tuple[Strings, ...]] = []
    at = -1
    while at < len(pattern):
        says, at = _sequence(pattern, at + 1)
        branches.append(says.all_needs)
        if pattern[at : at + 1] == ")":
            message = f"a parenthesis too many in {pattern!r}"
            raise ValueError(message)
    return branches


class Hints(Generic[T]):
    """Patterns, each with a value that stands for it."""

    def __init__(self, rows: Sequence[tuple[T, str]]) -> None:
        always: list[T] = []
        sets: dict[Strings, int] = {}
        branches: list[tuple[T, int]] = []
        hinted: dict[str, tuple[int, set[int]]] = {}
        for value, needs in ((value, needs) for value, pattern in rows for needs in needed(pattern)):
            if not needs:
                always.append(value)
                continue
            places = [sets.setdefault(strings, len(sets)) for strings in needs]
            for string in needs[0]:
                hinted.setdefault(string, (0, set()))[1].add(len(branches))
            branches.append((value, sum(1 << place for place in places)))
        for strings, place in sets.items():
            for string in strings:
                bits, begun = hinted.get(string, (0, set()))
                hinted[string] = bits | 1 << place, begun
        self._always = frozenset(always)
        self._branches = tuple(branches)
        self._bits = tuple(bits for bits, _ in hinted.values())
        self._begun = tuple(tuple(begun) for _, begun in hinted.values())
        self._finder = AhoCorasick(
            list(hinted), matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def values(self, text: str) -> set[T]:
        """The values of the patterns that may match in *text*; those left out do not."""
        found = {hit[0] for hit in self._finder.find_matches_as_indexes(text, overlapping=True)}
        bits, begun = self._bits, self._begun
        there = 0
        for string in found:
            there |= bits[string]
        values = set(self._always)
        for string in found:
            for branch in begun[string]:
                value, needs = self._branches[branch]
                if there & needs == needs:
                    values.add(value)
        return values


def _alternatives(pattern: str, at: int) -> tuple[_Says, int]:
    branches: list[_Says] = []
    while True:
        says, at = _sequence(pattern, at)
        branches.append(says)
        if at == len(pattern) or pattern[at] == ")":
            return _either(branches), at
        at += 1


def _either(branches: list[_Says]) -> _Says:
    exact: Strings | None = frozenset()
    needs: Strings | None = frozenset()
    for says in branches:
        exact = None if exact is None or says.exact is None else exact | says.exact
        needs = None if needs is None or not says.all_needs else needs | says.all_needs[0]
    if exact is not None and len(exact) <= _EXACT_MAX:
        return _Says(exact)
    return _Says(None, (needs,) if needs else ())


def _sequence(pattern: str, at: int) -> tuple[_Says, int]:
    """A run of pieces: while they say little their strings are put together."""
    told: Strings = frozenset({""})
    needs: list[Strings] = []
    is_exact = True
    while at < len(pattern) and pattern[at] not in "|)":
        says, at = _piece(pattern, at)
        needs += says.needs
        if says.exact is not None and len(told) * len(says.exact) <= _EXACT_MAX:
            told = frozenset(left + right for left in told for right in says.exact)
            continue
        is_exact = False
        if "" not in told:
            needs.append(told)
        told = says.exact if says.exact is not None else frozenset({""})
    if is_exact:
        return _Says(told, tuple(needs)), at
    if "" not in told:
        needs.append(told)
    return _Says(None, tuple(needs)), at


def _piece(pattern: str, at: int) -> tuple[_Says, int]:
    says, at = _atom(pattern, at)
    if at == len(pattern) or pattern[at] not in "?*+{":
        return says, at
    sign = pattern[at]
    least = 1 if sign == "+" else 0
    at += 1
    if sign == "{":
        end = pattern.index("}", at)
        least = int(pattern[at:end].partition(",")[0] or 0)
        at = end + 1
    if pattern[at : at + 1] == "?":
        at += 1
    if least:
        return _Says(None, says.all_needs), at
    if sign == "?" and says.exact is not None:
        return _Says(says.exact | {""}), at
    return _ANYTHING, at


def _atom(pattern: str, at: int) -> tuple[_Says, int]:
    sign = pattern[at]
    if sign == "(":
        says, at = _alternatives(pattern, at + 3 if pattern.startswith("(?:", at) else at + 1)
        return says, at + 1
    if sign == "[":
        return _set(pattern, at + 1)
    if sign in "^$":
        return _NOTHING, at + 1
    if sign == ".":
        return _ANYTHING, at + 1
    if sign == "\\":
        escaped = pattern[at + 1]
        said = _ESCAPES.get(escaped, escaped)
        return (_ANYTHING if said is None else _Says(frozenset({said}))), at + 2
    return _Says(frozenset({sign})), at + 1


def _set(pattern: str, at: int) -> tuple[_Says, int]:
    end = pattern.index("]", at + 1)
    inside = pattern[at:end]
    if inside[0] == "^" or "-" in inside or "\\" in inside or len(inside) > _SET_MAX:
        return _ANYTHING, end + 1
    return _Says(frozenset(inside)), end + 1
