"""Cities on ``line.city.v1``: each has one partition in every topic, and one key its numbers are made with.

Written once, by ``xinshu up`` and ``xinshu topics create`` only: a city keeps its partition and its key's fingerprint
for good. A part asks ``read_cities`` at start and refuses to go on where its own key is another one: two keys would
give one letter two numbers.

A key is 32 random bytes, as hex in a file of mode 0600 in a folder of mode 0700; it is part of every backup.
"""

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiokafka.errors import KafkaError

from pipeline.kafka.clients import producer
from pipeline.kafka.reading import read_to_end
from pipeline.numbers import key_fingerprint
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas import wire
from schemas.city import CityPlace
from schemas.topics import CITY, Names

KEY_BYTES = 32
ANSWER_S_MAX = 2.0
TABLE_PARTITION = 0
"""The whole table stands in one partition: it is small, and what one writer adds the next one sees."""


async def read_cities(settings: Settings, bootstrap_servers: str) -> dict[str, CityPlace]:
    """The table as it stands now. Raises Trouble where the topic is missing, Malformed where a record is not ours."""
    return {city: said[0] for city, said in (await _said(settings, bootstrap_servers)).items()}


async def _said(settings: Settings, bootstrap_servers: str) -> dict[str, list[CityPlace]]:
    """Everything that the table ever said of each city, in order. The first holds."""
    names = Names(settings.kafka.prefix)
    found: dict[str, list[CityPlace]] = {}
    async for record in read_to_end(settings.kafka, bootstrap_servers, names.topic(CITY), (TABLE_PARTITION,)):
        place: CityPlace = wire.decode(CITY, record.value)
        found.setdefault(place.city, []).append(place)
    return found


async def known_cities(settings: Settings, bootstrap_servers: str) -> dict[str, CityPlace]:
    """The table; where Kafka does not answer, the copy this machine keeps of it: a door opens even then.

    Raises as ``read_cities``, and KafkaError or TimeoutError where there is no copy either.
    """
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            places = await read_cities(settings, bootstrap_servers)
    except (KafkaError, TimeoutError):
        places = remembered(settings)
        if not places:
            raise
    else:
        remember(settings, places)
    return places


def remembered(settings: Settings) -> dict[str, CityPlace]:
    """The copy of the table that this machine keeps; empty where there is none."""
    try:
        text = _copy_path(settings).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = (wire.decode(CITY, line.encode()) for line in text.splitlines())
    return {place.city: place for place in found}


def remember(settings: Settings, places: Mapping[str, CityPlace]) -> None:
    """Keep a copy of the table: replaced whole, so that a reader never sees half of it."""
    path = _copy_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(b"".join(wire.encode(place) + b"\n" for place in places.values()))
    new.replace(path)


def _copy_path(settings: Settings) -> Path:
    return settings.var / "cities.jsonl"


async def place_cities(settings: Settings, bootstrap_servers: str) -> dict[str, CityPlace]:
    """Give every city of the settings that has none a partition and, unless its file lies there, a key.

    The least loaded partition is taken, the lowest of several; a broker that lost everything gets the places that this
    machine remembers. Two callers at once: what was written first holds, for both. Raises Trouble where a city is
    known but its key is not here, or is another one.
    """
    said = await _said(settings, bootstrap_servers)
    new = planned(settings, {city: places[0] for city, places in said.items()})
    if new:
        await _write(settings, bootstrap_servers, new)
        said = await _said(settings, bootstrap_servers)
    places = {city: all_said[0] for city, all_said in said.items()}
    # Compaction keeps the last word, so where two callers met, the first is said again.
    if contested := [places[city] for city, all_said in said.items() if all_said[-1] != all_said[0]]:
        await _write(settings, bootstrap_servers, contested)
    check_keys(settings, places)
    remember(settings, places)
    return places


async def _write(settings: Settings, bootstrap_servers: str, places: Sequence[CityPlace]) -> None:
    topic = Names(settings.kafka.prefix).topic(CITY)
    writer = producer(settings.kafka, bootstrap_servers)
    try:
        await writer.start()
        for place in places:
            await writer.send_and_wait(
                topic, wire.encode(place), key=place.city.encode(), partition=TABLE_PARTITION, headers=[wire.CONTENT_TYPE]
            )  # fmt: skip
    finally:
        await writer.stop()


def planned(settings: Settings, places: Mapping[str, CityPlace]) -> list[CityPlace]:
    """What ``place_cities`` would write: cities by name, so that the same settings always give the same table."""
    before = remembered(settings)
    load = Counter(dict.fromkeys(range(settings.kafka.partitions), 0))
    load.update(place.partition for place in places.values())
    new = []
    for city in sorted(set(settings.cities) - set(places), key=lambda city: (city not in before, city)):
        path = settings.city_key_path(city)
        if city not in before and not path.exists():
            make_key(path)
        fingerprint = key_fingerprint(read_key(path, city))
        old = before.get(city)
        if old is not None and old.key_fingerprint != fingerprint:
            raise Trouble("city.other_key", city=city, path=path)
        if old is None or old.partition >= settings.kafka.partitions:
            partition = min(range(settings.kafka.partitions), key=lambda number: (load[number], number))
        else:
            partition = old.partition
        load[partition] += 1
        new.append(CityPlace(city=city, partition=partition, key_fingerprint=fingerprint))
    return new


def check_keys(settings: Settings, places: Mapping[str, CityPlace]) -> dict[str, bytes]:
    """The key of every city of the settings, each the one that the table names.

    Raises Trouble: a city that is not in the table, a key that is missing, unreadable by rights, or another one.
    """
    keys: dict[str, bytes] = {}
    for city in settings.cities:
        place = places.get(city)
        if place is None:
            raise Trouble("city.unplaced", city=city)
        path = settings.city_key_path(city)
        key = read_key(path, city)
        if key_fingerprint(key) != place.key_fingerprint:
            raise Trouble("city.other_key", city=city, path=path)
        keys[city] = key
    return keys


def read_key(path: Path, city: str) -> bytes:
    """The key in *path*. Raises Trouble, whose facts name the file and never its content."""
    try:
        mode = path.stat().st_mode & 0o777
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise Trouble("city.key_missing", city=city, path=path) from None
    except (OSError, ValueError):
        raise Trouble("city.key_unreadable", city=city, path=path) from None
    if mode & 0o077:
        raise Trouble("city.key_open", city=city, path=path, mode=f"{mode:04o}")
    if len(key) != KEY_BYTES:
        raise Trouble("city.key_unreadable", city=city, path=path)
    return key


def make_key(path: Path) -> bytes:
    """A new key in *path*, fsynced before it is used. Raises FileExistsError rather than replace one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    key = secrets.token_bytes(KEY_BYTES)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
