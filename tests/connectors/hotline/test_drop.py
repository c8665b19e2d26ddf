"""The drop folder: complete files only, all or nothing, receipts, refusals, patience, one reader."""

import functools
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import structlog
from dropkit import HEAD, TWO, Watching, notes, put, rounds, until, watched

from connectors.hotline import Hotline
from connectors.hotline.folder import locked
from connectors.hotline.settings import Settings
from schemas.ports import Listener, Mailbox, Webhook

__all__ = ["watched"]


def test_the_channel_has_both_shapes(tmp_path: Path) -> None:
    made = Hotline(Settings(accounts={"wuyang": Mailbox(city="wuyang", mailbox="hotline")}))
    assert isinstance(made, Webhook)
    assert isinstance(made, Listener)


async def test_a_file_is_taken_and_its_receipt_names_every_number(watched: Watching, store: Any) -> None:
    folder = await watched()
    put(folder, "calls.csv", TWO + "A3,1.38E+10,垃圾\n")
    (receipt,) = await until(lambda: notes(folder, "done/calls.*.csv.receipt.json"))
    await until(lambda: list(folder.glob("done/calls.*.csv")))
    assert not (folder / "calls.csv").exists()
    assert (receipt["rows"], receipt["rows_accepted"], receipt["rows_bad"]) == (3, 2, 1)
    assert [(one["line"], one["call_id"], one["outcome"]) for one in receipt["letters"]] == [
        (2, "A1", "new"), (3, "A2", "new"),
    ]  # fmt: skip
    assert receipt["bad"][0]["line"] == 4
    assert len({one["number"] for one in receipt["letters"] + receipt["bad"]}) == 3
    assert store.calls == 1


async def test_the_same_file_under_a_new_name_hears_the_same_numbers(watched: Watching, store: Any) -> None:
    folder = await watched()
    for name in ("one.csv", "two.csv"):
        put(folder, name, TWO)
        pattern = f"done/{name[:-4]}.*.receipt.json"
        await until(functools.partial(notes, folder, pattern))
    one, two = notes(folder, "done/*.receipt.json")
    assert [x["number"] for x in one["letters"]] == [x["number"] for x in two["letters"]]
    assert [x["outcome"] for x in two["letters"]] == ["again", "again"]
    assert len(store.pieces) == 2


async def test_a_corrected_call_is_a_revision_under_the_same_number(watched: Watching, store: Any) -> None:
    folder = await watched()
    put(folder, "one.csv", TWO)
    put(folder, "two.csv", TWO.replace("路灯坏了", "路灯坏了三天"))
    await until(lambda: len(notes(folder, "done/*.receipt.json")) == 2)
    one, two = notes(folder, "done/*.receipt.json")
    assert [x["number"] for x in one["letters"]] == [x["number"] for x in two["letters"]]
    assert [x["outcome"] for x in two["letters"]] == ["new", "again"]
    assert len(store.pieces) == 3


@pytest.mark.parametrize("name", ["calls.csv.tmp", "calls.csv.part", ".calls.csv", "calls.csv.filepart"])
async def test_a_file_that_is_being_written_is_left_alone(watched: Watching, store: Any, name: str) -> None:
    folder = await watched()
    (folder / name).write_text(TWO)
    await rounds(store, folder)
    assert (folder / name).exists()
    assert len(store.pieces) == 1
    (folder / name).rename(folder / "calls.csv")
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))


async def test_a_name_in_another_charset_is_a_name(watched: Watching, store: Any) -> None:
    folder = await watched()
    (folder / os.fsdecode("来电.csv".encode("gbk"))).write_text(TWO, "utf-8")
    (receipt,) = await until(lambda: notes(folder, "done/*.receipt.json"))
    assert receipt["file"] == "来电.csv"
    await until(lambda: list(folder.glob("done/来电.*.csv")))


async def test_without_its_ok_a_file_is_not_there(watched: Watching, store: Any) -> None:
    folder = await watched(convention="ok-file")
    put(folder, "calls.csv", TWO)
    await rounds(store, folder)
    assert (folder / "calls.csv").exists()
    (folder / "calls.csv.ok").touch()
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))
    await until(lambda: not list(folder.glob("calls*")))


@pytest.mark.parametrize(
    ("convention", "speaks"), [("ok-file", "calls.csv.ok"), ("manifest", "calls.csv.manifest.json")]
)
async def test_a_file_that_nothing_speaks_of_stays_and_is_told_once(
    watched: Watching, store: Any, convention: str, speaks: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        folder = await watched(convention=convention, patience_s=0)
        put(folder, "calls.csv", TWO)
        await until(lambda: [one for one in logs if one["event"] == "drop.file_alone"])
        await rounds(store, folder)
        assert len([one for one in logs if one["event"] == "drop.file_alone"]) == 1
        assert (folder / "calls.csv").exists()
        said = {"file": "calls.csv", "size_bytes": len(TWO.encode())}
        (folder / speaks).write_text("" if convention == "ok-file" else json.dumps(said))
        await until(lambda: notes(folder, "done/calls.*.receipt.json"))


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("empty.csv", b"", "内容是空的"),
        ("header.csv", "来电编号,内文\nA1,路灯\n".encode(), "表头缺少列“来电内容”"),
        ("large.csv", b"x" * 5000, "超过 4096 字节"),
        ("bytes.dat", b"x", "文件后缀不在可识别之列"),
        ("charset.csv", b"\x80\xff\xfd" * 20, "字符编码"),
        ("cut.xlsx", b"PK\x03\x04xxxx", "不是完整的表格文件"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(
    watched: Watching, store: Any, name: str, data: bytes, why: str
) -> None:
    folder = await watched(file_bytes_max=4096)
    put(folder, name, data)
    (reason,) = await until(lambda: notes(folder, "refused/*.reason.json"))
    assert reason["refused"].startswith(why)
    assert reason["sha256"] == hashlib.sha256(data).hexdigest()
    await until(lambda: not (folder / name).exists())
    (kept,) = [path for path in folder.glob("refused/*") if not path.name.endswith(".json")]
    assert kept.read_bytes() == data
    assert not store.pieces
    put(folder, "good.csv", TWO)
    await until(lambda: notes(folder, "done/good.*.receipt.json"))


async def test_while_nothing_can_be_stored_the_file_stays(watched: Watching, store: Any) -> None:
    store.away = True
    folder = await watched()
    put(folder, "calls.csv", TWO)
    await until(lambda: store.calls >= 2)
    assert (folder / "calls.csv").exists()
    assert not list(folder.glob("*/*.json"))
    store.away = False
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))


async def test_a_fault_of_ours_keeps_the_file_and_the_others_go_on(watched: Watching, store: Any) -> None:
    def burst() -> None:
        store.before = None
        raise RuntimeError("ours")

    store.before = burst
    folder = await watched()
    put(folder, "a.csv", TWO)
    await until(lambda: store.calls)
    put(folder, "b.csv", TWO)
    await until(lambda: notes(folder, "done/b.*.receipt.json"))
    assert (folder / "a.csv").exists()


async def test_another_file_that_took_the_name_meanwhile_is_not_put_away_unread(
    watched: Watching, store: Any
) -> None:
    folder = await watched()

    def replaced() -> None:
        store.before = None
        put(folder, "calls.csv", HEAD + "B1,13800001234,噪声\n")

    store.before = replaced
    put(folder, "calls.csv", TWO)
    await until(lambda: len(store.pieces) == 3)
    await until(lambda: not (folder / "calls.csv").exists())
    (receipt,) = notes(folder, "done/calls.*.receipt.json")
    assert [one["call_id"] for one in receipt["letters"]] == ["B1"]


async def test_links_pipes_and_folders_are_no_files(watched: Watching, store: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(TWO)
    folder = await watched()
    (folder / "link.csv").symlink_to(secret)
    (folder / "dir.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    await rounds(store, folder)
    assert len(store.pieces) == 1
    assert secret.exists()


async def test_only_one_of_two_readers_takes_files_and_the_other_says_so(
    watched: Watching, store: Any
) -> None:
    with structlog.testing.capture_logs() as logs:
        folder = await watched()
        await rounds(store, folder)
        await watched(folder)
        await until(lambda: [one for one in logs if one["event"] == "drop.another_reader"])
        calls = store.calls
        put(folder, "calls.csv", TWO)
        await until(lambda: notes(folder, "done/calls.*.receipt.json"))
        assert store.calls == calls + 1
    assert len([one for one in logs if one["event"] == "drop.another_reader"]) == 1


async def test_the_lock_of_a_reader_that_is_gone_is_free(
    watched: Watching, store: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    put(folder, "calls.csv", TWO)
    with structlog.testing.capture_logs() as logs, locked(folder):
        await watched(folder)
        await until(lambda: [one for one in logs if one["event"] == "drop.another_reader"])
        assert not store.calls
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))


async def test_a_folder_that_is_away_is_waited_for(watched: Watching, store: Any) -> None:
    folder = await watched()
    await rounds(store, folder)
    with structlog.testing.capture_logs() as logs:
        away = folder.rename(folder.with_name("away"))
        await until(lambda: [one for one in logs if one["event"] == "drop.folder_away"])
    away.rename(folder)
    put(folder, "calls.csv", TWO)
    await until(lambda: notes(folder, "done/calls.*.receipt.json"))


async def test_nothing_of_a_citizen_stands_in_the_log(watched: Watching, store: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        folder = await watched()
        put(folder, "张三13800001234.csv", TWO)
        put(folder, "bad13800001234.csv", "路灯坏了")
        await until(lambda: notes(folder, "done/*.receipt.json") and notes(folder, "refused/*.reason.json"))
        await until(lambda: len(logs) >= 2)
    assert not [line for line in map(str, logs) if "138" in line or "路灯" in line or "张三" in line]
