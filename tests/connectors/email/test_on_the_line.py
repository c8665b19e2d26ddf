"""A mail from the socket to the topics: a letter with its files, or a quarantine entry with its bytes."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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
CASES = Path(__file__).parent / "cases"
MAYOR = "shimin@12345.example.gov.cn"


@pytest.fixture
async def line(tmp_path: Path, names: Names, kafka: str) -> AsyncIterator[Any]:
    """A running door with a mail channel; ``line.port`` and ``await line.on_topic(topic)``."""
    settings = Settings.model_validate({
        "var": tmp_path / "var",
        "kafka": {"prefix": names.prefix, "partitions": 2},
        "cities": {"shili": City(title="示例市", fallback_unit="示例市市民服务中心")},
        "door": {"http_port": free_port(), "free_bytes_min": 0, "free_share_min": 0, "ballast_bytes": 0},
        "connectors": {"email": {"port": free_port(), "accounts": {MAYOR: {"city": "shili", "mailbox": "mayor"}}}},
    })  # fmt: skip
    make_key(settings.city_key_path("shili"))
    await create_missing(settings, kafka)
    await place_cities(settings, kafka)
    stop = asyncio.Event()
    task = asyncio.create_task(run_door(settings, kafka, stop=stop))

    class Line:
        port = settings.connectors["email"]["port"]

        async def on_topic(self, topic: Topic) -> list[Any]:
            return [record async for record in read_to_end(settings.kafka, kafka, names.topic(topic))]

    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", Line.port)
            except OSError:
                assert not task.done(), task
                await asyncio.sleep(0.05)
                continue
            writer.close()
            break
    yield Line()
    stop.set()
    await task


def post(port: int, mail: bytes) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo()
        client.mail("zhangsan@mail.example")
        client.rcpt(MAYOR)
        return client.data(mail)


async def first_on(line: Any, topic: Topic) -> Any:
    async with asyncio.timeout(20):
        while not (found := await line.on_topic(topic)):
            await asyncio.sleep(0.1)
    return wire.decode(topic, found[0].value)


async def test_a_mail_becomes_a_letter_with_its_files(line: Any) -> None:
    mail = (CASES / "inline_image_and_attachment.eml").read_bytes()
    code, said = await asyncio.to_thread(post, line.port, mail)
    assert code == 250, said
    letter = await first_on(line, INBOX)
    assert said.decode().endswith("-".join(letter.number[i : i + 4] for i in range(0, 16, 4)))
    assert letter.channel == "email"
    assert letter.sender.handle == "zhangsan@mail.example"
    assert [file.name for file in letter.attachments] == ["附件1.jpg", "情况说明.pdf"]


async def test_a_mail_beyond_the_limits_is_accepted_and_quarantined_with_its_bytes(line: Any) -> None:
    mail = (CASES / "too_many_parts.eml").read_bytes()
    code, said = await asyncio.to_thread(post, line.port, mail)
    assert code == 250, said
    kept = await first_on(line, QUARANTINE)
    assert kept.channel == "email"
    assert kept.detail == "more than 200 parts"
    (piece,) = kept.pieces
    assert piece == b"Return-Path: <zhangsan@mail.example>\r\n" + mail
