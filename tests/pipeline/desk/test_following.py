"""Letters under another's order: they are never forgotten, whatever becomes of that order."""

from typing import Any

from deskkit import BUS, LAMP, faults, links_of, notes_of, of_person, orders_of

from schemas.inbox import DecideAsProposed, DecideInScope, DecideOutOfScope, LinkTo, UnlinkFrom
from schemas.letter import Letter
from schemas.topics import DECISION, ORDER, REPLY

JOINED = LAMP + "呀#并"


def decided(written: dict[Any, list[Any]]) -> dict[str, str]:
    """What was decided of which number."""
    return {event.number: event.decision.kind for event in written[DECISION] if event.tag == "decided"}


def two(desk: Any, make: Any) -> tuple[Letter, Letter]:
    first = of_person(make, "1", LAMP)
    joined = of_person(make, "2", JOINED, person="person-1")
    desk.say(first)
    assert orders_of(desk.say(joined)) == [(first.number, "appended")]
    return first, joined


def test_it_waits_while_the_order_is_back_and_stands_under_it_again(
    desk: Any, make: Any, scripted: None
) -> None:
    first, joined = two(desk, make)
    back = desk.say(make.status(first.number, "returned"))
    assert decided(back) == {first.number: "held", joined.number: "held"}
    assert faults(desk, [first, joined]) == []
    again = desk.say(make.instruction(first.number, DecideInScope(unit="市政公司")))
    assert decided(again) == {first.number: "in_scope", joined.number: "in_scope"}
    [event] = again[ORDER]
    assert (event.order.unit, event.order.letter_ids) == ("市政公司", (first.id, joined.id))
    assert faults(desk, [first, joined]) == []


def test_what_was_declined_is_proposed_for_it_and_a_person_decides(
    desk: Any, make: Any, scripted: None
) -> None:
    first, joined = two(desk, make)
    desk.say(make.status(first.number, "returned"))
    declined = desk.say(make.instruction(first.number, DecideOutOfScope(reply="请向法院提出。"), "no"))
    assert decided(declined) == {first.number: "out_of_scope", joined.number: "held"}
    assert [reply.number for reply in declined[REPLY]] == [first.number]
    too = desk.say(make.instruction(joined.number, DecideAsProposed(), "too"))
    assert decided(too) == {joined.number: "out_of_scope"}
    assert "请向法院提出。" in too[REPLY][0].text
    assert faults(desk, [first, joined]) == []


def test_a_person_may_take_it_on_by_itself(desk: Any, make: Any, scripted: None) -> None:
    first, joined = two(desk, make)
    desk.say(make.status(first.number, "returned"))
    desk.say(make.instruction(first.number, DecideOutOfScope(reply="请向法院提出。"), "no"))
    taken = desk.say(make.instruction(joined.number, DecideInScope(), "yes"))
    assert orders_of(taken) == [(joined.number, "opened")]
    assert faults(desk, [first, joined]) == []


def test_a_photo_that_comes_while_it_waits_does_not_open_an_order(
    desk: Any, make: Any, scripted: None
) -> None:
    first, joined = two(desk, make)
    desk.say(make.status(first.number, "returned"))
    grown = joined.model_copy(
        update={"digest": "f" * 64, "revision": 2, "attachments": (make.file("photo"),)}
    )
    written = desk.say(grown)
    assert orders_of(written) == []
    assert decided(written) == {joined.number: "held"}


def test_it_goes_along_where_its_order_is_merged_into_another(desk: Any, make: Any, scripted: None) -> None:
    first, joined = two(desk, make)
    grown = joined.model_copy(
        update={"digest": "e" * 64, "revision": 2, "attachments": (make.file("photo"),)}
    )
    desk.say(grown)
    main = of_person(make, "3", BUS, person="person-1")
    desk.say(main)
    merged = desk.say(
        make.instruction(first.number, LinkTo(other=main.number, relation="same_person"), "merge")
    )
    order = next(event.order for event in merged[ORDER] if event.order.number == main.number)
    assert order.letter_ids == (main.id, first.id, joined.id)
    assert [file.name for file in order.attachments] == [file.name for file in grown.attachments]
    assert faults(desk, [first, joined, main]) == []
    parted = desk.say(make.instruction(first.number, UnlinkFrom(other=main.number), "part"))
    orders = {event.order.number: event.order.letter_ids for event in parted[ORDER]}
    assert orders == {main.number: (main.id,), first.number: (first.id, joined.id)}
    assert faults(desk, [first, joined, main]) == []


def test_what_waits_may_be_merged_by_a_person(desk: Any, make: Any, scripted: None) -> None:
    held, main = of_person(make, "1", "等判决不公"), of_person(make, "2", LAMP)
    desk.say(held, main)
    merged = desk.say(make.instruction(held.number, LinkTo(other=main.number, relation="same_person")))
    assert orders_of(merged) == [(main.number, "appended")]
    assert decided(merged) == {held.number: "in_scope"}
    assert faults(desk, [held, main]) == []


def test_who_writes_again_while_the_order_is_back_opens_no_second_one(desk: Any, make: Any) -> None:
    lamp = "城东街道幸福路12号门前的路灯坏了三个星期,晚上老人出门很不方便,请派人来修"
    again = "幸福路12号门前的路灯坏了好几个星期还没修,老人晚上不敢出门"
    first = of_person(make, "1", lamp, subject="", person="p")
    second = of_person(make, "2", again, subject="", person="p", channel="sms")
    third = of_person(make, "3", f"编号{first.number}的事怎么还没人管?", subject="", person="p")
    desk.say(first, make.status(first.number, "returned", reason="不归我管"))
    for letter in (second, third):
        written = desk.say(letter)
        assert links_of(written) == [("linked", "repeat")]
        assert written[ORDER] == []
        [event] = written[DECISION][:1]
        assert (event.decision.reason, event.decision.clause.code) == ("returned", "DUP.RETURNED")
    desk.say(make.instruction(first.number, DecideInScope(unit="城管局"), "in"))
    joined = desk.say(
        make.instruction(second.number, LinkTo(other=first.number, relation="same_person"), "same")
    )
    assert orders_of(joined) == [(first.number, "appended")]
    assert notes_of(joined) == [(True, "已核实")]
    assert faults(desk, [first, second, third]) == []


def test_who_asks_how_far_it_is_is_answered_and_needs_no_order(desk: Any, make: Any) -> None:
    lamp = "城东街道幸福路12号门前的路灯坏了三个星期,晚上老人出门很不方便,请派人来修"
    first = of_person(make, "1", lamp, subject="", person="p")
    asking = [
        of_person(make, key, f"请问编号{first.number}办到哪一步了?", subject="", person=person)
        for key, person in (("2", "p"), ("3", "stranger"))
    ]
    desk.say(first)
    for letter in asking:
        written = desk.say(letter)
        assert (decided(written), written[ORDER]) == ({letter.number: "answer_now"}, [])
        assert written[DECISION][0].decision.clause.code == "STATUS.QUERY"
    assert faults(desk, [first, *asking]) == []
