"""The city table against a real broker, keys in real files."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError

from pipeline.kafka import cities, topics
from pipeline.numbers import key_fingerprint
from pipeline.settings import City, Kafka, Settings
from pipeline.trouble import Trouble
from schemas.city import CityPlace
from schemas.topics import Names

A_CITY = City(title="示例市", fallback_unit="市民服务中心")


def settings_for(var: Path, *names_of_cities: str, prefix: str = "", partitions: int = 3) -> Settings:
    return Settings(
        var=var,
        kafka=Kafka(prefix=prefix, partitions=partitions),
        cities=dict.fromkeys(names_of_cities, A_CITY),
    )


def test_the_least_loaded_partition_is_taken(tmp_path: Path) -> None:
    places = {
        "a": CityPlace(city="a", partition=0, key_fingerprint="0" * 64),
        "b": CityPlace(city="b", partition=2, key_fingerprint="0" * 64),
    }
    new = cities.planned(settings_for(tmp_path, "a", "z", "y", "x"), places)
    assert [(place.city, place.partition) for place in new] == [("x", 1), ("y", 0), ("z", 1)]


def test_a_key_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a.key"
    key = cities.make_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert cities.read_key(path, "a") == key
    with pytest.raises(FileExistsError):
        cities.make_key(path)


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        (None, 0o600, "city.key_missing"),
        ("00" * 32, 0o644, "city.key_open"),
        ("00" * 31, 0o600, "city.key_unreadable"),
        ("not hex", 0o600, "city.key_unreadable"),
        ("é" * 64, 0o600, "city.key_unreadable"),
    ],
)
def test_a_key_that_cannot_be_used_says_so(tmp_path: Path, content: str | None, mode: int, code: str) -> None:
    path = tmp_path / "a.key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(Trouble) as trouble:
        cities.read_key(path, "a")
    assert trouble.value.code == code
    assert content is None or content not in str(trouble.value)


@pytest.mark.integration
async def test_a_city_is_placed_once_and_for_good(kafka: str, names: Names, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "north", "south", prefix=names.prefix)
    await topics.create_missing(settings, kafka)
    assert await cities.read_cities(settings, kafka) == {}

    placed = await cities.place_cities(settings, kafka)
    assert {city: place.partition for city, place in placed.items()} == {"north": 0, "south": 1}
    assert await cities.read_cities(settings, kafka) == placed

    more = settings_for(tmp_path, "east", "north", "south", prefix=names.prefix)
    again = await cities.place_cities(more, kafka)
    assert {city: again[city] for city in placed} == placed
    assert again["east"].partition == 2
    assert await cities.read_cities(more, kafka) == again
    keys = cities.check_keys(more, again)
    assert {city: key_fingerprint(key) for city, key in keys.items()} == {
        city: place.key_fingerprint for city, place in again.items()
    }


@pytest.mark.integration
async def test_another_key_or_none_is_refused(kafka: str, names: Names, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "one", "north", prefix=names.prefix)
    await topics.create_missing(settings, kafka)
    placed = await cities.place_cities(settings, kafka)

    elsewhere = settings_for(tmp_path / "two", "north", prefix=names.prefix)
    with pytest.raises(Trouble) as trouble:
        await cities.place_cities(elsewhere, kafka)
    assert trouble.value.code == "city.key_missing"
    assert not elsewhere.city_key_path("north").exists()

    cities.make_key(elsewhere.city_key_path("north"))
    with pytest.raises(Trouble) as trouble:
        cities.check_keys(elsewhere, placed)
    assert trouble.value.code == "city.other_key"

    with pytest.raises(Trouble) as trouble:
        cities.check_keys(settings_for(tmp_path, "west"), placed)
    assert trouble.value.code == "city.unplaced"


@pytest.mark.integration
async def test_without_topics_the_table_says_which_is_missing(
    kafka: str, names: Names, tmp_path: Path
) -> None:
    with pytest.raises(Trouble) as trouble:
        await cities.read_cities(settings_for(tmp_path, "north", prefix=names.prefix), kafka)
    assert (trouble.value.code, trouble.value.facts) == (
        "topics.missing",
        {"topic": names.prefix + "line.city.v1"},
    )


@pytest.mark.integration
async def test_a_broker_that_lost_everything_gets_the_old_places(
    kafka: str, names: Names, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, "b", prefix=names.prefix)
    await topics.create_missing(settings, kafka)
    await cities.place_cities(settings, kafka)
    more = settings_for(tmp_path, "a", "b", prefix=names.prefix)
    placed = await cities.place_cities(more, kafka)
    assert {city: place.partition for city, place in placed.items()} == {"a": 1, "b": 0}

    empty = settings_for(tmp_path, "a", "b", "c", prefix=names.prefix + "again.")
    await topics.create_missing(empty, kafka)
    again = await cities.place_cities(empty, kafka)
    assert {city: place.partition for city, place in again.items()} == {"a": 1, "b": 0, "c": 2}


@pytest.mark.integration
async def test_two_callers_at_once_agree_on_what_was_written_first(
    kafka: str, names: Names, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path / "here", "a", "b", prefix=names.prefix)
    await topics.create_missing(settings, kafka)
    both = await asyncio.gather(*(cities.place_cities(settings, kafka) for _ in range(2)))
    assert both[0] == both[1] == await cities.read_cities(settings, kafka)

    elsewhere = settings_for(tmp_path / "there", "a", "b", prefix=names.prefix)
    for city, place in both[0].items():
        other = place.model_copy(update={"partition": 2, "key_fingerprint": "0" * 64})
        await cities._write(elsewhere, kafka, [other])
        assert (await cities.read_cities(settings, kafka))[city] == place
    await cities.place_cities(settings, kafka)
    said = await cities._said(settings, kafka)
    assert {city: all_said[-1] for city, all_said in said.items()} == both[0]


async def test_a_part_starts_on_its_copy_where_kafka_is_away(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    settings = settings_for(tmp_path, "a")
    away = f"127.0.0.1:{free_port()}"
    with pytest.raises((KafkaError, TimeoutError)):
        await cities.known_cities(settings, away)

    place = CityPlace(city="a", partition=2, key_fingerprint="0" * 64)
    cities.remember(settings, {"a": place})
    assert await cities.known_cities(settings, away) == {"a": place}
