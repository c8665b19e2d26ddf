"""Relations and what follows from them; links that a person makes and takes back; clusters and their alarm."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from deskkit import BUS, LAMP, links_of, notes_of, of_person, orders_of

from schemas.inbox import Acknowledge, DecideInScope, LinkTo, UnlinkFrom
from schemas.topics import ALERT, CASE, DECISION, MEMORY, ORDER, REPLY


def test_a_reminder_presses_the_order_and_never_opens_one(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "1", LAMP)
    opened = desk.say(first)[ORDER][0].order
    shown = " ".join(re.findall("....", first.number))
    pressing = of_person(make, "2", f"受编号{shown}的事怎么还没人管#催", person="person-1")
    written = desk.say(pressing)
    assert links_of(written) == [("linked", "reminder")]
    [event] = written[ORDER]
    assert (event.tag, event.order.id, event.order.reminders) == ("reminded", opened.id, 1)
    assert event.order.due_at == opened.due_at
    assert event.order.revision == 2
    assert "催办" in event.order.marks
    assert written[CASE][-1].closed
    again = desk.say(of_person(make, "3", f"受{first.number}还没人来#催", person="person-1"))
    assert again[ORDER][0].order.reminders == 2
    revised = desk.say(make.letter("1", text=LAMP + "。补充", person="person-1", bytes="m", revision=2))
    assert revised[ORDER][0].order.reminders == 2


def test_of_several_orders_the_one_that_is_meant_is_appended(desk: Any, make: Any, scripted: None) -> None:
    desk.say(of_person(make, "1", f"{LAMP}|{BUS}"))
    written = desk.say(of_person(make, "2", BUS + "#并", person="person-1"))
    assert [(e.order.part, e.tag) for e in written[ORDER]] == [(2, "appended")]


def test_a_trouble_that_came_back_has_its_own_order_with_a_mark(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "1", LAMP)
    desk.say(first, make.status(first.number, "closed"))
    written = desk.say(of_person(make, "2", LAMP + "#复", person="person-1"))
    assert links_of(written) == [("linked", "recurrence")]
    assert (written[ORDER][0].tag, written[ORDER][0].order.marks) == ("opened", ("复发",))


def test_the_same_matter_after_closing_waits_for_a_person_and_is_looked_at_again(
    desk: Any, make: Any, scripted: None
) -> None:
    first = of_person(make, "1", LAMP)
    desk.say(first, make.status(first.number, "closed"))
    again = of_person(make, "2", "重" + LAMP[1:] + "#重", person="person-1")
    written = desk.say(again)
    assert links_of(written) == [("linked", "repeat")]
    assert written[ORDER] == []
    assert not written[CASE][-1].closed
    said = desk.say(make.instruction(again.number, DecideInScope()))
    assert said[ORDER][0].order.marks == ("回访复核",)


def test_many_people_keep_their_orders_and_are_counted(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "0", LAMP)
    desk.say(first)
    alarms = []
    for number in range(1, 12):
        letter = of_person(make, str(number), LAMP + "#群")
        written = desk.say(letter)
        assert ("linked", "same_incident") in links_of(written)
        own = [e for e in written[ORDER] if e.tag == "opened"]
        assert [e.order.number for e in own] == [letter.number]
        assert own[0].order.incident_id is not None
        reply = written[REPLY][0].text.replace(" ", "")
        assert letter.number in reply
        assert first.number not in reply
        alarms += [(e.letters, e.number) for e in written[ALERT] if e.tag == "mass"]
    assert [letters for letters, _ in alarms] == [5, 10]
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def test_the_first_of_an_incident_learns_of_it_once(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "0", LAMP)
    desk.say(first)
    written = desk.say(of_person(make, "1", LAMP + "#群"))
    assert orders_of(written)[0] == (first.number, "appended")
    assert written[ORDER][0].order.incident_id == written[ORDER][1].order.incident_id
    later = desk.say(of_person(make, "2", LAMP + "#群"))
    assert [tag for _, tag in orders_of(later)] == ["opened"]


def test_doubtful_links_count_for_nothing_until_a_person_says_so(
    desk: Any, make: Any, scripted: None
) -> None:
    first, second = of_person(make, "1", LAMP), of_person(make, "2", LAMP + "#疑")
    desk.say(first)
    written = desk.say(second)
    assert links_of(written) == [("suspected", "same_incident")]
    assert written[ORDER][0].order.incident_id is None
    said = desk.say(make.instruction(second.number, LinkTo(other=first.number)))
    assert links_of(said) == [("linked", "same_incident")]
    assert {e.order.incident_id for e in said[ORDER]} != {None}
    assert said[DECISION][0].actor == "李四"
    third = of_person(make, "3", LAMP + "#疑")
    desk.say(third)
    no = desk.say(make.instruction(third.number, UnlinkFrom(other=first.number), "i3"))
    if not links_of(no):
        no = desk.say(make.instruction(third.number, UnlinkFrom(other=second.number), "i4"))
    assert links_of(no) == [("unlinked", "same_incident")]
    assert no[ORDER] == []


def test_letters_of_one_person_are_merged_and_parted_by_a_person(
    desk: Any, make: Any, scripted: None
) -> None:
    first = of_person(make, "1", LAMP)
    second = of_person(make, "2", BUS, person="person-1")
    desk.say(first, second)
    said = desk.say(make.instruction(second.number, LinkTo(other=first.number), "link"))
    assert links_of(said) == [("linked", "same_person")]
    assert orders_of(said) == [(second.number, "withdrawn"), (first.number, "appended")]
    assert said[ORDER][1].order.letter_ids == (first.id, second.id)
    assert [reply.about for reply in said[REPLY]] == ["linked"]
    twice = desk.say(make.instruction(second.number, LinkTo(other=first.number), "link2"))
    assert notes_of(twice) == [(False, "两个编号已经关联")]
    back = desk.say(make.instruction(second.number, UnlinkFrom(other=first.number), "unlink"))
    assert links_of(back) == [("unlinked", "same_person")]
    assert sorted(orders_of(back)) == sorted([(first.number, "appended"), (second.number, "appended")])
    assert next(e for e in back[ORDER] if e.order.number == first.number).order.letter_ids == (first.id,)
    assert [reply.about for reply in back[REPLY]] == ["accepted"]
    assert notes_of(desk.say(make.instruction(second.number, UnlinkFrom(other=first.number), "u2"))) == [
        (False, "两个编号没有关联")
    ]


def test_a_joined_letter_that_is_parted_gets_its_own_order(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "1", LAMP)
    joined = of_person(make, "2", LAMP + "#并", person="person-1")
    desk.say(first)
    assert orders_of(desk.say(joined)) == [(first.number, "appended")]
    back = desk.say(make.instruction(joined.number, UnlinkFrom(other=first.number)))
    assert (joined.number, "opened") in orders_of(back)
    assert not back[CASE][-1].closed
    current = [e for e in back[DECISION] if e.tag == "decided"]
    assert [(e.decided_by, e.decision.kind) for e in current] == [("李四", "in_scope")]
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def test_who_leaves_an_incident_takes_along_who_came_by_it(desk: Any, make: Any, scripted: None) -> None:
    letters = [of_person(make, "0", LAMP), *(of_person(make, str(n), LAMP + "#群") for n in (1, 2, 3))]
    for letter in letters:
        desk.say(letter)
    other = desk_link_target(desk, letters[3])
    before = incident_of(desk, letters[3])
    written = desk.say(make.instruction(letters[3].number, UnlinkFrom(other=other)))
    assert links_of(written) == [("unlinked", "same_incident")]
    assert incident_of(desk, letters[3]) is None
    assert incident_of(desk, letters[0]) == before
    assert [e.order.incident_id for e in written[ORDER]] == [None]


def desk_link_target(desk: Any, letter: Any) -> str:
    from pipeline.desk.state import decode_case

    case = decode_case(desk.state.cases.get(letter.id.bytes))
    return next(event.to_number for event in case.decisions if event.tag == "linked")


def incident_of(desk: Any, letter: Any) -> Any:
    from pipeline.desk.state import decode_case

    return decode_case(desk.state.cases.get(letter.id.bytes)).incident_id


def test_what_cannot_be_linked_is_noted(desk: Any, make: Any, scripted: None) -> None:
    first, declined = of_person(make, "1", LAMP), of_person(make, "2", "出判决不公", person="person-1")
    desk.say(first, declined)
    cases = [
        (first.number, "没有要关联的那个编号", "0" * 16), (first.number, "不能与自己关联", first.number),
        (declined.number, "该编号没有受理,不能并入", first.number),
    ]  # fmt: skip
    for place, (number, why, other) in enumerate(cases):
        written = desk.say(make.instruction(number, LinkTo(other=other), f"i{place}"))
        assert notes_of(written) == [(False, why)]
    wrong = desk.say(
        make.instruction(first.number, LinkTo(other=declined.number, relation="same_person"), "i9")
    )
    assert notes_of(wrong) == [(False, "要并入的来信没有在办的工单")]


def test_an_alert_is_acknowledged(desk: Any, make: Any, scripted: None) -> None:
    danger, calm = of_person(make, "1", "险着火了"), of_person(make, "2", LAMP)
    desk.say(danger, calm)
    seen = desk.say(make.instruction(danger.number, Acknowledge()))
    assert [(e.tag, e.actor) for e in seen[ALERT]] == [("acknowledged", "李四")]
    assert notes_of(seen) == [(True, "已核实")]
    assert notes_of(desk.say(make.instruction(calm.number, Acknowledge(), "i2"))) == [
        (False, "该编号没有紧急警示")
    ]


def test_traces_of_another_grammar_are_read_again_from_the_letters(
    make_desk: Callable[[str], Any], make: Any, scripted: None
) -> None:
    desk = make_desk("desk")
    desk.say(of_person(make, "1", LAMP), of_person(make, "2", BUS))
    before = desk.state.windows["lincheng"].dump()
    old = [
        (key, (value or b"").replace(b'"trace":"', b'"trace":"0.', 1), headers)
        for key, value, headers in desk.log[MEMORY]
    ]
    desk.log[MEMORY][:] = old
    assert desk.restored(desk.path / "r.db").windows["lincheng"].dump() == before


def test_letters_leave_the_window(desk: Any, make: Any, scripted: None) -> None:
    first = of_person(make, "1", LAMP)
    desk.say(first)
    late = desk.say(of_person(make, "2", LAMP + "#群"), after=timedelta(days=91))
    assert links_of(late) == []
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()
