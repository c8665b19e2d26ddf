"""What libraries log is heard once in a while, with its count, and never with its words."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from pipeline import logs


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def complain(library: str, at: float) -> None:
    record = logging.LogRecord(library, logging.ERROR, "client.py", 7, "张三 13800000000", None, None)
    record.created = at
    logging.getLogger().handle(record)


def test_the_same_again_and_again_is_one_line_with_its_count(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("desk", json=True)
    for step in range(100):
        complain("aiokafka", 1000.0 + step * 0.01)
    complain("aiokafka", 1000.0 + logs.QUIET_S)
    first, second = said(capsys)
    assert (first["event"], first["level"], first["reason"], first["count"]) == (
        logs.LIBRARY_SAID, "warning", "aiokafka:7", 1,
    )  # fmt: skip
    assert second["count"] == 100
    assert "张三" not in json.dumps([first, second], ensure_ascii=False)


def test_a_bug_that_the_loop_found_stays_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("desk", json=True)
    complain("asyncio", 1000.0)
    assert [line["level"] for line in said(capsys)] == ["error"]
