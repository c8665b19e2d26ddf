"""Fills a state from the topics, to the end offsets asked for now: after the fence, so that nothing comes later."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.desk import snapshots
from pipeline.desk.effects import Kept, milliseconds
from pipeline.desk.state import VERSIONS, WINDOW, State, decode_case
from schemas import wire
from schemas.topics import CASE, MEMORY, Names, Topic

RECORDS_AT_A_TIME = 500
"""Between two portions the loop is free for heartbeats."""
QUIET_ROUNDS_MAX = 150
ROUND_MS = 200


class Silent(Exception):
    """The broker has records that it does not hand out."""


class Files(NamedTuple):
    """Where a partition's local table is, and the folder of its windows."""

    cases: Path
    windows: Path


async def restore(
    reader: AIOKafkaConsumer, names: Names, partition: int, state: State | None, files: Files
) -> State:
    """*state* brought up to date, or a new one where there is none or the topics are not those it was read from.

    A new one begins with the windows that were saved, where they can be used.
    """
    places = {topic: TopicPartition(names.topic(topic), partition) for topic in (CASE, MEMORY)}
    reader.assign(list(places.values()))
    begins = await reader.beginning_offsets(list(places.values()))
    ends = await reader.end_offsets(list(places.values()))
    if state is not None and any(state.read_to.get(t.name, 0) > ends[place] for t, place in places.items()):
        state.close()
        state = None
    if state is None:
        state = State(files.cases)
        place = places[MEMORY]
        begin_with_snapshot(state, files.windows, begins[place], ends[place])
    for topic, place in places.items():  # cases first: what leaves the window depends on them
        start = max(begins[place], state.read_to.get(topic.name, 0))
        reader.seek(place, start)
        await _read(reader, topic, place, ends[place], state)
        state.read_to[topic.name] = ends[place]
    return state


def begin_with_snapshot(state: State, folder: Path, begin: int, end: int) -> None:
    """The windows of the newest snapshot, if the memory topic, which holds *begin* to *end*, goes on from there."""
    window_s = int(WINDOW.total_seconds())
    found = snapshots.newest(folder, MEMORY.name, VERSIONS, window_s=window_s, begin=begin, end=end)
    if found is not None:
        state.take(*found)


async def _read(
    reader: AIOKafkaConsumer, topic: Topic, place: TopicPartition, end: int, state: State
) -> None:
    quiet = 0
    before = await reader.position(place)
    while before < end:
        found = await reader.getmany(place, timeout_ms=ROUND_MS, max_records=RECORDS_AT_A_TIME)
        records = [record for record in found.get(place, ()) if record.offset < end]
        if topic is CASE:
            state.restore_cases([_case(record) for record in records])
        else:
            _remember(state, records)
        position = await reader.position(place)
        quiet = 0 if position > before else quiet + 1
        if quiet > QUIET_ROUNDS_MAX:
            raise Silent(topic.name)
        before = position


def _remember(state: State, records: Iterable[Any]) -> None:
    for record in records:
        state.restore_memory(wire.decode(MEMORY, record.value))


def _case(record: Any) -> tuple[bytes, Kept | None]:
    return record.key, kept_of(record.value, record.headers)


def kept_of(value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> Kept | None:
    """What a record of the topic of cases says; of a case written by earlier versions the letter's time is read."""
    if value is None:
        return None
    number, seen = wire.header(headers, "number"), wire.header(headers, "seen")
    if number and not seen:
        seen = str(milliseconds(decode_case(value).decisions[0].at))
    return Kept(number, wire.header(headers, "closed") == "1", int(seen or 0), value)
