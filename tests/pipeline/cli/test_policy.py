"""``xinshu policy``: list, show, test, diff."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from pipeline.cli import matter_words
from pipeline.cli.policy_cases import Case, scores_of
from pipeline.policies.conditions import When

Call = Callable[..., tuple[int, str, str]]

HEADER = "id\tchannel\ttext\tpolicy\texpected_decision\texpected_reason_code\twhy\n"


def test_list_tells_dates_and_samples(call: Call) -> None:
    code, out, _ = call("policy", "list")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert {"chengdu", "chengdu_2025", "fuxin", "pass"} <= set(rows)
    assert "2025-12-24" in rows["chengdu"]
    assert "今天无效" in rows["chengdu"]
    assert "今天有效" in rows["chengdu_2025"]
    code, out, _ = call("policy", "list", "--json")
    found = {row["pack"]: row for row in json.loads(out)}
    assert code == 0
    assert (found["chengdu"]["to"], found["chengdu"]["in_force"]) == ("2025-12-24", False)
    assert found["pass"]["samples"] == 1


def test_show_prints_every_clause_with_its_words(call: Call) -> None:
    code, out, _ = call("policy", "show", "chengdu")
    assert code == 0
    for piece in (
        "CD6.2.3", "「涉及社会管理事项除外」"[1:-1], "→ CD6.2.3X", "兜底,不自动适用", "主体=军队武警", "咨询 3个工作日", "其余 15个工作日【样例】",
        "12388", "12368【未核实】", "社保卡补办(有效至 2027-12-31)【样例】", "CD6.2.6 「属于110、119、120等",
    ):  # fmt: skip
        assert piece in out
    for pack, pieces in (
        (
            "yichang",
            ("按来信人要求和来信性质公开,须来信人同意,保密的不公开 「", "信箱:市长信箱\n", "求助→求助"),
        ),
        ("xxcity", ("双重, 办公室答复来信人 「", "公开:审核后公开,")),
        ("fuxin", ("公开:条文没有规定:审核后公开,须来信人同意", "意见→建议")),
        ("jian", ("公开:不公开 「",)),
    ):
        out = call("policy", "show", pack)[1]
        assert [piece for piece in pieces if piece not in out] == []
    code, out, _ = call("policy", "show", "fuxin", "--json")
    assert code == 0
    assert json.loads(out)["pack"] == "fuxin"


def test_a_pack_that_is_not_there_is_a_wrong_call(call: Call) -> None:
    for arguments in (("show", "nowhere"), ("diff", "pass", "nowhere", "none.jsonl")):
        code, out, _ = call("policy", *arguments)
        assert (code, out) == (2, "")
    assert "nowhere" in call("policy", "show", "nowhere")[2]
    assert call("policy", "test", "none.tsv")[0] == 2


OWN = """\
pack: shili
version: "1"
title: 示例市
source: { title: 示例市办法 }
clauses:
  - { code: S1, quote: 来信都受理, effect: accept }
deadlines:
  - { days: 5, status: sample, source: 样例 }
"""


def test_a_citys_own_file_is_shown_judged_with_and_refused_with_its_line(call: Call, tmp_path: Path) -> None:
    own, source = tmp_path / "shili.yaml", tmp_path / "source.txt"
    own.write_text(OWN)
    source.write_text("第一条 来信都受理。")
    assert call("policy", "show", str(own), "--source", str(source))[0] == 0
    letters = tmp_path / "letters.jsonl"
    letters.write_text(json.dumps({"id": "1", "text": "路口的路灯坏了半个月,请安排修理"}) + "\n")
    code, out, _ = call("judge", "--policy", str(own), str(letters))
    assert (code, json.loads(out)["code"]) == (0, "S1")
    source.write_text("第一条 来信不受理。")
    code, _, err = call("policy", "show", str(own), "--source", str(source))
    assert (code, "shili.yaml:6: clauses.0.quote: these words do not stand" in err) == (2, True)
    own.write_text(OWN.replace("effect:", "efect:"))
    code, _, err = call("judge", "--policy", str(own), str(letters))
    assert (code, "shili.yaml:6: clauses.0.efect: unknown key" in err) == (2, True)
    assert call("policy", "show", "none.yaml")[0] == 2


def _enum_of(name: str) -> type[StrEnum] | None:
    """The values a field may have; none where it is yes or no."""
    (kind,) = {
        one
        for one in get_args(get_args(get_args(When.model_fields[name].annotation)[0])[0])
        if one is not Ellipsis
    }
    if kind is bool:
        return None
    assert isinstance(kind, type)
    assert issubclass(kind, StrEnum)
    return kind


def test_every_field_and_value_has_its_word() -> None:
    for name in When.model_fields:
        assert matter_words.field(name)
        kind = _enum_of(name)
        if kind is None:
            assert matter_words.value(name, "true") == "是"
        else:
            assert set(matter_words.VALUES[name]) == {one.value for one in kind}


def test_test_judges_each_row_under_its_pack(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text(
        HEADER
        + "a1\tsms\t楼里着火了,快来人!\tchengdu\temergency\tCD6.2.6\t险情\n"
        + "a2\tsms\t楼里着火了,快来人!\tfuxin\temergency\tHUB.EMG\t险情\n"
        + "b1\tweb\t路口的路灯坏了半个月,请安排修理\tfuxin\tescalate\tYC.CB\t写错的预期\n"
    )
    code, out, _ = call("policy", "test", str(file), "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["rows"], found["decisions_right"]) == (3, 2)
    assert [row["id"] for row in found["wrong"] if row["expected"] != row["decided"]] == ["b1"]
    code, out, _ = call("policy", "test", str(file), "--at-least", "0.7")
    assert code == 1
    assert "b1  escalate YC.CB → accept" in out
    assert "3 行:决定正确 2(66.7%)" in out
    assert call("policy", "test", str(file), "--at-least", "1", "--only", "a")[0] == 0


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("id\ttext\n", ":1:no column channel, policy"),
        (HEADER + "a\tweb\t\tpass\taccept\tX\t\n", ":2:a cell is empty"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(call: Call, tmp_path: Path, table: str, reason: str) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text(table)
    code, _, err = call("policy", "test", str(file))
    assert code == 2
    assert f"{file}{reason}" in err


def test_scores_count_the_worst_mistake_apart() -> None:
    case = Case("a", "web", "x", "pass", "accept", "X1")
    scores = scores_of([(case, ("out_of_scope", "X2")), (case, ("accept", "X2")), (case, ("accept", "X1"))])
    assert (scores.rows, scores.decisions_right, scores.codes_right) == (3, 2, 1)
    assert scores.refused_wrongly == ("a",)
    assert scores.table == {("accept", "out_of_scope"): 1, ("accept", "accept"): 2}


def test_diff_tells_which_letters_are_decided_otherwise(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    letters = [
        {"id": "1", "text": "我对法院的判决不服,法官没有看证据,请市长责令法院改判"},
        {"id": "2", "text": "路口的路灯坏了半个月,请安排修理"},
    ]
    file.write_text("".join(json.dumps(letter) + "\n" for letter in letters))
    code, out, _ = call("policy", "diff", "pass", "pass", str(file))
    assert (code, out) == (0, "2 封中 0 封不同\n")
    code, out, _ = call("policy", "diff", "pass", "fuxin", str(file))
    assert (code, out) == (0, "1  受理(PASS.1) → 不予受理(FX3.OUT1)\n2 封中 1 封不同:受理→不予受理 1\n")
    file.write_text(file.read_text() + "not json\n")
    code, out, err = call("policy", "diff", "pass", "fuxin", str(file), "--json")
    assert code == 1
    assert "第 3 行读不了" in err
    assert [set(json.loads(line)) for line in out.splitlines()] == [{"id", "pass", "fuxin"}]
