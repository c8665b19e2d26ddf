"""Drops by manifest: what it says of a file is kept, or none of the file is taken."""

from typing import Any

import pytest
from dropkit import TWO, Watching, manifest, notes, put, rounds, until, watched

__all__ = ["watched"]


async def test_a_manifest_that_is_kept_takes_the_file(watched: Watching, store: Any) -> None:
    folder = await watched(convention="manifest")
    put(folder, "calls.csv", TWO)
    manifest(folder, "calls.csv", TWO.encode(), rows=2)
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))
    await until(
        lambda: list(folder.glob("done/calls.*.csv.manifest.json")) and not list(folder.glob("calls*"))
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"rows": 3}, "清单写明 3 行，文件里有 2 行"),
        ({"sha256": "0" * 64}, "文件的 SHA-256 与清单不符"),
        ({"size_bytes": 7}, "清单写明 7 字节"),
        ({"file": "other.csv"}, "清单应写明与它同名的文件"),
        ({"size_bytes": None, "sha256": None}, "清单应写明与它同名的文件"),
        ({"rows": -1}, "清单无法读取"),
    ],
)
async def test_a_manifest_that_is_not_kept_refuses_the_whole_file(
    watched: Watching, store: Any, said: dict[str, Any], why: str
) -> None:
    folder = await watched(convention="manifest", patience_s=0)
    data = TWO.encode()
    put(folder, "calls.csv", data)
    manifest(folder, "calls.csv", data, **said)
    (reason,) = await until(lambda: notes(folder, "refused/*.reason.json"))
    assert reason["refused"].startswith(why)
    assert not store.pieces


async def test_a_file_still_on_its_way_is_waited_for(watched: Watching, store: Any) -> None:
    folder = await watched(convention="manifest", patience_s=60)
    data = TWO.encode()
    (folder / "calls.csv").write_bytes(data[:20])
    manifest(folder, "calls.csv", data)
    await rounds(store, folder)
    assert not list(folder.glob("refused/*"))
    (folder / "calls.csv").write_bytes(data)
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))
