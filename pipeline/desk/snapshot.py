"""The desk's memory of letters on disk: one file, whole or not there, good only for what it was made with.

``save`` writes beside, syncs, renames: whoever dies in between leaves the old file as it was. ``load`` says in one sentence
why a file is of no use: other versions of normaliser, dictionary or layout, a broken or foreign file, another window. The
caller then reads the changelog from its start. The file holds hashes of citizens' words and no word.

    save(index, folder / "memory.snapshot", {"desk.memory.v1": 81234}, versions)
    found = load(folder / "memory.snapshot", versions, window_s=..., rows_max=...)
    match found:
        case Unusable(why): ...
        case Snapshot(index, read_to): ...
"""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.relate import Index

MAGIC = b"xinshu-memory-1\n"
HEADER_BYTES_MAX = 65_536
_CHUNK_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The memory as it was when everything before ``read_to`` (topic: offset) had been read."""

    index: Index
    read_to: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a snapshot cannot be used."""

    why: str


def save(index: Index, path: Path, read_to: Mapping[str, int], versions: Mapping[str, str]) -> None:
    """The memory to *path*, in one step. OSError where the disk refuses; then the old file stands."""
    arrays = {name: np.ascontiguousarray(array) for name, array in index.dump().items()}
    header = {
        "versions": dict(versions),
        "read_to": dict(read_to),
        "window_s": index.window_s,
        "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
    }
    said = json.dumps(header).encode()
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as out:
            out.write(MAGIC + len(said).to_bytes(4, "little") + said)
            check = zlib.crc32(said)
            for array in arrays.values():
                check = _write(out, array, check)
            out.write(check.to_bytes(4, "little"))
            out.flush()
            os.fsync(out.fileno())
        aside.replace(path)
        _sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def load(path: Path, versions: Mapping[str, str], *, window_s: int, rows_max: int) -> Snapshot | Unusable:
    """The memory of *path*, or why there is none to be had."""
    try:
        with path.open("rb") as source:
            return _load(source, versions, window_s, rows_max)
    except FileNotFoundError:
        return Unusable("there is no snapshot")
    except OSError as error:
        return Unusable(f"the snapshot cannot be read: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        return Unusable(f"the snapshot is broken: {error}")


def _load(source: BinaryIO, versions: Mapping[str, str], window_s: int, rows_max: int) -> Snapshot | Unusable:
    if source.read(len(MAGIC)) != MAGIC:
        return Unusable("it is no snapshot of this program")
    length = int.from_bytes(source.read(4), "little")
    if length > HEADER_BYTES_MAX:
        return Unusable("it is no snapshot of this program")
    said = source.read(length)
    header: dict[str, Any] = json.loads(said)
    if header["versions"] != dict(versions):
        other = sorted(
            name
            for name in {*header["versions"], *versions}
            if header["versions"].get(name) != versions.get(name)
        )
        return Unusable(f"it was made with another version of {', '.join(other)}")
    if header["window_s"] != window_s:
        return Unusable(f"it was made for a window of {header['window_s']} s, not {window_s} s")
    check = zlib.crc32(said)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, kind, shape in header["arrays"]:
        arrays[name], check = _read(source, np.dtype(kind), tuple(shape), check)
    if source.read(5) != check.to_bytes(4, "little"):
        return Unusable("its checksum is wrong: it was cut short or changed")
    return Snapshot(Index.load(arrays, window_s=window_s, rows_max=rows_max), header["read_to"])


def _write(out: BinaryIO, array: NDArray[np.generic], check: int) -> int:
    held = array.data.cast("B") if array.size else memoryview(b"")
    for start in range(0, len(held), _CHUNK_BYTES):
        piece = held[start : start + _CHUNK_BYTES]
        out.write(piece)
        check = zlib.crc32(piece, check)
    return check


def _read(
    source: BinaryIO, kind: np.dtype[Any], shape: tuple[int, ...], check: int
) -> tuple[NDArray[np.generic], int]:
    array = np.empty(shape, dtype=kind)
    held = array.data.cast("B") if array.size else memoryview(bytearray())
    for start in range(0, len(held), _CHUNK_BYTES):
        piece = held[start : start + _CHUNK_BYTES]
        if source.readinto(piece) != len(piece):  # type: ignore[attr-defined]
            raise ValueError("it ends too early")
        check = zlib.crc32(piece, check)
    return array, check


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
