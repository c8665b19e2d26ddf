"""Kafka clients with every default that matters pinned, in one place.

What the libraries would do by themselves loses letters: acknowledged by one broker only, offsets committed by a
timer, uncommitted records read. Here: acks from all, idempotent, no auto-commit, read_committed.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaError, ProducerClosed

from pipeline.settings import Kafka
from schemas.topics import TRANSACTION_TIMEOUT_MS

REQUEST_TIMEOUT_MS = 15_000
PRODUCE_BATCH_BYTES = 256 * 1024
REQUEST_BYTES_MAX = 1024 * 1024
METADATA_AGAIN_S = 0.25
BREAK_OFF_S_MAX = 0.25
"""So long a start that is broken off may still hear its first answer: a door that opens without Kafka waits for it, too."""


def connection(settings: Kafka, bootstrap_servers: str) -> dict[str, Any]:
    """How to reach the broker: address, security, credentials."""
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return options


def patient(client: AIOKafkaClient) -> None:
    """Have *client* wait before it asks for metadata again where no broker answered.

    By itself it goes on as fast as refusals come back, for which a broker that is down takes a core of every part. Nothing
    public slows it.
    """
    update = client._metadata_update  # noqa: SLF001 - see above

    async def updated(cluster: ClusterMetadata, topics: Collection[str]) -> bool:
        done = bool(await update(cluster, topics))
        if not done:
            await asyncio.sleep(METADATA_AGAIN_S)
        return done

    client._metadata_update = updated  # noqa: SLF001 - see above


def tidy(client: AIOKafkaClient) -> None:
    """Have *client* close what it opened where its start is broken off.

    By itself it forgets the connection over which it asks for the first metadata. Nothing public knows it.
    """
    bootstrap = client.bootstrap

    async def whole() -> None:
        starting = asyncio.ensure_future(bootstrap())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting}, timeout=BREAK_OFF_S_MAX)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await client.close()
            raise

    client.bootstrap = whole


def producer(settings: Kafka, bootstrap_servers: str, **options: Any) -> AIOKafkaProducer:
    """An idempotent producer: what it acknowledged stands once, in order, on all in-sync replicas."""
    made = AIOKafkaProducer(
        **connection(settings, bootstrap_servers),
        **{
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 2,
            "max_batch_size": PRODUCE_BATCH_BYTES,
            "max_request_size": REQUEST_BYTES_MAX,
            "retry_backoff_ms": 50,
            **options,
        },
    )
    patient(made.client)
    tidy(made.client)
    return made


def transactional_producer(
    settings: Kafka, bootstrap_servers: str, transactional_id: str
) -> AIOKafkaProducer:
    """A producer whose start fences every earlier one of the same id and ends its open transaction."""
    return producer(
        settings,
        bootstrap_servers,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        linger_ms=0,
        retry_backoff_ms=10,
        max_batch_size=REQUEST_BYTES_MAX,
    )


async def let_go(producer: AIOKafkaProducer, flush_s_max: float) -> None:
    """Stop *producer*: what it holds may still go out within *flush_s_max*, and never later. Never raises.

    By itself an idempotent producer would go on trying as long as the process lives, and hand in late what its user
    has given up and written by another one.
    """
    with contextlib.suppress(KafkaError, OSError):
        try:
            await asyncio.wait_for(producer.stop(), flush_s_max)
        except TimeoutError:
            # Nothing public ends the tasks of a producer that cannot flush: the sender, its connections, and whoever
            # waits for what was not sent.
            sender = producer._sender.sender_task  # noqa: SLF001 - see above
            sender.cancel()
            await producer.client.close()
            producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 - see above
            await asyncio.wait({sender}, timeout=flush_s_max)


def consumer(settings: Kafka, bootstrap_servers: str, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """A consumer that reads committed records only and never commits by itself."""
    made = AIOKafkaConsumer(
        *topics,
        **connection(settings, bootstrap_servers),
        **{
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "max_partition_fetch_bytes": 4 * 1024 * 1024,
            "retry_backoff_ms": 50,
            **options,
        },
    )
    patient(made._client)  # noqa: SLF001 - see there
    tidy(made._client)  # noqa: SLF001 - see there
    return made


def admin(settings: Kafka, bootstrap_servers: str) -> AIOKafkaAdminClient:
    """An admin client, for topics and groups."""
    made = AIOKafkaAdminClient(**connection(settings, bootstrap_servers))
    tidy(made._client)  # noqa: SLF001 - see there
    return made
