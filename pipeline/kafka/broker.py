"""A real single-node broker on this machine, and the question which broker to use at all.

Order: servers named in the settings or in ``KAFKA_BOOTSTRAP_SERVERS``; a container engine that answers; Java 17 with
the jars that ``make setup`` fetched. ``choose_broker`` answers it and ``NoBroker`` names all three remedies.

``LocalBroker`` promises: what the broker acknowledged is in the given folder and is served again after a restart, also
after ``kill -9``; one folder is served by one broker at a time; a broker whose starter was killed is ended by the next
start. It listens on 127.0.0.1 only. It has no TLS and no passwords: for more machines than one, name a cluster.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.kafka.broker_process import (
    HOST,
    LOG_TAIL_BYTES,
    BrokerError,
    BrokerProcess,
    answers,
    free_port,
)

__all__ = [
    "BrokerError",
    "Choice",
    "ContainerBroker",
    "Engine",
    "Given",
    "Jars",
    "LocalBroker",
    "NoBroker",
    "answers",
    "choose_broker",
    "engine_answers",
    "free_port",
    "jars_here",
]

ENVIRONMENT = "KAFKA_BOOTSTRAP_SERVERS"
LIBS = Path("var/kafka-libs")
ARCHIVE = "kafka.jsa"
"""Beside the jars: their classes preloaded, made by set-up. A start takes half as long with it."""
IMAGE = "apache/kafka:4.1.1"
ENGINE_TIMEOUT_S = 10.0

PROPERTIES: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    # Positions of a line that stood still are kept as long as the inbox itself.
    "offsets.retention.minutes": str(100 * 24 * 60),
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A node killed hard is let in again only when its old session ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The cleaner's default of 128 MiB does not fit a small heap.
    "log.cleaner.dedupe.buffer.size": str(2 * 1024 * 1024),
    "log.cleaner.threads": "1",
    "auto.create.topics.enable": "false",
}
"""What a lone node needs besides its addresses and its folder."""


class NoBroker(BrokerError):
    """There is no broker and nothing to make one from."""

    def __init__(self) -> None:
        super().__init__(
            "no Kafka broker. Do one of these: set KAFKA_BOOTSTRAP_SERVERS (or [kafka] bootstrap_servers) to a broker "
            "that runs; or start a container engine (docker info must answer); or install Java 17 and Maven and run "
            f"make setup, which fetches the broker's jars into {LIBS}"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A broker somebody else runs."""

    bootstrap: str


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine answers."""


@dataclass(frozen=True, slots=True)
class Jars:
    """Java and the jars are here."""

    libs: Path


Choice = Given | Engine | Jars


def engine_answers(timeout_s: float = ENGINE_TIMEOUT_S) -> bool:
    """Whether a container engine is there and speaks: having the client program is not enough."""
    try:
        asked = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def jars_here(libs: Path = LIBS) -> bool:
    """Whether the broker can run on this machine's Java."""
    return shutil.which("java") is not None and any(libs.glob("kafka_2.13-*.jar"))


def choose_broker(bootstrap: str = "", libs: Path = LIBS) -> Choice:
    """The broker to use; *bootstrap* is what the settings name, the environment stands in where they name none."""
    if given := bootstrap or os.environ.get(ENVIRONMENT, ""):
        return Given(given)
    if engine_answers():
        return Engine()
    if jars_here(libs):
        return Jars(libs)
    raise NoBroker


@dataclass(kw_only=True)
class LocalBroker(BrokerProcess):
    """A broker out of jars, as a Java child process with its data under ``folder``."""

    libs: Path = LIBS
    java_options: tuple[str, ...] = ()
    """For the broker's own process only: set-up uses it to make the archive of classes."""

    async def _prepare(self) -> None:
        await self._end_orphan()
        own = {
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.port}",
            "log.dirs": str(self._data.resolve()),
        }
        lines = [f"{key}={value}" for key, value in {**PROPERTIES, **own, **self.properties}.items()]
        self._settings.write_text("\n".join(lines) + "\n")
        if (self._data / "meta.properties").exists():
            return
        identity = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        format_it = await asyncio.create_subprocess_exec(
            *self._java(
                "kafka.tools.StorageTool", "format", f"--cluster-id={identity}", "-c", str(self._settings)
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await format_it.communicate()
        if format_it.returncode != 0:
            raise BrokerError(
                f"cannot prepare {self._data}: {said.decode(errors='replace')[-LOG_TAIL_BYTES:]}"
            )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings(self) -> Path:
        return (self.folder / "server.properties").resolve()

    def _command(self) -> tuple[str, ...]:
        return self._java(*self.java_options, "kafka.Kafka", str(self._settings))

    def _java(self, *arguments: str) -> tuple[str, ...]:
        archive = (self.libs / ARCHIVE).resolve()
        return (
            "java",
            f"-Xms{self.heap_mb}m",
            f"-Xmx{self.heap_mb}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            # The second compiler takes a core for minutes; the first alone starts fast and stays small.
            "-XX:TieredStopAtLevel=1",
            *([f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"] if archive.exists() else []),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-cp",
            f"{self.libs.resolve()}/*",
            *arguments,
        )

    def _serves_us(self, pid: int) -> bool:
        try:
            return os.fsencode(self._settings) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    async def _end_orphan(self) -> None:
        """End the broker of this folder whose starter was killed. We hold the lock: nobody wants it any more."""
        written = self.folder / "broker.pid"
        if not written.exists() or not (pid := int(written.read_text() or 0)) or not self._serves_us(pid):
            return
        deadline = time.monotonic() + self.stop_s_max
        os.kill(pid, signal.SIGTERM)
        while self._serves_us(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)


@dataclass(kw_only=True)
class ContainerBroker(BrokerProcess):
    """The same broker out of its published image, by the engine's own client; data in a named volume."""

    volume: str = "xinshu-kafka"

    async def _prepare(self) -> None:
        """The image formats its volume by itself."""

    def environment(self) -> dict[str, str]:
        """The broker's properties as the image reads them."""
        own = {
            "controller.quorum.voters": "1@localhost:9093",
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "log.dirs": "/var/lib/kafka/data",
        }
        merged = {**PROPERTIES, **own, **self.properties}
        return {
            "KAFKA_HEAP_OPTS": f"-Xms{self.heap_mb}m -Xmx{self.heap_mb}m",
            **{"KAFKA_" + key.upper().replace(".", "_"): value for key, value in merged.items()},
        }

    def _command(self) -> tuple[str, ...]:
        settings = [part for key, value in self.environment().items() for part in ("--env", f"{key}={value}")]
        return (
            *("docker", "run", "--rm", "--name", f"{self.volume}-{self.port}"),
            *("--publish", f"{self.bootstrap}:9092", "--volume", f"{self.volume}:/var/lib/kafka/data"),
            *settings,
            IMAGE,
        )
