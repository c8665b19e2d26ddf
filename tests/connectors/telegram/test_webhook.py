"""Telegram calls the door's own host: it sends again until the letter is stored, and only with the secret is it heard."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from botkit import SECRET, Server, Store, listening, message, settings_for

from connectors.telegram import Telegram
from pipeline.blobs import BlobStore
from pipeline.http_server import bound, serve
from pipeline.intake.host import Host, Mount
from schemas.errors import Unavailable

LETTERS = [message(1, "建设路的路灯不亮"), message(2, "井盖破了"), message(3, "公交太挤")]


@contextlib.asynccontextmanager
async def door(telegram: Telegram, store: Store, folder: Path) -> AsyncIterator[str]:
    """The host with this channel; its address."""
    host = Host(
        {"telegram": Mount(telegram, store)}, BlobStore(folder).writer, ready=lambda: True, metrics=lambda: b"",
        trusted_proxies=frozenset(),
    )  # fmt: skip
    stop, listener = asyncio.Event(), bound("127.0.0.1", 0, "port")
    serving = asyncio.create_task(serve(host, listener, stop=stop))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/in/telegram"
    finally:
        stop.set()
        await serving


async def test_the_door_sets_the_webhook_and_telegram_sends_until_the_letter_is_stored(
    server: Server, store: Store, tmp_path: Path
) -> None:
    async def full() -> None:
        if len(store.calls) <= 3:
            raise Unavailable("full", 7)

    store.before = full
    server.fail("setWebhook", 429, retry_after=1)
    last = server.send(*LETTERS)
    settings = settings_for(server.url, mode="webhook", public_url="http://to.be.replaced")
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(door(Telegram(settings), store, tmp_path))
        await stack.enter_async_context(listening(settings.model_copy(update={"public_url": url}), store))
        await server.until(lambda state: not state["waiting"])
    (_, asked) = server.asked("setWebhook")
    assert asked["url"] == f"{url}/mayor_bot"
    assert asked["secret_token"] == SECRET
    assert json.loads(asked["allowed_updates"]) == ["message", "edited_message"]
    assert "drop_pending_updates" not in asked
    assert len(store.calls) == 6
    assert [key.partition(":")[0] for _, key in store.pieces] == [str(last - 2), str(last - 1), str(last)]
    assert len(store.numbers) == 3


async def test_only_who_knows_the_secret_is_heard(store: Store, tmp_path: Path) -> None:
    settings = settings_for("http://127.0.0.1:9", mode="webhook")
    told = {"update_id": 7} | LETTERS[0]
    async with door(Telegram(settings), store, tmp_path) as url, httpx.AsyncClient() as http:
        for number in range(50):
            forged = {"x-telegram-bot-api-secret-token": SECRET[:-1] + chr(65 + number % 26)}
            answer = await http.post(f"{url}/mayor_bot", json=told, headers=forged if number else {})
            assert answer.status_code == 403
        assert store.calls == []
        answer = await http.post(
            f"{url}/mayor_bot", json=told, headers={"x-telegram-bot-api-secret-token": SECRET}
        )
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await http.post(f"{url}/no_bot", json=told)).status_code == 404
        assert (await http.get(f"{url}/mayor_bot")).headers["allow"] == "POST"
    assert len(store.numbers) == 1


async def test_while_polling_the_webhooks_path_is_closed(store: Store, tmp_path: Path) -> None:
    settings = settings_for("http://127.0.0.1:9")
    async with door(Telegram(settings), store, tmp_path) as url, httpx.AsyncClient() as http:
        secret = {"x-telegram-bot-api-secret-token": SECRET}
        answer = await http.post(f"{url}/mayor_bot", json={"update_id": 7} | LETTERS[0], headers=secret)
    assert answer.status_code == 404
    assert store.calls == []


async def test_without_an_address_nothing_is_set(server: Server, store: Store) -> None:
    async with listening(settings_for(server.url, mode="webhook"), store):
        await asyncio.sleep(0.2)
    assert server.state["asked"] == []


@pytest.mark.parametrize(("error", "status"), [(Unavailable("full", 7), 503), (RuntimeError("x"), 500)])
def test_what_is_not_stored_is_never_a_yes(error: Exception, status: int) -> None:
    from connectors._contract_input import AT, NONCE
    from connectors._http_case import head_of

    telegram = Telegram(settings_for("http://127.0.0.1:9", mode="webhook"))
    answer = telegram.refuse(head_of(b"POST /mayor_bot", received_at=AT, nonce=NONCE), error)
    assert answer.status == status
    assert dict(answer.headers).get("retry-after", "7") == "7"
