"""A drop folder: which files are complete, and moves that outlive a power cut. Blocking; called in threads.

folder/                 the call centre writes here
folder/.xinshu.lock     held by the one door that reads it
folder/done/            taken: the file and its receipt
folder/refused/         not taken: the file and the reason
"""

import contextlib
import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.hotline.calls import BadTranscript
from connectors.hotline.settings import Convention

LOCK = ".xinshu.lock"
DONE = "done"
REFUSED = "refused"
MANIFEST = ".manifest.json"
OK = ".ok"
_SPEAKS = (MANIFEST, OK)
UNFINISHED = (".tmp", ".part", ".filepart", ".partial", ".crdownload", "~")
FILES_MAX = 1000
"""Files looked at in one round."""
_MANIFEST_BYTES_MAX = 64 * 1024
_CHUNK_BYTES = 1 << 20
_ENDING_MAX = 16
_STEM_BYTES_MAX = 150


class Manifest(BaseModel):
    """``NAME.manifest.json``: what its sender says of a file. One of size and digest must be there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: str = Field(min_length=1, max_length=255)
    size_bytes: int | None = Field(default=None, ge=0)
    sha256: str = Field(default="", pattern=r"^([0-9a-fA-F]{64})?$")
    rows: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is complete by the folder's convention; *beside* it lie files that only speak of it.

    *problem*: it is not complete yet, or never will be; whoever has patience waits. *alone*: nothing has said yet that
    it is complete.
    """

    name: str
    beside: tuple[str, ...] = ()
    rows: int | None = None
    sha256: str = ""
    problem: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, and which file it was: another one may take its name meanwhile."""

    data: bytes
    sha256: str
    identity: tuple[int, int, int, int]


class Taken(Exception):
    """Another door reads this folder."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder is ours for the block. Raises Taken, OSError."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken from None
        yield
    finally:
        os.close(handle)


def prepare(folder: Path) -> None:
    """Raises OSError: the folder itself is the call centre's and must be there."""
    for name in (DONE, REFUSED):
        (folder / name).mkdir(exist_ok=True)


def found_in(folder: Path, convention: Convention) -> list[Found]:
    """Files to be taken, by name, then those that nothing speaks of. Raises OSError."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    names = [name for name in names if not name.startswith(".") and not name.lower().endswith(UNFINISHED)]
    match convention:
        case "rename":
            # What only another convention writes is no transcript.
            found = [Found(name) for name in names if not name.endswith(_SPEAKS)]
        case "ok-file":
            found = [Found(name, (name + OK,)) for name in names if name + OK in names]
            found += _alone(names, OK)
        case "manifest":
            found = [_by_manifest(folder, name) for name in names if name.endswith(MANIFEST)]
            found += _alone(names, MANIFEST)
    return found[:FILES_MAX]


def _alone(names: list[str], ending: str) -> list[Found]:
    there = frozenset(names)
    files = (name for name in names if not name.endswith(_SPEAKS))
    return [Found(name, alone=True) for name in files if name + ending not in there]


def _by_manifest(folder: Path, name: str) -> Found:
    target = name.removesuffix(MANIFEST)
    try:
        said = Manifest.model_validate(json.loads(_bounded(folder / name, _MANIFEST_BYTES_MAX)))
    except (ValidationError, ValueError, RecursionError, BadTranscript):
        return Found(name, problem="清单无法读取")
    if said.file != target or not (said.sha256 or said.size_bytes is not None):
        return Found(name, problem="清单应写明与它同名的文件，以及 size_bytes 或 sha256")
    try:
        target_is = (folder / target).lstat()
    except FileNotFoundError:
        return Found(name, problem="清单所说的文件不在")
    if not stat.S_ISREG(target_is.st_mode):
        return Found(name, problem="清单所说的不是普通文件")
    size = target_is.st_size
    if said.size_bytes is not None and said.size_bytes != size:
        return Found(target, (name,), problem=f"清单写明 {said.size_bytes} 字节，文件有 {size} 字节")
    return Found(target, (name,), said.rows, said.sha256.lower())


def read(path: Path, bytes_max: int) -> Content:
    """Raises BadTranscript (too large, no plain file), OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - by its handle: the name may be another file's by now
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise BadTranscript("不是普通文件")
        if before.st_size > bytes_max:
            raise BadTranscript(f"超过 {bytes_max} 字节，请分成几个文件")
        data = file.read(bytes_max + 1)
        if len(data) > bytes_max:
            raise BadTranscript(f"超过 {bytes_max} 字节，请分成几个文件")
        return Content(data, hashlib.sha256(data).hexdigest(), _identity(os.fstat(handle)))


def _bounded(path: Path, bytes_max: int) -> bytes:
    return read(path, bytes_max).data


def digest_of(path: Path) -> str:
    """Of a file of any size, piece by piece. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def unchanged(path: Path, content: Content) -> bool:
    """Whether the name still means the file that was read."""
    try:
        return _identity(path.lstat()) == content.identity
    except FileNotFoundError:
        return False


def shown(name: str) -> str:
    """A file's name as text; names that came from a Windows share may be GBK."""
    raw = os.fsencode(name)
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def kept_name(name: str, sha256: str) -> str:
    """``calls.csv`` → ``calls.1f2e3d4c5b6a.csv``: tomorrow's file of the same name stays apart, the same one does not."""
    stem, dot, ending = shown(name).rpartition(".")
    short = dot and len(ending) <= _ENDING_MAX
    marked = (
        f"{(stem if short else shown(name)).encode()[:_STEM_BYTES_MAX].decode(errors='ignore')}.{sha256[:12]}"
    )
    return f"{marked}.{ending}" if short else marked


def put_away(folder: Path, found: Found, into: str, kept: str, note: tuple[str, Any]) -> None:
    """Write *note* (ending, JSON) beside the place of the file, then move it there. Raises OSError.

    What speaks of the file goes first: left behind, it would vouch for the next file of that name. After a kill before
    that all of it is done again; after it the file stays behind, stored and with its note, and is not read again.
    """
    ending, said = note
    home = folder / into
    _write(home / (kept + ending), json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n")
    for name in found.beside:
        with contextlib.suppress(FileNotFoundError):
            (folder / name).replace(home / (kept + (MANIFEST if name.endswith(MANIFEST) else OK)))
    with contextlib.suppress(FileNotFoundError):
        (folder / found.name).replace(home / kept)
    _sync(home)
    _sync(folder)


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
