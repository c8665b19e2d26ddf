"""How many letters a second one desk decides on one core of its own, transactions included, on a real broker.

    python bench/desk_alone.py --letters 40000 --cities 12

The inbox is filled first with letters of 1 KiB of text, every one of another person and with other words. Then one
desk is started, pinned to one core; the broker has the others. Measured is from the first committed inbox offset to
the last, over all cities; beside it the desk's processor time for each letter and its memory.
"""

import argparse
import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
from aiokafka.errors import KafkaError
from kit import Report, folder, parser

from linekit.broker import Broker
from pipeline.kafka import clients
from pipeline.kafka.cities import place_cities
from pipeline.kafka.topics import create_missing
from pipeline.numbers import registration_number
from pipeline.settings import City, Desk, Kafka, Settings
from schemas import ids, topics, wire
from schemas.letter import Letter

BODY_BYTES = 1024
LETTERS_PER_S = 1800
ROADS = [
    one + other for one in "幸和建人文东朝长江黄河新华春晓安" for other in "福平设民化风阳兴宁泰昌盛乐康"
]
TROUBLES = (
    "路灯坏了很久", "井盖松动", "公交车总是晚点", "广场舞每晚扰民", "工地夜间施工", "小区一直停水", "垃圾没有人清运", "路面坑洼积水",
    "下水道堵塞反味", "学校门口早上堵车", "暖气不热", "电梯经常坏", "楼顶违建没有人管", "饭店油烟熏人", "流浪狗太多", "占道经营严重",
)  # fmt: skip


def words(number: int) -> str:
    """A matter of its own: a road, a house, a trouble, and what it does to people."""
    road, trouble = ROADS[number * 7 % len(ROADS)], TROUBLES[number * 5 % len(TROUBLES)]
    other = TROUBLES[(number * 11 + 3) % len(TROUBLES)]
    said = f"我家住在{road}路{number % 977}号,这里{trouble},已经{number % 50 + 2}天了,{ROADS[number % 97]}小区也{other},"
    return said + "老人和孩子出门都不方便,打过几次电话没有结果,希望有关部门尽快派人来看一看。"


def settings_in(place: Path, cities: int, port: int = 0) -> Settings:
    return Settings(
        var=place / "var",
        kafka=Kafka(prefix="bench.", partitions=cities),
        cities={f"city{n}": City(title=f"城市{n}", fallback_unit="市政务服务中心") for n in range(cities)},
        desk=Desk(health_port=port),
    )


def letters(count: int, cities: int) -> Iterator[tuple[str, Letter]]:
    key = bytes(32)
    for number in range(count):
        city = f"city{number % cities}"
        letter_id = ids.letter_id(city, "mayor", "web_form", "main", str(number))
        text = (words(number) * 10).encode()[:BODY_BYTES].decode("utf-8", "ignore")
        yield city, Letter(
            id=letter_id, revision=1, digest=hashlib.sha256(str(number).encode()).hexdigest(), pieces=1,
            number=registration_number(key, letter_id), code_hash="0" * 64, city=city, mailbox="mayor",
            channel="web_form", account="main", external_id=str(number),
            person=hashlib.sha256(f"p{number}".encode()).hexdigest(), received_at=datetime.now(UTC),
            subject=words(number)[4:20], text=text,
        )  # fmt: skip


async def fill(settings: Settings, bootstrap: str, count: int) -> None:
    await create_missing(settings, bootstrap)
    places = await place_cities(settings, bootstrap)
    inbox = topics.Names(settings.kafka.prefix).topic(topics.INBOX)
    producer = clients.producer(settings.kafka, bootstrap, linger_ms=20)
    await producer.start()
    for city, letter in letters(count, len(settings.cities)):
        item = str(ids.revision_id(letter.id, letter.digest)).encode()
        headers = [wire.CONTENT_TYPE, ("city", city.encode()), ("tag", b"letter"), ("item", item)]
        await producer.send(
            inbox,
            wire.encode(letter),
            key=str(letter.id).encode(),
            partition=places[city].partition,
            headers=headers,
        )
    await producer.stop()


async def watch(
    settings: Settings, bootstrap: str, count: int, desk: subprocess.Popen[bytes]
) -> tuple[int, float]:
    """How many were decided between the first sight of a commit and the last, and in how many seconds."""
    admin = clients.admin(settings.kafka, bootstrap)
    await admin.start()
    group = topics.Names(settings.kafka.prefix).group("desk")
    first: tuple[int, float] | None = None
    try:
        while True:
            if desk.poll() is not None:
                said = (settings.var.parent / "desk.log").read_text("utf-8", "replace")[-2000:]
                sys.exit(f"the desk ended with {desk.returncode}: {said}")
            try:
                found = await admin.list_consumer_group_offsets(group)
            except KafkaError:  # the first group of a new broker: its coordinator is still being made
                await asyncio.sleep(0.1)
                continue
            done, now = sum(place.offset for place in found.values() if place.offset > 0), time.perf_counter()
            if done and first is None:
                first = (done, now)
            if first is not None and done >= count:
                return done - first[0], now - first[1]
            await asyncio.sleep(0.02)
    finally:
        await admin.close()


def run_desk_here(place: Path, bootstrap: str, cities: int, core: int, profile: str) -> None:
    os.sched_setaffinity(0, {core})
    from pipeline import assembly

    settings = settings_in(place, cities)
    if profile:
        import cProfile

        cProfile.runctx(
            "assembly.run('desk', settings, lambda: bootstrap)", globals() | locals(), {}, profile
        )
    else:
        sys.exit(assembly.run("desk", settings, lambda: bootstrap))


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--letters", type=int, default=40_000)
    options.add_argument("--cities", type=int, default=12)
    options.add_argument("--profile", default="", help="write the desk's cProfile figures to this file")
    options.add_argument("--desk", nargs=3, metavar=("PLACE", "BOOTSTRAP", "CORE"), help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.desk:
        run_desk_here(Path(asked.desk[0]), asked.desk[1], asked.cities, int(asked.desk[2]), asked.profile)
        return 0
    report = Report("desk alone: letters of 1 KiB on one core", asked.json)
    with folder() as place:
        broker = Broker(place / "kafka", heap_mb=512)
        try:
            broker.start()
            settings = settings_in(place, asked.cities)
            asyncio.run(fill(settings, broker.address, asked.letters))
            measure(report, settings, broker.address, place, asked)
        finally:
            broker.close()
    return report.end()


def measure(
    report: Report, settings: Settings, bootstrap: str, place: Path, asked: argparse.Namespace
) -> None:
    core = max(os.sched_getaffinity(0))
    own = ["--cities", str(asked.cities), "--profile", asked.profile]
    desk = subprocess.Popen(
        [sys.executable, __file__, *own, "--desk", str(place), bootstrap, str(core)],
        stderr=(place / "desk.log").open("wb"),
    )
    process = psutil.Process(desk.pid)
    started = time.perf_counter()
    try:
        decided, seconds = asyncio.run(watch(settings, bootstrap, asked.letters, desk))
        used = process.cpu_times()
        memory = process.memory_info().rss
        from_start = time.perf_counter() - started
    finally:
        desk.terminate()
        desk.wait(30)
    report.figure("letters", asked.letters)
    report.figure("cities", asked.cities)
    report.figure("letters a second", round(decided / seconds), at_least=LETTERS_PER_S)
    report.figure("from start of the process to the last, s", round(from_start, 2))
    report.figure(
        "processor time of a letter, µs (start included)",
        round((used.user + used.system) / asked.letters * 1e6),
    )
    report.figure("memory of the desk, MiB", round(memory / 2**20))


if __name__ == "__main__":
    sys.exit(main())
