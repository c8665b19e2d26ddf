"""The SMTP dialogue at its limits: too much, too many, too slow, and going down."""

import asyncio
import contextlib
from typing import Any

import psutil
import pytest

from connectors.email import EmailSettings

MAYOR = "shimin@12345.example.gov.cn"
POLICE = "jingcha@12345.example.gov.cn"
MEBIBYTE = 1024 * 1024
MAIL = b"Message-ID: <1@mail.example>\r\nFrom: zhangsan@mail.example\r\nSubject: x\r\n\r\ntext\r\n..dot"


async def test_ten_recipients_and_no_more(open_door: Any) -> None:
    door = await open_door(recipients_max=1)
    peer = await door.connect()
    assert (await peer.envelope(MAYOR, MAYOR)).startswith("250")
    assert (await peer.say(f"RCPT TO:<{POLICE}>")).startswith("452 4.5.3")
    assert EmailSettings.model_fields["recipients_max"].default == 10


async def test_too_large_is_552_by_announcement_and_by_count(door: Any) -> None:
    peer = await door.connect()
    await peer.say("EHLO mail.example")
    assert (await peer.say(f"MAIL FROM:<a@b.cn> SIZE={25 * MEBIBYTE + 1}")).startswith("552")
    lines = b"x" * 1022 + b"\r\n"
    assert (await peer.mail(lines * (25 * 1024) + b"x")).startswith("552 5.3.4")
    assert door.store.raws == []
    assert (await peer.mail(lines * (25 * 1024 - 1) + b"x" * 1022)).startswith("250")
    assert len(door.store.raws[0].body) == 25 * MEBIBYTE + len(b"Return-Path: <zhangsan@mail.example>\r\n")


async def test_a_line_of_one_mebibyte_is_taken(door: Any) -> None:
    peer = await door.connect()
    assert (await peer.mail(b"Subject: x\r\n\r\n" + b"x" * MEBIBYTE)).startswith("250")


@pytest.mark.parametrize("in_data", [True, False])
async def test_an_endless_line_is_cut_and_memory_stays_flat(door: Any, in_data: bool) -> None:
    peer = await door.connect()
    if in_data:
        await peer.envelope(MAYOR)
        await peer.say("DATA")
    chunk = b"x" * 65536
    process = psutil.Process()
    before, highest, sent = process.memory_info().rss, 0, 0
    with contextlib.suppress(ConnectionError):
        while sent < 300 * MEBIBYTE:
            peer.writer.write(chunk)
            await peer.writer.drain()
            sent += len(chunk)
            highest = max(highest, process.memory_info().rss)
    assert sent < 64 * MEBIBYTE
    assert highest - before < 8 * MEBIBYTE
    other = await door.connect()
    assert (await other.mail(MAIL)).startswith("250")


async def test_large_mails_share_a_bounded_room(open_door: Any) -> None:
    door = await open_door(receiving_bytes_max=25 * MEBIBYTE)
    first, second = await door.connect(), await door.connect()
    await first.envelope(MAYOR)
    await first.say("DATA")
    first.writer.write((b"x" * 1022 + b"\r\n") * (20 * 1024))
    await first.writer.drain()
    assert (await second.mail((b"y" * 1022 + b"\r\n") * (10 * 1024))).startswith("452 4.3.1")
    assert (await second.mail(MAIL)).startswith("250")
    assert (await first.say(b"\r\n.")).startswith("250")


async def test_sessions_are_counted_per_peer_and_in_all(open_door: Any) -> None:
    door = await open_door(sessions_per_peer_max=2)
    first, _ = await door.connect(), await door.connect()
    turned_away = await door.connect(greeted=False)
    assert (await turned_away.hear()).startswith("421 4.7.0")
    assert await turned_away.hear() == ""
    assert (await first.say("QUIT")).startswith("221")
    assert await first.hear() == ""
    await door.connect()
    small = await open_door(sessions_max=1)
    await small.connect()
    assert (await (await small.connect(greeted=False)).hear()).startswith("421 4.7.0")


async def test_silence_and_dripping_are_ended(open_door: Any) -> None:
    door = await open_door(idle_s_max=0.3, mail_s_max=0.8)
    silent, dripping = await door.connect(), await door.connect()
    await dripping.envelope(MAYOR)
    await dripping.say("DATA")

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                dripping.writer.write(b"x")
                await dripping.writer.drain()
                await asyncio.sleep(0.05)

    task = asyncio.create_task(drip())
    assert (await silent.hear()).startswith("421 4.4.2")
    assert (await dripping.hear()).startswith("421 4.4.2")
    task.cancel()


async def test_a_slow_store_is_waited_for(open_door: Any) -> None:
    door = await open_door(idle_s_max=0.1, mail_s_max=0.2)
    door.store.before = lambda: asyncio.sleep(0.6)
    peer = await door.connect()
    assert (await peer.mail(MAIL)).startswith("250")


async def test_too_many_commands_end_the_session(door: Any) -> None:
    peer = await door.connect()
    answers = [await peer.say("HELP") for _ in range(21)]
    assert answers[19].startswith("214")
    assert answers[20].startswith("421")
    strange = await door.connect()
    assert [(await strange.say("XYZZY"))[:3] for _ in range(5)] == ["500", "500", "500", "500", "502"]
    assert await strange.hear() == ""


async def test_a_peer_that_hangs_up_after_the_dot_still_has_its_mail_stored(door: Any) -> None:
    go = asyncio.Event()
    door.store.before = go.wait
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    peer.writer.write(MAIL + b"\r\n.\r\n")
    await peer.writer.drain()
    while not door.store.calls:
        await asyncio.sleep(0.01)
    peer.writer.write_eof()
    await asyncio.sleep(0.05)
    go.set()
    assert (await peer.hear()).startswith("250")
    assert await peer.hear() == ""
    assert len(door.store.raws) == 1


async def test_half_a_mail_is_no_mail(door: Any) -> None:
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    peer.writer.write(MAIL)
    await peer.writer.drain()
    peer.writer.close()
    other = await door.connect()
    assert (await other.mail(MAIL + b"2")).startswith("250")
    assert len(door.store.raws) == 1


async def test_going_down_finishes_the_mail_in_hand_and_sends_others_home(door: Any) -> None:
    go = asyncio.Event()
    door.store.before = go.wait
    idle, begun, writing, storing = [await door.connect() for _ in range(4)]
    await begun.envelope(MAYOR)
    for peer in (writing, storing):
        await peer.envelope(MAYOR)
        await peer.say("DATA")
    writing.writer.write(MAIL)
    storing.writer.write(MAIL + b"3\r\n.\r\n")
    while not door.store.calls:
        await asyncio.sleep(0.01)
    door.task.cancel()
    assert (await idle.hear()).startswith("421 4.3.2")
    assert (await begun.hear()).startswith("421 4.3.2")
    with pytest.raises(OSError, match="Connect"):
        await door.connect()
    go.set()
    assert (await writing.say(b"\r\n.")).startswith("250")
    assert (await storing.hear()).startswith("250")
    assert (await storing.hear()).startswith("421 4.3.2")
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(door.task, 5)
    assert len(door.store.raws) == 2


async def test_going_down_does_not_wait_for_ever(open_door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.email.connector._PATIENCE_S", 0.3)
    door = await open_door()
    peer = await door.connect()
    await peer.envelope(MAYOR)
    await peer.say("DATA")
    door.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(door.task, 5)
    assert await peer.hear() == ""
