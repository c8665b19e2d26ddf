"""When a consumer is taken for lost, and when it only has nothing to do."""

import pytest
from aiokafka import TopicPartition

from pipeline.kafka.standstill import STILL_S_MAX, StandsStill, Standstill

ONE, TWO = TopicPartition("orders", 0), TopicPartition("orders", 1)


def test_who_has_read_everything_may_rest_as_long_as_it_likes() -> None:
    still = Standstill()
    for now_s in (0.0, STILL_S_MAX, 10 * STILL_S_MAX):
        still.judge({ONE: 5, TWO: 0}, {ONE: 5, TWO: 0}, now_s)


def test_who_moves_does_not_stand_still() -> None:
    still = Standstill()
    for step in range(10):
        still.judge({ONE: step}, {ONE: 100}, step * STILL_S_MAX)


def test_records_that_nobody_takes_for_a_minute() -> None:
    still = Standstill()
    still.judge({ONE: 5, TWO: 0}, {ONE: 9, TWO: 0}, 0.0)
    still.judge({ONE: 5, TWO: 0}, {ONE: 9, TWO: 0}, STILL_S_MAX)
    with pytest.raises(StandsStill, match=r"orders-0$"):
        still.judge({ONE: 5, TWO: 0}, {ONE: 9, TWO: 0}, STILL_S_MAX + 1)


def test_a_minute_begins_with_the_first_record_that_waits() -> None:
    still = Standstill()
    still.judge({ONE: 5}, {ONE: 5}, 0.0)
    still.judge({ONE: 5}, {ONE: 6}, STILL_S_MAX)
    still.judge({ONE: 5}, {ONE: 6}, 2 * STILL_S_MAX)


def test_a_call_of_the_handler_begins_the_minute_anew() -> None:
    still = Standstill()
    still.judge({ONE: 5}, {ONE: 9}, 0.0)
    still.moved()
    still.judge({ONE: 5}, {ONE: 9}, STILL_S_MAX + 1)
