"""What the desk of one partition remembers: the window in memory, the cases in a local table.

``State`` holds what is committed. A batch sees it through a ``View``, which adds what the batch's own earlier items did;
an abort throws the view away, a commit hands it to ``State.apply``. All ways of filling a state, applying commits,
reading the topics back, a snapshot and what came after it, give the same bytes in ``dump``.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from pipeline.desk.brief import Brief, brief_of
from pipeline.desk.cases import Cases
from pipeline.desk.effects import INCIDENT_PREFIX, WAITING_PREFIX, Effects, Kept
from pipeline.desk.recent import Recent
from pipeline.desk.snapshots import Taken
from pipeline.desk.window import Window
from pipeline.judge import danger
from pipeline.judge.relate import SCHEME, Index, trace_of
from pipeline.text import normalise
from schemas import wire
from schemas.errors import Malformed
from schemas.memory import Case, Incident, Remembered, Seen, Waiting
from schemas.topics import CASE, MEMORY, MEMORY_WINDOW_DAYS

WINDOW = timedelta(days=MEMORY_WINDOW_DAYS)
WAITING = timedelta(days=30)
VERSIONS = {"danger": danger.VERSION, "fold": normalise.VERSION, "trace": SCHEME}
FORGOTTEN_MAX = 500
"""Cases deleted in one transaction; what is left goes with the next."""

BRIEFS_MAX = 1000
"""About 4 KiB each: what later letters are compared with is mostly what came last."""
INCIDENTS_MAX = 100


class State:
    """Committed memory of one partition. ``read_to``: by topic, the offset up to which its records are in here."""

    def __init__(self, path: Path) -> None:
        self.windows: dict[str, Window] = {}
        self.waiting_since: dict[str, datetime] = {}
        self.incident_at: dict[bytes, datetime] = {}  # the one that grew longest ago first
        self.next_offset: int | None = None
        self.read_to: dict[str, int] = {}
        self.at: datetime | None = None
        self.cases = Cases(path)
        self._briefs = Recent[bytes, Brief](BRIEFS_MAX)
        self._incidents = Recent[bytes, Incident](INCIDENTS_MAX)

    def close(self) -> None:
        """Let go of the local table."""
        self.cases.close()

    def window(self, city: str) -> Window:
        """The window of a city."""
        found = self.windows.get(city)
        if found is None:
            found = self.windows[city] = Window(WINDOW)
        return found

    def take(self, taken: Taken, windows: dict[str, Index]) -> None:
        """Begin with what a snapshot holds; the memory topic is read on from there."""
        self.windows = {city: Window(WINDOW, index) for city, index in windows.items()}
        self.next_offset, self.at = taken.next_offset, taken.at
        self.read_to[MEMORY.name] = taken.read_to

    def taken(self) -> Taken | None:
        """What a snapshot of the windows as they are now has to say; None where nothing was ever remembered."""
        if self.next_offset is None or self.at is None or MEMORY.name not in self.read_to:
            return None
        return Taken(self.read_to[MEMORY.name], self.next_offset, self.at)

    def undo(self) -> None:
        """What an aborted batch did to the windows never happened."""
        for window in self.windows.values():
            window.undo()

    def apply(self, remembered: Remembered, effects: Effects) -> None:
        """Take over what a committed transaction wrote; the windows have it already."""
        for window in self.windows.values():
            window.keep()
        self._keep(effects.cases, effects.waiting, effects.incidents, effects.grown)
        for letter_id, brief in effects.briefs.items():
            self._briefs.set(letter_id, brief)
        for incident_id, incident in effects.grown.items():
            if effects.incidents[incident_id] is not None:
                self._incidents.set(incident_id, incident)
        self.next_offset, self.at = remembered.next_offset, remembered.at

    def restore_cases(self, records: Sequence[tuple[bytes, Kept | None]]) -> None:
        """Take over records of ``desk.case.v1``: key, and the value with what its headers say."""
        cases: dict[bytes, Kept | None] = {}
        waiting: dict[str, bytes | None] = {}
        incidents: dict[bytes, bytes | None] = {}
        for key, kept in records:
            if key.startswith(INCIDENT_PREFIX):
                incident_id = UUID(key.removeprefix(INCIDENT_PREFIX).decode()).bytes
                incidents.pop(incident_id, None)  # the order of the last records, as they were written
                incidents[incident_id] = kept.value if kept is not None else None
            elif key.startswith(WAITING_PREFIX):
                waiting[key.removeprefix(WAITING_PREFIX).decode()] = kept.value if kept is not None else None
            else:
                cases[UUID(key.decode()).bytes] = kept
        self._keep(cases, waiting, incidents, {})

    def restore_memory(self, remembered: Remembered) -> None:
        """Take over one record of ``desk.memory.v1``; the cases were restored before."""
        comparable = remembered.versions.get("trace") == SCHEME
        told: dict[str, list[tuple[UUID, datetime, bytes, bool]]] = {}
        for seen in remembered.seen:
            city, trace = (seen.city, seen.trace) if comparable else self._read_again(seen)
            if trace:
                told.setdefault(city, []).append((seen.letter_id, seen.at, trace, seen.again))
        for city, letters in told.items():
            self.window(city).restore(letters)
        self.next_offset, self.at = remembered.next_offset, remembered.at

    def _read_again(self, seen: Seen) -> tuple[str, bytes]:
        """A trace made anew from the letter, where it was stored by another grammar and its case is still kept."""
        value = self.cases.get(seen.letter_id.bytes)
        if value is None:
            return "", b""
        letter = decode_case(value).letter
        return letter.city, trace_of(letter).encode()

    def brief(self, letter_id: bytes) -> Brief | None:
        """The case of a letter in short. Raises Malformed."""
        brief = self._briefs.get(letter_id)
        if brief is None and (value := self.cases.get(letter_id)) is not None:
            brief = brief_of(decode_case(value))
            self._briefs.set(letter_id, brief)
        return brief

    def incident(self, incident_id: bytes) -> Incident | None:
        """What is known of an incident. Raises Malformed."""
        incident = self._incidents.get(incident_id)
        if incident is None and (value := self.cases.incident(incident_id)) is not None:
            incident = decode_incident(value)
            self._incidents.set(incident_id, incident)
        return incident

    def incidents_due(self, at: datetime) -> Iterator[bytes]:
        """Incidents that no letter has joined within the window at *at*."""
        for incident_id, grown in self.incident_at.items():
            if grown >= at - WINDOW:
                return
            yield incident_id

    def _keep(
        self,
        cases: dict[bytes, Kept | None],
        waiting: dict[str, bytes | None],
        incidents: dict[bytes, bytes | None],
        grown: dict[bytes, Incident],
    ) -> None:
        self.cases.apply(cases.items(), waiting.items(), incidents.items())
        for letter_id in cases:
            self._briefs.drop(letter_id)
        for incident_id, value in incidents.items():
            self._incidents.drop(incident_id)
            self.incident_at.pop(incident_id, None)
            if value is not None:
                self.incident_at[incident_id] = (grown.get(incident_id) or decode_incident(value)).at
        for number, value in waiting.items():
            if value is None:
                self.waiting_since.pop(number, None)
            else:
                self.waiting_since[number] = decode_waiting(value).at

    def dump(self) -> bytes:
        """Everything, in one canonical spelling: two equal states give equal bytes."""
        return json.dumps(
            {
                "next_offset": self.next_offset,
                "at": self.at.isoformat() if self.at else None,
                "windows": {city: window.dump() for city, window in sorted(self.windows.items())},
                "incidents": [[i.hex(), value.decode()] for i, value in self.cases.all_incidents()],
                "incident_at": [[i.hex(), at.isoformat()] for i, at in self.incident_at.items()],
                "cases": [[i.hex(), closed, seen, v.decode()] for i, closed, seen, v in self.cases.all()],
                "waiting": [[number, value.decode()] for number, value in self.cases.all_waiting()],
            }
        ).encode()


_DECODED = Recent[bytes, Case](256)
"""What many letters are about is looked at again and again; a case is frozen."""


def decode_case(value: bytes) -> Case:
    """A case as it stands on its topic. Raises Malformed."""
    case = _DECODED.get(value)
    if case is None:
        case = wire.decode(CASE, value)
        if not isinstance(case, Case):
            raise Malformed("a case was expected")
        _DECODED.set(value, case)
    return case


def decoded(value: bytes, case: Case) -> None:
    """*value* is *case*, encoded: it will likely be asked for."""
    _DECODED.set(value, case)


def decode_incident(value: bytes) -> Incident:
    """An incident as it stands on its topic. Raises Malformed."""
    incident = wire.decode(CASE, value)
    if not isinstance(incident, Incident):
        raise Malformed("an incident was expected")
    return incident


def decode_waiting(value: bytes) -> Waiting:
    """The statuses in *value*. Raises Malformed."""
    waiting = wire.decode(CASE, value)
    if not isinstance(waiting, Waiting):
        raise Malformed("a waiting status was expected")
    return waiting
