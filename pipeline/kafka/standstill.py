"""Finds out that a consumer stands still although there is something to read: then its part is better started again.

A client may lose its way without an error anybody hears of. What it has read is committed, so starting again costs
seconds and loses nothing; standing still would hold up a city until a person looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition

STILL_S_MAX = 60.0
"""Longer than a transaction may stay open, a rebalance takes, or a broker needs to come back."""


class StandsStill(Exception):
    """Records are there and nothing takes them."""


@dataclass(slots=True)
class Standstill:
    """The places of one consumer as they were seen last, and since when each has not moved."""

    _since: dict[TopicPartition, tuple[int, float]] = field(default_factory=dict)

    async def look(self, consumer: AIOKafkaConsumer, now_s: float) -> None:
        """Call it now and then while no handler is at work. Raises StandsStill, KafkaError."""
        places = list(consumer.assignment())
        if not places:
            self._since.clear()
            return
        ends = await consumer.end_offsets(places)
        self.judge({place: await consumer.position(place) for place in places}, ends, now_s)

    def judge(
        self, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int], now_s: float
    ) -> None:
        """Raises StandsStill where a place has records before it and has not moved for ``STILL_S_MAX``."""
        behind = {place: at for place, at in positions.items() if at < ends[place]}
        self._since = {
            place: self._since[place] if self._since.get(place, (None,))[0] == at else (at, now_s)
            for place, at in behind.items()
        }
        if any(now_s - since > STILL_S_MAX for _, since in self._since.values()):
            raise StandsStill(", ".join(f"{place.topic}-{place.partition}" for place in sorted(behind)))

    def moved(self) -> None:
        """A handler was called: whoever is called does not stand still."""
        self._since.clear()
