"""What a person says on the command line, as the door is asked to store it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeline.cli import instructing, status
from schemas.inbox import Verdict

Call = Callable[..., tuple[int, str, str]]
ONE, OTHER = "4821000000000005", "1000000000000001"
WHY = ("--reason", "已核实", "--actor", "李四")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, dict[str, Any]]]:
    (tmp_path / "xinshu.toml").write_text(
        '[cities.shili]\ntitle = "示例市"\nfallback_unit = "市民服务中心"\n'
    )
    heard: list[tuple[str, dict[str, Any]]] = []

    def ask(settings: Any, method: str, path: str, body: dict[str, Any]) -> dict[str, str]:
        heard.append((path, body))
        return {"outcome": "new"}

    monkeypatch.setattr(instructing, "ask", ask)
    monkeypatch.setattr(status, "ask", ask)
    return heard


@pytest.mark.parametrize(
    ("command", "part", "verdict"),
    [
        (("link", ONE, OTHER), 1, {"outcome": "link", "other": OTHER, "relation": ""}),
        (("link", "4821 0000", "0000 0005", OTHER), 1, {"outcome": "link", "other": OTHER, "relation": ""}),
        (
            ("link", "add", ONE, OTHER, "--relation", "recurrence"), 1,
            {"outcome": "link", "other": OTHER, "relation": "recurrence"},
        ),
        (("link", "--relation", "recurrence", ONE, OTHER), 1, {"outcome": "link", "other": OTHER, "relation": "recurrence"}),
        (("unlink", ONE, OTHER), 1, {"outcome": "unlink", "other": OTHER}),
        (("redecide", ONE), 1, {"outcome": "redecide"}),
        (("object", f"{ONE}-2"), 2, {"outcome": "object"}),
        (("alert", "ack", ONE), 1, {"outcome": "acknowledge"}),
        (("held", "decide", f"{ONE}-3", "--accept-proposal"), 3, {"outcome": "as_proposed"}),
        (("held", "decide", "4821 0000 0000 0005-2", "accept", "--unit", "城管局"), 2, {"outcome": "accept", "unit": "城管局"}),
        (("held", "decide", ONE, "answer_now", "--part", "2", "--reply", "好"), 2, {"outcome": "answer_now", "reply": "好"}),
    ],
)  # fmt: skip
def test_an_instruction_names_number_part_and_verdict(
    call: Call, said: list[Any], command: tuple[str, ...], part: int, verdict: dict[str, Any]
) -> None:
    code, out, _ = call(*command, *WHY)
    assert code == 0
    assert "已收下" in out
    [(path, body)] = said
    assert path == "/instruction"
    assert (body["number"], body["part"], body["actor"], body["reason"]) == (ONE, part, "李四", "已核实")
    assert body["verdict"] == verdict
    TypeAdapter(Verdict).validate_python(verdict)


def test_a_status_may_name_the_part_behind_the_number(call: Call, said: list[Any]) -> None:
    assert call("status", f"{ONE}-2", "closed", "--answer", "好")[0] == 0
    assert (said[0][1]["number"], said[0][1]["part"]) == (ONE, 2)


def test_parts_are_counted_from_one(call: Call, said: list[Any]) -> None:
    code, _, err = call("status", f"{ONE}-0", "signed")
    assert (code, said) == (2, [])
    assert "0 不是分件号" in err


@pytest.mark.parametrize(
    "command", [("link", ONE), ("unlink", ONE, "12"), ("link", ONE, OTHER), ("redecide", ONE)]
)
def test_without_two_numbers_or_a_reason_nothing_is_said(
    call: Call, said: list[Any], command: tuple[str, ...]
) -> None:
    reason = ("--reason", "x") if len(command) < 3 or command[2] == "12" else ()
    if command[0] == "redecide":
        reason = ("--reason", " ")
    assert call(*command, *reason)[0] == 2
    assert said == []
