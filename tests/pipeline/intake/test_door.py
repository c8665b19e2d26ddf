"""The door on a real broker: what was answered with a number stands on the inbox topic."""

import asyncio
import socket
from typing import Any

import pytest
from doorkit import eventually, post, running_door

from pipeline.intake import door as door_module
from pipeline.numbers import is_number
from pipeline.settings import Settings
from schemas import wire
from schemas.topics import ALERT, INBOX

pytestmark = pytest.mark.integration


async def test_a_json_letter_gets_to_the_inbox(line: str, door: Any, on_topic: Any) -> None:
    async with door(line) as client:
        answer = await post(client, "first")
        assert answer.status_code == 201, answer.text
        again = await post(client, "first")
        other = await post(client, "first", text="另一封信的内容,说的是别的事情。")
        (record,) = await eventually(lambda: on_topic(line, INBOX))
    number = answer.json()["number"]
    assert is_number(number)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert other.status_code == 422
    letter = wire.decode(INBOX, record.value)
    assert letter.number == number
    assert letter.city == "shili"
    assert letter.sender.phone == "13800001234"
    assert record.key == str(letter.id).encode()
    assert wire.header(record.headers, "tag") == "letter"


async def test_danger_is_said_at_once(line: str, door: Any, on_topic: Any) -> None:
    async with door(line) as client:
        answer = await post(client, "fire", text="示例路 12 号楼正在着火，有人被困在里面！")
        (record,) = await eventually(lambda: on_topic(line, ALERT))
    alert = wire.decode(ALERT, record.value)
    assert (alert.tag, alert.number) == ("raised", answer.json()["number"])


async def test_a_channel_without_its_port_keeps_no_other_channel_closed(
    line: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "LISTEN_AGAIN_S", 0.1)
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    email = {
        "host": "127.0.0.1",
        "port": port,
        "accounts": {"a@example.org": {"city": "shili", "mailbox": "mayor"}},
    }

    async def greeting() -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return b""
        try:
            return await reader.readline()
        finally:
            writer.close()

    channels = settings.connectors | {"email": email}
    async with running_door(settings.model_copy(update={"connectors": channels}), line) as client:
        assert (await post(client, "first")).status_code == 201
        taken.close()
        assert (await eventually(greeting)).startswith(b"220 ")
