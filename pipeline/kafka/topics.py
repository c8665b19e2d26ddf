"""The line's topics on a broker: make those that are missing, compare those that stand with what they should be.

Nothing that stands is ever changed: where a topic differs, a person decides (its data may depend on it).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from pipeline.kafka.clients import admin
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas import topics
from schemas.topics import Names, Topic

# What the line's promises rest on. Other settings of a topic (segment sizes, compression) are the cluster's own affair.
COMPARED = ("cleanup.policy", "retention.ms", "message.timestamp.type", "max.message.bytes")

USABLE_S_MAX = 15.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One topic is not as it should be. ``what``: missing, partitions, or the name of a broker's setting."""

    topic: str
    what: str
    wanted: str
    found: str


def wanted_topics(settings: Settings) -> dict[str, Topic]:
    """Every topic of the line under its full name here."""
    names = Names(settings.kafka.prefix)
    return {names.topic(topic): topic for topic in topics.ALL}


async def create_missing(settings: Settings, bootstrap_servers: str) -> tuple[str, ...]:
    """Make the topics that are not there; the names of those made now. Two callers at once do no harm.

    When it returns they can be written to. Raises Trouble where the broker refuses one, KafkaError where it is away.
    """
    client = admin(settings.kafka, bootstrap_servers)
    try:
        await client.start()
        there = set(await client.list_topics())
        missing = {name: topic for name, topic in wanted_topics(settings).items() if name not in there}
        if not missing:
            return ()
        answer = await client.create_topics(
            [
                NewTopic(
                    name,
                    settings.kafka.partitions,
                    settings.kafka.replication_factor,
                    topic_configs=topic.config(),
                )
                for name, topic in missing.items()
            ]
        )
        made = _created(answer.to_object()["topic_errors"])
        await _until_usable(client, set(missing))
        return made
    finally:
        await client.close()


async def _until_usable(client: AIOKafkaAdminClient, names: set[str]) -> None:
    """A broker says "created" before it serves the topic: wait until every partition has a leader."""
    deadline = time.monotonic() + USABLE_S_MAX
    while True:
        usable = {
            found["topic"]
            for found in await client.describe_topics(None)
            if found["partitions"] and all(partition["leader"] >= 0 for partition in found["partitions"])
        }
        if names <= usable:
            return
        if time.monotonic() > deadline:
            raise Trouble("topics.leaderless", topic=min(names - usable))
        await asyncio.sleep(0.05)


def _created(answers: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    created = []
    for answer in answers:
        kind = for_code(answer["error_code"])
        if kind.errno == 0:
            created.append(answer["topic"])
        elif kind is not TopicAlreadyExistsError:
            reason = answer.get("error_message") or kind.__name__
            raise Trouble("topics.refused", topic=answer["topic"], reason=reason)
    return tuple(created)


async def check(settings: Settings, bootstrap_servers: str) -> tuple[Difference, ...]:
    """Every way in which the broker's topics differ from ours; empty: all is well."""
    client = admin(settings.kafka, bootstrap_servers)
    try:
        await client.start()
        wanted = wanted_topics(settings)
        there = {
            found["topic"]: len(found["partitions"])
            for found in await client.describe_topics(None)
            if found["topic"] in wanted
        }
        configs = await _configs(client, list(there))
    finally:
        await client.close()
    return tuple(
        difference
        for name, topic in wanted.items()
        for difference in _differences(
            name, topic, settings.kafka.partitions, there.get(name), configs.get(name, {})
        )
    )


def _differences(
    name: str, topic: Topic, partitions: int, found: int | None, config: Mapping[str, str]
) -> list[Difference]:
    if found is None:
        return [Difference(name, "missing", str(partitions), "0")]
    differences = []
    if found != partitions:
        differences.append(Difference(name, "partitions", str(partitions), str(found)))
    wanted = topic.config()
    differences += [
        Difference(name, key, wanted[key], config.get(key, "?"))
        for key in COMPARED
        if not _good_enough(key, wanted[key], config.get(key, ""))
    ]
    return differences


def _good_enough(key: str, wanted: str, found: str) -> bool:
    """Longer retention and larger records than wanted are fine; kept for ever (-1) is longest."""
    if key == "retention.ms" and found.lstrip("-").isdigit():
        return found == "-1" or (wanted != "-1" and int(found) >= int(wanted))
    if key == "max.message.bytes" and found.isdigit():
        return int(found) >= int(wanted)
    return wanted == found


async def _configs(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answers = await client.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(COMPARED, "")) for name in names]
    )
    found: dict[str, dict[str, str]] = {}
    for answer in answers:
        for resource in answer.to_object()["resources"]:
            if resource["error_code"] != 0:
                raise KafkaError(f"{resource['resource_name']}: {resource['error_message']}")
            found[resource["resource_name"]] = {
                entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]
            }
    return found
