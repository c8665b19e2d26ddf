"""A command as its user calls it: its exit code, what it prints, what it complains about."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import logs
from pipeline.cli import main as front
from pipeline.cli import words

Said = tuple[int, str, str]
Call = Callable[..., Said]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but ours, no broker, Chinese."""
    monkeypatch.chdir(tmp_path)
    for variable in (
        "KAFKA_BOOTSTRAP_SERVERS",
        "XINSHU_SETTINGS",
        "XINSHU_CRASH_POINT",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(words, "_language", "zh")
    # A process sets its logs up once; this one belongs to all tests.
    monkeypatch.setattr(logs, "set_up", lambda *_, **__: None)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as exit_:
            front.main(list(arguments))
        said = capfd.readouterr()
        code = exit_.value.code
        assert isinstance(code, int)
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return call
