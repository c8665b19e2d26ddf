"""Every topic of the line: who writes it, who reads it, its key, how long it keeps.

All topics have the same number of partitions; a city has the same partition number in all of them, and the producer
names the partition. The record key is the entity's own id, so compaction and look-up work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000
MEMORY_WINDOW_DAYS = 90
RECORD_BYTES_MAX = 900 * 1024
"""No record is larger. Text beyond TEXT_BYTES_MAX goes to the blob store, memory records are split."""
TEXT_BYTES_MAX = 200 * 1024
TRANSACTION_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """One topic, the only one of its name. ``retention_ms`` None: compacted, kept for ever."""

    name: str
    writer: str
    reader: str
    key: str
    retention_ms: int | None
    cleanup: Literal["delete", "compact"] = "delete"

    def config(self) -> dict[str, str]:
        """The broker's settings for it; ``xinshu check`` compares them with what stands there."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms if self.retention_ms is not None else -1),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(1024 * 1024),
        }


INBOX = Topic("desk.inbox.v1", "door", "desk, register", "item id", (MEMORY_WINDOW_DAYS + 10) * DAY_MS)
DECISION = Topic("desk.decision.v1", "desk", "door, register", "part, link or note id", None, "compact")
ORDER = Topic("work.order.v1", "desk", "delivery, register, case systems", "order id", None, "compact")
RECEIPT = Topic("work.receipt.v1", "delivery", "register", "event id", 365 * DAY_MS)
REPLY = Topic("reply.outbound.v1", "desk", "register", "reply id", 365 * DAY_MS)
ALERT = Topic("alert.event.v1", "door, desk", "register", "letter id", 365 * DAY_MS)
QUARANTINE = Topic("intake.quarantine.v1", "door, desk", "door, register", "quarantine id", 90 * DAY_MS)
MEMORY = Topic("desk.memory.v1", "desk", "desk", "none", (MEMORY_WINDOW_DAYS + 10) * DAY_MS)
CASE = Topic("desk.case.v1", "desk", "desk", "letter id, or waiting:number", None, "compact")
CITY = Topic("line.city.v1", "topics create, up", "every part", "city", None, "compact")

ALL = (INBOX, DECISION, ORDER, RECEIPT, REPLY, ALERT, QUARANTINE, MEMORY, CASE, CITY)


@dataclass(frozen=True, slots=True)
class Names:
    """Topics and groups as this installation names them: an optional prefix before every name."""

    prefix: str = ""

    def topic(self, topic: Topic) -> str:
        """The topic's full name."""
        return self.prefix + topic.name

    def group(self, part: str) -> str:
        """The consumer group of a part."""
        return f"{self.prefix}xinshu.{part}"

    def transactional_id(self, partition: int) -> str:
        """The transactional id of the desk of one partition: its fence."""
        return f"{self.prefix}xinshu.desk.{partition}"

    def __iter__(self) -> Iterator[str]:
        return (self.topic(topic) for topic in ALL)
