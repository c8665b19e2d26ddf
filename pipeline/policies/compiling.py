"""A pack's clauses into the rows of an engine, in the order in which they decide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.policies.conditions import Seen, holds
from pipeline.policies.engine import Engine, Row
from pipeline.policies.house_file import HouseClause, HouseFile, OverlayFile
from pipeline.policies.pack_file import ClauseEntry, Exception_, OrganEntry, PackFile, Rule
from pipeline.policies.policy import House
from pipeline.policies.texts import UNVERIFIED
from pipeline.policies.yaml_lines import Lines
from schemas.decision import CONFIDENTIAL_MARK, Clause, Organ

Test = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the clauses of one file."""

    pack: str
    version: str

    def __call__(self, rule: Rule | ClauseEntry | HouseClause) -> Clause:
        return self.of(rule.code, rule.quote)

    def of(self, code: str, quote: str) -> Clause:
        return Clause(pack=self.pack, version=self.version, code=code, quote=quote)


def maker_of(file: PackFile | OverlayFile | HouseFile) -> Maker:
    """The maker of *file*'s clauses."""
    return Maker(file.pack, file.version)


def engine_of(
    lines: Lines, file: PackFile, national: OverlayFile | None, rules: HouseFile, common: House
) -> Engine:
    """The engine of *file* on top of the house rules and, where it names one, the national rule."""
    make = maker_of(file)
    own = [(entry, _row(lines, at, entry, make, common)) for at, entry in enumerate(file.clauses)]
    overlay = [(entry, maker_of(national)(entry)) for entry in national.clauses] if national else []
    silent = [_silent(entry, clause, common) for entry, clause in overlay]
    proposals = {clause.code: clause for _, clause in overlay}

    def turn(which: str) -> list[Row]:
        of_house = maker_of(rules)
        return [_house_row(entry, of_house, proposals) for entry in rules.clauses if entry.turn == which]

    rows = (
        *turn("first"),
        *(row for entry, row in own if entry.effect != "accept" or entry.outweighs_silence),
        *turn("before_silence"),
        *silent,
        *turn("after_silence"),
        *(row for entry, row in own if entry.effect == "accept" and not entry.outweighs_silence),
    )
    organs = tuple((holds(one.when), _organ(one)) for one in (*file.organs, *rules.organs) if one.when)
    restricted = file.confidentiality.restricted
    secret = ((holds(restricted), CONFIDENTIAL_MARK),) if restricted else ()
    notes = (*((holds(note.when), note.mark) for note in rules.notes), *secret)
    return Engine(rows, organs, common.clauses["HUB.AMBIG"], notes)


def _row(lines: Lines, at: int, entry: ClauseEntry, make: Maker, common: House) -> Row:
    clause = make(entry)
    if entry.held_as is not None and entry.held_as not in common.clauses:
        raise lines.bad(("clauses", at, "held_as"), f"there is no house rule {entry.held_as}")
    return Row(
        effect=entry.effect,
        clause=common.clauses[entry.held_as] if entry.held_as else clause,
        applies=holds(entry.when),
        exceptions=_exceptions(entry.unless, make),
        units=tuple((holds(one.when), one.unit) for one in entry.units),
        why=entry.reply,
        sure=entry.sure,
        reason=entry.reason,
        proposed=(entry.proposes, clause) if entry.proposes else None,
        marks=entry.marks,
    )


def _exceptions(entries: tuple[Exception_, ...], make: Maker) -> tuple[tuple[Test, Clause | None], ...]:
    return tuple(
        (holds(one.when), make.of(one.code, one.quote) if one.code and one.quote else None) for one in entries
    )


def _silent(entry: ClauseEntry, clause: Clause, common: House) -> Row:
    """The city's text is silent, the national rule is not: a person decides and is offered what the rule says."""
    return Row(
        effect="hold",
        clause=common.clauses["HUB.SILENT"],
        applies=holds(entry.when),
        exceptions=_exceptions(entry.unless, Maker(clause.pack, clause.version)),
        why=entry.reply,
        reason="silent",
        proposed=("exclude", clause),
    )


def _house_row(entry: HouseClause, make: Maker, proposals: Mapping[str, Clause]) -> Row:
    offered = proposals.get(entry.proposes) if entry.proposes else None
    return Row(
        effect=entry.effect,
        clause=make(entry),
        applies=holds(entry.when),
        exceptions=_exceptions(entry.unless, make),
        why=entry.reply,
        reason=entry.reason,
        proposed=("exclude", offered) if offered else None,
    )


def _organ(entry: OrganEntry) -> Organ:
    source = entry.source if entry.status == "published" else f"{UNVERIFIED}:{entry.source}"
    return Organ(name=entry.name, phone=entry.phone, source=source)
