"""Killed, starved of disk, or betrayed by it: the spool never says a false yes and never loses a true one."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from doorkit import ACCOUNTS, KEY, one, open_spool, raw

from pipeline.blobs import BlobStore
from pipeline.intake import reading
from pipeline.intake.accepting import Intake
from pipeline.intake.rows import Mark
from pipeline.intake.spool import Spool
from pipeline.settings import Settings
from schemas.errors import Unavailable

pytestmark = pytest.mark.faults

PROCESS = Path(__file__).resolve().parents[2] / "support" / "spool_process.py"

_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int left = -1;
static int fails(void) {
    if (left < 0) { const char *n = getenv("FSYNCS_BEFORE_EIO"); left = n ? atoi(n) : 1 << 30; }
    return left-- <= 0;
}
int fsync(int fd) {
    static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fsync");
    if (fails()) { left = 0; errno = EIO; return -1; } return real(fd);
}
int fdatasync(int fd) {
    static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    if (fails()) { left = 0; errno = EIO; return -1; } return real(fd);
}
"""


def run(var: Path, count: int, body_bytes: int = 100, **environ: str) -> tuple[int, list[list[str]]]:
    done = subprocess.run(
        [sys.executable, str(PROCESS), str(var), str(count), str(body_bytes)],
        env={**os.environ, **environ}, stdout=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return done.returncode, [line for line in lines if line[:1] in (["yes"], ["no"], ["fatal"])]


def heard(lines: list[list[str]]) -> dict[str, str]:
    return {line[1]: line[2] for line in lines if line[0] == "yes"}


def stored(var: Path) -> int:
    connection = sqlite3.connect(var / "spool" / "spool.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ((count,),) = connection.execute("SELECT count(*) FROM piece").fetchall()
    connection.close()
    return int(count)


@pytest.mark.parametrize(
    ("point", "already_stored"),
    [("spool.before_commit", False), ("spool.committed", True), ("door.before_answer", True)],
)
@pytest.mark.parametrize("passage", [1, 4])
def test_killed_at_every_point(tmp_path: Path, point: str, passage: int, *, already_stored: bool) -> None:
    code, before = run(tmp_path, 10, XINSHU_CRASH_POINT=f"{point}:{passage}")
    assert code == -signal.SIGKILL
    numbers = heard(before)
    assert len(numbers) == passage - 1
    assert stored(tmp_path) == passage - 1 + already_stored
    code, after = run(tmp_path, 10)
    assert code == 0
    again = heard(after)
    assert len(set(again.values())) == len(again) == stored(tmp_path) == 10
    assert numbers.items() <= again.items()
    outcomes = [line[3] for line in after if line[0] == "yes"]
    assert outcomes == ["again"] * (passage - 1 + already_stored) + ["new"] * (11 - passage - already_stored)


@pytest.mark.parametrize("point", ["blob.before_rename", "blob.renamed"])
def test_killed_while_large_bytes_are_made_safe(tmp_path: Path, point: str) -> None:
    large = 300 * 1024
    code, before = run(tmp_path, 5, large, XINSHU_CRASH_POINT=f"{point}:3")
    assert code == -signal.SIGKILL
    assert len(heard(before)) == stored(tmp_path) == 2
    code, after = run(tmp_path, 5, large)
    assert code == 0
    assert heard(before).items() <= heard(after).items()
    assert stored(tmp_path) == 5


@pytest.mark.needs("gcc")
@pytest.mark.parametrize("body_bytes", [100, 300 * 1024])
def test_an_fsync_that_fails_ends_it_without_a_false_yes(tmp_path: Path, body_bytes: int) -> None:
    source, shim = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(_SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], check=True)
    code, lines = run(tmp_path, 20, body_bytes, LD_PRELOAD=str(shim), FSYNCS_BEFORE_EIO="25")
    assert code == 75
    assert lines[-1] == ["fatal"]
    answers = [line[0] for line in lines[:-1]]
    assert 0 < answers.count("yes") < 20
    # Once it failed nothing is accepted any more: an fsync is never tried again on what it may have dropped.
    assert answers == ["yes"] * answers.count("yes") + ["no"] * answers.count("no")
    code, after = run(tmp_path, 20, body_bytes)
    assert code == 0
    assert heard(lines).items() <= heard(after).items()
    assert {line[3] for line in after if line[1] in heard(lines)} == {"again"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB of its own."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    code, lines = run(small_disk, 600, 20_000)
    numbers = heard(lines)
    assert 50 < len(numbers) < 600
    assert ["no", "k599"] in lines
    assert code == 0
    assert stored(small_disk) == len(numbers)
    shutil.copytree(small_disk / "spool", small_disk.parent / "larger" / "spool")
    code, after = run(small_disk.parent / "larger", 600, 20_000)
    assert code == 0
    assert len(heard(after)) == 600
    assert numbers.items() <= heard(after).items()


def fill(path: Path) -> None:
    """Write until the disk has no room."""
    with path.open("wb", buffering=0) as file:
        for _ in range(1_000_000):
            try:
                file.write(bytes(4096))
            except OSError:
                return


async def test_a_door_that_starts_on_a_full_disk_refuses_and_drains(
    small_disk: Path, settings: Settings
) -> None:
    door = settings.door.model_copy(update={"ballast_bytes": 1024 * 1024, "free_bytes_min": 512 * 1024})
    settings = settings.model_copy(update={"var": small_disk, "door": door})
    blobs = BlobStore(settings.blobs_path)
    spool = open_spool(settings)
    accept = Intake(spool, blobs, {"shili": KEY}, lambda: None).accept_for("web_form", ACCOUNTS)
    known = await one(accept, raw("k1"))
    await spool.close()
    assert (small_disk / "spool" / "ballast").exists()
    fill(small_disk / "stranger")
    spool = open_spool(settings)
    try:
        assert not spool.healthy
        assert not spool.broken
        accept = Intake(spool, blobs, {"shili": KEY}, lambda: None).accept_for("web_form", ACCOUNTS)
        with pytest.raises(Unavailable, match="full"):
            await accept([raw("k2")])
        with contextlib.closing(spool.reader()) as reader:
            (row,) = reading.waiting(reader, 0, 10, 10**6)
            assert row.number == known.number
            await spool.mark([Mark([row.seq], known.letter_id, 0, 7, known.letter_id, 1, "")], {})
            assert reading.waiting(reader, 0, 10, 10**6) == []
    finally:
        await spool.close()


async def test_a_disk_that_fails_while_nothing_is_written_ends_the_door(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()
    spool = Spool(settings.spool_path, settings.door, lambda *_: "", failed.set)

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(spool.disk, "look", fails)
    await asyncio.wait_for(failed.wait(), 20)
    assert not spool.healthy
    with pytest.raises(Unavailable, match="failing"):
        await spool.delete("DELETE FROM body WHERE seq=?", [1])
    await spool.close()
