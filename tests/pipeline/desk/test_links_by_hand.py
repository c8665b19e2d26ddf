"""Links that a person makes and takes back: each can be undone, from either side, and nothing else goes with it."""

from typing import Any
from uuid import UUID

from deskkit import BUS, LAMP, links_of, notes_of, of_person

from pipeline.desk.state import decode_case
from schemas.inbox import LinkTo, UnlinkFrom
from schemas.letter import Letter
from schemas.topics import CASE, DECISION, ORDER

CLUSTERED = LAMP + "呀#群"
TWO_MATTERS = "受幸福路的路灯坏了,请修|受三路公交车总是晚点,请管"


def incident_of(desk: Any, letter: Letter) -> UUID | None:
    found: UUID | None = decode_case(desk.state.cases.get(letter.id.bytes)).incident_id
    return found


def counts(desk: Any) -> dict[UUID, int]:
    """How many letters each incident has."""
    return {UUID(bytes=key): desk.state.incident(key).letters for key, _ in desk.state.cases.all_incidents()}


def cluster(desk: Any, make: Any, *keys: str) -> list[Letter]:
    letters = [of_person(make, keys[0], LAMP), *(of_person(make, key, CLUSTERED) for key in keys[1:])]
    for letter in letters:
        desk.say(letter)
    return letters


def link(make: Any, one: Letter, other: Letter, key: str = "link") -> Any:
    return make.instruction(one.number, LinkTo(other=other.number, relation="same_incident"), key)


def unlink(make: Any, one: Letter, other: Letter, key: str = "unlink") -> Any:
    return make.instruction(one.number, UnlinkFrom(other=other.number), key)


def test_who_is_in_no_cluster_comes_into_the_others(desk: Any, make: Any, scripted: None) -> None:
    first, second = cluster(desk, make, "1", "2")
    third = of_person(make, "3", BUS)
    desk.say(third)
    written = desk.say(link(make, second, third))
    assert links_of(written) == [("linked", "same_incident")]
    [cluster_id] = counts(desk)
    assert counts(desk) == {cluster_id: 3}
    assert {incident_of(desk, letter) for letter in (first, second, third)} == {cluster_id}
    desk.say(unlink(make, second, third))
    assert counts(desk) == {cluster_id: 2}
    assert (incident_of(desk, second), incident_of(desk, third)) == (cluster_id, None)
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def test_two_clusters_do_not_become_one(desk: Any, make: Any, scripted: None) -> None:
    one = of_person(make, "1", LAMP)
    others = [of_person(make, key, BUS) for key in "234"]
    desk.say(one, *others)
    desk.say(link(make, others[0], one, "a"), link(make, others[2], others[1], "b"))
    before = counts(desk)
    written = desk.say(link(make, others[0], others[2], "c"))
    assert links_of(written) == []
    assert notes_of(written) == [(False, "两个编号已分属不同的同类事件,不能关联;请先解除其中一个的关联")]
    assert (sorted(before.values()), counts(desk)) == ([2, 2], before)


def test_a_link_is_taken_back_from_either_side(desk: Any, make: Any, scripted: None) -> None:
    first, second = cluster(desk, make, "1", "2")
    assert notes_of(desk.say(link(make, first, second))) == [(False, "两个编号已经关联")]
    written = desk.say(unlink(make, first, second))
    assert links_of(written) == [("unlinked", "same_incident")]
    assert notes_of(written) == [(True, "已核实")]
    assert (incident_of(desk, first) is None, incident_of(desk, second)) == (False, None)
    assert notes_of(desk.say(unlink(make, first, second, "twice"))) == [(False, "两个编号没有关联")]
    joined = of_person(make, "3", LAMP + "嘛#并", person="person-1")
    desk.say(joined)
    back = desk.say(unlink(make, first, joined, "third"))
    assert [(event.order.number, event.tag) for event in back[ORDER]] == [
        (first.number, "appended"), (joined.number, "opened")
    ]  # fmt: skip


def test_who_is_linked_in_another_way_stays(desk: Any, make: Any, scripted: None) -> None:
    first, second, third = cluster(desk, make, "1", "2", "3")
    target = next(
        other
        for other in (first, second)
        if notes_of(desk.say(link(make, third, other, other.number))) == [(True, "已核实")]
    )
    [cluster_id] = counts(desk)
    came_by = second if target is first else first
    desk.say(unlink(make, third, came_by, "one"))
    assert counts(desk) == {cluster_id: 3}
    assert incident_of(desk, third) == cluster_id
    desk.say(unlink(make, third, target, "two"))
    assert counts(desk) == {cluster_id: 2}
    assert incident_of(desk, third) is None


def test_no_recurrence_no_mark(desk: Any, make: Any, scripted: None) -> None:
    one, other = of_person(make, "1", LAMP), of_person(make, "2", BUS)
    desk.say(one, other)
    said = make.instruction(other.number, LinkTo(other=one.number, relation="recurrence"), "back")
    assert [event.order.marks for event in desk.say(said)[ORDER]] == [("复发",)]
    assert [event.order.marks for event in desk.say(unlink(make, other, one))[ORDER]] == [()]


def test_parted_letters_keep_the_numbers_of_their_matters(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "1", LAMP)
    second = of_person(make, "2", TWO_MATTERS, person="person-1")
    desk.say(first, second)
    shorter = second.model_copy(
        update={"digest": "f" * 64, "revision": 2, "text": TWO_MATTERS.partition("|")[2]}
    )
    desk.say(shorter)
    desk.say(make.instruction(second.number, LinkTo(other=first.number, relation="same_person"), "merge"))
    written = desk.say(unlink(make, second, first))
    now = [(event.part, event.decision.kind) for event in written[DECISION] if event.tag == "decided"]
    assert now == [(2, "in_scope"), (1, "held")]  # of what it speaks of no more, a person decides
    [own] = [event.order for event in written[ORDER] if event.order.number == second.number]
    assert (own.part, "公交" in own.body) == (2, True)
    assert [part.no for part in written[CASE][-1].parts if not part.gone] == [2]
