"""Read a topic from its oldest kept record to the end it had when asked. For tables, audits and restores, not for loops."""

import time
from collections.abc import AsyncGenerator, Collection
from typing import Any

from aiokafka import TopicPartition

from pipeline.kafka.clients import admin, consumer
from pipeline.settings import Kafka
from pipeline.trouble import Trouble

QUIET_S_MAX = 30.0
"""A broker that owes us records and sends none for this long is not one to go on waiting for."""


async def partitions_of(settings: Kafka, bootstrap_servers: str, topic: str) -> int:
    """How many partitions the topic has; 0: there is no such topic."""
    client = admin(settings, bootstrap_servers)
    try:
        await client.start()
        # Asked for all topics: asking for one by name would make it on a broker that creates topics by itself.
        found = {entry["topic"]: len(entry["partitions"]) for entry in await client.describe_topics(None)}
    finally:
        await client.close()
    return found.get(topic, 0)


async def read_to_end(
    settings: Kafka, bootstrap_servers: str, topic: str, partitions: Collection[int] = ()
) -> AsyncGenerator[Any, None]:
    """Every committed record (aiokafka's ``ConsumerRecord``) of these partitions (none named: all), each in order.

    Raises Trouble where the topic does not exist or the broker falls silent.
    """
    count = await partitions_of(settings, bootstrap_servers, topic)
    if count == 0:
        raise Trouble("topics.missing", topic=topic)
    reader = consumer(settings, bootstrap_servers)
    try:
        await reader.start()
        wanted = [TopicPartition(topic, number) for number in partitions or range(count)]
        reader.assign(wanted)
        begins = await reader.beginning_offsets(wanted)
        ends = await reader.end_offsets(wanted)
        unread = {place for place in wanted if begins[place] < ends[place]}
        heard = time.monotonic()
        while unread:
            batches = await reader.getmany(*unread, timeout_ms=200)
            for records in batches.values():
                for record in records:
                    yield record
            before = len(unread)
            unread = {place for place in unread if await reader.position(place) < ends[place]}
            if batches or len(unread) < before:
                heard = time.monotonic()
            elif time.monotonic() - heard > QUIET_S_MAX:
                raise Trouble("kafka.silent", topic=topic)
    finally:
        await reader.stop()
