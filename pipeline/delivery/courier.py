"""The courier of one sink instance: takes batches of order records and sees each event into its sink.

Per partition in order; offsets are committed only for what the sink has taken and whose receipt Kafka has
acknowledged. So after any crash an event may be handed over again (the sink says ``already_there``) and a receipt may
be written twice with the same event id, but nothing is skipped.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline import logs, metrics
from pipeline.crash import crash_point
from pipeline.delivery.receipts import Receipts
from pipeline.kafka.ground import Reached, further, lost
from pipeline.kafka.streams import Records, commit, seek
from schemas import wire
from schemas.base import Name
from schemas.errors import Malformed, Refused, Unavailable
from schemas.order import OrderEvent, Receipt
from schemas.ports import Position, Sink
from schemas.topics import ORDER

BATCH_S_MAX = 60.0
"""A batch is left, and the rest read again, long before the group would give us up."""
WAIT_S_MAX = 100.0
FAULTS_MAX = 5
"""Calls that end in an error that is not one of ours, before an event is taken for poison."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Progress:
    """How far one partition of a batch came. ``wait_s`` is set where the sink asked to be asked again."""

    next_offset: int
    receipts: list[Receipt] = field(default_factory=list)
    wait_s: float | None = None
    whole: bool = True


class Courier:
    """``handle`` is the subscriber's handler. *stop* cuts a wait short and leaves the rest of a batch uncommitted."""

    def __init__(
        self, sink: Sink, instance: Name, cities: frozenset[Name], receipts: Receipts, *,
        wait_s_max: float, stop: asyncio.Event,
    ) -> None:  # fmt: skip
        self._sink = sink
        self._instance = instance
        self._cities = cities
        self._receipts = receipts
        self._wait_s_max = min(wait_s_max, WAIT_S_MAX)
        self._stop = stop
        self._reached: dict[TopicPartition, Reached] = {}
        self._waits_in_a_row = 0
        self._faults: dict[int, tuple[int, int]] = {}  # partition: offset, calls that ended in a fault
        self._may_refuse_poison = True

    async def handle(self, records: Records, consumer: AIOKafkaConsumer) -> None:
        """Deliver what can be delivered, write the receipts, commit; then wait if the sink asked for it."""
        until = time.monotonic() + BATCH_S_MAX
        by_partition = _by_partition(records)
        done = await asyncio.gather(
            *(self._partition(tp, batch, until) for tp, batch in by_partition.items())
        )
        waits = [progress.wait_s for progress in done if progress.wait_s is not None]
        committed: dict[TopicPartition, int] = {}
        for tp, progress in zip(by_partition, done, strict=True):
            first = by_partition[tp][0].offset
            try:
                await self._receipts.write(tp.partition, progress.receipts)
            except Unavailable as error:
                waits.append(error.retry_after_s)
                seek(consumer, tp, first)
                continue
            crash_point("delivery.receipt_sent")
            if progress.next_offset > first:
                committed[tp] = progress.next_offset
                written_ms = max(r.timestamp for r in by_partition[tp] if r.offset < progress.next_offset)
                self._reached[tp] = further(self._reached.get(tp), progress.next_offset, written_ms)
            if not progress.whole:
                seek(consumer, tp, progress.next_offset)
        await commit(consumer, committed)
        self._waits_in_a_row = 0 if committed else self._waits_in_a_row
        if waits:
            await self._wait(max(waits))

    async def audit(self, consumer: AIOKafkaConsumer) -> None:
        """Read on from where the topic lost records; what the sink has already, it says so."""
        ours = consumer.assignment()
        self._reached = {tp: reached for tp, reached in self._reached.items() if tp in ours}
        for tp, offset in (await lost(consumer, self._reached)).items():
            _log.error(
                logs.GROUND_LOST, sink=self._instance, topic=tp.topic, partition=tp.partition,
                offset=self._reached.pop(tp).next_offset, next_offset=offset,
            )  # fmt: skip
            seek(consumer, tp, offset)

    async def _partition(
        self, tp: TopicPartition, records: Sequence[ConsumerRecord], until: float
    ) -> _Progress:
        progress = _Progress(next_offset=records[0].offset)
        for record in records:
            if self._stop.is_set() or time.monotonic() > until:
                progress.whole = False
                break
            try:
                receipt = await self._record(record)
            except Unavailable as error:
                _log.warning(
                    logs.SINK_UNAVAILABLE, sink=self._instance, partition=tp.partition, offset=record.offset,
                    attempt=self._waits_in_a_row + 1, error=type(error.__cause__ or error).__name__,
                )  # fmt: skip
                progress.wait_s, progress.whole = error.retry_after_s, False
                break
            if receipt is not None:
                progress.receipts.append(receipt)
                metrics.DELIVERED.labels(self._instance, receipt.outcome).inc()
            progress.next_offset = record.offset + 1
        return progress

    async def _record(self, record: ConsumerRecord) -> Receipt | None:
        """The receipt; None where there is nothing to deliver. Raises Unavailable."""
        if record.value is None:
            return None  # a key deleted by an operator
        try:
            event: OrderEvent = wire.decode(ORDER, record.value)
        except Malformed:
            metrics.UNREADABLE.labels(ORDER.name).inc()
            _log.error(
                logs.RECORD_UNREADABLE, sink=self._instance, topic=record.topic, partition=record.partition,
                offset=record.offset,
            )  # fmt: skip
            return None
        if self._cities and event.city not in self._cities:
            return None
        crash_point("delivery.before_effect")
        position = Position(record.topic, record.partition, record.offset)
        try:
            receipt = await self._sink.deliver(event, None, position)
        except Unavailable:
            raise
        except Refused as error:
            return self._refused(event, record, type(error.__cause__ or error).__name__)
        except Exception as error:
            return self._fault(event, record, error)
        crash_point("delivery.effect_done")
        self._faults.pop(record.partition, None)
        self._may_refuse_poison = True
        return receipt

    def _fault(self, event: OrderEvent, record: ConsumerRecord, error: Exception) -> Receipt:
        """The sink has a bug: ask again; refuse the event only where it alone is at fault.

        One event that keeps failing is refused, so that it does not hold up its city. A second one in a row without
        a success between them is not: then it is the sink, and nothing may be skipped.
        """
        offset, calls = self._faults.get(record.partition, (record.offset, 0))
        calls = calls + 1 if offset == record.offset else 1
        self._faults[record.partition] = (record.offset, calls)
        _log.error(logs.FAULT, sink=self._instance, event_id=str(event.id), attempt=calls, exc_info=error)
        if calls < FAULTS_MAX or not self._may_refuse_poison:
            raise Unavailable("fault in the sink", retry_after_s=1.0) from error
        self._may_refuse_poison = False
        return self._refused(event, record, "fault")

    def _refused(self, event: OrderEvent, record: ConsumerRecord, reason: str) -> Receipt:
        _log.error(
            logs.ORDER_REFUSED, sink=self._instance, event_id=str(event.id), order_id=str(event.order.id),
            number=event.order.number, partition=record.partition, offset=record.offset, reason=reason,
        )  # fmt: skip
        return Receipt(
            event_id=event.id, order_id=event.order.id, number=event.order.number, city=event.city,
            sink=self._instance, outcome="refused", at=datetime.now(UTC),
        )  # fmt: skip

    async def _wait(self, asked_s: float) -> None:
        wait_s = min(asked_s * 2 ** min(self._waits_in_a_row, 10), self._wait_s_max)
        self._waits_in_a_row += 1
        try:
            await asyncio.wait_for(self._stop.wait(), wait_s)
        except TimeoutError:
            return


def _by_partition(records: Records) -> dict[TopicPartition, list[ConsumerRecord]]:
    found: dict[TopicPartition, list[ConsumerRecord]] = {}
    for record in records:
        found.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
    return found
