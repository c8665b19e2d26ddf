"""Callbacks from the socket to the topics: parts become one letter, an incomplete one goes on marked, also over a restart."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.intake.door import run_door
from pipeline.kafka.broker import free_port
from pipeline.kafka.cities import make_key, place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import City, Settings
from schemas import wire
from schemas.topics import INBOX, QUARANTINE, Names, Topic

pytestmark = pytest.mark.integration
SECRET = "shared-path-0001"
TEXT = "小区东门的路灯坏了😀，晚上看不清路，" * 9 + "请派人修。"


class Line:
    """A door with the channel, which may be stopped and started again."""

    def __init__(self, settings: Settings, kafka: str) -> None:
        self.settings, self._kafka = settings, kafka
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.door.http_port}", timeout=20)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(run_door(self.settings, self._kafka, stop=stop))
        try:
            async with asyncio.timeout(30):
                while not await self._ready():
                    assert not task.done(), task
                    await asyncio.sleep(0.05)
            yield
        finally:
            stop.set()
            await task

    def wait_for_parts(self, join_s_max: float) -> None:
        """The door opened next waits that long for the rest of a message."""
        door = self.settings.door.model_copy(update={"join_s_max": join_s_max})
        self.settings = self.settings.model_copy(update={"door": door})

    async def _ready(self) -> bool:
        try:
            return (await self.http.get("/live")).status_code == 200
        except httpx.TransportError:
            return False

    async def records(self, topic: Topic) -> list[Any]:
        name = Names(prefix=self.settings.kafka.prefix).topic(topic)
        return [
            wire.decode(topic, record.value)
            async for record in read_to_end(self.settings.kafka, self._kafka, name)
        ]

    async def until(self, topic: Topic, fits: Callable[[list[Any]], bool]) -> list[Any]:
        async with asyncio.timeout(30):
            while not fits(found := await self.records(topic)):
                await asyncio.sleep(0.1)
        return found

    async def part(self, no: int, *, ref: int = 42, sender: str = "+8613800000001") -> None:
        data = TEXT.encode("utf-16-be")
        cuts = [data[start : start + 134] for start in range(0, len(data), 134)]
        query = {
            "from": sender,
            "to": "12345",
            "id": f"{ref}-{no}",
            "charset": "UTF-16BE",
            "unix": "1795346401",
        }
        header = "".join(f"%{byte:02x}" for byte in (5, 0, 3, ref, len(cuts), no))
        text = "".join(f"%{byte:02x}" for byte in cuts[no - 1])
        url = f"/in/sms/kannel/{SECRET}?{httpx.QueryParams(query)}&udh={header}&text={text}"
        said = await self.http.get(url)
        assert (said.status_code, said.content) == (200, b""), said.text


PARTS = -(-len(TEXT.encode("utf-16-be")) // 134)


@pytest.fixture
async def line(tmp_path: Path, names: Names, kafka: str) -> AsyncIterator[Line]:
    secrets = {"secrets": [SECRET]}
    settings = Settings.model_validate({
        "var": tmp_path / "var",
        "kafka": {"prefix": names.prefix, "partitions": 2},
        "cities": {"shili": City(title="示例市", fallback_unit="示例市市民服务中心")},
        "door": {"http_port": free_port(), "free_bytes_min": 0, "free_share_min": 0, "ballast_bytes": 0},
        "connectors": {"sms": {
            "accounts": {"12345": {"city": "shili", "mailbox": "sms"}},
            "gateways": {"kannel": secrets | {"vendor": "kannel"}, "aliyun": secrets | {"vendor": "aliyun"}},
        }},
    })  # fmt: skip
    make_key(settings.city_key_path("shili"))
    await create_missing(settings, kafka)
    await place_cities(settings, kafka)
    made = Line(settings, kafka)
    yield made
    await made.http.aclose()


async def test_parts_in_any_order_and_twice_are_one_letter_and_an_array_is_cut(line: Line) -> None:
    async with line.open():
        for no in (2, *range(3, PARTS + 1), 2, 1):
            await line.part(no)
        batch = [
            {"phone_number": f"1380000100{n}", "content": f"第{n}封", "send_time": "20261122192001", "dest_code": "1",
             "sequence_id": n} for n in range(3)
        ] + [{"content": "没有号码"}]  # fmt: skip
        for _ in range(2):
            said = await line.http.post(f"/in/sms/aliyun/{SECRET}", content=json.dumps(batch).encode())
            assert said.json() == {"code": 0, "msg": "接收成功"}
        letters = await line.until(INBOX, lambda found: len(found) >= 4)
        (bad,) = await line.until(QUARANTINE, lambda found: len(found) >= 1)
    assert sorted(letter.text for letter in letters) == sorted([TEXT, "第0封", "第1封", "第2封"])
    assert len({letter.number for letter in letters}) == 4
    (long,) = [letter for letter in letters if letter.text == TEXT]
    assert (long.pieces, long.revision, long.flags) == (PARTS, 1, ())
    assert (long.sender.handle, long.sender.phone) == ("+8613800000001", "13800000001")
    assert "element of an array" in bad.detail


async def test_an_incomplete_set_goes_on_marked_and_a_late_part_completes_it(line: Line) -> None:
    line.wait_for_parts(2.0)
    async with line.open():
        for no in range(2, PARTS + 1):
            await line.part(no)
        (letter,) = await line.until(INBOX, lambda found: len(found) >= 1)
        assert "incomplete" in letter.flags
        assert letter.text.startswith("……")
        await line.part(1)
        first, second = await line.until(INBOX, lambda found: len(found) >= 2)
    assert (first.id, first.number) == (second.id, second.number)
    assert (second.revision, second.text, second.flags) == (2, TEXT, ())


async def test_a_set_that_was_incomplete_when_the_door_stopped_goes_on_after_its_start(line: Line) -> None:
    line.wait_for_parts(3600.0)
    async with line.open():
        await line.part(1)
        await line.part(1, ref=43, sender="+8613800000002")
    assert await line.records(INBOX) == []
    line.wait_for_parts(1.0)

    def marked(letters: list[Any]) -> dict[str, bool]:
        return {letter.sender.phone: "incomplete" in letter.flags for letter in letters}

    async with line.open():
        for no in range(2, PARTS + 1):
            await line.part(no, ref=43, sender="+8613800000002")
        # The second had waited its time as well: a later revision of it is whole.
        await line.until(INBOX, lambda found: marked(found) == {"13800000001": True, "13800000002": False})
