"""What must not be lost on the way: term and topic of an order, a person's merge, what is confidential, and a city's working."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from deskkit import BUS, LAMP, notes_of, of_person, orders_of

from pipeline.desk import revising
from pipeline.desk.batch import Judging
from pipeline.desk.rules import MailboxRules, Rules
from pipeline.policies.model import packaged
from schemas.inbox import Acknowledge, DecideAsProposed, DecideInScope, LinkTo, Object, Redecide
from schemas.topics import ALERT, CASE, DECISION, ORDER, REPLY


def use(desk: Any, pack: str) -> None:
    rules = desk.judging._rules
    city = replace(rules.cities["lincheng"], usual=MailboxRules((packaged(pack),)))
    desk.judging = Judging(Rules({"lincheng": city}, rules.copy_window), 5)


def test_who_takes_on_what_was_returned_keeps_its_term_and_facts(desk: Any, make: Any) -> None:
    use(desk, "chengdu_2025")
    letter = of_person(
        make, "1", "请问公租房申请需要什么材料,到哪里办理?我在锦江区,窗口电话打不通。", subject=""
    )
    opened = desk.say(letter)[ORDER][0].order
    desk.say(make.status(letter.number, "returned", key="back"))
    written = desk.say(make.instruction(letter.number, DecideInScope(unit="城管局"), key="take"))
    order = written[ORDER][-1].order
    kept = ("kind", "topic", "territory", "urgency", "due_at", "units")
    assert [getattr(order, name) for name in kept] == [getattr(opened, name) for name in kept]
    assert order.unit == "城管局"
    assert opened.topic


def test_what_a_person_takes_on_first_is_routed(desk: Any, make: Any) -> None:
    use(desk, "chengdu_2025")
    letter = of_person(
        make, "1", "锦江区春熙路的井盖没有了,露着一个大洞,车和人随时会掉下去,请马上派人来修。", subject=""
    )
    written = desk.say(letter)
    assert [event.decision.kind for event in written[DECISION]] == ["emergency"]
    order = desk.say(make.instruction(letter.number, DecideInScope(), key="take"))[ORDER][0].order
    assert (order.topic, order.territory, order.urgency) == ("市政设施/井盖", "510104", "紧急")
    assert order.unit == order.units[0].unit


def test_no_part_of_a_letter_names_its_sender(desk: Any, make: Any) -> None:
    letter = of_person(
        make, "1", "我叫王小明,家住城东。幸福路的路灯坏了三个星期,请派人维修。", subject="王小明反映路灯问题"
    )
    order = desk.say(letter)[ORDER][0].order
    assert "王小明" not in order.title + order.body
    assert "王" in order.title


def test_what_a_person_merged_stays_merged(desk: Any, make: Any, scripted: None) -> None:
    one, other = of_person(make, "1", LAMP), of_person(make, "2", BUS)
    desk.say(one, other)
    merged = desk.say(make.instruction(other.number, LinkTo(other=one.number, relation="same_person")))
    assert orders_of(merged) == [(other.number, "withdrawn"), (one.number, "appended")]
    grown = other.model_copy(update={"digest": "f" * 64, "revision": 2, "attachments": (make.file("photo"),)})
    assert (other.number, "appended") not in orders_of(desk.say(grown))


def test_a_merge_keeps_what_is_confidential(desk: Any, make: Any, scripted: None) -> None:
    one, other = of_person(make, "1", LAMP), of_person(make, "2", "呈举报某官员灯受贿")
    desk.say(one, other)
    written = desk.say(make.instruction(other.number, LinkTo(other=one.number, relation="same_person")))
    assert [event.order.confidential for event in written[ORDER]] == [True, True]


def test_who_names_anothers_number_presses_and_is_told_nothing_of_it(desk: Any, make: Any) -> None:
    use(desk, "chengdu_2025")
    letter = of_person(
        make, "1", "锦江区春熙路的路灯坏了三个星期,晚上老人出门很不方便,请派人来修。", subject=""
    )
    opened = desk.say(letter)[ORDER][0].order
    stranger = of_person(make, "2", f"编号{letter.number}的事怎么还没人管,请尽快处理。", subject="")
    written = desk.say(stranger)
    assert [event.tag for event in written[ORDER]] == ["reminded"]
    (reply,) = written[REPLY]
    assert opened.unit not in reply.text
    assert "预计" not in reply.text


def test_the_number_of_a_letter_that_joined_means_its_order(desk: Any, make: Any) -> None:
    use(desk, "chengdu_2025")
    lamp = of_person(
        make, "1", "锦江区春熙路的路灯坏了三个星期,晚上老人出门很不方便,请派人来修。", subject="", person="p"
    )
    more = of_person(
        make, "2", "补充:春熙路的路灯还是不亮,昨晚又有老人摔了一跤,请尽快修好路灯。", subject="", person="p"
    )
    bus = of_person(
        make, "3", "三路公交车早高峰总是晚点二十分钟,上班都迟到了,请增加班次。", subject="", person="p"
    )
    opened = desk.say(lamp)[ORDER][0].order
    assert orders_of(desk.say(more)) == [(lamp.number, "appended")]
    desk.say(bus)
    asks = of_person(make, "4", f"编号{more.number}的事怎么还没人管,请尽快处理。", subject="", person="p")
    (event,) = desk.say(asks)[ORDER]
    assert (event.tag, event.order.id) == ("reminded", opened.id)


def test_no_case_is_too_full_for_a_city_to_go_on(desk: Any, make: Any) -> None:
    waited_for, known, later = (
        of_person(make, "1", LAMP),
        of_person(make, "2", BUS),
        of_person(make, "3", LAMP),
    )
    desk.say(known)
    for number in range(16):
        for letter in (waited_for, known):
            desk.say(
                make.status(letter.number, "closed", key=f"{letter.number}{number}", answer="答" * 20_000)
            )
    desk.say(waited_for)
    desk.say(known.model_copy(update={"digest": "f" * 64, "revision": 2, "text": known.text + "补充"}))
    assert orders_of(desk.say(later)) == [(later.number, "opened")]


def test_a_status_of_another_city_is_not_this_citys(desk: Any, make: Any) -> None:
    rules = desk.judging._rules
    desk.judging = Judging(Rules({**rules.cities, "donghai": rules.cities["lincheng"]}, rules.copy_window), 5)
    letter = of_person(make, "1", LAMP)
    desk.say(make.status(letter.number, "closed", key="x", city="donghai", answer="东海的话"))
    written = desk.say(letter)
    assert notes_of(written) == []
    assert all("东海的话" not in reply.text for reply in written[REPLY])


def test_a_finished_order_is_opened_again_only_for_something_new_and_with_a_new_term(
    desk: Any, make: Any
) -> None:
    use(desk, "chengdu_2025")
    letter = of_person(
        make, "1", "锦江区春熙路的路灯坏了三个星期,晚上老人出门很不方便,请派人来修。", subject=""
    )
    opened = desk.say(letter)[ORDER][0].order
    desk.say(make.status(letter.number, "closed", answer="修好了"), after=timedelta(days=40))
    again = desk.say(make.instruction(letter.number, Redecide(), "again"))
    assert (again[ORDER], again[REPLY], again[CASE][-1].closed) == ([], [], True)
    late = letter.model_copy(update={"digest": "f" * 64, "revision": 2, "attachments": (make.file("photo"),)})
    written = desk.say(late)
    [event] = written[ORDER]
    assert event.order.due_at > desk.now > opened.due_at
    assert event.order.unit == opened.unit
    assert not written[CASE][-1].closed
    [reply] = written[REPLY]
    assert "重新办理" in reply.text


def test_a_fault_leaves_an_alert_in_force(
    desk: Any, make: Any, scripted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = of_person(make, "1", "险着火了")
    desk.say(letter)

    def fails(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(revising, "judge", fails)
    grown = letter.model_copy(update={"digest": "f" * 64, "revision": 2, "text": "险着火了快来"})
    assert [event.decision.kind for event in desk.say(grown)[DECISION]] == ["emergency"]
    seen = desk.say(make.instruction(letter.number, Acknowledge()))
    assert [alert.tag for alert in seen[ALERT]] == ["acknowledged"]


def test_an_objection_to_one_matter_repeats_only_what_was_said_of_it(
    desk: Any, make: Any, scripted: None
) -> None:
    letter = of_person(make, "1", "出判决不公|答社保卡怎么补")
    desk.say(letter)
    desk.say(make.instruction(letter.number, Object(), "object", part=2))
    [reply] = desk.say(make.instruction(letter.number, DecideAsProposed(), "same", part=2))[REPLY]
    assert "补办请到窗口。" in reply.text
    assert "请向法院提出。" not in reply.text
    assert "件事" not in reply.text


def test_of_two_letters_with_one_number_the_same_one_is_meant_in_any_batch(
    make_desk: Callable[[str], Any], make: Any, scripted: None
) -> None:
    one = of_person(make, "1", LAMP)
    other = of_person(make, "2", BUS).model_copy(update={"number": one.number})
    said = make.status(one.number, "closed")
    meant = []
    for place, batches in enumerate(([[one], [other], [said]], [[one, other, said]], [[other, one, said]])):
        desk = make_desk(f"desk{place}")
        for batch in batches:
            written = desk.say(*batch)
        meant.append([event.letter_id for event in written[DECISION] if event.tag == "noted"])
    assert meant == [[min(one.id, other.id)]] * 3


def test_judging_again_leaves_a_finished_order_and_its_unit(desk: Any, make: Any, scripted: None) -> None:
    letter = of_person(make, "1", LAMP)
    desk.say(letter, make.status(letter.number, "returned", key="back"))
    desk.say(make.instruction(letter.number, DecideInScope(unit="城管局"), key="take"))
    desk.say(make.status(letter.number, "closed", key="done"))
    written = desk.say(make.instruction(letter.number, Redecide(), key="again"))
    assert (written[ORDER], written[REPLY]) == ([], [])
    assert [event.decision.unit for event in written[DECISION] if event.tag == "decided"] == ["城管局"]
    assert written[CASE][-1].closed
