from datetime import timedelta
from typing import Any

from schemas.inbox import DecideAnswer, DecideInScope, DecideOutOfScope
from schemas.topics import ALERT, CASE, DECISION, ORDER, REPLY


def noted(written: dict[Any, list[Any]]) -> list[tuple[str, bool]]:
    return [(e.what, e.applied) for e in written[DECISION] if e.tag == "noted"]


def test_signed_and_closed_are_told_to_the_citizen(desk: Any, make: Any) -> None:
    letter = make.letter()
    desk.say(letter)
    signed = desk.say(make.status(letter.number, "signed"))
    assert noted(signed) == [("signed", True)]
    assert [reply.about for reply in signed[REPLY]] == ["signed"]
    closed = desk.say(make.status(letter.number, "closed", "s2", answer="路灯已修好"))
    assert noted(closed) == [("closed", True)]
    assert "路灯已修好" in closed[REPLY][0].text
    assert closed[CASE][-1].closed
    late = desk.say(make.status(letter.number, "returned", "s3"))
    assert noted(late) == [("returned", False)]
    assert late[ORDER] == []


def test_the_same_status_twice_is_done_once(desk: Any, make: Any) -> None:
    letter = make.letter()
    desk.say(letter)
    first = desk.say(make.status(letter.number, "returned"))
    cases = len(desk.log[CASE])
    second = desk.say(make.status(letter.number, "returned"))
    assert second[DECISION][-2:] == first[DECISION]
    assert second[ORDER][-1] == first[ORDER][-1]
    assert len(desk.log[CASE]) == cases


def test_a_returned_order_is_held_and_accepting_puts_the_same_order_forward_again(
    desk: Any, make: Any
) -> None:
    letter = make.letter()
    opened = desk.say(letter)[ORDER][0]
    back = desk.say(make.status(letter.number, "returned", reason="不属我局职责"))
    assert [e.decision.kind for e in back[DECISION] if e.tag == "decided"] == ["held"]
    assert back[DECISION][0].decision.reason == "returned"
    assert [(e.tag, e.order.revision) for e in back[ORDER]] == [("withdrawn", 2)]
    said = desk.say(make.instruction(letter.number, DecideInScope(unit="市城管局")))
    [event] = said[ORDER]
    assert (event.tag, event.order.revision, event.order.id) == ("appended", 3, opened.order.id)
    assert event.order.unit == "市城管局"
    decided = said[DECISION][0]
    assert (decided.decided_by, decided.reason) == ("李四", "已核实")
    assert decided.supersedes == back[DECISION][0].id
    assert noted(desk.say(make.status(letter.number, "signed", "s9"))) == [("signed", True)]


def test_a_held_letter_is_decided_by_a_person(desk: Any, make: Any) -> None:
    cases = [
        (DecideInScope(), "in_scope", "accepted", 1),
        (DecideOutOfScope(reply="请向法院提出。"), "out_of_scope", "declined", 0),
        (DecideAnswer(reply="办事大厅周一至周五开放。"), "answer_now", "answered", 0),
    ]
    for place, (verdict, kind, about, orders) in enumerate(cases):
        letter = make.letter(f"empty{place}", text="", subject="")
        desk.say(letter)
        written = desk.say(make.instruction(letter.number, verdict, f"i{place}"))
        assert [e.decision.kind for e in written[DECISION]] == [kind]
        assert [reply.about for reply in written[REPLY]] == [about]
        assert len(written[ORDER]) == orders
        late = desk.say(make.instruction(letter.number, verdict, f"late{place}"))
        assert noted(late) == [("instruction", False)]


def test_deciding_an_emergency_clears_the_alert(desk: Any, make: Any) -> None:
    letter = make.letter(text="楼道里着火了")
    desk.say(letter)
    written = desk.say(make.instruction(letter.number))
    assert [event.tag for event in written[ALERT]] == ["cleared"]
    assert [event.tag for event in written[ORDER]] == ["opened"]


def test_a_status_may_come_before_its_letter(desk: Any, make: Any) -> None:
    letter = make.letter()
    early = desk.say(make.status(letter.number, "signed"), make.status(letter.number, "closed", "s2"))
    assert noted(early) == [("signed", False), ("closed", False)]
    written = desk.say(letter)
    assert [event.tag for event in written[ORDER]] == ["opened"]
    assert noted(written) == [("signed", True), ("closed", True)]
    assert desk.state.dump() == desk.restored(desk.path / "again.db").dump()
    assert not desk.state.waiting_since
    again = desk.say(make.status(letter.number, "signed"))
    assert ("signed", True) in noted(again)


def test_a_status_waits_thirty_days(desk: Any, make: Any) -> None:
    letter = make.letter()
    desk.say(make.status(letter.number, "signed"))
    desk.say(make.letter("other"), after=timedelta(days=31))
    assert not desk.state.waiting_since
    assert noted(desk.say(letter)) == []


def test_what_names_nothing_is_noted(desk: Any, make: Any) -> None:
    letter = make.letter()
    assert noted(desk.say(make.instruction(letter.number))) == [("instruction", False)]
    desk.say(letter)
    assert noted(desk.say(make.instruction(letter.number, key="i2"))) == [("instruction", False)]
    assert noted(desk.say(make.status(letter.number, "signed", part=2))) == [("signed", False)]
    held = make.letter("held", text="", subject="")
    desk.say(held)
    assert noted(desk.say(make.instruction(held.number, key="i3", part=2))) == [("instruction", False)]
    assert noted(desk.say(make.status(held.number, "signed", "s5"))) == [("signed", False)]
