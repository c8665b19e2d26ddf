"""The JSON-lines sink: whole lines only, whatever tears."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Refused, Unavailable
from sinks.contract import position, trial_event
from sinks.jsonl import Jsonl, JsonlSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    said = path.read_bytes().split(b"\n")
    assert said.pop() == b""
    return [json.loads(line) for line in said]


async def deliver(path: Path, *names: str, known_ids_max: int = 1000) -> list[str]:
    sink = Jsonl(JsonlSettings(path=path, known_ids_max=known_ids_max), "lines")
    try:
        return [
            (await sink.deliver(trial_event(name), None, position(n))).outcome for n, name in enumerate(names)
        ]
    finally:
        await sink.close()


async def test_a_line(path: Path) -> None:
    await deliver(path, "a", "b")
    assert [(line["topic"], line["partition"], line["offset"]) for line in read(path)] == [
        ("work.order.v1", 0, 0),
        ("work.order.v1", 0, 1),
    ]
    assert read(path)[0]["event"] == trial_event("a").model_dump(mode="json")


@pytest.mark.parametrize("cut", [1, 2, 300])
async def test_a_torn_last_line_is_cut_and_written_again(path: Path, cut: int) -> None:
    await deliver(path, "a", "b")
    os.truncate(path, path.stat().st_size - cut)
    assert await deliver(path, "a", "b", "c") == ["already_there", "delivered", "delivered"]
    assert len(read(path)) == 3


async def test_a_file_torn_in_its_first_line(path: Path) -> None:
    path.write_bytes(b'{"topic": "work')
    assert await deliver(path, "a") == ["delivered"]
    assert len(read(path)) == 1


async def test_only_the_newest_ids_are_known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.jsonl.sink.BLOCK_BYTES", 700)
    names = [f"n{n}" for n in range(1010)]
    await deliver(path, *names)
    assert await deliver(path, "n10", "n1009") == ["already_there", "already_there"]
    assert await deliver(path, "n9") == ["delivered"]


async def test_a_failed_fsync_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Jsonl(JsonlSettings(path=path), "lines")
    await sink.deliver(trial_event("a"), None, position(1))

    def fails(_: int) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(Unavailable):
            await sink.deliver(trial_event("b"), None, position(2))
    assert len(read(path)) == 1
    assert (await sink.deliver(trial_event("b"), None, position(2))).outcome == "delivered"
    await sink.close()
    assert len(read(path)) == 2


async def test_one_writer_at_a_time(path: Path) -> None:
    sink = Jsonl(JsonlSettings(path=path), "lines")
    with pytest.raises(Unavailable):
        Jsonl(JsonlSettings(path=path), "other")
    await sink.close()
    assert await deliver(path, "a") == ["delivered"]


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot open"):
        Jsonl(JsonlSettings(path=tmp_path), "lines")


@pytest.mark.parametrize("stranger", [b"hello\n", b'{"event": 7}\n', b"[]\n"])
def test_somebody_elses_file_is_left_alone(path: Path, stranger: bytes) -> None:
    path.write_bytes(stranger)
    with pytest.raises(Refused):
        Jsonl(JsonlSettings(path=path), "lines")
    assert path.read_bytes() == stranger
