"""Letters of several parts: each has its number for ever, one current decision, at most one order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schemas import ids, wire
from schemas.inbox import DecideAsProposed, DecideInScope, Object, Redecide
from schemas.topics import ALERT, CASE, DECISION, ORDER, REPLY

TWO = "受幸福路的路灯坏了,请修|受三路公交车总是晚点,请管"


def parts_of(written: dict[Any, list[Any]]) -> list[tuple[int, str]]:
    return [(e.part, e.decision.kind) for e in written[DECISION] if e.tag == "decided"]


def orders_of(written: dict[Any, list[Any]]) -> list[tuple[int, str]]:
    return [(e.order.part, e.tag) for e in written[ORDER]]


def test_each_part_has_its_decision_and_order(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text=TWO)
    written = desk.say(letter)
    assert parts_of(written) == [(1, "in_scope"), (2, "in_scope")]
    one, two = (event.order for event in written[ORDER])
    assert (one.id, two.id) == (ids.order_id(letter.id, 1), ids.order_id(letter.id, 2))
    assert (one.unit, two.unit) == ("市城管局", "市交通局")
    assert ("路灯" in one.body, "公交" in one.body, "路灯" in two.body) == (True, False, False)
    assert "公交" in two.title
    [reply] = written[REPLY]
    assert (reply.part, reply.about) == (0, "accepted")
    assert all(f"-{part}" in reply.text for part in (1, 2))
    assert "2件事" in reply.text
    assert letter.text.split("|")[0] not in reply.text


def test_a_letter_with_one_part_shows_no_part(desk: Any, make: Any, scripted: None) -> None:
    written = desk.say(make.letter(text="受幸福路的路灯坏了"))
    assert written[REPLY][0].part == 1
    assert "-1" not in written[REPLY][0].text
    assert written[ORDER][0].order.title == "路灯"


def test_statuses_name_the_part(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text=TWO)
    desk.say(letter)
    done = desk.say(make.status(letter.number, "closed", "s2", part=2, answer="已增加班次"))
    assert "-2" in done[REPLY][0].text
    assert not done[CASE][-1].closed
    back = desk.say(make.status(letter.number, "returned", "s1", part=1))
    assert parts_of(back) == [(1, "held")]
    assert orders_of(back) == [(1, "withdrawn")]
    assert [e.note for e in desk.say(make.status(letter.number, "signed", "s3", part=3))[DECISION]] == [
        "没有这个分件"
    ]
    said = desk.say(make.instruction(letter.number, DecideInScope(unit="市政公司"), part=1))
    assert orders_of(said) == [(1, "appended")]
    assert desk.say(make.status(letter.number, "closed", "s4", part=1))[CASE][-1].closed


def test_a_held_part_takes_the_proposal(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text="受路灯坏了|等判决不公")
    written = desk.say(letter)
    assert "工作人员核实" in written[REPLY][0].text
    said = desk.say(make.instruction(letter.number, DecideAsProposed(), part=2))
    [decided] = said[DECISION]
    assert (decided.part, decided.decision.kind, decided.decision.organ.name) == (2, "out_of_scope", "法院")
    assert (said[REPLY][0].about, said[REPLY][0].part) == ("declined", 2)
    assert "请向法院提出。" in said[REPLY][0].text
    refused = desk.say(make.instruction(letter.number, DecideAsProposed(), "i2", part=1))
    assert [e.applied for e in refused[DECISION]] == [False]


def test_an_escalated_part_goes_to_the_leaders_office_and_is_confidential(
    desk: Any, make: Any, scripted: None
) -> None:
    written = desk.say(make.letter(text="呈反映某局长的问题"))
    [event] = written[ORDER]
    assert (event.order.unit, event.order.confidential) == ("市长办公室", True)
    assert written[REPLY][0].about == "escalated"


def test_what_is_declined_or_answered_is_told_and_may_be_objected_to(
    desk: Any, make: Any, scripted: None
) -> None:
    for key, text, about in (("1", "出判决不公", "declined"), ("2", "答社保卡怎么补", "answered")):
        letter = make.letter(key, text=text, person=key)
        written = desk.say(letter)
        assert [reply.about for reply in written[REPLY]] == [about]
        assert written[CASE][-1].closed
        assert written[ORDER] == []
        said = desk.say(make.instruction(letter.number, Object(), f"o{key}"))
        held = said[DECISION][0].decision
        assert (held.kind, held.reason) == ("held", "objected")
        assert held.proposal.reply == written[REPLY][0].text
        assert [reply.about for reply in said[REPLY]] == ["noted"]
        assert not said[CASE][-1].closed
    open_ = make.letter("3", text="受路灯坏了", person="3")
    desk.say(open_)
    assert [e.applied for e in desk.say(make.instruction(open_.number, Object(), "o3"))[DECISION]] == [False]
    desk.say(make.status(open_.number, "closed", "done"))
    [late] = desk.say(make.instruction(open_.number, Object(), "o4"))[DECISION]
    assert (late.applied, "新的来信" in late.note) == (False, True)


def test_who_objects_and_speaks_of_danger_is_an_emergency(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text="出判决不公")
    desk.say(letter)
    said = desk.say(make.instruction(letter.number, Object(), "o1", reason="你们都不管,我现在就从楼顶跳下去"))
    [event] = said[DECISION]
    assert (event.decision.kind, event.decision.clause.code) == ("emergency", "HUB.SELFHARM")
    assert [alert.tag for alert in said[ALERT]] == ["confirmed"]
    assert [reply.about for reply in said[REPLY]] == ["emergency"]


def test_what_an_objection_says_of_people_is_masked(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text="出判决不公")
    desk.say(letter)
    [event] = desk.say(make.instruction(letter.number, Object(), "o1", reason="请打13800000001核实"))[
        DECISION
    ]
    assert event.reason == "请打138****0001核实"


def test_a_revision_keeps_each_parts_number(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text=TWO)
    before = desk.say(letter)
    grown = make.letter(bytes="m", revision=2, text="受小区门口井盖丢失了|" + TWO + ",尤其晚上")
    written = desk.say(grown)
    assert sorted(parts_of(written)) == [(1, "in_scope"), (2, "in_scope"), (3, "in_scope")]
    assert orders_of(written) == [(3, "opened"), (2, "appended")]
    new = next(e.order for e in written[ORDER] if e.order.part == 3)
    assert "井盖" in new.body
    assert written[ORDER][1].order.id == before[ORDER][1].order.id
    assert "-3" in written[REPLY][0].text
    shrunk = desk.say(make.letter(bytes="n", revision=3, text="受三路公交车总是晚点,请管,尤其晚上"))
    assert parts_of(shrunk) == [(2, "in_scope")]
    kept = {part.no: part.gone for part in shrunk[CASE][-1].parts}
    assert kept == {1: True, 2: False, 3: True}
    later = desk.say(
        make.letter(bytes="o", revision=4, text="受三路公交车总是晚点,请管,尤其晚上|受幼儿园收费太高")
    )
    assert sorted(parts_of(later)) == [(2, "in_scope"), (4, "in_scope")]


def test_judging_again_follows_the_rules_and_moves_the_order(
    desk: Any, make: Any, scripted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make.letter(text="受路灯坏了|等判决不公")
    desk.say(letter)
    desk.say(make.instruction(letter.number, DecideInScope(), part=2))
    import scripted_judge as script

    from pipeline.desk import revising

    def stricter(said: Any, facts: Any) -> Any:
        return script.judge(
            said.model_copy(update={"text": said.text.replace("受", "出").replace("等", "出")}), facts
        )

    monkeypatch.setattr(revising, "judge", stricter)
    written = desk.say(make.instruction(letter.number, Redecide(), "again"))
    assert parts_of(written) == [(1, "out_of_scope"), (2, "out_of_scope")]
    assert all(e.supersedes for e in written[DECISION] if e.tag == "decided")
    assert orders_of(written) == [(1, "withdrawn"), (2, "withdrawn")]
    assert written[REPLY][0].about == "declined"
    assert written[CASE][-1].closed
    again = desk.say(make.instruction(letter.number, Redecide(), "again"))
    assert again[DECISION][-3:] == written[DECISION]


def test_danger_in_one_part_alarms_once(desk: Any, make: Any, scripted: None) -> None:
    letter = make.letter(text="受路灯坏了|险楼里着火")
    written = desk.say(letter)
    assert [e.tag for e in written[ALERT]] == ["confirmed"]
    assert (written[REPLY][0].about, written[REPLY][0].part) == ("emergency", 0)
    assert orders_of(written) == [(1, "opened")]
    said = desk.say(make.instruction(letter.number, part=2))
    assert [e.tag for e in said[ALERT]] == ["cleared"]


def test_cases_of_several_parts_are_encoded_as_any(desk: Any, make: Any, scripted: None) -> None:
    desk.say(make.letter(text=TWO), make.letter("2", text="答一|出二|等三", person="b"))
    for value in desk.values(CASE):
        assert wire.encode(wire.decode(CASE, value)) == value


def test_restored_at_every_step_and_after_aborts_the_same(
    make_desk: Callable[[str], Any], make: Any, scripted: None
) -> None:
    whole, cut = make_desk("whole"), make_desk("cut")
    letter, other = make.letter(text=TWO), make.letter("2", text=TWO + "#并")
    said = [
        letter, other, make.letter("3", person="c", text="受幸福路的路灯坏了,请修#群"),
        make.letter(bytes="m", revision=2, text=TWO + "|等判决不公"), make.status(letter.number, "returned", part=2),
        make.instruction(letter.number, DecideInScope(), part=2), make.instruction(letter.number, Redecide(), "r"),
        make.letter("4", person="c", text=f"受编号{letter.number},请快办#催"), make.status(letter.number, "closed", "c", part=1),
    ]  # fmt: skip
    for place, item in enumerate(said):
        whole.say(item)
        cut.now += timedelta(seconds=1)
        record = cut.inbound(item)
        view, _ = cut.judged([record])
        view.abandon()
        cut.run([record])
        restored = cut.restored(cut.path / f"{place}.db")
        cut.state.close()
        cut.state = restored
        assert restored.dump() == whole.state.dump()
    for topic in whole.log:
        assert cut.values(topic) == whole.values(topic)
