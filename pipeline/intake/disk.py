"""Room on the spool's disk: new letters are refused before it is full, and a ballast file makes room to drain.

A full SQLite file cannot even delete. So a file of ``ballast_bytes`` lies beside it: released when a write finds no
room, made again once there is more than enough.
"""

import contextlib
import os
import time
from pathlib import Path

_LOOK_EVERY_S = 0.5


class Disk:
    """The disk under *folder*. Used by the writer's thread only; ``full`` may be read by anybody."""

    def __init__(self, folder: Path, free_bytes_min: int, free_share_min: float, ballast_bytes: int) -> None:
        self._folder = folder
        self._free_bytes_min = free_bytes_min
        self._free_share_min = free_share_min
        self._ballast = folder / "ballast"
        self._ballast_bytes = ballast_bytes
        self._next_look = 0.0
        self.full = False
        self.free_bytes = 0

    def look(self) -> None:
        """Measure, at most twice a second; make the ballast again where there is room."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_EVERY_S
        stat = os.statvfs(self._folder)
        self.free_bytes = stat.f_bavail * stat.f_frsize
        least = max(self._free_bytes_min, int(stat.f_blocks * stat.f_frsize * self._free_share_min))
        self.full = self.free_bytes < least
        if self.free_bytes >= least + self._ballast_bytes and not self._ballast.exists():
            self._make_ballast()

    def write_failed(self) -> None:
        """There was no room: refuse from now on, and give back the ballast."""
        self.full = True
        self._next_look = time.monotonic() + _LOOK_EVERY_S
        self._ballast.unlink(missing_ok=True)

    def _make_ballast(self) -> None:
        if not self._ballast_bytes:
            return
        unfinished = self._ballast.with_suffix(".new")
        # Room can vanish while it is being taken: then there is no ballast until the next look.
        with contextlib.suppress(OSError):
            descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._ballast_bytes)
            except OSError:
                unfinished.unlink()
                raise
            finally:
                os.close(descriptor)
            unfinished.rename(self._ballast)
