"""What the tests of a whole line ask for; their conftest files import it from here."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linekit.broker import ROOT, Broker
from linekit.line import Line
from pipeline.kafka.broker import LIBS, jars_here

Needs = Callable[[str], str]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder for one test module. Short: a Unix socket's path ends at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="xl-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def broker(place: Path, needs: Needs) -> Iterator[Broker]:
    """A broker of this module alone: to be killed, frozen, wiped and cut."""
    needs("java")
    if not jars_here(ROOT / LIBS):
        pytest.fail("the broker's jars are missing: make kafka-libs")
    running = Broker(place / "kafka")
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def line(place: Path, broker: Broker) -> Iterator[Line]:
    """A line whose parts were started one by one, on this module's broker."""
    with Line(place / "line", broker=broker) as running:
        running.create_topics()
        running.start()
        yield running
    running.assert_silent()
