"""Topics against a real broker."""

import asyncio

import pytest
from aiokafka.admin import NewTopic

from pipeline.kafka import clients, topics
from pipeline.settings import City, Kafka, Settings
from schemas import topics as ours
from schemas.topics import Names

pytestmark = pytest.mark.integration


def settings_for(names: Names, partitions: int = 3) -> Settings:
    return Settings(
        kafka=Kafka(prefix=names.prefix, partitions=partitions),
        cities={"sample": City(title="示例市", fallback_unit="市民服务中心")},
    )


async def test_everything_missing_is_made_once_and_then_agrees(kafka: str, names: Names) -> None:
    settings = settings_for(names)
    before = await topics.check(settings, kafka)
    assert {difference.what for difference in before} == {"missing"}
    assert len(before) == len(ours.ALL)

    made = await topics.create_missing(settings, kafka)
    assert set(made) == set(names)
    assert await topics.create_missing(settings, kafka) == ()
    assert await topics.check(settings, kafka) == ()


async def test_two_callers_at_once_make_every_topic_once(kafka: str, names: Names) -> None:
    settings = settings_for(names)
    made = await asyncio.gather(*(topics.create_missing(settings, kafka) for _ in range(3)))
    assert sorted(name for some in made for name in some) == sorted(names)


async def test_a_topic_made_by_somebody_else_is_compared(kafka: str, names: Names) -> None:
    settings = settings_for(names)
    admin = clients.admin(settings.kafka, kafka)
    await admin.start()
    other = {**ours.INBOX.config(), "retention.ms": "60000", "message.timestamp.type": "CreateTime"}
    longer = {**ours.REPLY.config(), "retention.ms": "-1"}
    await admin.create_topics(
        [
            NewTopic(names.topic(ours.INBOX), 2, 1, topic_configs=other),
            NewTopic(names.topic(ours.REPLY), 3, 1, topic_configs=longer),
        ]
    )
    await admin.close()
    await topics.create_missing(settings, kafka)

    found = await topics.check(settings, kafka)
    assert {
        (difference.topic, difference.what, difference.wanted, difference.found) for difference in found
    } == {
        (names.topic(ours.INBOX), "partitions", "3", "2"),
        (names.topic(ours.INBOX), "retention.ms", str(ours.INBOX.retention_ms), "60000"),
        (names.topic(ours.INBOX), "message.timestamp.type", "LogAppendTime", "CreateTime"),
    }
