"""What tests of the channel telegram share: a Bot API server's test side, a store that numbers letters, a listener."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import httpx

from connectors.telegram import Telegram, TelegramSettings
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredNew

TOKEN, SECRET = "4711:a-token-of-nobody", "a-secret-of-nobody"
CITIZEN = {"id": 501234567, "is_bot": False, "first_name": "秀英", "last_name": "王"}
CHAT = {"id": 501234567, "type": "private", "first_name": "秀英", "last_name": "王"}


def message(number: int, text: str = "", **fields: Any) -> dict[str, Any]:
    """An update without its number."""
    told = {"message_id": number, "from": CITIZEN, "chat": CHAT, "date": 1_795_334_400 + number}
    return {"message": told | ({"text": text} if text else {}) | fields}


class Store:
    """Keeps pieces by their keys and numbers letters; *before* runs first, to wait or to fail."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[str, str], Raw] = {}
        self.numbers: dict[str, int] = {}
        self.calls: list[list[str]] = []
        self.before: Callable[[], Awaitable[None]] | None = None
        self.changed = asyncio.Condition()

    async def __call__(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        self.calls.append([raw.external_id for raw in raws])
        if self.before is not None:
            await self.before()
        answers = tuple(self._registered(raw) for raw in raws)
        async with self.changed:
            self.changed.notify_all()
        return answers

    def _registered(self, raw: Raw) -> Registered:
        known = (raw.account, raw.external_id) in self.pieces
        self.pieces.setdefault((raw.account, raw.external_id), raw)
        place = self.numbers.setdefault(raw.letter_key, len(self.numbers) + 1)
        kind = RegisteredAgain if known else RegisteredNew
        return kind(number=f"{place:016}", query_code="12345678", letter_id=UUID(int=place))

    async def until(self, condition: Callable[["Store"], bool], timeout_s: float = 20) -> None:
        async with asyncio.timeout(timeout_s), self.changed:
            await self.changed.wait_for(lambda: condition(self))


class Server:
    """The test's side of tests/counterparts/bot_api.py."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def is_up(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self._http.get("/test/state").is_success
        return False

    def send(self, *updates: dict[str, Any], strange: bool = False) -> int:
        """Updates for the bot, *strange* where Telegram would not send them; the number of the last."""
        path = "/test/updates?strange=1" if strange else "/test/updates"
        return int(self._http.post(path, json=list(updates)).json())

    def put(self, name: str, content: bytes) -> None:
        self._http.put(f"/test/files/{name}", content=content)

    def number_next(self, update_id: int) -> None:
        self._http.post("/test/next", json={"update_id": update_id})

    def fail(
        self, method: str, status: int, *, times: int = 1, rubbish: str | None = None, **parameters: int
    ) -> None:
        """The next calls of *method* fail: as Telegram says it, or with *rubbish*."""
        told = {"ok": False, "error_code": status, "description": "planned", "parameters": parameters}
        planned = {"method": method, "status": status, "times": times, "rubbish": rubbish is not None}
        body = json.dumps(told) if rubbish is None else rubbish
        self._http.post("/test/fail", json=planned | {"body": body})

    def call(self, method: str, **asked: Any) -> dict[str, Any]:
        """What the bot would ask, from beside it."""
        answered: dict[str, Any] = self._http.post(f"/bot{TOKEN}/{method}", data=asked).json()
        return answered

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get("/test/state").json()
        return found

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [one for one in self.state["asked"] if one["method"] == method]

    async def until(self, condition: Callable[[dict[str, Any]], bool], timeout_s: float = 20) -> None:
        """Until the state is as wished."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            end = time.monotonic() + timeout_s
            while not condition((await http.get("/test/state")).json()):
                assert time.monotonic() < end, "the server's state did not become what was waited for"
                await asyncio.sleep(0.02)


def settings_for(url: str, **more: Any) -> TelegramSettings:
    """One bot at *url*."""
    bot = {"token": TOKEN, "secret_token": SECRET, "api_url": url}
    mailbox = {"city": "wuyang", "mailbox": "mayor"}
    return TelegramSettings.model_validate(
        {"bots": {"mayor_bot": bot}, "accounts": {"mayor_bot": mailbox}, **more}
    )


@contextlib.asynccontextmanager
async def listening(settings: TelegramSettings, store: Store) -> AsyncIterator[Telegram]:
    """The connector at work for as long as the block lasts; it must not end by itself."""
    telegram = Telegram(settings)
    task = asyncio.create_task(telegram.listen(store))
    try:
        yield telegram
        assert not task.done(), "the listener ended by itself"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
