"""Many people about one matter: each keeps number, order and answer; the cluster is counted, and told of when it grows.

A letter belongs to one cluster at most: that of the letter it is linked to most surely. Two clusters do not become one
because a letter is linked to both, nor by a person's word. Of letters linked without one only those with an order of
their own count.
"""

from collections.abc import Sequence
from dataclasses import replace
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


def bring_together(case: Case, other: Case, link: Link, step: Step) -> UUID | None:
    """Both in one cluster by a person's word: who is in none comes into the other's. None where they are in two already."""
    ours, theirs = case.incident_id, other.incident_id
    if ours is None:
        return join(case.letter, [link], step)
    if theirs is None:
        join(other.letter, [replace(link, to=case.letter.id, to_number=case.letter.number)], step)
        mark(other, ours, step)
        return ours
    if ours != theirs:
        return None
    if (incident := step.incident(ours)) is not None:
        _keep(incident, (*incident.links[1 - LINKS_MAX :], (case.letter.id, other.letter.id)), step)
    return ours


def unlinked(case: Case, other_id: UUID, step: Step) -> None:
    """The link between the two was taken back: who came into the cluster by it leaves, with those who came by them.

    Who is still linked to the rest in another way stays.
    """
    other = step.brief(other_id)
    if case.incident_id is None or (other is not None and other.incident_id != case.incident_id):
        return
    incident = step.incident(case.incident_id)
    if incident is None:
        mark(case, None, step)
        return
    ours = case.letter.id
    pair = next((link for link in incident.links if set(link) == {ours, other_id}), None)
    if pair is None and any(link[0] == ours for link in incident.links):
        return  # it came by another letter
    leaver, stays = pair or (ours, other_id)
    links = tuple(link for link in incident.links if link != pair)
    gone = _connected(links, leaver)
    if stays in gone:
        _keep(incident, links, step)
    elif (instead := _linked_else(leaver, gone, incident, step)) is not None:
        _keep(incident, (*links, (leaver, instead)), step)
    else:
        _leave(incident, links, gone, leaver, step)


def _keep(incident: Incident, links: tuple[tuple[UUID, UUID], ...], step: Step) -> None:
    step.effects.incident(incident.model_copy(update={"links": links, "at": step.arrival.at}))


def _connected(links: Sequence[tuple[UUID, UUID]], letter_id: UUID) -> list[UUID]:
    """The letter and all that are linked with it, one by one."""
    found = {letter_id: None}
    grows = True
    while grows:
        reached = [pair for pair in links if (pair[0] in found) != (pair[1] in found)]
        found |= dict.fromkeys(one for pair in reached for one in pair)
        grows = bool(reached)
    return list(found)


def _linked_else(letter_id: UUID, gone: Sequence[UUID], incident: Incident, step: Step) -> UUID | None:
    """Another letter of the cluster, not of those that go, to which a link of this one holds."""
    case = step.case(letter_id)
    links = [link for link in cases.links_of(case) if link.relation == "same_incident"] if case else []
    others = [brief for link in links if (brief := step.brief(link.to_letter_id)) is not None]
    return next(
        (one.letter_id for one in others if one.incident_id == incident.id and one.letter_id not in gone),
        None,
    )


def _leave(
    incident: Incident, links: Sequence[tuple[UUID, UUID]], gone: Sequence[UUID], leaver: UUID, step: Step
) -> None:
    """Those who go are a cluster of their own, where they are several."""
    kept = tuple(link for link in links if link[0] not in gone)
    left = incident.model_copy(update={"letters": incident.letters - len(gone)})
    _keep(left, kept, step)
    own = ids.incident_id(leaver) if len(gone) > 1 else None
    if own is not None:
        taken = tuple(link for link in links if link[0] in gone)
        _keep(left.model_copy(update={"id": own, "letters": len(gone)}), taken, step)
    for letter_id in gone:
        if (case := step.case(letter_id)) is not None:
            mark(case, own, step)


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
