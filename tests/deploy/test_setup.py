"""Set-up installs nothing unasked, and nothing at all where all is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "setup" / "system-packages.sh"
SHELL_NEEDS = ("bash", "dirname", "env", "head", "id", "sed", "timeout")


def script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def packages(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The script on a machine with next to nothing, without a terminal; calls of apt-get leave a trace."""
    for program in SHELL_NEEDS:
        found = shutil.which(program)
        assert found is not None
        if not (folder / program).exists():
            (folder / program).symlink_to(found)
    script(folder / "python3", f'exec {sys.executable} "$@"')
    script(folder / "apt-get", f"touch {folder}/called")
    return subprocess.run(
        [SCRIPT, *arguments],
        env={"PATH": str(folder), "HOME": os.environ.get("HOME", "/"), **environ},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def test_without_a_terminal_it_says_what_to_run_and_installs_nothing(tmp_path: Path) -> None:
    done = packages(tmp_path, "test")
    assert done.returncode == 2
    assert "swaks" in done.stdout
    assert "openjdk-17-jre-headless or openjdk-21-jre-headless" in done.stdout
    assert "system-packages.sh test --yes" in done.stderr
    assert not (tmp_path / "called").exists()


def test_a_given_broker_needs_no_java_and_the_line_no_test_programs(tmp_path: Path) -> None:
    done = packages(tmp_path, "run", KAFKA_BOOTSTRAP_SERVERS="kafka.city.test:9092")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "called").exists()


def test_an_engine_that_answers_needs_no_java(tmp_path: Path) -> None:
    script(tmp_path / "docker", "exit 0")
    done = packages(tmp_path, "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("arguments", [(), ("everything",)])
def test_a_wrong_call_is_told_the_right_one(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = packages(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


def test_a_second_set_up_does_nothing() -> None:
    """`make` itself says so: with everything in place no recipe but the look for the jars would run."""
    done = subprocess.run(
        ["make", "--dry-run", "--silent", "setup"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["deploy/setup/kafka-libs.sh"]
