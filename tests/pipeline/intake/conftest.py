"""A door to try things on: settings, a spool, a running door on a real broker."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from doorkit import ACCOUNTS, KEY, open_spool, running_door
from readingkit import Reading, opened

from pipeline.blobs import BlobStore
from pipeline.intake.accepting import Intake
from pipeline.intake.spool import Spool
from pipeline.kafka.broker import free_port
from pipeline.kafka.cities import make_key, place_cities
from pipeline.kafka.reading import read_to_end
from pipeline.kafka.topics import create_missing
from pipeline.settings import City, Settings
from schemas.ports import Accept
from schemas.topics import Names, Topic


@pytest.fixture
def settings(tmp_path: Path, names: Names) -> Settings:
    """One city, one mailbox, everything under a temporary folder; disk limits out of the way."""
    return Settings.model_validate({
        "var": tmp_path / "var",
        "kafka": {"prefix": names.prefix, "partitions": 2},
        "cities": {"shili": City(title="示例市", fallback_unit="示例市市民服务中心")},
        "door": {"http_port": free_port(), "free_bytes_min": 0, "free_share_min": 0, "ballast_bytes": 0,
                 "relay_again_after_s": 0.5},
        "connectors": {
            "web_form": {
                "tracking_url": "https://letters.example.gov.cn/",
                "privacy_version": "2026-11",
                "accounts": {"mayor": {"city": "shili", "mailbox": "mayor", "title": "示例市 · 市长信箱"}},
            }
        },
    })  # fmt: skip


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    """The same, with the city's key made."""
    make_key(settings.city_key_path("shili"))
    return settings


@pytest.fixture
async def line(settings: Settings, kafka: str) -> str:
    """The broker's address, with all topics made and the city placed."""
    await create_missing(settings, kafka)
    await place_cities(settings, kafka)
    return kafka


@pytest.fixture
def door(settings: Settings) -> Callable[[str], AbstractAsyncContextManager[httpx.AsyncClient]]:
    """``async with door(bootstrap) as client:`` a door in this process."""
    return lambda bootstrap: running_door(settings, bootstrap)


@pytest.fixture
def on_topic(settings: Settings, names: Names) -> Callable[..., Any]:
    """``await on_topic(bootstrap, topic)``: every record on it now, in order."""

    async def read(bootstrap: str, topic: Topic) -> list[Any]:
        return [record async for record in read_to_end(settings.kafka, bootstrap, names.topic(topic))]

    return read


@pytest.fixture
async def spool(settings: Settings) -> AsyncIterator[Spool]:
    """A spool whose numbers are real."""
    opened = open_spool(settings)
    yield opened
    await opened.close()


@pytest.fixture
def blobs(settings: Settings) -> BlobStore:
    return BlobStore(settings.blobs_path)


@pytest.fixture
def accept(spool: Spool, blobs: BlobStore) -> Accept:
    return Intake(spool, blobs, {"shili": KEY}, lambda: None).accept_for("web_form", ACCOUNTS)


@pytest.fixture
async def read(
    spool: Spool, blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Reading]:
    """What was accepted on the channel ``poison``, as the relay reads it."""
    async with opened(spool, blobs, tmp_path, monkeypatch) as reading:
        yield reading
