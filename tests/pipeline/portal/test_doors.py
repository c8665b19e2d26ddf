"""Doors that talk nonsense, or not at all, are no doors."""

import asyncio
from pathlib import Path

import pytest

from pipeline.portal.doors import Doors


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n[]",
        b"x" * 100_000,
        b"HTTP/1.1 500 No\r\n\r\n{}",
    ],
)
async def test_a_door_that_talks_nonsense_is_no_door(tmp_path: Path, answer: bytes) -> None:
    async def door(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(door, tmp_path / "s"):
        assert await Doors((str(tmp_path / "s"), "127.0.0.1:1")).received_at("1", frozenset({"a"})) is None


async def test_a_silent_door_is_not_waited_for(tmp_path: Path) -> None:
    async def door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(door, tmp_path / "s"), asyncio.timeout(2):
        assert await Doors((str(tmp_path / "s"),)).received_at("1", frozenset()) is None
