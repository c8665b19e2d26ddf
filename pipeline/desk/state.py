"""What the desk of one partition remembers: the window in memory, the cases in a local table.

``State`` holds what is committed and nothing else. A batch sees it through a ``View``, which adds what the batch's
own earlier items did; an abort throws the view away, a commit hands it to ``State.apply``. Both ways of filling a
state, applying commits and reading the topics back, give the same bytes in ``dump``.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pipeline.desk.cases import Cases
from pipeline.desk.effects import INCIDENT_PREFIX, WAITING_PREFIX, Effects
from pipeline.judge import danger
from pipeline.judge.judge import trace_of, words_of
from pipeline.text import normalise
from schemas import wire
from schemas.errors import Malformed
from schemas.letter import Letter
from schemas.memory import Case, Incident, Remembered, Waiting
from schemas.topics import CASE, MEMORY_WINDOW_DAYS

WINDOW = timedelta(days=MEMORY_WINDOW_DAYS)
WAITING = timedelta(days=30)
VERSIONS = {"danger": danger.VERSION, "fold": normalise.VERSION}


class Entry(NamedTuple):
    """One letter of the window: its last digest, the key its words are found by, and when the desk met it."""

    digest: str
    words: str
    at: datetime


class State:
    """Committed memory of one partition. ``read_to``: by topic, the offset up to which its records are in here."""

    def __init__(self, path: Path) -> None:
        self.letters: dict[bytes, Entry] = {}
        self.beyond: dict[bytes, Entry] = {}
        self.latest: dict[str, bytes] = {}
        self.waiting_since: dict[str, datetime] = {}
        self.incident_at: dict[bytes, datetime] = {}  # the one that grew longest ago first
        self.next_offset: int | None = None
        self.read_to: dict[str, int] = {}
        self.at: datetime | None = None
        self.cases = Cases(path)

    def close(self) -> None:
        """Let go of the local table."""
        self.cases.close()

    def entry(self, letter_id: bytes) -> Entry | None:
        """What is known of a letter in the window, or of an older one whose case is open."""
        return self.letters.get(letter_id) or self.beyond.get(letter_id)

    def apply(self, remembered: Remembered, effects: Effects) -> None:
        """Take over what a committed transaction wrote."""
        self._keep(effects.cases, effects.waiting, effects.incidents)
        self._remember(remembered, effects.cases)

    def restore_cases(self, records: Sequence[tuple[bytes, bytes | None, str, bool]]) -> None:
        """Take over records of ``desk.case.v1``: key, value, and the number and closed that its headers say."""
        cases: dict[bytes, tuple[str, bool, bytes] | None] = {}
        waiting: dict[str, bytes | None] = {}
        incidents: dict[bytes, bytes | None] = {}
        for key, value, number, closed in records:
            if key.startswith(INCIDENT_PREFIX):
                incident_id = UUID(key.removeprefix(INCIDENT_PREFIX).decode()).bytes
                incidents.pop(
                    incident_id, None
                )  # the order of the last records, as it was when they were written
                incidents[incident_id] = value
            elif key.startswith(WAITING_PREFIX):
                waiting[key.removeprefix(WAITING_PREFIX).decode()] = value
            else:
                cases[UUID(key.decode()).bytes] = None if value is None else (number, closed, value)
        self._keep(cases, waiting, incidents)

    def restore_memory(self, remembered: Remembered) -> None:
        """Take over one record of ``desk.memory.v1``."""
        self._remember(remembered, {})

    def restored(self) -> None:
        """After the last record: open cases older than the window stay known."""
        for letter_id, closed, value in self.cases.all():
            if not closed and letter_id not in self.letters:
                case = decode_case(value)
                words = words_of(case.letter)
                self.beyond[letter_id] = Entry(case.letter.digest, words, case.decisions[0].at)
                if words:
                    self.latest.setdefault(words, letter_id)

    def due_for_expiry(self, at: datetime) -> Iterator[tuple[bytes, Entry]]:
        """Letters that have left the window at *at*, oldest first."""
        for letter_id, entry in self.letters.items():
            if entry.at >= at - WINDOW:
                return
            yield letter_id, entry

    def incidents_due(self, at: datetime) -> Iterator[bytes]:
        """Incidents that no letter has joined within the window at *at*."""
        for incident_id, grown in self.incident_at.items():
            if grown >= at - WINDOW:
                return
            yield incident_id

    def _keep(
        self,
        cases: dict[bytes, tuple[str, bool, bytes] | None],
        waiting: dict[str, bytes | None],
        incidents: dict[bytes, bytes | None],
    ) -> None:
        self.cases.apply(cases.items(), waiting.items(), incidents.items())
        for incident_id, value in incidents.items():
            self.incident_at.pop(incident_id, None)
            if value is not None:
                self.incident_at[incident_id] = decode_incident(value).at
        for number, value in waiting.items():
            if value is None:
                self.waiting_since.pop(number, None)
            else:
                self.waiting_since[number] = _waiting(value).at

    def _remember(self, remembered: Remembered, changed: dict[bytes, tuple[str, bool, bytes] | None]) -> None:
        comparable = remembered.versions == VERSIONS
        for seen in remembered.seen:
            letter_id = seen.letter_id.bytes
            words = seen.words if comparable else ""
            known = self.entry(letter_id)
            entry = Entry(seen.digest, words, known.at if known else seen.at)
            (self.beyond if letter_id in self.beyond else self.letters)[letter_id] = entry
            if words:
                self.latest[words] = letter_id
        self.next_offset = remembered.next_offset
        self.at = remembered.at
        self._expire(remembered.at)
        for letter_id, case in changed.items():
            if case is None or case[1]:
                self._drop(self.beyond.pop(letter_id, None), letter_id)

    def _expire(self, at: datetime) -> None:
        for letter_id, entry in list(self.due_for_expiry(at)):
            del self.letters[letter_id]
            if self.cases.is_closed(letter_id) is False:
                self.beyond[letter_id] = entry
            else:
                self._drop(entry, letter_id)

    def _drop(self, entry: Entry | None, letter_id: bytes) -> None:
        if entry is not None and self.latest.get(entry.words) == letter_id:
            del self.latest[entry.words]

    def dump(self) -> bytes:
        """Everything, in one canonical spelling: two equal states give equal bytes."""

        def entries(table: dict[bytes, Entry]) -> list[list[str]]:
            return sorted([i.hex(), e.digest, e.words, e.at.isoformat()] for i, e in table.items())

        return json.dumps(
            {
                "next_offset": self.next_offset,
                "at": self.at.isoformat() if self.at else None,
                "letters": entries(self.letters),
                "beyond": entries(self.beyond),
                "latest": sorted((words, letter_id.hex()) for words, letter_id in self.latest.items()),
                "incidents": [[i.hex(), value.decode()] for i, value in self.cases.all_incidents()],
                "incident_at": [[i.hex(), at.isoformat()] for i, at in self.incident_at.items()],
                "cases": [[i.hex(), closed, value.decode()] for i, closed, value in self.cases.all()],
                "waiting": [[number, value.decode()] for number, value in self.cases.all_waiting()],
            }
        ).encode()


class View:
    """The state as an item of a batch sees it: what is committed, and what earlier items of the batch did."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.effects = Effects()
        self._letters: dict[bytes, Entry] = {}
        self._latest: dict[str, bytes] = {}
        self._numbers: dict[str, bytes] = {}

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
        for letter_id, case in effects.cases.items():
            total.cases[letter_id] = case
            if case is not None:
                self._numbers.setdefault(case[0], letter_id)
        for seen in effects.seen:
            total.seen.append(seen)
            letter_id = seen.letter_id.bytes
            known = self.entry(letter_id)
            self._letters[letter_id] = Entry(seen.digest, seen.words, known.at if known else seen.at)
            if seen.words:
                self._latest[seen.words] = letter_id

    def entry(self, letter_id: bytes) -> Entry | None:
        """What is known of a letter."""
        return self._letters.get(letter_id) or self._state.entry(letter_id)

    def case(self, letter_id: bytes) -> Case | None:
        """The case of a letter. Raises Malformed."""
        if letter_id in self.effects.cases:
            found = self.effects.cases[letter_id]
            return decode_case(found[2]) if found else None
        value = self._state.cases.get(letter_id)
        return decode_case(value) if value is not None else None

    def incident(self, incident_id: bytes) -> Incident | None:
        """What is known of an incident."""
        if incident_id in self.effects.incidents:
            value = self.effects.incidents[incident_id]
        else:
            value = self._state.cases.incident(incident_id)
        return decode_incident(value) if value is not None else None

    def case_by_number(self, number: str) -> Case | None:
        """The case of the letter that has *number*."""
        letter_id = self._numbers.get(number) or self._state.cases.by_number(number)
        return self.case(letter_id) if letter_id else None

    def candidates(self, letter: Letter) -> list[tuple[bytes, bytes]]:
        """Earlier letters that may be about the same matter: id and trace."""
        words = words_of(letter)
        found = (self._latest.get(words) or self._state.latest.get(words)) if words else None
        case = self.case(found) if found is not None else None
        return [(found, trace_of(case.letter))] if found is not None and case is not None else []

    def has_waiting(self) -> bool:
        """Does any status wait for its letter?"""
        return bool(self._state.waiting_since or self.effects.waiting)

    def waiting(self, number: str) -> Waiting | None:
        """The statuses that wait for *number*."""
        if number in self.effects.waiting:
            value = self.effects.waiting[number]
        else:
            value = self._state.cases.waiting(number)
        return _waiting(value) if value is not None else None

    def finish(self, at: datetime) -> None:
        """Delete what is due at *at*: closed cases out of the window, statuses that waited 30 days."""
        due = Effects()
        for letter_id, _ in self._state.due_for_expiry(at):
            changed = self.effects.cases.get(letter_id)
            closed = changed[1] if changed else self._state.cases.is_closed(letter_id)
            if closed:
                due.forget_case(letter_id)
        for letter_id, changed in self.effects.cases.items():
            if changed is not None and changed[1] and letter_id in self._state.beyond:
                due.forget_case(letter_id)
        for incident_id in self._state.incidents_due(at):
            if incident_id not in self.effects.incidents:
                due.forget_incident(incident_id)
        for number, since in self._state.waiting_since.items():
            if since < at - WAITING and number not in self.effects.waiting:
                due.forget_waiting(number)
        self.add(due)


def decode_case(value: bytes) -> Case:
    case = wire.decode(CASE, value)
    if not isinstance(case, Case):
        raise Malformed("a case was expected")
    return case


def decode_incident(value: bytes) -> Incident:
    incident = wire.decode(CASE, value)
    if not isinstance(incident, Incident):
        raise Malformed("an incident was expected")
    return incident


def _waiting(value: bytes) -> Waiting:
    waiting = wire.decode(CASE, value)
    if not isinstance(waiting, Waiting):
        raise Malformed("a waiting status was expected")
    return waiting
