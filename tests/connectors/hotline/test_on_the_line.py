"""From a folder and a push to the topics: letters, a revision, a row in quarantine, numbers that agree everywhere."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from doorkit import running_door

from connectors.hotline.signature import sign
from pipeline.kafka.broker import free_port
from pipeline.kafka.cities import make_key, place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import City, Settings
from schemas import wire
from schemas.topics import INBOX, QUARANTINE, Names, Topic

pytestmark = pytest.mark.integration
KEY = "key-of-the-call-centre-000000000"
TABLE = "来电编号,来电号码,来电内容\nA1,13800001234,示例路的路灯坏了\nA2,1.38E+10,井盖丢了\nA3,13800001235,垃圾没人收\n"


class Line:
    """A running door with a drop folder and a push."""

    def __init__(self, client: httpx.AsyncClient, folder: Path, read: Callable[[Topic], Any]) -> None:
        self.client = client
        self.folder = folder
        self.read = read

    def drop(self, name: str, text: str) -> None:
        (self.folder / f"{name}.tmp").write_text(text, "utf-8")
        (self.folder / f"{name}.tmp").rename(self.folder / name)

    async def receipt(self, name: str) -> dict[str, Any]:
        found = await self.until(lambda: list(self.folder.glob(f"done/{name}.*.receipt.json")))
        receipt: dict[str, Any] = json.loads(found[0].read_text("utf-8"))
        return receipt

    async def until(self, check: Callable[[], Any], within_s: float = 20) -> Any:
        async with asyncio.timeout(within_s):
            while not (found := check()):
                await asyncio.sleep(0.05)
            return found

    async def on_topic(self, topic: Topic, count: int) -> list[Any]:
        async with asyncio.timeout(20):
            while len(found := await self.read(topic)) < count:
                await asyncio.sleep(0.1)
        return [wire.decode(topic, record.value) for record in found]

    async def push(self, call: dict[str, Any], key: str = KEY) -> httpx.Response:
        body, stamp = json.dumps(call).encode(), str(int(time.time()))
        nonce = hashlib.sha256(body).hexdigest()[:16]
        signature = sign(key, path="/wuyang", query=(), timestamp=stamp, nonce=nonce, body=body)
        headers = {"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}
        return await self.client.post("/in/hotline/wuyang", content=body, headers=headers)


@pytest.fixture
async def line(tmp_path: Path, names: Names, kafka: str) -> AsyncIterator[Line]:
    folder = tmp_path / "drop"
    folder.mkdir()
    settings = Settings.model_validate({
        "var": tmp_path / "var",
        "kafka": {"prefix": names.prefix, "partitions": 2},
        "cities": {"wuyang": City(title="舞阳市", fallback_unit="舞阳市市民服务中心")},
        "door": {"http_port": free_port(), "free_bytes_min": 0, "free_share_min": 0, "ballast_bytes": 0},
        "connectors": {"hotline": {
            "accounts": {"wuyang": {"city": "wuyang", "mailbox": "hotline"}},
            "drops": {"evening": {"folder": str(folder), "account": "wuyang", "poll_s": 0.1}},
            "push": {"wuyang": {"keys": [KEY]}},
        }},
    })  # fmt: skip
    make_key(settings.city_key_path("wuyang"))
    await create_missing(settings, kafka)
    await place_cities(settings, kafka)

    async def read(topic: Topic) -> list[Any]:
        return [record async for record in read_to_end(settings.kafka, kafka, names.topic(topic))]

    async with running_door(settings, kafka) as client:
        yield Line(client, folder, read)


async def test_a_file_becomes_letters_and_its_bad_row_is_quarantined(line: Line) -> None:
    line.drop("calls.csv", TABLE)
    receipt = await line.receipt("calls")
    letters = await line.on_topic(INBOX, 2)
    assert {(one["call_id"], one["number"]) for one in receipt["letters"]} == {
        (letter.external_id.partition(":")[0], letter.number) for letter in letters
    }
    assert {(letter.text, letter.sender.phone) for letter in letters} == {
        ("示例路的路灯坏了", "13800001234"), ("垃圾没人收", "13800001235"),
    }  # fmt: skip
    (kept,) = await line.on_topic(QUARANTINE, 1)
    assert kept.detail.startswith("第 3 行：")
    assert [one["number"] for one in receipt["bad"]] == [kept.number]


async def test_a_correction_is_a_revision_however_it_comes(line: Line) -> None:
    first = await line.push(
        {"call_id": "A1", "phone": "13800001234", "turns": [{"speaker": "citizen", "text": "灯坏"}]}
    )
    again = await line.push(
        {"call_id": "A1", "phone": "13800001234", "turns": [{"speaker": "citizen", "text": "灯坏"}]}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    number = first.json()["number"]
    assert first.json()["spoken"].replace(" ", "").replace("，", "") == number == again.json()["number"]
    (letter,) = await line.on_topic(INBOX, 1)
    assert (letter.revision, letter.number) == (1, number)
    line.drop("corrected.csv", "来电编号,来电内容\nA1,示例路的路灯坏了\n")
    receipt = await line.receipt("corrected")
    assert receipt["letters"][0]["number"] == number
    _, revised = await line.on_topic(INBOX, 2)
    assert (revised.id, revised.number, revised.revision) == (letter.id, number, 2)
    assert revised.text.startswith("示例路的路灯坏了")
    assert revised.sender.phone == "13800001234"


async def test_a_wrong_signature_stores_nothing(line: Line) -> None:
    answer = await line.push({"call_id": "A1", "text": "路灯"}, key="some-other-key-0000000000")
    assert answer.status_code == 401
    assert "number" not in answer.json()
    assert not await line.read(INBOX)
