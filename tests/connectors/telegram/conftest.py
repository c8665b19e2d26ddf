"""A Bot API server for each test. What it answered in the whole run is read by aiogram in the end."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from botkit import Server, Store

ROOT = Path(__file__).resolve().parents[3]
JUDGES = ROOT / "var" / "judges" / "bin" / "python"
PROGRAM = ROOT / "tests" / "counterparts" / "aiogram_judge.py"

Judge = Callable[[Sequence[str]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def judge(needs: Callable[[str], str]) -> Iterator[Judge]:
    """How aiogram reads answers, one JSON line each. It lives in an environment of its own (``make test`` makes it)."""
    needs(str(JUDGES))
    with subprocess.Popen(
        [JUDGES, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        to, back = process.stdin, process.stdout
        assert to is not None
        assert back is not None

        def judged(answers: Sequence[str]) -> list[dict[str, Any]]:
            found = []
            for answer in answers:
                to.write(answer + "\n")
                to.flush()
                found.append(json.loads(back.readline()))
            return found

        yield judged
        to.close()


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """All that our Bot API servers answer in this run: at its end aiogram must have been able to read it."""
    path = tmp_path_factory.mktemp("bot_api") / "answers.jsonl"
    path.touch()
    judged: Judge | None = request.getfixturevalue("judge") if JUDGES.exists() else None
    yield path
    if judged is not None:
        assert [line for line in judged(path.read_text().splitlines()) if line["error"]] == []


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
