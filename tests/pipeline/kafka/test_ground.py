"""Whether a topic lost what was read, told from offsets and times alone."""

from typing import Any

import pytest
from aiokafka import TopicPartition

from pipeline.kafka.ground import Reached, further, lost

PLACE = TopicPartition("t", 0)


class Broker:
    """A partition whose records stand at these offsets, written at these times."""

    def __init__(self, records: dict[int, int], begin: int = 0) -> None:
        self.records = records
        self.begin = begin

    async def beginning_offsets(self, places: Any) -> dict[Any, int]:
        return dict.fromkeys(places, self.begin)

    async def end_offsets(self, places: Any) -> dict[Any, int]:
        return dict.fromkeys(places, max(self.records, default=self.begin - 1) + 1)

    async def offsets_for_times(self, times: dict[Any, int]) -> dict[Any, Any]:
        class Found:
            def __init__(self, offset: int) -> None:
                self.offset = offset

        found = {p: [o for o, at in sorted(self.records.items()) if at >= ms] for p, ms in times.items()}
        return {place: Found(offsets[0]) if offsets else None for place, offsets in found.items()}


@pytest.mark.parametrize(
    ("records", "begin", "reached", "expected"),
    [
        ({0: 10, 1: 11, 2: 12}, 0, Reached(3, 12), None),
        ({0: 10, 1: 11, 2: 12, 3: 12, 4: 15}, 0, Reached(3, 12), None),
        ({1: 11, 4: 15}, 0, Reached(3, 12), None),
        ({}, 0, Reached(0, 0), None),
        ({0: 10, 1: 20, 2: 21, 3: 22}, 0, Reached(3, 12), 1),
        ({0: 20, 1: 21, 2: 22, 3: 23}, 0, Reached(3, 12), 0),
        ({0: 10}, 0, Reached(3, 12), 0),
        ({}, 0, Reached(3, 12), 0),
        ({7: 20}, 7, Reached(3, 12), 7),
    ],
    ids=["at the end", "more came", "compacted", "nothing yet", "cut and filled", "new and filled", "cut", "empty", "expired"],
)  # fmt: skip
async def test_lost(records: dict[int, int], begin: int, reached: Reached, expected: int | None) -> None:
    broker: Any = Broker(records, begin)
    assert await lost(broker, {PLACE: reached}) == ({} if expected is None else {PLACE: expected})


def test_the_latest_time_stays() -> None:
    assert further(None, 3, 12) == Reached(3, 12)
    assert further(Reached(3, 12), 5, 9) == Reached(5, 12)
