"""A tracking page of its own: records by hand into a real register, questions over ASGI."""

from pathlib import Path
from typing import Any

import httpx
from backline import CITY
from backstory import Tale

from pipeline import numbers
from pipeline.portal.app import tracking_app
from pipeline.portal.doors import Doors
from pipeline.portal.lookup import Lookup
from pipeline.register.apply import apply
from pipeline.register.database import Writer
from pipeline.register.reader import Reader
from pipeline.settings import Settings
from schemas import wire
from schemas.base import Record

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


def tale(n: int) -> Tale:
    made = Tale(n)
    number = numbers.registration_number(KEY, made.id)
    return Tale(n, numbers.code_hash(KEY, number, numbers.query_code(KEY, made.id)), number)


def code_of(one: Tale) -> str:
    return numbers.query_code(KEY, one.id)


class Portal:
    def __init__(self, folder: Path, **register: Any) -> None:
        self.settings = Settings.model_validate(
            {
                "var": folder, "register": register,
                "cities": {CITY: {"title": "江城市", "fallback_unit": "市政府办公室"}, "other": {"title": "别市", "fallback_unit": "x"}},
            }
        )  # fmt: skip
        self.writer = Writer(self.settings.register_path)
        self.reader = Reader(self.settings.register_path)
        self._offset = 0
        limits = self.settings.register_
        doors = Doors((str(folder / "door.sock"),))
        self.lookup = Lookup(
            {CITY: KEY, "other": OTHER_KEY}, self.reader.by_number, doors,
            tries_max=limits.tries_per_number_max, window_s=limits.tries_window_s,
        )  # fmt: skip
        self.app = tracking_app(self.settings, self.lookup, doors, ready=lambda: True)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://portal")

    def say(self, *said: Any) -> None:
        with self.writer.transaction() as db:
            for one in said:
                assert isinstance(one.value, Record)
                self._offset += 1
                apply(db, one.topic, wire.encode(one.value), 1_772_000_000_000 + self._offset, self._offset)

    async def ask(self, number: str, code: str, **headers: str) -> httpx.Response:
        return await self.http.post("/", data={"number": number, "code": code}, headers=headers)

    async def state(self, one: Tale) -> dict[str, Any]:
        answer = await self.ask(one.number, code_of(one), accept="application/json")
        assert answer.status_code == 200
        parts: list[dict[str, Any]] = answer.json()["parts"]
        return parts[0]
