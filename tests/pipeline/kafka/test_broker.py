"""The local broker: it starts, keeps what it acknowledged, survives being killed, and is told from its alternatives."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.kafka.broker import (
    IMAGE,
    BrokerError,
    Choice,
    ContainerBroker,
    Given,
    Jars,
    LocalBroker,
    NoBroker,
    answers,
    choose_broker,
    engine_answers,
    jars_here,
)

TOPIC = "letters"


async def make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(TOPIC, 1, 1, topic_configs={"message.timestamp.type": "LogAppendTime"})]
        )
    finally:
        await admin.close()


async def write(bootstrap: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(TOPIC, value, partition=0, timestamp_ms=1)
    finally:
        await producer.stop()


async def read(bootstrap: str, count: int) -> list[tuple[bytes | None, int]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(TOPIC, 0)])
        await consumer.seek_to_beginning()
        async with asyncio.timeout(20):
            records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [(record.value, record.timestamp_type) for record in records]


@pytest.mark.integration
async def test_the_session_broker_answers(kafka: str) -> None:
    assert await answers(kafka)


async def test_nobody_answers_where_nobody_listens(free_port: Callable[[], int]) -> None:
    assert not await answers(f"127.0.0.1:{free_port()}", timeout_s=2)


@pytest.mark.integration
@pytest.mark.faults
async def test_what_was_acknowledged_survives_kill_9(own_broker: LocalBroker) -> None:
    log_append_time = 1
    async with own_broker:
        await make_topic(own_broker.bootstrap)
        await write(own_broker.bootstrap, [b"1", b"2"])
        pid = own_broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert await own_broker.wait() == -signal.SIGKILL
        assert own_broker.pid is None

        await own_broker.start()
        await write(own_broker.bootstrap, [b"3"])
        got = await read(own_broker.bootstrap, 3)
    assert got == [(b"1", log_append_time), (b"2", log_append_time), (b"3", log_append_time)]
    assert own_broker.pid is None


@pytest.mark.integration
@pytest.mark.faults
async def test_one_folder_has_one_broker_and_an_orphan_is_ended(own_broker: LocalBroker) -> None:
    await own_broker.start()
    second = LocalBroker(folder=own_broker.folder, libs=own_broker.libs)
    with pytest.raises(BrokerError, match="another process serves"):
        await second.start()

    # What is left when the starter is killed: the process and its pid file, but no lock.
    orphan = own_broker.pid
    assert orphan is not None
    assert own_broker._lock is not None
    own_broker._lock.close()
    own_broker._lock = None
    async with second:
        assert await own_broker.wait() in {143, -signal.SIGTERM}
        assert second.pid != orphan


@pytest.mark.integration
async def test_a_broker_that_cannot_start_says_why(own_broker: LocalBroker) -> None:
    own_broker.properties = {**own_broker.properties, "log.retention.hours": "many"}
    with pytest.raises(BrokerError, match=r"log\.retention\.hours"):
        await own_broker.start()
    assert own_broker.pid is None


async def test_without_java_it_says_so(own_broker: LocalBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BrokerError, match="java is not on PATH"):
        await own_broker.start()


# --- which broker ----------------------------------------------------------------------------------------------


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A PATH that holds nothing but these."""
    for name in names:
        (folder / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_settings_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "b:2")
    chosen: list[Choice] = [choose_broker("a:1"), choose_broker()]
    assert chosen == [Given("a:1"), Given("b:2")]


def test_jars_are_used_where_no_engine_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    programs(tmp_path, monkeypatch, "java")
    assert not jars_here(tmp_path)
    (tmp_path / "kafka_2.13-4.1.1.jar").touch()
    assert choose_broker(libs=tmp_path) == Jars(tmp_path)


def test_without_anything_three_remedies_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    programs(tmp_path, monkeypatch)
    with pytest.raises(NoBroker, match=r"KAFKA_BOOTSTRAP_SERVERS.*container engine.*Java 17 and Maven"):
        choose_broker(libs=tmp_path)


def test_an_engine_that_never_answers_does_not_hold_us_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "docker"
    hanging.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not engine_answers(timeout_s=0.2)


async def test_the_container_broker_gets_as_far_as_the_engine(tmp_path: Path) -> None:
    """With an engine: it starts. Without: the client read our whole command and only then missed the engine."""
    container = ContainerBroker(folder=tmp_path, volume=f"xinshu-test-{os.getpid()}")
    if engine_answers():
        async with container:
            assert await answers(container.bootstrap)
        subprocess.run(["docker", "volume", "rm", container.volume], check=True)
    else:
        with pytest.raises(BrokerError, match=r"docker daemon|docker is not on PATH"):
            await container.start()


def test_testcontainers_gets_as_far_as_the_engine() -> None:
    """In a process of its own: the library leaves its sockets open when nobody answers."""
    program = (
        f"from testcontainers.core.container import DockerContainer as C\nwith C({IMAGE!r}): print('up')"
    )
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if engine_answers():
        assert tried.stdout == "up\n"
    else:
        assert "docker.errors.DockerException" in tried.stderr
