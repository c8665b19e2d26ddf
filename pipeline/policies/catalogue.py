"""The packs that come with Xinshu, by name, and which of those that follow each other is in force on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.policies.policy import Policy
from pipeline.policies.reading import Shared, answers_table, city_pack, house, overlay, units_table
from pipeline.policies.yaml_lines import BadPack

OVERLAYS: Final = ("national_2025",)
UNIT_TABLES: Final = ("sample_units",)
ANSWER_TABLES: Final = ("sample_answers",)
SHARED: Final = frozenset({"hub", *OVERLAYS, *UNIT_TABLES, *ANSWER_TABLES})


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Packs by name. Which is in force on a day is looked up once a day and name."""

    packs: Mapping[str, Policy]

    def pack(self, name: str) -> Policy:
        """Exactly that pack, whatever its dates. Raises BadPack where there is none."""
        if name not in self.packs:
            raise BadPack(f"no rule pack {name!r}; there is: {', '.join(sorted(self.packs))}")
        return self.packs[name]

    def in_force(self, name: str, at: datetime, zone: ZoneInfo) -> Policy:
        """The pack in force at that moment in the city's zone, of those that follow each other as *name*.

        *name* may also be one pack's own name. Raises BadPack where none is in force.
        """
        return self._on(name, at.astimezone(zone).date())

    @lru_cache(maxsize=4096)  # noqa: B019 - one catalogue, for the life of the process
    def _on(self, name: str, day: date) -> Policy:
        found = self.line(name)
        for policy in found:
            if policy.in_force(day):
                return policy
        raise BadPack(f"no rule pack of {name!r} is in force on {day}; there is: {_spans(found)}")

    def line(self, name: str) -> tuple[Policy, ...]:
        """The packs that follow each other as *name*, oldest first."""
        succession = self.packs[name].succeeds_as if name in self.packs else name
        found = [policy for policy in self.packs.values() if policy.succeeds_as == succession]
        if not found:
            raise BadPack(f"no rule pack {name!r}; there is: {', '.join(sorted(self.packs))}")
        return tuple(sorted(found, key=lambda policy: policy.effective.from_ or ""))


def of(packs: Iterable[Policy]) -> Catalogue:
    """A catalogue of *packs*. Raises BadPack where two of one name, or of one succession overlap in time."""
    found: dict[str, Policy] = {}
    for policy in packs:
        if policy.pack in found:
            raise BadPack(f"{policy.pack}.yaml:1: pack: there are two packs of this name")
        found[policy.pack] = policy
    catalogue = Catalogue(found)
    for name in sorted({policy.succeeds_as for policy in found.values()}):
        _check_dates(catalogue.line(name))
    return catalogue


def _check_dates(line: tuple[Policy, ...]) -> None:
    for earlier, later in pairwise(line):
        if (earlier.effective.to or "9999-12-31") >= (later.effective.from_ or ""):
            raise BadPack(
                f"{later.pack}.yaml:{_effective_line(later)}: effective: overlaps {earlier.pack} ({_spans((earlier,))})"
            )


def _effective_line(policy: Policy) -> int:
    return policy.lines.line(("effective",))


def _spans(packs: Iterable[Policy]) -> str:
    return ", ".join(
        f"{policy.pack} {policy.effective.from_ or '…'}/{policy.effective.to or '…'}" for policy in packs
    )


@lru_cache(maxsize=1)
def shared() -> Shared:
    """What all packs stand on."""
    return Shared(
        house(text("hub"), "hub.yaml"),
        {name: overlay(text(name), f"{name}.yaml") for name in OVERLAYS},
        {name: units_table(text(name), f"{name}.yaml") for name in UNIT_TABLES},
        {name: answers_table(text(name), f"{name}.yaml") for name in ANSWER_TABLES},
    )


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """All packs that come with Xinshu."""
    return of(packaged(name) for name in names())


def own_pack(text: str, name: str, source: str | None = None) -> Policy:
    """A city's own pack on top of the house rules that come with Xinshu. *source*: the text its quotes must stand in."""
    return city_pack(text, name, shared(), source)


def catalogue_with(own: Mapping[str, str]) -> Catalogue:
    """The packs that come with Xinshu and those of *own*: file name → text."""
    return of([*catalogue().packs.values(), *(own_pack(said, name) for name, said in sorted(own.items()))])


def names() -> tuple[str, ...]:
    """The packs that come with Xinshu."""
    folder = files("pipeline.policies") / "packs"
    there = (file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    return tuple(sorted(name for name in there if name not in SHARED))


@lru_cache(maxsize=64)
def packaged(pack: str) -> Policy:
    """Exactly that pack, whatever its dates. Raises BadPack where there is none."""
    if pack not in names():
        raise BadPack(f"no rule pack {pack!r} comes with Xinshu; there is: {', '.join(names())}")
    return city_pack(text(pack), f"{pack}.yaml", shared())


def text(name: str) -> str:
    """The file of that name."""
    return (files("pipeline.policies") / "packs" / f"{name}.yaml").read_text("utf-8")
