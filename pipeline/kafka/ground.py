"""Finds out that a topic lost records we had read: its offsets were given to other records since.

A broker that comes back without its last records, or without any, hands the same offsets out again. A reader whose
place still lies inside the topic would pass the new records by. But Kafka stamps records as it appends them, so below
our place nothing may be later than the latest record we read; the first that is, is where to read on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # readers of the register use Reached and load no Kafka client
    from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to where a partition was read, and the latest LogAppendTime among all that was read."""

    next_offset: int
    written_ms: int


async def lost(
    consumer: AIOKafkaConsumer, reached: Mapping[TopicPartition, Reached]
) -> dict[TopicPartition, int]:
    """The partitions that lost ground, each with the offset to read on from. Raises KafkaError."""
    places = list(reached)
    if not places:
        return {}
    begins = await consumer.beginning_offsets(places)
    ends = await consumer.end_offsets(places)
    later = await consumer.offsets_for_times({place: reached[place].written_ms + 1 for place in places})
    found: dict[TopicPartition, int] = {}
    for place, at in reached.items():
        first_later = later[place].offset if later[place] is not None else at.next_offset
        on = max(begins[place], min(first_later, at.next_offset))
        if at.next_offset > ends[place]:
            on = begins[place]  # whatever happened: what was read before does no harm when it is read again
        if on != at.next_offset:
            found[place] = on
    return found


def further(before: Reached | None, next_offset: int, written_ms: int) -> Reached:
    """*before*, and then read up to *next_offset*, the latest record of these written at *written_ms*."""
    return Reached(next_offset, max(written_ms, before.written_ms if before else 0))
