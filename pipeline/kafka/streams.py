"""FastStream as the line uses it: batches, acknowledged by hand, decoded record by record by whoever reads.

Its defaults lose records: offsets committed by a timer, ``ack`` that commits past a record whose handler failed, a
whole batch failing on one header that is no UTF-8. Here the handler gets the records as they came, commits the
offsets of what it has done itself (``commit``), and an exception it lets out ends the part instead of being logged
and forgotten.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from pipeline import logs
from pipeline.kafka.clients import REQUEST_TIMEOUT_MS, patient
from pipeline.kafka.standstill import Standstill
from pipeline.settings import Kafka

POLL_MS = 50
GATHER_BYTES = 64 * 1024
GATHER_MS = 200
"""Tables and sinks read what came within this time together: one by one, every record costs the broker an answer and them
a commit, and at a few letters a second that is most of the work of the line."""
AUDIT_S = 10.0
AUDIT_S_MAX = 30.0
METADATA_MAX_AGE_MS = 10_000
"""A topic that was away is found again this soon; the client's own five minutes are a long silence."""
COMMIT_TIMEOUT_S = 15.0
FETCH_BYTES = 1024 * 1024
"""More than a reader takes at a time; what was fetched too much lies in memory, twice over. A larger record comes all the same."""
SESSION_TIMEOUT_MS = 6000
MAX_POLL_INTERVAL_MS = 300_000
STOP_S_MAX = 20.0

Records = tuple[ConsumerRecord, ...]
Handler = Callable[[Records, AIOKafkaConsumer], Awaitable[None]]
Audit = Callable[[AIOKafkaConsumer], Awaitable[None]]


class Streams:
    """Subscribers of one part. ``run`` returns when asked to stop, and raises what a handler raised."""

    def __init__(self, settings: Kafka, bootstrap_servers: str) -> None:
        self._broker = KafkaBroker(
            bootstrap_servers,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=50,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            consumer_only=True,
            allow_auto_create_topics=False,
            security=_security(settings),
            graceful_timeout=STOP_S_MAX,
            logger=None,
        )
        self._fault: Exception | None = None
        self._ending = asyncio.Event()
        self._audits: list[Callable[[], Awaitable[None]]] = []
        self._consumers: list[Callable[[], Any]] = []
        self.reading = False

    def subscribe(
        self,
        *topics: str,
        group: str,
        handle: Handler,
        audit: Audit,
        records_max: int,
        listener: ConsumerRebalanceListener | None = None,
        group_instance_id: str | None = None,
    ) -> Callable[[], Any]:
        """Have *handle* called with up to *records_max* records, of several partitions maybe, one call at a time.

        Records of a partition come in order. It must return within 300 s, or the group goes on without it.
        *audit* is called every 10 s, beside *handle*: to look whether the topic lost what was read (``ground``).
        Whoever then has records before him and takes none for a minute is taken for lost, and ends ``run``.
        What is returned gives the consumer while it runs, for a *listener*.
        """
        subscriber = self._broker.subscriber(
            *topics,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            group_id=group,
            group_instance_id=group_instance_id,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=SESSION_TIMEOUT_MS // 3,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            max_records=records_max,
            batch_timeout_ms=POLL_MS,
            fetch_min_bytes=GATHER_BYTES,
            fetch_max_wait_ms=GATHER_MS,
            listener=listener,
        )

        standstill, at_work = Standstill(), False

        async def guarded(message: KafkaMessage) -> None:
            records: Any = message.raw_message
            consumer: Any = message.consumer
            nonlocal at_work
            if self._ending.is_set():
                return  # nothing of it is done, nothing is committed
            at_work = True
            try:
                await handle(records, consumer)
            except Exception as error:
                self.fail(error)
            finally:
                at_work = False
                standstill.moved()

        async def parse(records: Records) -> KafkaAckableMessage:
            return KafkaAckableMessage(body=b"", raw_message=records, consumer=subscriber.consumer)

        async def decode(_: KafkaMessage) -> None:
            """Nothing: the handler decodes, one record at a time."""

        async def audited() -> None:
            if subscriber.consumer is None or not self.reading:  # one that has not started cannot be asked
                return
            await audit(subscriber.consumer)
            if not at_work:
                await standstill.look(subscriber.consumer, time.monotonic())

        subscriber(guarded, parser=parse, decoder=decode)
        self._audits.append(audited)
        self._consumers.append(lambda: subscriber.consumer)
        return self._consumers[-1]

    def fail(self, error: Exception) -> None:
        """End ``run`` with *error*. No handler is called any more."""
        self._fault = self._fault or error
        self._ending.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Read until *stop* is set or a handler fails; finish the batch in hand."""
        auditing = asyncio.create_task(self._audit())
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._ending.wait())]
        try:
            await self._broker.start()
            for consumer in self._consumers:
                patient(consumer()._client)  # noqa: SLF001 - see there
            self.reading = True
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.reading = False
            self._ending.set()
            for wait in (*waits, auditing):
                wait.cancel()
            await self._broker.stop()
        if self._fault is not None:
            raise self._fault

    async def _audit(self) -> None:
        while True:
            await asyncio.sleep(AUDIT_S)
            for audit in self._audits:
                try:
                    async with asyncio.timeout(AUDIT_S_MAX):
                        await audit()
                except (
                    KafkaError,
                    IllegalStateError,
                    TimeoutError,
                ) as error:  # the broker is away: next time
                    structlog.get_logger().warning(logs.AUDIT_LATE, error=type(error).__name__)
                except Exception as error:
                    self.fail(error)


async def commit(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> bool:
    """Commit the next offsets of what was done. False: not now, it will come again and do no harm."""
    if not offsets:
        return True
    try:
        async with asyncio.timeout(COMMIT_TIMEOUT_S):
            await consumer.commit(dict(offsets))
    except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
        structlog.get_logger().warning(logs.COMMIT_LATE, error=type(error).__name__, count=len(offsets))
        return False
    return True


def seek(consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> None:
    """Read on from *offset*, unless the partition was taken from us meanwhile."""
    with contextlib.suppress(IllegalStateError):
        consumer.seek(partition, offset)


def _security(settings: Kafka) -> BaseSecurity | None:
    tls = (
        ssl.create_default_context(cafile=settings.ca_file)
        if settings.security_protocol.endswith("SSL")
        else None
    )
    if not settings.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=tls, use_ssl=True) if tls else None
    shapes = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return shapes[settings.sasl_mechanism](
        settings.sasl_username,
        settings.sasl_password.get_secret_value(),
        ssl_context=tls,
        use_ssl=tls is not None,
    )
