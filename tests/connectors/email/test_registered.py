"""The mail door on the real spool: what the numbers promise."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipeline import numbers
from pipeline.blobs import BlobStore
from pipeline.intake.accepting import Intake
from pipeline.intake.spool import Spool
from pipeline.settings import Door as DoorSettings
from schemas.ports import Mailbox

KEY = bytes(range(32))
MAIL = b"Message-ID: <1@mail.example>\r\nFrom: zhangsan@mail.example\r\nSubject: x\r\n\r\ntext"
ACCOUNTS = {
    "shimin@12345.example.gov.cn": Mailbox(city="xingcheng", mailbox="mayor"),
    "jingcha@12345.example.gov.cn": Mailbox(city="xingcheng", mailbox="police"),
}


@pytest.fixture
async def registering(door: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """The door, with a real spool behind it."""

    def number_of(city: str, letter: UUID, counter: int) -> str:
        del city
        return numbers.registration_number(KEY, letter, counter, 15)

    settings = DoorSettings(free_bytes_min=0, free_share_min=0, ballast_bytes=0)
    spool = Spool(tmp_path / "spool" / "spool.db", settings, number_of, lambda: None)
    blobs = BlobStore(tmp_path / "blobs")
    accept = Intake(spool, blobs, {"xingcheng": KEY}, lambda: None).accept_for("email", ACCOUNTS)
    door.store.accept = accept
    yield door
    await spool.close()


async def test_a_redelivery_along_another_way_hears_the_same_numbers(registering: Any) -> None:
    peer = await registering.connect()
    first = await peer.mail(MAIL, *ACCOUNTS)
    assert first.startswith("250 2.0.0 Registered ")
    said = first.removeprefix("250 2.0.0 Registered ").split(", ")
    assert len(set(said)) == 2
    assert all(numbers.is_number(number.replace("-", "")) for number in said)
    assert (
        await peer.mail(b"Received: from another relay\r\n" + MAIL, *ACCOUNTS, sender="vrp-2@mail.example")
        == first
    )
    mayor_only = await peer.mail(MAIL, "shimin@12345.example.gov.cn")
    assert mayor_only == f"250 2.0.0 Registered {said[0]}"


async def test_an_equal_message_id_with_another_body_is_another_letter(registering: Any) -> None:
    peer = await registering.connect()
    assert await peer.mail(MAIL) != await peer.mail(MAIL + b", and more")


async def test_a_large_mail_is_registered_and_known_again(registering: Any) -> None:
    peer = await registering.connect()
    large = MAIL + b"\r\n" + b"x" * 600_000
    first = await peer.mail(large)
    assert first.startswith("250")
    assert await peer.mail(b"Received: again\r\n" + large) == first
