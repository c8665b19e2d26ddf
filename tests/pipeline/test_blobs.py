"""The blob store: what it returned is safe, what it did not finish is not there."""

import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.blobs import BlobStore
from schemas.errors import Malformed, Unavailable
from schemas.letter import BlobRef

BODY = "张三的信".encode() * 100


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def test_round_trip(store: BlobStore) -> None:
    ref = store.write(BODY)
    assert ref == BlobRef(sha256=hashlib.sha256(BODY).hexdigest(), size_bytes=len(BODY))
    assert store.read(ref) == BODY
    assert store.exists(ref)
    assert list(store.refs()) == [ref]
    assert store.path(ref).stat().st_mode & 0o777 == 0o600


def test_chunks_and_files_give_the_same_name(store: BlobStore) -> None:
    with store.writer() as blob:
        for byte in BODY:
            blob.write(bytes([byte]))
        chunked = blob.commit()
    assert chunked == store.write(BODY) == store.copy_in(io.BytesIO(BODY))


def test_unfinished_leaves_nothing(store: BlobStore) -> None:
    with pytest.raises(Malformed), store.writer(bytes_max=3) as blob:
        blob.write(b"1234")
    with store.writer() as blob:
        blob.write(b"1")
    assert [p for p in store.folder.rglob("*") if p.is_file()] == []


def test_gone_and_damaged(store: BlobStore) -> None:
    ref = store.write(BODY)
    store.path(ref).write_bytes(BODY[:-1] + b"x")
    with pytest.raises(Malformed, match="damaged"):
        store.read(ref)
    assert store.delete(ref, unused_s=0)
    assert not store.exists(ref)
    with pytest.raises(Malformed, match="gone"):
        store.read(ref)


def test_bytes_written_again_are_not_deleted(store: BlobStore) -> None:
    ref = store.write(BODY)
    os.utime(store.path(ref), (0, 0))
    store.write(BODY)
    assert not store.delete(ref)
    os.utime(store.path(ref), (0, 0))
    assert store.delete(ref)


def test_sweep_takes_what_the_dead_left(store: BlobStore) -> None:
    (store.folder / "tmp" / "left").write_bytes(b"x")
    assert store.sweep() == 0
    assert store.sweep(unused_s=-1) == 1


@pytest.mark.parametrize(("code", "faults"), [(errno.ENOSPC, 0), (errno.EIO, 1)])
def test_a_full_disk_is_said_and_a_broken_one_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, faults: int
) -> None:
    seen: list[OSError] = []
    store = BlobStore(tmp_path / "blobs", on_fault=seen.append)

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unavailable):
        store.write(BODY)
    assert len(seen) == faults
    assert list(store.refs()) == []


_DIES = """
import sys
from pathlib import Path
from pipeline.blobs import BlobStore
BlobStore(Path(sys.argv[1])).write(b"letter")
"""


@pytest.mark.faults
@pytest.mark.parametrize(("point", "there"), [("blob.before_rename", False), ("blob.renamed", True)])
def test_killed_at_the_rename(tmp_path: Path, point: str, *, there: bool) -> None:
    folder = tmp_path / "blobs"
    died = subprocess.run(
        [sys.executable, "-c", _DIES, str(folder)],
        env={**os.environ, "XINSHU_CRASH_POINT": point},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    store = BlobStore(folder)
    ref = BlobRef(sha256=hashlib.sha256(b"letter").hexdigest(), size_bytes=6)
    assert store.exists(ref) is there
    assert store.write(b"letter") == ref
    assert store.read(ref) == b"letter"
