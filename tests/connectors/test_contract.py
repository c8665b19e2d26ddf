"""Every installed connector keeps the contract. ``test_planted_faults*`` show that the contract would notice if not."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.contract import ContractBroken, check_connector, record_expected
from connectors.web_form import WebForm
from pipeline import plugins
from schemas.ports import ConnectorSettings

HERE = Path(__file__).parent
ACCOUNTS = {"letters@city.example": {"city": "testcity", "mailbox": "mayor"}}


def settings_for(connector: type[Any], cases: Path) -> ConnectorSettings:
    given = cases / "settings.json"
    table = json.loads(given.read_text("utf-8")) if given.exists() else {"accounts": ACCOUNTS}
    found: ConnectorSettings = connector.Settings.model_validate(table)
    return found


PLAYED_IN = {
    "hotline": "tests/connectors/hotline/test_drop.py",
    "telegram": "tests/connectors/telegram/test_polling.py",
}
"""Listeners whose peer is played by tests of their own, and where."""


@pytest.mark.parametrize("channel", sorted(plugins.installed("xinshu.connectors")))
def test_every_installed_connector_keeps_the_contract(channel: str) -> None:
    connector = plugins.connector_class(channel)
    cases = HERE / channel / "cases"
    played_in = PLAYED_IN.get(channel, "")
    check_connector(connector, settings_for(connector, cases), cases, played_in=played_in)


def test_web_form_has_cases_of_every_sort() -> None:
    names = {path.stem for path in (HERE / "web_form" / "cases").glob("*.http")}
    assert len(names) >= 30


def test_a_changed_outcome_and_a_missing_case_are_caught(tmp_path: Path) -> None:
    (tmp_path / "page.http").write_bytes(b"GET /\n\n")
    (tmp_path / "page.expected.json").write_text("{}")
    settings = WebForm.Settings.model_validate({"accounts": ACCOUNTS})
    with pytest.raises(ContractBroken, match=r"\[golden\] page"):
        check_connector(WebForm, settings, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContractBroken, match="there is no case"):
        check_connector(WebForm, settings, tmp_path / "empty")


def test_the_folder_and_the_channel_are_one_word(tmp_path: Path) -> None:
    class Renamed(WebForm):
        channel: ClassVar[str] = "webform"

    Renamed.__module__ = "connectors.web_form.connector"
    (tmp_path / "page.http").write_bytes(b"GET /\n\n")
    settings = WebForm.Settings.model_validate({"accounts": ACCOUNTS})
    record_expected(Renamed, settings, tmp_path)
    with pytest.raises(ContractBroken, match=r"\[name\].*differ"):
        check_connector(Renamed, settings, tmp_path)
