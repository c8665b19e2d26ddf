"""Our Bot API server talks as Telegram does: two libraries read all it says, and find no field they do not know."""

import json
from pathlib import Path
from typing import Any

from botkit import Server
from telegram import File, Update, User, WebhookInfo

from connectors._contract_input import AT
from connectors.telegram.updates import piece_of

CASES = Path(__file__).parent / "cases"
NEVER_SENT = {"unknown_kind_of_update", "message_without_chat", "no_message", "broken_characters", "settings"}


def updates() -> list[dict[str, Any]]:
    """Every case of ours that is an update which Telegram could send today."""
    paths = [path for path in sorted(CASES.glob("*.json")) if not path.name.endswith(".expected.json")]
    return [json.loads(path.read_text()) for path in paths if path.stem not in NEVER_SENT]


def tour(server: Server) -> list[dict[str, Any]]:
    """Every method, its good answers and its bad ones."""
    told = updates()
    for number, update in enumerate(told):
        update["update_id"] = 2000 + number
    server.send(*told)
    server.put("small", b"x" * 100)
    server.put("large", b"x" * (20 * 1024 * 1024 + 1))
    server.fail("getMe", 429, retry_after=7)
    server.fail("deleteWebhook", 500)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("getMe", {}), ("getMe", {}), ("getUpdates", {}), ("getUpdates", {"offset": 2001, "limit": 2}),
        ("getFile", {"file_id": "small"}), ("getFile", {"file_id": "large"}), ("getFile", {"file_id": "none"}),
        ("setWebhook", {"url": "http://127.0.0.1:9/hook", "secret_token": "s"}), ("getUpdates", {}),
        ("getWebhookInfo", {}), ("deleteWebhook", {}), ("deleteWebhook", {}), ("getWebhookInfo", {}),
    ]  # fmt: skip
    return [server.call(method, **asked) for method, asked in calls]


def test_python_telegram_bot_reads_every_answer(server: Server) -> None:
    said = tour(server)
    assert User.de_json(said[1]["result"]).is_bot
    for told in said[2]["result"]:
        update = Update.de_json(told)
        assert update.api_kwargs == {}
        assert update.effective_message is not None
        assert update.effective_message.api_kwargs == {}, "a field that the library does not know"
    assert [told["update_id"] for told in said[3]["result"]] == [2001, 2002], "the first was confirmed"
    assert File.de_json(said[4]["result"]).file_size == 100
    info = WebhookInfo.de_json(said[9]["result"])
    assert (info.url, info.pending_update_count) == ("http://127.0.0.1:9/hook", len(said[2]["result"]) - 1)
    wrong = [answer["error_code"] for answer in said if not answer["ok"]]
    assert wrong == [429, 400, 400, 409, 500]


def test_aiogram_reads_every_answer(server: Server, judge: Any, answers: Path) -> None:
    before = len(answers.read_text().splitlines())
    tour(server)
    found = judge(answers.read_text().splitlines()[before:])
    assert [line["kind"] for line in found] == [
        "TelegramRetryAfter", "User", "list", "list", "File", "TelegramBadRequest", "TelegramBadRequest", "bool",
        "TelegramConflictError", "WebhookInfo", "TelegramServerError", "bool", "WebhookInfo",
    ]  # fmt: skip
    assert [line for line in found if line["error"] or line["strange"]] == []
    assert found[0]["wait_s"] == 7


def test_both_libraries_and_we_read_the_same_text_and_files() -> None:
    """What an operator would see in Telegram is what stands in the letter."""
    from connectors.telegram.payload import normalise

    for told in updates():
        raw = piece_of(told, account="b", received_at=AT)
        message = Update.de_json(told).effective_message
        assert message is not None
        assert raw is not None
        content = normalise([raw])
        typed = message.text or message.caption
        if typed:
            assert content.text == typed.strip()
        assert content.sent_at == message.date
        held = message.effective_attachment
        if isinstance(held, tuple):
            assert [file.ref for file in content.attachments] == [f"b/{held[-1].file_id}"]  # type: ignore[union-attr]
        elif hasattr(held, "file_id"):
            assert [file.ref for file in content.attachments] == [f"b/{held.file_id}"]  # type: ignore[union-attr]
