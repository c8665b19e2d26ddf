"""What every test may ask for: a real broker, names of its own on it, programs from outside.

A missing program skips the tests that need it and says which; with ``XINSHU_NO_SKIP=1`` (CI) it is a failure.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

import hypothesis
import pytest

from pipeline.kafka import broker
from schemas.topics import Names

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run: what is green here is green there.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile("same")

LIBS = ROOT / broker.LIBS

# Hundreds of test topics: small index files, deleted at once.
TEST_PROPERTIES = {
    "log.index.size.max.bytes": "1048576",
    "log.segment.delete.delay.ms": "1000",
    "log.message.timestamp.type": "LogAppendTime",
}


def missing(what: str) -> NoReturn:
    """Skip this test because *what* is not on this machine; on CI, fail."""
    if os.environ.get("XINSHU_NO_SKIP") == "1":
        pytest.fail(f"{what} is missing and XINSHU_NO_SKIP=1 forbids skipping", pytrace=False)
    pytest.skip(f"{what} is missing")


def need(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(f"the program {program} (deploy/setup/system-packages.sh test)")
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here and not beside its users: pytest knows only the options of the outermost conftest from the start.
    parser.addoption("--long", action="store_true", help="fault tests at their full length")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program, ...): skip where one of these programs is not on PATH")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            need(program)


@pytest.fixture(scope="session")
def needs() -> Callable[[str], str]:
    """``needs("swaks")``: the program's path, or the test is skipped."""
    return need


@pytest.fixture(scope="session")
def letters_data() -> Path:
    """The folder of real letters beside the project (``XINSHU_DATA``)."""
    folder = Path(os.environ.get("XINSHU_DATA", ROOT.parent / "shared" / "data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if not folder.is_dir():
        missing("the folder of letters named by XINSHU_DATA")
    return folder


# --- broker ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a real broker, one for the whole session: given, in a container, or out of jars."""
    try:
        chosen = broker.choose_broker(libs=LIBS)
    except broker.NoBroker as error:
        missing(str(error))
    match chosen:
        case broker.Given(bootstrap=bootstrap):
            yield bootstrap
        case broker.Engine():
            yield from _in_container()
        case broker.Jars(libs=libs):
            yield from _out_of_jars(libs)


def _out_of_jars(libs: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="xinshu-kafka-"))
    local = broker.LocalBroker(folder=folder, libs=libs, heap_mb=512, properties=TEST_PROPERTIES)
    # A loop of its own, never the current one: the tests' loops come and go.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(local.start())
        try:
            yield local.bootstrap
        finally:
            runner.run(local.stop())
    shutil.rmtree(folder)


def _in_container() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer

    described = broker.ContainerBroker(folder=Path(), port=broker.free_port(), properties=TEST_PROPERTIES)
    container = DockerContainer(broker.IMAGE).with_bind_ports(9092, described.port)
    for key, value in described.environment().items():
        container = container.with_env(key, value)
    with container:
        deadline = time.monotonic() + described.ready_s_max
        while not asyncio.run(broker.answers(described.bootstrap)):
            if time.monotonic() > deadline:
                pytest.fail(f"the broker's container did not answer: {container.get_logs()!r}", pytrace=False)
            time.sleep(0.1)
        yield described.bootstrap


@pytest.fixture
def own_broker() -> Iterator[broker.LocalBroker]:
    """A broker of this test alone, not yet started: to be stopped, killed and started again."""
    if not broker.jars_here(LIBS):
        missing("Java 17 with the broker's jars (make setup)")
    folder = Path(tempfile.mkdtemp(prefix="xinshu-kafka-"))
    yield broker.LocalBroker(folder=folder, libs=LIBS, properties=TEST_PROPERTIES)
    shutil.rmtree(folder)


@pytest.fixture
def names() -> Names:
    """Topic, group and transaction names that no other test uses."""
    return Names(prefix=f"t{uuid.uuid4().hex[:12]}.")


# --- programs from outside -------------------------------------------------------------------------------------


class Running(Protocol):
    """See ``running``."""

    def __call__(
        self,
        command: Sequence[str | Path | int],
        *,
        ready: Callable[[], bool],
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ready_s_max: float = 60.0,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_s_max: float = 15.0,
    ) -> contextlib.AbstractContextManager["Started"]: ...


class Started:
    """A program that was started, answers, and is stopped at the end by its own pid."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextlib.contextmanager
def _running(
    command: Sequence[str | Path | int],
    *,
    ready: Callable[[], bool],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    ready_s_max: float = 60.0,
    stop_signal: signal.Signals = signal.SIGTERM,
    stop_s_max: float = 15.0,
) -> Iterator[Started]:
    handle, name = tempfile.mkstemp(prefix="xinshu-", suffix=".log")
    with os.fdopen(handle, "wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cwd,
            env={**os.environ, **(environ or {})},
        )
    started = Started(process, Path(name))
    try:
        deadline = time.monotonic() + ready_s_max
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(
                    f"{command[0]}: not up (exit {process.poll()})\n{started.said()[-2000:]}", pytrace=False
                )
            time.sleep(0.05)
        yield started
    finally:
        if process.poll() is None:
            process.send_signal(stop_signal)
        try:
            process.wait(stop_s_max)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        started.log.unlink()


@pytest.fixture(scope="session")
def running() -> Running:
    """``with running([program, ...], ready=check) as started``: a foreground program for as long as the block lasts."""
    return _running


@pytest.fixture(scope="session")
def counterparts() -> Path:
    """The folder of recipes: shell scripts that ``exec`` a foreground program, ``sh recipe.sh FOLDER PORT``."""
    return ROOT / "tests" / "counterparts"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that programs which drop to their own user may pass; pytest's own is closed to them. Short, for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="xs-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    return broker.free_port
