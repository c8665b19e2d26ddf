"""Killed at every step of a file's way: it is fetched again or known, and the letter goes again with it, once."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

PROCESS = Path(__file__).resolve().parents[2] / "support" / "media_process.py"
SHA256 = hashlib.sha256(b"photo " * 1000 + b"photo").hexdigest()


def run(var: Path, **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(PROCESS), str(var)],
        env={**os.environ, **environ}, stdout=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout.decode().strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    "point",
    [
        "blob.before_rename",
        "blob.renamed",
        "media.fetched",
        # Commits: 1 the letter, 2 its mark, 3 what is wanted, 4 what was fetched, 5 that the letter goes again.
        *(f"spool.{step}:{nth}" for nth in (3, 4, 5) for step in ("before_commit", "committed")),
    ],
)
def test_killed_at_every_step(tmp_path: Path, point: str) -> None:
    code, said = run(tmp_path, XINSHU_CRASH_POINT=point)
    assert (code, said) == (-signal.SIGKILL, "")
    code, said = run(tmp_path)
    assert (code, said) == (0, f"landed {SHA256}")
    assert [path.name for path in (tmp_path / "blobs" / SHA256[:2]).iterdir()] == [SHA256[2:]]
