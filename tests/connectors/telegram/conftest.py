"""A Bot API server for each test. What it answered in the whole run is read by aiogram in the end."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botkit import Server, Store

ROOT = Path(__file__).resolve().parents[3]
JUDGES = ROOT / "var" / "judges" / "bin" / "python"
PROGRAM = ROOT / "tests" / "counterparts" / "aiogram_judge.py"

Judge = Callable[[Path], list[dict[str, Any]]]


def judged(answers: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [JUDGES, PROGRAM, answers], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def judge(needs: Callable[[str], str]) -> Judge:
    """How aiogram reads a file of answers: a line for each. It lives in an environment of its own (``make test``)."""
    needs(str(JUDGES))
    return judged


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All that our Bot API servers answer in this run: at its end aiogram must have been able to read it."""
    path = tmp_path_factory.mktemp("bot_api") / "answers.jsonl"
    path.touch()
    yield path
    if JUDGES.exists():
        assert [line for line in judged(path) if line["error"]] == []


@pytest.fixture
def server(
    running: Callable[..., Any], free_port: Callable[[], int], counterparts: Path, answers: Path
) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, counterparts / "bot_api.py", port, answers]
    with contextlib.closing(Server(port)) as found, running(command, ready=found.is_up):
        yield found


@pytest.fixture
def store() -> Store:
    return Store()
