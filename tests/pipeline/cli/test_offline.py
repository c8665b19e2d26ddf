"""Commands that need no Kafka, no settings and no door: normalise, judge, compare."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., tuple[int, str, str]]


def test_normalise_goes_on_after_a_file_that_is_not_there(call: Call, tmp_path: Path) -> None:
    mail = tmp_path / "a.eml"
    mail.write_text("From: Zhang San <zhangsan@example.org>\nSubject: lamp\n\nThe lamp is broken.\n")
    empty = tmp_path / "b.eml"
    empty.write_bytes(b"")
    code, out, _ = call("normalise", "email", str(mail), "none.eml", str(empty), str(mail))
    assert code == 1
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["input"] for line in lines] == [str(mail), "none.eml", str(empty), str(mail)]
    assert lines[0]["letters"] == lines[3]["letters"]
    assert lines[0]["letters"][0]["sender"]["email"] == "zhangsan@example.org"
    assert [line["error"]["kind"] for line in lines[1:3]] == ["file", "malformed"]


LONG = "示例路的路灯不亮了,晚上很黑,请尽快派人来修理,谢谢你们的工作"


def judged(
    call: Call, tmp_path: Path, *letters: Any, options: tuple[str, ...] = ()
) -> tuple[int, list[dict[str, Any]]]:
    file = tmp_path / "letters.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in letters))
    code, out, _ = call("judge", "--policy", "pass", *options, str(file))
    return code, [json.loads(line) for line in out.splitlines()]


def test_judge_answers_every_line_in_order(call: Call, tmp_path: Path) -> None:
    one = {
        "channel": "web_form",
        "text": LONG,
        "sender": {"phone": "13800000001"},
        "received_at": "2026-11-02T09:00:00",
    }
    code, lines = judged(
        call, tmp_path, {**one, "id": 1}, {**one, "id": "2"}, {**one, "id": "3", "channel": "email"},
        {"id": "4", "text": "楼里着火了,快来人!"}, {"id": "5", "text": "。。。"}, "not json", {"id": "7"},
    )  # fmt: skip
    assert code == 1
    assert [line.get("decision") for line in lines] == [
        "accept",
        "accept",
        "accept",
        "emergency",
        "hold",
        None,
        None,
    ]
    assert [(line["relation"], line["of"]) for line in lines[:3]] == [
        ("", None),
        ("copy", "1"),
        ("same_person", "1"),
    ]
    assert [line["error"]["line"] for line in lines[5:]] == [6, 7]
    assert lines[0]["due_at"] > "2026-11-02"
    assert {
        "id",
        "code",
        "clause",
        "quote",
        "pack",
        "version",
        "confidence",
        "score",
        "topic",
        "unit",
        "reply",
        "parts",
    } <= set(lines[0])


def test_judge_without_memory_knows_no_other_letter(call: Call, tmp_path: Path) -> None:
    one = {"channel": "web_form", "text": LONG, "sender": "a"}
    _, lines = judged(call, tmp_path, {**one, "id": "1"}, {**one, "id": "2"}, options=("--no-memory",))
    assert [line["relation"] for line in lines] == ["", ""]


def test_judge_remembers_beyond_one_commit(call: Call, tmp_path: Path) -> None:
    letters = [
        {
            "id": str(i),
            "text": f"{LONG}({i % 250}号楼)",
            "sender": f"s{i % 250}",
            "received_at": "2026-11-02T09:00:00Z",
        }
        for i in range(500)
    ]
    code, lines = judged(call, tmp_path, *letters)
    assert code == 0
    assert {line["relation"] for line in lines[:250]} <= {"", "same_incident"}
    assert [(line["of"], line["relation"]) for line in lines[250:]] == [(str(i), "copy") for i in range(250)]


def test_judge_explains_in_words(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({"id": "7", "text": LONG}))
    code, out, _ = call("judge", "--policy", "pass", "--explain", str(file))
    assert code == 0
    assert out.startswith("7:受理")


def test_compare_says_what_one_letter_is_to_the_other(call: Call, tmp_path: Path) -> None:
    letters, pairs = tmp_path / "letters.jsonl", tmp_path / "pairs.tsv"
    rows: list[dict[str, Any]] = [
        {"id": "a", "text": LONG, "place": "西路", "sender": "甲"},
        {"id": "b", "text": LONG.replace(",", "，") + " ", "place": "西路12号", "sender": "甲"},
        {"id": "c", "text": "别的事"},
        {"id": "d", "text": LONG, "place": "东路"},
        {"id": "e", "text": LONG, "sender": "乙"},
        {"id": "f", "text": LONG, "sender": "甲", "channel": "sms"},
    ]
    letters.write_text("\n".join(map(json.dumps, rows)))
    pairs.write_text("id_a\tid_b\tlabel\na\tb\tsame\na\tc\tother\na\td\tother\na\te\tsame\nf\ta\tsame\n")
    code, out, _ = call("compare", str(letters), str(pairs))
    assert code == 0
    told = [line.split("\t") for line in out.splitlines()]
    assert told[0] == ["id_a", "id_b", "relation", "score", "why"]
    assert [row[2] for row in told[1:]] == ["copy", "", "", "same_incident", "same_person"]
    assert all(0 <= float(row[3]) <= 1 and row[4] for row in told[1:])
    pairs.write_text("a\tnone\n")
    code, out, err = call("compare", str(letters), str(pairs))
    assert code == 2
    assert f"{pairs}:1:" in err


def test_judge_knows_the_packs_own_words_for_a_kind(call: Call, tmp_path: Path) -> None:
    letter = {
        "id": "1",
        "text": "请问小区门口的路灯什么时候能修好?",
        "received_at": "2026-03-02T09:00:00+08:00",
    }
    lines = [letter, letter | {"id": "2", "kind": "反映"}, letter | {"id": "3", "kind": "投诉"}]
    (tmp_path / "l.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    code, out, _ = call("judge", "--policy", "chengdu", "--no-memory", str(tmp_path / "l.jsonl"))
    usual, own, national = (json.loads(line)["due_at"] for line in out.splitlines())
    assert code == 0
    assert usual < own == national


def test_who_only_waits_presses_the_only_order_of_the_same_person(call: Call, tmp_path: Path) -> None:
    one = {"channel": "sms", "sender": {"phone": "13800000001"}}
    _, lines = judged(
        call, tmp_path,
        {**one, "id": "1", "text": "示例街菜场门口的垃圾桶满了三天没人清,请环卫来收一下。", "received_at": "2026-11-02T09:00:00"},
        {**one, "id": "2", "text": "上周反映的事到现在还没人联系我,请尽快处理。", "received_at": "2026-11-09T09:00:00"},
        {**one, "id": "3", "text": "催一下", "received_at": "2026-11-10T09:00:00"},
        {"id": "4", "channel": "sms", "sender": {"phone": "13800000002"}, "text": "催一下", "received_at": "2026-11-10T09:00:00"},
    )  # fmt: skip
    assert [(line["relation"], line["of"]) for line in lines] == [
        ("", None),
        ("reminder", "1"),
        ("reminder", "1"),
        ("", None),
    ]


def test_a_short_letter_of_the_same_person_about_the_same_place_joins(call: Call, tmp_path: Path) -> None:
    one = {"channel": "sms", "sender": {"phone": "13800000001"}, "received_at": "2026-11-02T09:00:00"}
    _, lines = judged(
        call, tmp_path,
        {**one, "id": "1", "text": "幸福路12号门前的路灯坏了三个星期,晚上老人出门很不方便,请派人来修"},
        {**one, "id": "2", "text": "幸福路12号门前的路灯还是不亮"},
        {**one, "id": "3", "text": "幸福路48号门前的路灯不亮"},
    )  # fmt: skip
    assert [line["relation"] for line in lines] == ["", "same_person", ""]


def test_a_year_out_of_reach_is_told_of_its_line_and_the_others_go_on(call: Call, tmp_path: Path) -> None:
    good = {"id": "2", "text": LONG, "received_at": "2026-11-02T09:00:00"}
    code, lines = judged(
        call, tmp_path, {**good, "id": "1", "received_at": "0001-01-01T00:00:00+08:00"}, good
    )
    assert code == 1
    assert "1900" in lines[0]["error"]["detail"]
    assert lines[1]["decision"] == "accept"


def test_a_letter_longer_than_a_record_is_judged_as_the_door_would_have_kept_it(
    call: Call, tmp_path: Path
) -> None:
    code, [answer] = judged(call, tmp_path, {"id": "1", "text": LONG + "路灯还是不亮。" * 40_000})
    assert (code, answer["decision"]) == (0, "accept")
