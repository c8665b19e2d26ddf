"""Polling against a server that keeps Telegram's rules: nothing is confirmed before it is stored, nothing stored twice."""

import asyncio
import contextlib
import json
import logging
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from botkit import SECRET, TOKEN, Server, Store, listening, message, settings_for

from connectors.telegram.api import (
    OTHER_POLLER,
    TOO_MANY,
    WEBHOOK_SET,
    WRONG_TOKEN,
    Rejected,
    Unreachable,
    connected,
)
from connectors.telegram.polling import Pace, Poller, Waits
from schemas.errors import Malformed, Unavailable

QUICKLY = Pace(first_s=0.01, most_s=0.05, slowly_s=0.05)
PROGRAM = Path(__file__).resolve().parents[2] / "support" / "bot_process.py"
LETTERS = [message(1, "建设路的路灯不亮"), message(2, "井盖破了"), message(3, "公交太挤")]


@contextlib.asynccontextmanager
async def polling(server: Server, store: Store, *, poll_s: int = 5) -> AsyncIterator[None]:
    """A poller that does not wait long."""
    async with connected(settings_for(server.url).bots["mayor_bot"]) as api:
        poller = Poller("mayor_bot", 4711, api, store, poll_s=poll_s, pace=QUICKLY)
        task = asyncio.create_task(poller.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def offsets(server: Server) -> list[int | None]:
    return [int(one["offset"]) if "offset" in one else None for one in server.asked("getUpdates")]


def is_empty(state: dict[str, Any]) -> bool:
    return not state["waiting"]


async def test_letters_are_stored_in_one_go_before_they_are_confirmed(server: Server, store: Store) -> None:
    may_store = asyncio.Event()
    store.before = may_store.wait  # type: ignore[assignment]
    last = server.send(*LETTERS)
    async with listening(settings_for(server.url), store):
        async with asyncio.timeout(20):
            while not store.calls:
                await asyncio.sleep(0.01)
        assert offsets(server) == [None], "nothing may be confirmed while it is being stored"
        assert len(server.state["waiting"]) == 3
        may_store.set()
        await server.until(is_empty)
    assert offsets(server)[1] == last + 1
    assert [len(call) for call in store.calls] == [3]
    assert [json.loads(bytes(raw.body))["message"]["text"] for raw in store.pieces.values()] == [  # type: ignore[arg-type]
        "建设路的路灯不亮", "井盖破了", "公交太挤",
    ]  # fmt: skip


async def test_a_store_that_is_full_is_asked_again_and_the_letters_have_one_number_each(
    server: Server, store: Store
) -> None:
    async def full() -> None:
        if len(store.calls) < 4:
            raise Unavailable("full", 0.02)

    store.before = full
    server.send(*LETTERS)
    async with listening(settings_for(server.url), store):
        await server.until(is_empty)
    assert [len(call) for call in store.calls] == [3, 3, 3, 3]
    assert offsets(server)[:4] == [None] * 4, "what was not stored is not confirmed"
    assert len(store.numbers) == len(store.pieces) == 3


async def test_killed_between_stored_and_confirmed_the_letters_come_again_under_their_keys(
    server: Server, tmp_path: Path
) -> None:
    server.send(*LETTERS)
    stored = tmp_path / "stored.jsonl"
    command = [sys.executable, str(PROGRAM), server.url, str(stored)]
    for _ in range(2):
        killed = subprocess.run([*command, "die"], timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert len(server.state["waiting"]) == 3
    last = subprocess.Popen(command)
    try:
        await server.until(is_empty, timeout_s=60)
    finally:
        last.kill()
        last.wait()
    rows = [json.loads(line) for line in stored.read_text().splitlines()]
    assert len(rows) == 9
    assert rows[:3] == rows[3:6] == rows[6:]
    assert len({key for key, _ in rows}) == len({letter for _, letter in rows}) == 3


async def test_numbers_that_start_anew_lower_than_before_lose_no_letter(server: Server, store: Store) -> None:
    server.send(LETTERS[0])
    async with polling(server, store, poll_s=1):
        await store.until(lambda s: len(s.pieces) == 1)
        await server.until(lambda state: len(state["asked"]) >= 3)
        server.number_next(5)
        server.send(LETTERS[1])
        await store.until(lambda s: len(s.pieces) == 2)
        await server.until(is_empty)
    assert len(store.numbers) == 2


async def test_what_cannot_be_read_is_kept_and_holds_nothing_up(server: Server, store: Store) -> None:
    unreadable = {"message": {"message_id": 1, "date": 1, "text": "没有会话"}}
    channel = {"channel_post": message(2, "通知")["message"]}
    server.send(unreadable, channel, {}, message(3, "/start"), LETTERS[2], strange=True)
    async with polling(server, store):
        await server.until(is_empty)
    assert [len(call) for call in store.calls] == [2]
    assert [raw.conversation for raw in store.pieces.values()] == ["", "501234567"]


async def test_updates_without_a_letter_are_confirmed_without_being_stored(
    server: Server, store: Store
) -> None:
    server.send(message(3, "/start"))
    async with polling(server, store):
        await server.until(is_empty)
    assert store.calls == []


RUBBISH = [
    (500, "{"), (502, "<html>"), (200, "{"), (200, "[]"), (200, '{"ok": true}'), (200, '{"ok":true,"result":[1]}'),
    (200, '{"ok":true,"result":{"update_id":1}}'), (200, '{"ok":true,"result":[{"update_id":"1"}]}'), (403, "{}"),
    (400, '{"ok":false,"description":"x"}'), (418, '{"ok":false,"parameters":{}}'), (200, "[" * 100_000),
    (401, "{}"), (200, '{"路灯'), (500, "路灯"), (409, "{}"), (429, "{}"),
]  # fmt: skip


async def test_whatever_is_answered_the_poller_goes_on_and_its_log_holds_no_secret_and_no_word(
    server: Server, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for status, body in RUBBISH:
        server.fail("getUpdates", status, rubbish=body)
    server.send(*LETTERS)
    with structlog.testing.capture_logs() as logs:
        async with polling(server, store):
            await server.until(is_empty)
    assert len(store.numbers) == 3
    assert len(logs) == len(RUBBISH)
    told = caplog.text + json.dumps(logs, default=repr, ensure_ascii=False)
    for secret in (TOKEN, TOKEN.partition(":")[2], SECRET, "路灯"):
        assert secret not in told


async def test_a_second_poller_is_explained_and_polling_goes_on_when_it_is_gone(
    server: Server, store: Store
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with polling(server, store):
            await server.until(lambda state: len(state["asked"]) == 1)
            server.call("getUpdates", timeout=0)
            await server.until(lambda state: len(state["asked"]) >= 3)
            server.send(*LETTERS)
            await server.until(is_empty)
    assert len(store.numbers) == 3
    (line,) = [line for line in logs if "409" not in line and line["event"] == "connector.waiting"]
    assert line["reason"] == f"bot mayor_bot: {OTHER_POLLER}"


async def test_a_webhook_left_from_earlier_is_explained_and_not_taken_away(
    server: Server, store: Store
) -> None:
    server.call("setWebhook", url="http://127.0.0.1:9/", secret_token=SECRET)
    server.send(*LETTERS)
    with structlog.testing.capture_logs() as logs:
        async with polling(server, store):
            await server.until(lambda state: len(state["asked"]) >= 4)
            assert store.calls == []
            assert server.state["webhook"], "somebody set it: only somebody may delete it"
            server.call("deleteWebhook")
            await server.until(is_empty)
    assert {line["reason"] for line in logs} == {f"bot mayor_bot: {WEBHOOK_SET}"}
    assert len(store.numbers) == 3
    assert all("drop_pending_updates" not in one for one in server.state["asked"])


async def test_waits_as_long_as_telegram_asks(server: Server, store: Store) -> None:
    server.fail("getUpdates", 429, retry_after=1, times=2)
    server.send(*LETTERS)
    with structlog.testing.capture_logs() as logs:
        async with polling(server, store):
            await server.until(is_empty)
    at_s = [one["at_s"] for one in server.asked("getUpdates")]
    assert min(at_s[1] - at_s[0], at_s[2] - at_s[1]) >= 1
    assert [(line["reason"], line["seconds"]) for line in logs] == [(f"bot mayor_bot: {TOO_MANY}", 1)] * 2
    assert len(store.numbers) == 3


async def test_a_wrong_token_does_not_stop_the_other_bot(server: Server, store: Store) -> None:
    settings = settings_for(server.url).model_dump()
    settings["bots"]["old_bot"] = settings["bots"]["mayor_bot"] | {"token": "99:revoked-token"}
    settings["accounts"]["old_bot"] = {"city": "wuyang", "mailbox": "mayor"}
    server.send(*LETTERS)
    with structlog.testing.capture_logs() as logs:
        async with listening(type(settings_for(server.url)).model_validate(settings), store):
            await server.until(is_empty)
    assert [line["reason"] for line in logs] == [f"bot old_bot: {WRONG_TOKEN}"]
    assert len(store.numbers) == 3


async def test_a_server_that_is_away_is_asked_until_it_is_there(
    store: Store, running: Callable[..., Any], free_port: Callable[[], int], counterparts: Path
) -> None:
    port = free_port()
    with contextlib.closing(Server(port)) as server:
        async with polling(server, store):
            await asyncio.sleep(0.2)
            with running([sys.executable, counterparts / "bot_api.py", port], ready=server.is_up):
                server.send(*LETTERS)
                await server.until(is_empty)
    assert len(store.numbers) == 3


def test_how_long_to_wait() -> None:
    waits = Waits("bot", Pace(), jitter=lambda: 1.0)
    found = []
    for attempt in range(1, 12):
        waits._attempt = attempt
        found.append(waits.seconds(Unreachable("x")))
    assert found == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    soonest = Waits("bot", Pace(), jitter=lambda: 0.0)
    soonest._attempt = 1
    assert soonest.seconds(Unreachable("x")) == 0.5
    assert waits.seconds(Unavailable("full", 17)) == 17
    assert waits.seconds(Rejected("x")) == 30
    assert waits.seconds(Malformed("x")) == 60
