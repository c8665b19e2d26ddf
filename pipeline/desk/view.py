"""What an item of a batch sees: the committed state, and over it what the batch's own earlier items did."""

from datetime import datetime
from uuid import UUID

from pipeline.desk.brief import Brief
from pipeline.desk.effects import Effects, milliseconds
from pipeline.desk.state import FORGOTTEN_MAX, WAITING, WINDOW, State, decode_case, decode_waiting
from pipeline.judge.relate import Candidate, Trace
from schemas.letter import Letter
from schemas.memory import Case, Incident, Waiting


class View:
    """The state as an item of a batch sees it: what is committed, and what earlier items of the batch did.

    One at a time: making a view undoes what one that was not applied has left.
    """

    def __init__(self, state: State) -> None:
        state.undo()
        self._state = state
        self.effects = Effects()
        self._numbers: dict[str, bytes] = {}

    def abandon(self) -> None:
        """The batch is aborted: nothing of it happened."""
        self._state.undo()

    def add(self, effects: Effects) -> None:
        """Take over what one item did."""
        total = self.effects
        total.records += effects.records
        total.decided += effects.decided
        total.ordered += effects.ordered
        total.waiting |= effects.waiting
        for incident_id, incident in effects.incidents.items():
            total.incidents.pop(incident_id, None)
            total.incidents[incident_id] = incident
        total.grown |= effects.grown
        for letter_id, case in effects.cases.items():
            total.cases[letter_id] = case
            total.briefs.pop(letter_id, None)
            if case is not None:
                self._numbers[case.number] = min(letter_id, self._numbers.get(case.number, letter_id))
        total.briefs |= effects.briefs
        for seen in effects.seen:
            total.seen.append(seen)
            if seen.trace:
                window = self._state.window(seen.city)
                window.add(seen.letter_id, seen.at, seen.trace, again=seen.again)

    def case(self, letter_id: bytes) -> Case | None:
        """The case of a letter. Raises Malformed."""
        if letter_id in self.effects.cases:
            found = self.effects.cases[letter_id]
            return decode_case(found.value) if found else None
        value = self._state.cases.get(letter_id)
        return decode_case(value) if value is not None else None

    def is_new(self, letter_id: bytes) -> bool:
        """Is no case of the letter known? False may be said of a new one too, rarely."""
        return letter_id not in self.effects.cases and not self._state.cases.may_hold(letter_id)

    def brief(self, letter_id: bytes) -> Brief | None:
        """The case of a letter in short. Raises Malformed."""
        if letter_id in self.effects.cases:
            return self.effects.briefs.get(letter_id)
        return self._state.brief(letter_id)

    def alike(self, letter: Letter, trace: Trace, at: datetime) -> tuple[Candidate, ...]:
        """Earlier letters of the city that may be about the same matter, the likeliest first."""
        window = self._state.windows.get(letter.city)
        return window.candidates(trace, at) if window is not None else ()

    def compared(self, letter: Letter, trace: Trace, others: list[UUID]) -> tuple[Candidate, ...]:
        """The letter against these others, as far as the window has them."""
        window = self._state.windows.get(letter.city)
        return window.compare(trace, others) if window is not None and others else ()

    def incident(self, incident_id: bytes) -> Incident | None:
        """What is known of an incident."""
        if incident_id in self.effects.grown:
            return self.effects.grown[incident_id]
        return None if incident_id in self.effects.incidents else self._state.incident(incident_id)

    def case_by_number(self, number: str) -> Case | None:
        """The case of the letter that has *number*; of a clash the lower id, however records are cut into batches."""
        known = (self._numbers.get(number), self._state.cases.by_number(number))
        letter_id = min((one for one in known if one is not None), default=None)
        return self.case(letter_id) if letter_id is not None else None

    def has_waiting(self) -> bool:
        """Does any status wait for its letter?"""
        return bool(self._state.waiting_since or self.effects.waiting)

    def waiting(self, number: str) -> Waiting | None:
        """The statuses that wait for *number*."""
        changed = self.effects.waiting
        value = changed[number] if number in changed else self._state.cases.waiting(number)
        return decode_waiting(value) if value is not None else None

    def finish(self, at: datetime) -> None:
        """Delete what is due at *at*: closed cases out of the window, statuses that waited 30 days."""
        due = Effects()
        before_ms = milliseconds(at - WINDOW)
        for letter_id in self._state.cases.done(before_ms, FORGOTTEN_MAX):
            if letter_id not in self.effects.cases:
                due.forget_case(letter_id)
        for letter_id, changed in self.effects.cases.items():
            if changed is not None and changed.closed and changed.seen_ms < before_ms:
                due.forget_case(letter_id)
        for incident_id in self._state.incidents_due(at):
            if incident_id not in self.effects.incidents:
                due.forget_incident(incident_id)
        for number, since in self._state.waiting_since.items():
            if since < at - WAITING and number not in self.effects.waiting:
                due.forget_waiting(number)
        self.add(due)
