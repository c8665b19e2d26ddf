"""The blob store: a folder of files named by their content, for everything too large for a spool row or a record.

A ``BlobRef`` that this module returned stands for bytes that are fsynced, under their final name, in an fsynced
folder. Memory stays flat however large the file: chunks are hashed while they are written. Every method blocks;
callers on an event loop use ``asyncio.to_thread``. A full or failing disk is Unavailable; a disk that failed for any
other reason than being full is also reported to *on_fault*, since what an fsync left undone cannot be known.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pipeline.crash import crash_point
from schemas.errors import Malformed, Unavailable
from schemas.letter import BlobRef

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CHUNK_BYTES = 256 * 1024
_UNUSED_S = 3600.0


def fsync_folder(folder: Path) -> None:
    """Make names in *folder* survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class BlobStore:
    """One folder. Several threads may use it; one process deletes."""

    def __init__(self, folder: Path, on_fault: Callable[[OSError], None] = lambda _: None) -> None:
        self.folder = folder
        self._on_fault = on_fault
        self._names = threading.Lock()
        self._temporary = folder / "tmp"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._temporary.mkdir(mode=0o700, exist_ok=True)
        fsync_folder(folder)

    def path(self, ref: BlobRef) -> Path:
        """Where the bytes of *ref* lie or would lie."""
        return self.folder / ref.sha256[:2] / ref.sha256[2:]

    def writer(self, bytes_max: int | None = None) -> "BlobWriter":
        """A new blob, written chunk by chunk; ``with`` throws it away unless ``commit`` was called."""
        return BlobWriter(self, bytes_max)

    def write(self, content: bytes) -> BlobRef:
        """Keep *content*. Raises Unavailable."""
        with self.writer() as blob:
            blob.write(content)
            return blob.commit()

    def copy_in(self, source: BinaryIO, bytes_max: int | None = None) -> BlobRef:
        """Keep all that *source* still has to give. Raises Unavailable; Malformed above *bytes_max*."""
        with self.writer(bytes_max) as blob:
            while chunk := source.read(CHUNK_BYTES):
                blob.write(chunk)
            return blob.commit()

    def read(self, ref: BlobRef) -> bytes:
        """The bytes. Raises Malformed where they are gone or not what they were."""
        try:
            content = self.path(ref).read_bytes()
        except FileNotFoundError:
            raise Malformed(f"blob {ref.sha256} is gone") from None
        if len(content) != ref.size_bytes or hashlib.sha256(content).hexdigest() != ref.sha256:
            raise Malformed(f"blob {ref.sha256} is damaged")
        return content

    def exists(self, ref: BlobRef) -> bool:
        """Whether the bytes lie there, in their full length."""
        try:
            return self.path(ref).stat().st_size == ref.size_bytes
        except FileNotFoundError:
            return False

    def delete(self, ref: BlobRef, unused_s: float = _UNUSED_S) -> bool:
        """Forget *ref*, unless somebody wrote the same bytes within *unused_s* seconds: a row may be about to name it."""
        path = self.path(ref)
        with self._names:
            try:
                if time.time() - path.stat().st_mtime < unused_s:
                    return False
                path.unlink()
            except FileNotFoundError:
                pass
        return True

    def sweep(self, unused_s: float = _UNUSED_S) -> int:
        """Delete what writers that died left behind. Returns how many files."""
        left = [p for p in self._temporary.iterdir() if time.time() - p.stat().st_mtime >= unused_s]
        for path in left:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return len(left)

    def refs(self) -> Iterator[BlobRef]:
        """Every blob here."""
        for shelf in self.folder.iterdir():
            if len(shelf.name) == 2:
                for path in shelf.iterdir():
                    yield BlobRef(sha256=shelf.name + path.name, size_bytes=path.stat().st_size)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in FULL:
                self._on_fault(error)
            raise Unavailable("blob store: disk full or failing") from error

    def _place(self, temporary: Path, ref: BlobRef) -> None:
        # Renamed even where the name is there already: the file's new age keeps delete() away from it, and the
        # folder's fsync covers a writer who died between his rename and his own fsync.
        target = self.path(ref)
        with self._names:
            if not target.parent.exists():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                fsync_folder(self.folder)
            crash_point("blob.before_rename")
            temporary.rename(target)
        crash_point("blob.renamed")
        fsync_folder(target.parent)


class BlobWriter:
    """One blob in the making. Not for several threads at once."""

    def __init__(self, store: BlobStore, bytes_max: int | None) -> None:
        self._store = store
        self._bytes_max = bytes_max
        self._hash = hashlib.sha256()
        self._path = store._temporary / secrets.token_hex(16)  # noqa: SLF001 - the writer is the store's other half
        self._file: BinaryIO | None = None
        self.size_bytes = 0
        with store._disk():  # noqa: SLF001 - as above
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._file = os.fdopen(descriptor, "wb", buffering=0)

    def write(self, chunk: bytes) -> None:
        """Add *chunk*. Raises Unavailable; Malformed above the limit given to ``writer``."""
        if self._file is None:
            raise ValueError("the blob is finished")
        self.size_bytes += len(chunk)
        if self._bytes_max is not None and self.size_bytes > self._bytes_max:
            raise Malformed(f"more than {self._bytes_max} bytes")
        self._hash.update(chunk)
        with self._store._disk():  # noqa: SLF001 - as above
            view = memoryview(chunk)
            while view:
                view = view[self._file.write(view) :]

    def ref(self) -> BlobRef:
        """The name of what was written so far; only ``commit`` makes it safe."""
        return BlobRef(sha256=self._hash.hexdigest(), size_bytes=self.size_bytes)

    def commit(self) -> BlobRef:
        """The bytes are safe once this returns. Raises Unavailable."""
        if self._file is None:
            raise ValueError("the blob is finished")
        ref = self.ref()
        with self._store._disk():  # noqa: SLF001 - as above
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None
            self._store._place(self._path, ref)  # noqa: SLF001 - as above
        return ref

    def abort(self) -> None:
        """Throw away what was written; nothing happens after ``commit``."""
        if self._file is not None:
            with contextlib.suppress(
                OSError
            ):  # closing a file we delete: what it could not write does not matter
                self._file.close()
            self._file = None
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
