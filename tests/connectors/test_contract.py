"""Every installed connector keeps the contract, and the contract catches connectors that do not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import SecretStr

from connectors.contract import ContractBroken, check_connector, record_expected
from connectors.web_form import WebForm
from pipeline import plugins
from schemas.errors import Malformed
from schemas.letter import Content, Raw, Registered
from schemas.ports import ConnectorSettings, Reception, Request, Response

HERE = Path(__file__).parent
ACCOUNTS = {"letters@city.example": {"city": "testcity", "mailbox": "mayor"}}


def settings_for(connector: type[Any], cases: Path) -> ConnectorSettings:
    given = cases / "settings.json"
    table = json.loads(given.read_text("utf-8")) if given.exists() else {"accounts": ACCOUNTS}
    found: ConnectorSettings = connector.Settings.model_validate(table)
    return found


@pytest.mark.parametrize("channel", sorted(plugins.installed("xinshu.connectors")))
def test_every_installed_connector_keeps_the_contract(channel: str) -> None:
    connector = plugins.connector_class(channel)
    cases = HERE / channel / "cases"
    check_connector(connector, settings_for(connector, cases), cases)


def test_web_form_has_cases_of_every_sort() -> None:
    names = {path.stem for path in (HERE / "web_form" / "cases").glob("*.http")}
    assert len(names) >= 30


class Kiosk:
    """A small connector that keeps the contract; the faults below spoil it one at a time."""

    channel: ClassVar[str] = "kiosk"

    class Settings(ConnectorSettings):
        token: SecretStr = SecretStr("kiosk-secret-5150")

    def __init__(self, settings: Any) -> None:
        self.body_bytes_max = 1000
        self.settings = settings

    def receive(self, request: Request) -> Reception:
        if not request.body:
            raise Malformed("empty")
        raw = Raw(
            account="letters@city.example", external_id=request.headers.get("id", "1"), conversation="c",
            letter_key=request.headers.get("id", "1"), body=request.body, received_at=request.received_at,
        )  # fmt: skip
        return Reception((raw,), lambda done: Response(200, self.said(done).encode()))

    def said(self, done: tuple[Registered, ...]) -> str:
        return " ".join(one.number for one in done if one.outcome != "conflict")

    def refuse(self, _: Request, error: Exception) -> Response:
        return Response(400 if isinstance(error, Malformed) else 503, b"no")

    @staticmethod
    def normalise(pieces: Any) -> Content:
        text = pieces[0].body.decode("utf-8", "replace").replace("\x00", "")
        if not text:
            raise Malformed("empty")
        return Content(text=text)


class ByChance(Kiosk):
    """Its key is drawn."""

    def receive(self, request: Request) -> Reception:
        reception = super().receive(request)
        return replace(
            reception, raws=tuple(r.model_copy(update={"external_id": str(uuid4())}) for r in reception.raws)
        )


class Answers(Kiosk):
    """Its answer stands before the accept."""

    def said(self, _: tuple[Registered, ...]) -> str:
        return "1111222233334444"


class Quotes(Kiosk):
    """It tells the exception's text."""

    def refuse(self, _: Request, error: Exception) -> Response:
        return Response(400, str(error).encode())


class Raises(Kiosk):
    """It raises in refuse."""

    def refuse(self, _: Request, error: Exception) -> Response:
        raise error


class Yes(Kiosk):
    """Its refusal of a full disk is its yes."""

    def refuse(self, _: Request, __: Exception) -> Response:
        return Response(200, b"1111222233334444")


class Stumbles(Kiosk):
    """It reads bytes as ASCII and stumbles over others."""

    def receive(self, request: Request) -> Reception:
        request.body.decode("ascii")
        return super().receive(request)


class Tells(Kiosk):
    """Its settings show the secret."""

    class Settings(Kiosk.Settings):
        def __repr__(self) -> str:
            return f"Settings({self.token.get_secret_value()})"


class KeepsNul(Kiosk):
    """Its text holds NUL."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        return Content(text=pieces[0].body.decode("utf-8", "replace") + "\x00")


class Guesses(Kiosk):
    """It raises what is not ours on a strange payload."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        return Content(text=json.loads(pieces[0].body)["text"])


@pytest.fixture
def cases(tmp_path: Path) -> Callable[[type[Any]], Path]:
    def write(connector: type[Any]) -> Path:
        (tmp_path / "hello.http").write_bytes('POST /\nid: 7\n\n{"text": "你好"}'.encode())
        record_expected(connector, connector.Settings(accounts=ACCOUNTS), tmp_path)
        return tmp_path

    return write


def test_a_good_connector_passes(cases: Callable[[type[Any]], Path]) -> None:
    check_connector(Kiosk, Kiosk.Settings.model_validate({"accounts": ACCOUNTS}), cases(Kiosk))


@pytest.mark.parametrize(
    ("faulty", "rule"),
    [
        (ByChance, "repeatable"), (Answers, "answer"), (Quotes, "words"), (Raises, "words"), (Yes, "words"),
        (Stumbles, "errors"), (Tells, "secret"), (KeepsNul, "content"), (Guesses, "errors"),
    ],
)  # fmt: skip
def test_each_fault_is_caught_by_name(
    faulty: type[Kiosk], rule: str, cases: Callable[[type[Any]], Path]
) -> None:
    folder = cases(Kiosk)
    with pytest.raises(ContractBroken) as broken:
        check_connector(faulty, faulty.Settings.model_validate({"accounts": ACCOUNTS}), folder)
    assert rule in {finding.rule for finding in broken.value.findings}


def test_a_changed_outcome_and_a_missing_case_are_caught(
    cases: Callable[[type[Any]], Path], tmp_path: Path
) -> None:
    folder = cases(Kiosk)
    (folder / "hello.expected.json").write_text("{}")
    settings = Kiosk.Settings.model_validate({"accounts": ACCOUNTS})
    with pytest.raises(ContractBroken, match=r"\[golden\] hello"):
        check_connector(Kiosk, settings, folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContractBroken, match="there is no case"):
        check_connector(Kiosk, settings, tmp_path / "empty")


def test_the_folder_and_the_channel_are_one_word(tmp_path: Path) -> None:
    class Renamed(WebForm):
        channel: ClassVar[str] = "webform"

    Renamed.__module__ = "connectors.web_form.connector"
    (tmp_path / "page.http").write_bytes(b"GET /\n\n")
    settings = WebForm.Settings.model_validate({"accounts": ACCOUNTS})
    record_expected(Renamed, settings, tmp_path)
    with pytest.raises(ContractBroken, match=r"\[name\].*differ"):
        check_connector(Renamed, settings, tmp_path)
