from collections.abc import Callable
from datetime import timedelta
from typing import Any

from schemas import ids, wire
from schemas.topics import ALERT, CASE, DECISION, MEMORY, ORDER, QUARANTINE, REPLY


def kinds(written: dict[Any, list[Any]]) -> list[str]:
    return [e.decision.kind if e.tag == "decided" else e.tag for e in written[DECISION]]


def tags(written: dict[Any, list[Any]]) -> list[str]:
    return [event.tag for event in written[ORDER]]


def test_a_letter_becomes_a_decision_an_order_and_a_reply(desk: Any, make: Any) -> None:
    letter = make.letter()
    written = desk.say(letter)
    assert kinds(written) == ["in_scope"]
    [event] = written[ORDER]
    order = event.order
    assert event.tag == "opened"
    assert event.id == ids.event_id(order.id, "opened", ids.revision_id(letter.id, letter.digest))
    assert (order.id, order.number, order.unit) == (
        ids.order_id(letter.id, 1),
        letter.number,
        "市政务服务中心",
    )
    assert order.due_at.isoformat() == "2026-03-23T15:59:59+00:00"
    assert not order.due_provisional
    [reply] = written[REPLY]
    assert "2026年3月23日" in reply.text
    assert letter.text not in reply.text
    assert written[DECISION][0].cause.item_id == ids.revision_id(letter.id, letter.digest)
    assert written[DECISION][0].decision.clause.pack == "pass"


def test_a_known_letter_is_answered_again_byte_for_byte(desk: Any, make: Any) -> None:
    desk.say(make.letter())
    before = {topic: desk.values(topic) for topic in (DECISION, ORDER, REPLY)}
    cases = len(desk.log[CASE])
    desk.say(make.letter())
    for topic, values in before.items():
        assert desk.values(topic) == values * 2
    assert len(desk.log[CASE]) == cases


def test_a_copy_is_absorbed(desk: Any, make: Any) -> None:
    first, second = make.letter("1"), make.letter("2")
    desk.say(first)
    written = desk.say(second)
    assert kinds(written) == ["in_scope", "linked"]
    link = written[DECISION][1]
    assert (link.relation, link.to_number, link.number) == ("copy", first.number, second.number)
    assert tags(written) == []
    assert written[REPLY][0].number == second.number


def test_a_copy_within_one_batch_is_absorbed_too(desk: Any, make: Any) -> None:
    written = desk.say(make.letter("1"), make.letter("2"))
    assert kinds(written) == ["in_scope", "in_scope", "linked"]
    assert tags(written) == ["opened"]


def test_the_same_person_again_is_appended(desk: Any, make: Any) -> None:
    first = make.letter("1")
    opened = desk.say(first)[ORDER][0]
    later = make.letter("2", attachments=(make.file("new.jpg"),), text="　" + first.text)
    written = desk.say(later, after=timedelta(hours=1))
    assert kinds(written) == ["in_scope", "linked"]
    assert written[DECISION][1].relation == "same_person"
    [appended] = written[ORDER]
    assert appended.tag == "appended"
    assert appended.order.id == opened.order.id
    assert appended.order.revision == 2
    assert appended.order.due_at == opened.order.due_at
    assert appended.order.letter_ids == (first.id, later.id)
    assert [file.name for file in appended.order.attachments] == ["new.jpg"]
    third = desk.say(make.letter("3"), after=timedelta(hours=1))
    assert third[ORDER][0].order.revision == 3
    assert third[DECISION][1].to_letter_id == first.id


def test_what_is_not_the_same_matter_gets_its_own_order(desk: Any, make: Any) -> None:
    desk.say(make.letter("1"))
    school = make.letter("2", subject="交警", text="希望春风小学门口早晚高峰有交警指挥,接送孩子很不安全。")
    assert tags(desk.say(school)) == ["opened"]
    desk.say(make.letter("3", person=""))
    assert "opened" in tags(desk.say(make.letter("4", person="")))  # nobody knows that it is one person


def test_after_closing_the_same_words_open_a_new_order(desk: Any, make: Any) -> None:
    first = make.letter("1")
    desk.say(first)
    desk.say(make.status(first.number, "closed"))
    written = desk.say(make.letter("2"))
    assert tags(written) == ["opened"]
    assert kinds(written) == ["in_scope", "linked"]
    assert tags(desk.say(make.letter("3"), after=timedelta(hours=1))) == ["appended"]


def test_danger_is_an_emergency_without_an_order(desk: Any, make: Any) -> None:
    letter = make.letter(text="快来人,三楼着火了,还有老人没下来!")
    written = desk.say(letter)
    assert kinds(written) == ["emergency"]
    assert tags(written) == []
    assert [event.tag for event in written[ALERT]] == ["confirmed"]
    assert "110、119、120" in written[REPLY][0].text
    span = written[DECISION][0].decision.evidence[0]
    assert letter.text[span.start : span.end] == "三楼着火了"
    again = desk.say(make.letter("2", text=letter.text))
    assert kinds(again) == ["emergency"]
    assert len(again[ALERT]) == 1


def test_an_empty_letter_is_held_and_never_a_copy(desk: Any, make: Any) -> None:
    for key, text in (("1", ""), ("2", " \u200b\n　"), ("3", "。。。")):
        written = desk.say(make.letter(key, text=text, subject=""))
        assert kinds(written) == ["held"]
        assert written[DECISION][0].decision.reason == "empty"
        assert written[REPLY] == []
    [filed] = desk.say(make.letter("4", text="", subject="", attachments=(make.file("a"),)))[DECISION]
    assert getattr(filed.decision, "reason", "") != "empty"


def test_a_revision_supersedes_and_appends(desk: Any, make: Any) -> None:
    first = make.letter()
    opened = desk.say(first)
    revised = make.letter(bytes="more", revision=2, pieces=2, text=first.text + "补充:是23号灯杆。")
    written = desk.say(revised)
    decided = written[DECISION][0]
    assert decided.supersedes == opened[DECISION][0].id
    assert decided.id == ids.event_id(decided.part_id, "decided", ids.revision_id(revised.id, revised.digest))
    [event] = written[ORDER]
    assert (event.tag, event.order.revision) == ("appended", 2)
    assert event.order.id == opened[ORDER][0].order.id
    assert event.order.due_at == opened[ORDER][0].order.due_at
    assert "23号灯杆" in event.order.body


def test_a_revision_in_the_same_batch_is_told_from_the_first(
    make_desk: Callable[[str], Any], make: Any
) -> None:
    together, apart = make_desk("together"), make_desk("apart")
    first = make.letter("1", text="幸福路的路灯坏了,请来修。")
    later = make.letter("1", revision=2, bytes="more", text="幸福路的路灯坏了,请来修。社保卡怎么补?")
    together.say(first, later)
    apart.say(first)
    apart.say(later)
    assert len(apart.values(DECISION)) > 1
    for topic in (DECISION, ORDER, REPLY, CASE):
        assert together.values(topic) == apart.values(topic)


def test_a_late_file_of_a_joined_letter_joins_the_same_order(desk: Any, make: Any) -> None:
    first = make.letter("1")
    opened = desk.say(first)[ORDER][0]
    waiting = make.file("现场.jpg").model_copy(
        update={"state": "pending", "sha256": "0" * 64, "size_bytes": 0}
    )
    asked = desk.say(make.letter("2", attachments=(waiting, waiting)), after=timedelta(hours=1))[ORDER][0]
    assert [file.state for file in asked.order.attachments] == ["pending", "pending"]
    came = make.letter("2", bytes="file", revision=2, attachments=(make.file("现场.jpg"), waiting))
    written = desk.say(came)
    assert kinds(written) == ["in_scope"]
    [appended] = written[ORDER]
    assert (appended.tag, appended.order.id, appended.order.revision) == ("appended", opened.order.id, 3)
    assert [file.state for file in appended.order.attachments] == ["kept", "pending"]
    assert appended.order.letter_ids == (first.id, came.id)
    assert tags(desk.say(came)) == ["opened", "appended", "appended"]  # known: answered again, nothing new


def test_a_joined_letter_that_comes_to_say_something_else_gets_its_own_order(desk: Any, make: Any) -> None:
    opened = desk.say(make.letter("1"))[ORDER][0]
    desk.say(make.letter("2"))
    [own] = desk.say(
        make.letter("2", bytes="more", revision=2, subject="井盖", text="人民广场东侧的井盖丢了,请补上。")
    )[ORDER]
    assert own.order.id != opened.order.id
    assert (own.tag, "井盖" in own.order.body) == ("opened", True)


def test_an_older_revision_that_comes_late_changes_nothing(desk: Any, make: Any) -> None:
    desk.say(make.letter(bytes="more", revision=2, text="新的内容"))
    late = make.letter(revision=1)
    written = desk.say(late)
    assert tags(written) == []
    assert written[DECISION][0].revision == 2
    assert written[DECISION][0].cause.item_id == ids.revision_id(late.id, late.digest)


def test_a_revision_without_danger_clears_the_alert(desk: Any, make: Any) -> None:
    desk.say(make.letter(text="家里着火了"))
    written = desk.say(make.letter(bytes="corrected", revision=2, text="家里的灯坏了"))
    assert [event.tag for event in written[ALERT]] == ["cleared"]
    assert tags(written) == ["opened"]
    back = desk.say(make.letter(bytes="again", revision=3, text="家里着火了"))
    assert [event.tag for event in back[ALERT]] == ["confirmed"]


def test_what_cannot_be_decoded_goes_to_quarantine_and_the_rest_goes_on(desk: Any, make: Any) -> None:
    good = make.letter()
    strange = good.model_copy(update={"id": ids.letter_id("a", "b", "c", "d", "e"), "city": "elsewhere"})
    written = desk.say(b"{not json", b"", wire.encode(strange), good)
    assert len(written[QUARANTINE]) == 3
    assert written[QUARANTINE][0].pieces == (b"{not json",)
    assert written[QUARANTINE][2].detail == "city: unknown"
    assert tags(written) == ["opened"]
    assert "路灯" not in str([entry.detail for entry in written[QUARANTINE]])


def test_the_case_put_together_by_hand_equals_the_encoded_one(desk: Any, make: Any) -> None:
    desk.say(
        make.letter("1"),
        make.letter("2"),
        make.letter("3", text="着火了"),
        make.letter("4", text="", subject=""),
    )
    for value in desk.values(CASE):
        assert wire.encode(wire.decode(CASE, value)) == value


def test_an_order_never_carries_the_senders_contact(desk: Any, make: Any) -> None:
    sender = {"name": "张三", "phone": "13800001234", "email": "zhang@example.cn"}
    text = "联系电话138 0000 1234或zhang@example.cn,被投诉店铺电话13900005678。"
    for changes in ({"subject": "找13800001234"}, {"subject": "", "person": "b"}):
        event = desk.say(make.letter(str(changes), sender=sender, text=text, **changes))[ORDER][0]
        written = wire.encode(event).decode()
        assert "0000 1234" not in written
        assert "13800001234" not in written
        assert "zhang@" not in written
        assert "13900005678" in event.order.body


def test_two_letters_with_one_number_both_live_on_and_are_found(desk: Any, make: Any) -> None:
    one, two = make.letter("1"), make.letter("2", person="li-si", subject="社保", text="社保卡怎么补办?")
    two = two.model_copy(update={"number": one.number})
    written = desk.say(
        one, two, make.letter("3", person="wang-wu", subject="噪音", text="工地夜里施工太吵。")
    )
    assert tags(written) == ["opened"] * 3
    numbers = [seen.number for seen in written[MEMORY][0].seen]
    assert desk.state.cases.shared(numbers) == [one.number]
