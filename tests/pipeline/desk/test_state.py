"""State changes only after the commit, and equals what the topics say, at every record boundary."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pipeline.desk import batch, letters, snapshots
from pipeline.desk.state import VERSIONS, WINDOW
from pipeline.judge import gist
from pipeline.judge.judge import judge as judge_really
from schemas import wire
from schemas.inbox import DecideInScope
from schemas.topics import CASE, DECISION, MEMORY, ORDER, QUARANTINE

OUTPUTS = 5


def story(make: Any, count: int = 60) -> list[Any]:
    """Letters new, known, copied, joined, revised, dangerous, empty and unreadable, statuses early, right and late."""
    chance = random.Random(4)
    said: list[Any] = []
    for number in range(count):
        key = str(number)
        person = f"person-{number % 7}"
        text = f"第{number % 11}号路口的红绿灯不亮,已经好几天了,请尽快安排人员来修。"
        letter = make.letter(key, person=person, text=text)
        said.append(letter)
        match chance.randrange(9):
            case 0:
                said.append(letter)
            case 1:
                said.append(
                    make.letter(key, bytes="more", revision=2, person=person, text=text + "补充一句。")
                )
            case 2:
                said.append(make.status(letter.number, "signed", f"s{key}"))
            case 3:
                said.append(make.status(letter.number, "returned", f"s{key}"))
                said.append(make.instruction(letter.number, DecideInScope(unit="市交警支队"), f"i{key}"))
            case 4:
                said.append(make.status(letter.number, "closed", f"s{key}"))
                said.append(make.letter(key + "b", person=person, text=text))
            case 5:
                said.insert(len(said) - 1, make.status(letter.number, "closed", f"early{key}"))
            case 6:
                said.append(make.letter(key + "d", text="楼里着火了,快来人", person=person))
            case 7:
                said.append(b"{broken")
            case _:
                said.append(make.letter(key + "e", text="", subject="", person=person))
    return said


def test_aborting_every_third_transaction_changes_nothing(make_desk: Callable[[str], Any], make: Any) -> None:
    calm, shaken = make_desk("calm"), make_desk("shaken")
    said = story(make)
    for start in range(0, len(said), 7):
        calm.say(*said[start : start + 7])
    records = []
    for item in said:
        shaken.now += timedelta(seconds=1)
        records.append(shaken.inbound(item))
    transactions, done = 0, 0
    while done < len(records):
        size = 7 if transactions % 2 else 5  # cut otherwise than the calm one
        portion = records[done : done + size]
        transactions += 1
        if transactions % 3 == 0:
            before = shaken.state.dump()
            view, _ = shaken.judged(portion)
            view.abandon()
            assert shaken.state.dump() == before
            continue
        shaken.run(portion)
        done += len(portion)
    assert shaken.state.dump() == calm.state.dump()
    for topic in (*[t for t in calm.log if t is not MEMORY],):
        assert shaken.values(topic) == calm.values(topic)


def test_restoring_at_every_record_boundary_gives_the_same(
    make_desk: Callable[[str], Any], make: Any
) -> None:
    whole = make_desk("whole")
    cut = make_desk("cut")
    for place, item in enumerate(story(make, 25)):
        whole.say(item)
        cut.say(item)
        restored = cut.restored(cut.path / f"{place}.db")
        cut.state.close()
        cut.state = restored
        assert restored.dump() == whole.state.dump()
    for topic in whole.log:
        assert cut.values(topic) == whole.values(topic)


def test_every_part_has_one_current_decision_and_at_most_one_order(desk: Any, make: Any) -> None:
    for item in story(make):
        desk.say(item)
    order_of: dict[Any, set[Any]] = {}
    for value in desk.values(ORDER):
        event = wire.decode(ORDER, value)
        order_of.setdefault(event.order.number, set()).add(event.order.id)
    assert all(len(orders) == 1 for orders in order_of.values())
    parts: dict[Any, list[Any]] = {}
    for value in desk.values(DECISION):
        event = wire.decode(DECISION, value)
        if event.tag == "decided" and event.id not in {known.id for known in parts.get(event.part_id, [])}:
            parts.setdefault(event.part_id, []).append(event)
    for events in parts.values():
        superseded = {event.supersedes for event in events if event.supersedes}
        assert len([event for event in events if event.id not in superseded]) == 1


def test_closed_letters_leave_with_the_window_and_open_ones_stay(desk: Any, make: Any) -> None:
    closed, waiting = make.letter("1"), make.letter("2", person="li-si")
    desk.say(closed, waiting, make.status(closed.number, "closed"))
    desk.now += WINDOW
    desk.say(make.letter("3", person="wang-wu"))
    assert desk.state.cases.get(closed.id.bytes) is None
    assert desk.state.cases.get(waiting.id.bytes) is not None
    assert desk.log[CASE][-1][1] is None
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()
    assert desk.say(make.letter("2", person="li-si"))[ORDER][0].tag == "opened"
    desk.say(make.status(waiting.number, "closed", "s2"))
    assert desk.state.cases.get(waiting.id.bytes) is None
    assert desk.state.dump() == desk.restored(desk.path / "r2.db").dump()


def test_a_letter_that_cannot_be_judged_is_held(
    desk: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = make.letter("bad", text="坏的")
    real = judge_really

    def judge(letter: Any, facts: Any, gist: Any) -> Any:
        if letter.id == bad.id:
            raise ZeroDivisionError("a bug")
        return real(letter, facts, gist)

    monkeypatch.setattr(letters, "judge", judge)
    written = desk.say(
        make.letter("1"), bad, make.letter("2", person="li-si", subject="社保", text="社保卡怎么补?")
    )
    assert [(e.decision.kind, getattr(e.decision, "reason", "")) for e in written[DECISION]] == [
        ("in_scope", ""), ("held", "fault"), ("in_scope", ""),
    ]  # fmt: skip
    monkeypatch.undo()
    said = desk.say(make.instruction(bad.number))
    assert [event.tag for event in said[ORDER]] == ["opened"]
    assert desk.say(bad)[DECISION][0].decision.kind == "held"
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


@pytest.mark.parametrize("question", ["trace_of", "danger_of", "read"])
def test_what_cannot_be_prepared_is_held_and_its_neighbours_are_not(
    desk: Any, make: Any, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    bad = make.letter("bad", text="坏的")
    real = getattr(gist, question)

    def asked(letter: Any, *rest: Any) -> Any:
        if letter.id == bad.id:
            raise ZeroDivisionError("a bug")
        return real(letter, *rest)

    monkeypatch.setattr(gist, question, asked)
    written = desk.say(
        make.letter("1"), bad, make.letter("2", person="li-si", subject="社保", text="社保卡怎么补?")
    )
    assert [event.decision.kind for event in written[DECISION]] == ["in_scope", "held", "in_scope"]


def test_a_flood_of_faults_stops_the_part(desk: Any) -> None:
    before = desk.state.dump()
    with pytest.raises(batch.Flood):
        desk.say(*[b"broken"] * 5)
    assert desk.state.dump() == before
    assert desk.values(QUARANTINE) == []


def test_much_memory_is_split(desk: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SEEN_PER_RECORD_MAX", 3)
    desk.say(*[make.letter(str(number), person=f"p{number}") for number in range(8)])
    assert len(desk.values(MEMORY)) == 3
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def test_a_very_long_case_stays_below_the_limit(desk: Any, make: Any) -> None:
    letter = make.letter(text="长" * 60_000)
    desk.say(letter)
    for number in range(8):
        desk.say(make.letter(f"more{number}", text="长" * 60_000), after=timedelta(hours=1))
    assert max(len(value) for value in desk.values(CASE) if value) < 900 * 1024
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def test_a_snapshot_and_what_came_after_it_give_the_same(desk: Any, make: Any) -> None:
    said = story(make, 30)
    folder = desk.path / "windows"
    for place, item in enumerate(said):
        desk.say(item)
        desk.state.read_to[MEMORY.name] = len(desk.log[MEMORY])
        if place in {10, 40}:
            snapshots.save(folder, indexes(desk.state), taken(desk.state), MEMORY.name, VERSIONS)
    assert [one.name for one in folder.iterdir()] == ["41"]
    state = desk.restored(desk.path / "s.db", folder)
    assert state.read_to[MEMORY.name] == 41
    assert state.dump() == desk.state.dump()


def test_a_snapshot_that_does_not_fit_is_not_used(desk: Any, make: Any) -> None:
    folder = desk.path / "windows"
    desk.say(make.letter("1"))
    desk.state.read_to[MEMORY.name] = 1
    snapshots.save(folder, indexes(desk.state), taken(desk.state), MEMORY.name, VERSIONS)
    for versions, begin, end in ((VERSIONS, 2, 9), (VERSIONS, 0, 0), ({**VERSIONS, "trace": "other"}, 0, 9)):
        found = snapshots.newest(
            folder, MEMORY.name, versions, window_s=int(WINDOW.total_seconds()), begin=begin, end=end
        )
        assert found is None
    (folder / "1" / "lincheng.window").write_bytes(b"broken")
    assert desk.restored(desk.path / "s.db", folder).dump() == desk.state.dump()


def indexes(state: Any) -> dict[str, Any]:
    return {city: window.index for city, window in state.windows.items()}


def taken(state: Any) -> snapshots.Taken:
    found: snapshots.Taken | None = state.taken()
    assert found is not None
    return found
