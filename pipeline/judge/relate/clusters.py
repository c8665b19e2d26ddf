"""Incidents: letters of different people on one matter, joined by links, counted, and taken apart again.

A cluster is whatever hangs together by links; it is named by the letter that was its first. New letters join it through
any member that is still remembered, so an incident outlives the letters that began it. ``unlink`` takes one link away
and sees what still hangs together: the side of the oldest member keeps name and count, the other becomes an incident
of its own or single letters.

Only letters that are linked take room here: some hundred bytes a link, which one letter in ten has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cluster:
    """An incident. *letters*: how many belong to it, those that left the window included; *members*: those still here,

    the oldest first.
    """

    incident_id: UUID
    letters: int
    members: tuple[UUID, ...]

    def reaches(self, letters: int, *, before: int) -> bool:
        """Has it grown from *before* letters to *letters* or more: is it time to tell somebody?"""
        return before < letters <= self.letters


@dataclass(slots=True)
class _Incident:
    letters: int
    members: list[bytes]


@dataclass(slots=True)
class Clusters:
    """Links between letters, by id, and the incidents they make. The order in which letters were first linked is kept."""

    _links: dict[bytes, list[bytes]] = field(default_factory=dict)
    _incident_of: dict[bytes, bytes] = field(default_factory=dict)
    _incidents: dict[bytes, _Incident] = field(default_factory=dict)

    def link(self, letter_id: UUID, earlier_id: UUID) -> Cluster:
        """Join two letters that are both remembered, the later one first. Joining what is joined changes nothing."""
        later, earlier = letter_id.bytes, earlier_id.bytes
        if later == earlier:
            raise ValueError("a letter is not linked to itself")
        if earlier not in self._incident_of:
            self._begin(earlier, earlier)
        if later not in self._incident_of:
            self._begin(self._incident_of[earlier], later)
        elif (mine := self._incident_of[later]) != (theirs := self._incident_of[earlier]):
            self._merge(theirs, mine)
        self._tie(later, earlier)
        return self._cluster(self._incident_of[later])

    def adopt(self, letter_id: UUID, incident_id: UUID, letters: int = 0) -> Cluster:
        """A letter joins an incident through one that has left the window. *letters*: how many belonged to it then, with it."""
        later, incident = letter_id.bytes, incident_id.bytes
        if later not in self._incident_of:
            self._begin(incident, later)
        elif (mine := self._incident_of[later]) != incident and incident in self._incidents:
            self._merge(incident, mine)
        if later != incident:
            self._tie(later, incident)
        known = self._incidents[self._incident_of[later]]
        known.letters = max(known.letters, letters)
        return self._cluster(self._incident_of[later])

    def unlink(self, letter_id: UUID, other_id: UUID) -> tuple[Cluster, ...]:
        """Take a link away. The incidents that the two letters are in now: none, one or two."""
        one, other = letter_id.bytes, other_id.bytes
        incident = self._incident_of.get(one, self._incident_of.get(other))
        if incident is None or other not in self._links.get(one, ()):
            return self._both(one, other)
        self._untie(one, other)
        side = self._together(one)
        if other not in side:
            # The side of the incident's first letter, or of what stands for it, keeps the name.
            leaving = self._together(other) if incident in side else side
            self._part(
                incident, [member for member in self._incidents[incident].members if member in leaving]
            )
        return self._both(one, other)

    def cluster_of(self, letter_id: UUID) -> Cluster | None:
        """The incident of a letter, if it is in one."""
        incident = self._incident_of.get(letter_id.bytes)
        return self._cluster(incident) if incident is not None else None

    def linked_to(self, letter_id: UUID) -> tuple[UUID, ...]:
        """The letters that a letter is directly linked to, in the order of linking."""
        return tuple(UUID(bytes=other) for other in self._links.get(letter_id.bytes, ()))

    def forget(self, letter_ids: Iterable[bytes]) -> None:
        """These letters have left the window. What hung together by them now hangs on the incident itself, whose name

        goes on standing for its first letter: so a memory that never knew them (``adopt``) is the same.
        """
        if not self._incident_of:
            return
        for gone in letter_ids:
            incident = self._incident_of.pop(gone, None)
            if incident is None:
                continue
            if gone != incident:
                for other in list(self._links.get(gone, ())):
                    self._untie(gone, other)
                    if other != incident:
                        self._tie(other, incident)
            known = self._incidents[incident]
            known.members.remove(gone)
            if not known.members:
                del self._incidents[incident]

    def _tie(self, one: bytes, other: bytes) -> None:
        if other not in self._links.get(one, ()):
            self._links.setdefault(one, []).append(other)
            self._links.setdefault(other, []).append(one)

    def _untie(self, one: bytes, other: bytes) -> None:
        for from_, to in ((one, other), (other, one)):
            self._links[from_].remove(to)
            if not self._links[from_]:
                del self._links[from_]

    def _begin(self, incident: bytes, letter: bytes) -> None:
        known = self._incidents.setdefault(incident, _Incident(0, []))
        known.members.append(letter)
        known.letters += 1
        self._incident_of[letter] = incident

    def _merge(self, into: bytes, other: bytes) -> None:
        kept, gone = self._incidents[into], self._incidents.pop(other)
        kept.members += gone.members
        kept.letters += gone.letters
        for member in gone.members:
            self._incident_of[member] = into

    def _part(self, incident: bytes, gone: Sequence[bytes]) -> None:
        known = self._incidents[incident]
        leaving = set(gone)
        known.members = [member for member in known.members if member not in leaving]
        known.letters -= len(gone)
        for member in gone:
            del self._incident_of[member]
        if len(gone) > 1:
            self._incidents[gone[0]] = _Incident(len(gone), list(gone))
            self._incident_of.update(dict.fromkeys(gone, gone[0]))
        if known.letters == 1:
            for member in known.members:
                del self._incident_of[member]
            del self._incidents[incident]

    def _together(self, one: bytes) -> set[bytes]:
        found, waiting = {one}, [one]
        while waiting:
            for other in self._links.get(waiting.pop(), ()):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def _both(self, one: bytes, other: bytes) -> tuple[Cluster, ...]:
        incidents = dict.fromkeys(
            self._incident_of[letter] for letter in (one, other) if letter in self._incident_of
        )
        return tuple(self._cluster(incident) for incident in incidents)

    def _cluster(self, incident: bytes) -> Cluster:
        known = self._incidents[incident]
        return Cluster(
            UUID(bytes=incident), known.letters, tuple(UUID(bytes=member) for member in known.members)
        )

    def dump(self) -> dict[str, NDArray[np.generic]]:
        """Every link and incident as arrays, in their order."""
        pairs = b"".join(one + other for one, around in self._links.items() for other in around)
        members = b"".join(
            incident + member for incident, known in self._incidents.items() for member in known.members
        )
        return {
            "links": np.frombuffer(pairs, dtype=np.uint8).reshape(-1, 32),
            "members": np.frombuffer(members, dtype=np.uint8).reshape(-1, 32),
            "incident_letters": np.array(
                [known.letters for known in self._incidents.values()], dtype=np.int64
            ),
        }

    @classmethod
    def load(cls, dumped: dict[str, NDArray[np.generic]]) -> "Clusters":
        """The clusters of ``dump``. KeyError or ValueError for arrays that are none."""
        found = cls()
        for pair in dumped["links"]:
            one, other = pair[:16].tobytes(), pair[16:].tobytes()
            found._links.setdefault(one, []).append(other)
        for pair in dumped["members"]:
            incident, member = pair[:16].tobytes(), pair[16:].tobytes()
            found._incidents.setdefault(incident, _Incident(0, [])).members.append(member)
            found._incident_of[member] = incident
        for known, letters in zip(
            found._incidents.values(), dumped["incident_letters"].tolist(), strict=True
        ):
            known.letters = letters
        return found
