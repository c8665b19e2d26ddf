"""The suite is worth something only if it fails: each planted fault is caught, and caught by the name of its rule."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import SecretStr

from connectors.contract import ContractBroken, check_connector, record_expected
from schemas.errors import Malformed
from schemas.letter import Content, Raw, Registered, Sender
from schemas.ports import ConnectorSettings, Mailbox, Reception, Request, Response

ACCOUNTS = {"hall": Mailbox(city="testcity", mailbox="mayor")}
HELLO = 'POST /\nid: 7\n\n{"text": "你好", "phone": "13800001234"}'
LIST = 'POST /list\n\n{"text": "一"}\n{"text": "二"}\n{"text": 3}\n'


class Kiosk:
    """A small connector that keeps the contract; the faults below spoil it one at a time."""

    channel: ClassVar[str] = "kiosk"
    body_bytes_max = 1000

    class Settings(ConnectorSettings):
        token: SecretStr = SecretStr("kiosk-secret-5150")

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    def receive(self, request: Request) -> Reception:
        if not request.body:
            raise Malformed("empty")
        return Reception(self.raws(request), lambda done: Response(200, self.said(done).encode()))

    def raws(self, request: Request) -> tuple[Raw, ...]:
        key = request.headers.get("id", "1")
        raw = Raw(
            account="hall", external_id=key, conversation="c", letter_key=key, body=request.body,
            received_at=request.received_at, is_batch=request.path == "/list",
        )  # fmt: skip
        return (raw,)

    def said(self, done: tuple[Registered, ...]) -> str:
        return " ".join(one.number for one in done if one.outcome != "conflict")

    def refuse(self, _: Request, error: Exception) -> Response:
        return Response(400 if isinstance(error, Malformed) else 503, b"no")

    @staticmethod
    def normalise(pieces: Any) -> Content:
        text = b"".join(piece.body for piece in pieces).decode("utf-8", "replace").replace("\x00", "")
        try:
            said = json.loads(text.strip())
            return Content(text=said["text"], sender=Sender(phone=said.get("phone", "")))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise Malformed(f"line {pieces[0].external_id}: not a letter") from None

    @staticmethod
    def cut(batch: Raw) -> list[Raw]:
        lines = [line for line in batch.body.splitlines() if line.strip()]  # type: ignore[union-attr]
        if not lines:
            raise Malformed("no line")
        return [
            batch.model_copy(
                update={
                    "body": line,
                    "external_id": str(number),
                    "letter_key": str(number),
                    "is_batch": False,
                }
            )
            for number, line in enumerate(lines, 1)
        ]


class ByChance(Kiosk):
    """Its key is drawn."""

    def raws(self, request: Request) -> tuple[Raw, ...]:
        return tuple(raw.model_copy(update={"external_id": str(uuid4())}) for raw in super().raws(request))


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


class Shows(Kiosk):
    """Its settings show the secret."""

    class Settings(Kiosk.Settings):
        def __repr__(self) -> str:
            return f"Settings({self.token.get_secret_value()})"


class Tells(Kiosk):
    """Its answer tells the secret."""

    def said(self, done: tuple[Registered, ...]) -> str:
        return f"{super().said(done)} {self.settings.token.get_secret_value()}"


class KeepsNul(Kiosk):
    """Its text holds NUL."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        content = Kiosk.normalise(pieces)
        return content.model_copy(update={"text": content.text + "\x00"})


class Guesses(Kiosk):
    """It raises what is not ours on a strange payload."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        return Content(text=json.loads(pieces[0].body)["text"])


class Drops(Kiosk):
    """It loses the sender's phone."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        return Content(text=Kiosk.normalise(pieces).text)


class Sleeps(Kiosk):
    """It computes in receive, while nobody else is served."""

    def receive(self, request: Request) -> Reception:
        if request.body in HELLO.encode() and len(request.body) > 30:
            time.sleep(0.3)
        return super().receive(request)


class Conflicts(Kiosk):
    """It asks to be told of a conflict and says yes to it."""

    def raws(self, request: Request) -> tuple[Raw, ...]:
        return tuple(raw.model_copy(update={"on_conflict": "refuse"}) for raw in super().raws(request))


class Scatters(Kiosk):
    """The pieces of one letter stand in two conversations: their order is lost."""

    def raws(self, request: Request) -> tuple[Raw, ...]:
        (raw,) = super().raws(request)
        split = {"pieces": 2, "body": raw.body[:5]}  # type: ignore[index]
        rest = {"pieces": 2, "piece_no": 2, "conversation": "d", "external_id": "b", "body": raw.body[5:]}  # type: ignore[index]
        return (raw.model_copy(update=split), raw.model_copy(update=rest))


class NeedsTheEnd(Kiosk):
    """A letter of open length whose beginning alone it cannot read."""

    def raws(self, request: Request) -> tuple[Raw, ...]:
        (raw,) = super().raws(request)
        both = {"pieces": 0, "quiet_s": 2.0}
        return (raw.model_copy(update=both), raw.model_copy(update=both | {"external_id": "b", "body": b" "}))

    @staticmethod
    def normalise(pieces: Any) -> Content:
        if pieces[0].pieces == 0:
            assert len(pieces) == 2
        return Kiosk.normalise(pieces)


class BatchOfBatches(Kiosk):
    """What it cuts is a batch again."""

    @staticmethod
    def cut(batch: Raw) -> list[Raw]:
        return [batch]


class CutsByChance(Kiosk):
    """The rows' keys are drawn."""

    @staticmethod
    def cut(batch: Raw) -> list[Raw]:
        return [raw.model_copy(update={"external_id": str(uuid4())}) for raw in Kiosk.cut(batch)]


class CutsRaw(Kiosk):
    """A batch that is cut short makes it raise what is not ours."""

    @staticmethod
    def cut(batch: Raw) -> list[Raw]:
        assert batch.body
        return Kiosk.cut(batch)


class LosesTheLine(Kiosk):
    """Who has to mend the bad row is not told which it is."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        try:
            return Kiosk.normalise(pieces)
        except Malformed:
            raise Malformed("not a letter") from None


FAULTS: list[tuple[type[Kiosk], str]] = [
    (ByChance, "repeatable"), (Answers, "answer"), (Quotes, "words"), (Raises, "words"), (Yes, "words"),
    (Stumbles, "errors"), (Shows, "secret"), (Tells, "secret"), (KeepsNul, "content"), (Guesses, "errors"),
    (Drops, "drops"), (Sleeps, "loop"), (Conflicts, "answer"), (Scatters, "pieces"), (NeedsTheEnd, "pieces"),
    (BatchOfBatches, "cut"), (CutsByChance, "cut"), (CutsRaw, "cut"), (LosesTheLine, "cut"),
]  # fmt: skip


@pytest.fixture
def cases(tmp_path: Path) -> Callable[[type[Kiosk]], Path]:
    """What the good connector makes of the cases is what is expected."""

    def write(good: type[Kiosk]) -> Path:
        (tmp_path / "hello.http").write_bytes(HELLO.encode())
        (tmp_path / "list.http").write_bytes(LIST.encode())
        record_expected(good, good.Settings(accounts=ACCOUNTS), tmp_path)
        return tmp_path

    return write


def rules_broken(connector: type[Any], settings: ConnectorSettings, folder: Path) -> set[str]:
    with pytest.raises(ContractBroken) as broken:
        check_connector(connector, settings, folder)
    return {finding.rule for finding in broken.value.findings}


def test_the_good_kiosk_keeps_the_contract(cases: Callable[[type[Kiosk]], Path]) -> None:
    check_connector(Kiosk, Kiosk.Settings(accounts=ACCOUNTS), cases(Kiosk))


@pytest.mark.parametrize(("faulty", "rule"), FAULTS, ids=[faulty.__name__ for faulty, _ in FAULTS])
def test_each_fault_is_caught_by_name(
    faulty: type[Kiosk], rule: str, cases: Callable[[type[Kiosk]], Path]
) -> None:
    assert rule in rules_broken(faulty, faulty.Settings(accounts=ACCOUNTS), cases(Kiosk))


def test_a_webhook_that_must_be_awaited_is_caught(cases: Callable[[type[Kiosk]], Path]) -> None:
    class Awaited(Kiosk):
        async def receive(self, request: Request) -> Reception:  # type: ignore[override]
            return replace(super().receive(request))

    with pytest.warns(RuntimeWarning, match="never awaited"):
        assert "errors" in rules_broken(Awaited, Awaited.Settings(accounts=ACCOUNTS), cases(Kiosk))
