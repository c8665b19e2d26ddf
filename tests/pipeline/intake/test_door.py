"""The door on a real broker: what was answered with a number stands on the inbox topic."""

from typing import Any

import pytest
from doorkit import eventually, post

from pipeline.numbers import is_number
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
