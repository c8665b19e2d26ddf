"""Updates from Telegram to the topics: an album with its photos, an edit and a reply, each under the number it belongs to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from botkit import CITIZEN, TOKEN, Server, message

from pipeline.intake.door import run_door
from pipeline.kafka.broker import free_port
from pipeline.kafka.cities import make_key, place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import City, Settings
from schemas import wire
from schemas.letter import Letter
from schemas.topics import INBOX, Names

pytestmark = pytest.mark.integration


@pytest.fixture
async def letters(tmp_path: Path, names: Names, kafka: str, server: Server) -> AsyncIterator[Any]:
    """A running door that polls *server*; awaited, it gives the letters on the inbox, newest revision of each."""
    settings = Settings.model_validate({
        "var": tmp_path / "var",
        "kafka": {"prefix": names.prefix, "partitions": 2},
        "cities": {"shili": City(title="示例市", fallback_unit="示例市市民服务中心")},
        "door": {"http_port": free_port(), "free_bytes_min": 0, "free_share_min": 0, "ballast_bytes": 0},
        "connectors": {"telegram": {
            "bots": {"mayor_bot": {"token": TOKEN, "api_url": server.url}},
            "accounts": {"mayor_bot": {"city": "shili", "mailbox": "mayor"}},
        }},
    })  # fmt: skip
    make_key(settings.city_key_path("shili"))
    await create_missing(settings, kafka)
    await place_cities(settings, kafka)
    stop = asyncio.Event()
    task = asyncio.create_task(run_door(settings, kafka, stop=stop))

    async def found() -> dict[str, Letter]:
        newest: dict[str, Letter] = {}
        async for record in read_to_end(settings.kafka, kafka, names.topic(INBOX)):
            letter = wire.decode(INBOX, record.value)
            assert isinstance(letter, Letter)
            newest[letter.number] = letter
        return newest

    yield found
    stop.set()
    await task


async def until(letters: Any, condition: Any) -> list[Letter]:
    async with asyncio.timeout(60):
        while not condition(found := list((await letters()).values())):
            await asyncio.sleep(0.2)
    return sorted(found, key=lambda letter: letter.received_at)


async def test_an_album_an_edit_and_a_reply(letters: Any, server: Server) -> None:
    photos = [
        message(
            number,
            media_group_id="77",
            photo=[{"file_id": f"p{number}", "file_unique_id": f"u{number}", "width": 9, "height": 9}],
        )
        for number in (1, 2, 3)
    ]
    photos[0]["message"]["caption"] = "三处井盖破了"
    for number in (1, 2, 3):
        server.put(f"p{number}", b"photo %d" % number)
    server.send(*photos)
    (album,) = await until(
        letters,
        lambda found: (
            found and all(f.state == "kept" for f in found[0].attachments) and len(found[0].attachments) == 3
        ),
    )
    assert album.text == "三处井盖破了"
    assert album.pieces == 3
    assert album.revision == 1
    assert [file.size_bytes for file in album.attachments] == [7, 7, 7]
    server.send(message(5, "修好了吗", reply_to_message=photos[0]["message"]))
    edited = message(5, "修好了没有", edit_date=1_795_334_500)
    server.send({"edited_message": edited["message"]})
    found = await until(letters, lambda found: len(found) == 2 and {f.text for f in found} >= {"修好了没有"})
    assert found[1].thread == (f"telegram:{CITIZEN['id']}:album:77",)
    assert found[1].person == found[0].person != ""
    await server.until(lambda state: not state["waiting"])
