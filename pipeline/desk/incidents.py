"""Many people about one matter: each keeps number, order and answer; the cluster is counted, and told of when it grows.

A letter belongs to one cluster at most: that of the letter it is linked to most surely. Two clusters do not become one
because a letter is linked to both. Only letters with an order of their own count.
"""

from collections.abc import Sequence
from uuid import UUID

from pipeline.desk import case as cases
from pipeline.desk.orders import next_order
from pipeline.desk.step import Step
from pipeline.judge.judgement import Link
from schemas import ids
from schemas.letter import Letter
from schemas.memory import Case, Incident
from schemas.order import Mass

LINKS_MAX = 100
"""Of a larger incident the latest links are kept: whoever came earlier leaves it alone, without those who came by them."""


def join(letter: Letter, links: Sequence[Link], step: Step) -> UUID | None:
    """Take *letter* into the cluster of the letter it is linked to most surely. The cluster; None where there is none."""
    best = max(links, key=lambda link: link.score, default=None)
    other = step.brief(best.to) if best is not None else None
    if other is None:
        return None
    incident_id = other.incident_id or ids.incident_id(other.letter_id)
    known = step.incident(incident_id)
    if known is None:
        known = Incident(id=incident_id, city=letter.city, letters=1, at=step.arrival.at)
    if other.incident_id is None and (case := step.case(other.letter_id)) is not None:
        mark(case, incident_id, step)
    grown = known.model_copy(
        update={
            "letters": known.letters + 1,
            "links": (*known.links[1 - LINKS_MAX :], (letter.id, other.letter_id)),
            "at": step.arrival.at,
        }
    )
    step.effects.incident(_alarmed(grown, letter, step))
    return incident_id


def leave(case: Case, step: Step) -> Case:
    """Take the letter of *case* out of its cluster; who was linked to it only goes with it, as a cluster of its own."""
    if case.incident_id is None:
        return case
    incident = step.incident(case.incident_id)
    if incident is None:
        return mark(case, None, step)
    gone = _who_goes(incident, case.letter.id)
    kept = tuple(link for link in incident.links if link[0] not in gone and link[1] not in gone)
    taken = tuple(link for link in incident.links if link[0] in gone and link[1] in gone)
    step.effects.incident(
        incident.model_copy(
            update={"letters": incident.letters - len(gone), "links": kept, "at": step.arrival.at}
        )
    )
    own = ids.incident_id(case.letter.id) if len(gone) > 1 else None
    if own is not None:
        step.effects.incident(
            Incident(
                id=own,
                city=incident.city,
                letters=len(gone),
                alarmed=incident.alarmed,
                links=taken,
                at=step.arrival.at,
            )
        )
        for letter_id in gone:
            other = step.case(letter_id)
            if other is not None and letter_id != case.letter.id:
                mark(other, own, step)
    return mark(case, own, step)


def _who_goes(incident: Incident, letter_id: UUID) -> list[UUID]:
    """The letter and those that were linked to it or, one by one, to such a letter: links stand in the order they came."""
    gone = {letter_id: None}
    for one, other in incident.links:
        if other in gone:
            gone[one] = None
    return list(gone)


def _alarmed(incident: Incident, letter: Letter, step: Step) -> Incident:
    least = max(step.rules.incident_alarm_letters, 2 * incident.alarmed)
    if incident.letters < least:
        return incident
    step.effects.alert(
        Mass(
            id=ids.event_id(incident.id, "mass", step.arrival.item), city=letter.city, number=letter.number,
            letter_id=letter.id, incident_id=incident.id, letters=incident.letters, at=step.arrival.at,
        )
    )  # fmt: skip
    return incident.model_copy(update={"alarmed": incident.letters})


def mark(case: Case, incident_id: UUID | None, step: Step) -> Case:
    """The letter's open orders say to which cluster they belong."""
    why = "与其他来信反映同一事件" if incident_id is not None else "不再与其他来信关联"
    told = []
    for event in cases.open_orders(case):
        order = next_order(event.order, "appended", step.arrival, why, incident_id=incident_id)
        step.effects.order(order)
        told.append(order)
    case = case.model_copy(
        update={"incident_id": incident_id, "orders": (*case.orders, *told), "at": step.arrival.at}
    )
    step.save(case)
    return case
