"""``xinshu connector``: what it refuses to do, in one plain line, and what a check prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import words
from pipeline.cli.connector import RULES
from pipeline.plugins import contract_suite

Call = Callable[..., tuple[int, str, str]]
EMAIL_CASES = Path(__file__).resolve().parents[2] / "connectors" / "email" / "cases"


@pytest.mark.parametrize("name", ["Kiosk", "1st", "class", "web_form", "a-b", "x" * 31])
def test_a_name_that_cannot_be_a_channel_is_refused(call: Call, tmp_path: Path, name: str) -> None:
    code, _, error = call("connector", "new", name)
    assert code == 2
    assert error.count("\n") == 1
    assert name in error
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_written_over(call: Call, tmp_path: Path) -> None:
    assert call("connector", "new", "town_box", "--poll")[0] == 0
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert tmp_path / "xinshu-town-box" / "src" / "xinshu_town_box" / "connector.py" in written
    assert not any(b"kiosk" in content.lower() for content in written.values())
    code, _, error = call("connector", "new", "town_box")
    assert code == 2
    assert "xinshu-town-box" in error
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == written


def test_no_place_is_made_that_nobody_meant(call: Call, tmp_path: Path) -> None:
    code, _, error = call("connector", "new", "town_box", "--into", "no/such")
    assert (code, "no/such" in error, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize(
    ("name", "content"), [("lamp.expected.json", "{"), ("lamp.options.json", "[]"), ("lamp.http", " \n")]
)
def test_a_case_that_is_none_is_told_and_not_laid_to_the_connector(
    call: Call, tmp_path: Path, name: str, content: str
) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "settings.json").write_bytes((EMAIL_CASES / "settings.json").read_bytes())
    (cases / name).write_text(content)
    code, said, error = call("connector", "check", "email")
    assert (code, said, name in error, error.count("\n")) == (2, "", True, 1)


def test_check_says_what_is_missing(call: Call, tmp_path: Path) -> None:
    code, _, error = call("connector", "check", "emial")
    assert (code, "email" in error) == (2, True)
    code, _, error = call("connector", "check", "email")
    assert (code, "--cases" in error) == (2, True)
    (tmp_path / "cases").mkdir()
    code, _, error = call("connector", "check", "email")
    assert (code, "cases/settings.json" in error) == (2, True)
    for broken in ("{", "[]"):
        (tmp_path / "cases" / "settings.json").write_text(broken)
        code, _, error = call("connector", "check", "email")
        assert (code, "JSON" in error, "{…}" in error) == (2, True, True)
    (tmp_path / "cases" / "settings.json").write_text('{"accounts": {}, "port": "x"}')
    code, _, error = call("connector", "check", "email")
    assert code == 2
    assert "accounts" in error
    assert "port" in error


def test_check_names_each_broken_rule_and_says_it_in_words(call: Call, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "settings.json").write_bytes((EMAIL_CASES / "settings.json").read_bytes())
    (cases / "lamp.eml").write_bytes(b"From: a@example.org\nSubject: lamp\n\nThe lamp is broken.\n")
    (cases / "lamp.expected.json").write_text('{"content": {"subject": "lamp", "thread": ["x"]}}')
    code, said, _ = call("connector", "check", "email")
    assert code == 1
    assert "✗ drops" in said
    assert RULES["drops"][0] in said
    code, said, _ = call("connector", "check", "email", "--json")
    findings = json.loads(said)
    assert {finding["rule"] for finding in findings} == {"drops", "golden", "accept"}
    assert {finding["story"] for finding in findings} == {"lamp", "connector"}


def test_check_writes_what_is_missing_for_a_person_to_read(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_language", "en")
    cases = tmp_path / "mails"
    cases.mkdir()
    for name in ("settings.json", "peer.py", "plain_utf8.eml"):
        (cases / name).write_bytes((EMAIL_CASES / name).read_bytes())
    code, said, _ = call("connector", "check", "email", "--cases", "mails", "--record")
    assert code == 0, said
    assert "written: mails/plain_utf8.expected.json" in said
    assert f"keeps all {len(RULES)} rules" in said
    recorded = json.loads((cases / "plain_utf8.expected.json").read_text())
    assert recorded == json.loads((EMAIL_CASES / "plain_utf8.expected.json").read_text())


def test_every_rule_of_the_suite_has_its_words() -> None:
    manual = contract_suite().__doc__
    listed = [
        line.split()[0] for line in manual.splitlines() if line.startswith("    ") and "  " in line.strip()
    ]
    assert set(RULES) <= set(listed)
