"""One inbox item at work: where it stood, what it sees, by which rules, and what it does so far."""

from dataclasses import dataclass, field
from uuid import UUID

from pipeline.desk.brief import Brief, brief_of
from pipeline.desk.effects import Effects, encode_case
from pipeline.desk.records import Arrival
from pipeline.desk.rules import Rules
from pipeline.desk.state import decode_case, decoded
from pipeline.desk.view import View
from schemas.memory import Case, Incident


@dataclass(frozen=True, slots=True)
class Step:
    """Cases and incidents are seen as this item has left them so far."""

    arrival: Arrival
    view: View
    rules: Rules
    effects: Effects = field(default_factory=Effects)

    def case(self, letter_id: UUID) -> Case | None:
        """The case of a letter."""
        if letter_id.bytes in self.effects.cases:
            changed = self.effects.cases[letter_id.bytes]
            return decode_case(changed.value) if changed else None
        return self.view.case(letter_id.bytes)

    def brief(self, letter_id: UUID) -> Brief | None:
        """The case of a letter in short."""
        if letter_id.bytes in self.effects.cases:
            return self.effects.briefs.get(letter_id.bytes)
        return self.view.brief(letter_id.bytes)

    def incident(self, incident_id: UUID) -> Incident | None:
        """An incident."""
        if incident_id.bytes in self.effects.grown:
            return self.effects.grown[incident_id.bytes]
        return self.view.incident(incident_id.bytes)

    def save(self, case: Case, **changes: object) -> None:
        """The case with *changes*, as an effect."""
        changed = case.model_copy(update=changes) if changes else case
        value, kept = encode_case(changed)
        brief = brief_of(kept)
        self.effects.case(brief, kept.letter.city, value, closed=kept.closed, seen=brief.at)
        decoded(value, kept)
