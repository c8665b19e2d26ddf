"""Runs the desk: joins the group, owns what it is assigned, lets go of what is revoked, ends when asked.

The assignment callback never waits: it pauses each partition and starts its task. Whatever such a task raises ends
the part, which is started again and restores: going on with an unknown state could lose a letter.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from pipeline import logs
from pipeline.desk.batch import Judging
from pipeline.desk.owner import IN_HAND_MAX, Owner, Place
from pipeline.desk.packs import packs_of, topics_of
from pipeline.desk.rules import CityRules, MailboxRules, Rules
from pipeline.desk.state import State
from pipeline.health import HealthServer
from pipeline.judge.judgement import CityFacts
from pipeline.judge.route.loading import BadTopics
from pipeline.kafka import clients
from pipeline.kafka.cities import read_cities
from pipeline.policies.model import BadPack, Catalogue
from pipeline.settings import City, Settings
from pipeline.trouble import Trouble
from schemas.topics import INBOX, Names

log = structlog.get_logger()

DRAIN_S = 5.0
"""How long a transaction in hand may take when a partition is revoked; below the group's rebalance timeout."""
REBALANCE_TIMEOUT_MS = 20_000
INBOX_FETCH_BYTES = 1024 * 1024
GO_ON_ELSEWHERE = 75


async def run_desk(settings: Settings, bootstrap_servers: str, *, stop: asyncio.Event) -> None:
    """Decide until *stop* is set. Raises Trouble for what an operator must mend, anything else to be started again."""
    places = await read_cities(settings, bootstrap_servers)
    for city in settings.cities:
        if city not in places:
            raise Trouble("city.unplaced", city=city)
    desk = Desk(settings, bootstrap_servers, rules_of(settings))
    async with HealthServer(settings.desk.health_port, lambda: desk.ready):
        await desk.run(stop)


def rules_of(settings: Settings) -> Rules:
    """The settings' cities and their packs, ready for judging. Raises Trouble for a pack or topics that cannot be used."""
    try:
        packs = packs_of(settings)
    except BadPack as error:
        raise Trouble("policy.wrong", reason=str(error)) from None
    cities = {}
    for name, city in settings.cities.items():
        try:
            cities[name] = city_rules(city, packs, datetime.now(UTC))
        except BadPack as error:
            raise Trouble("policy.bad", city=name, reason=str(error)) from None
        except BadTopics as error:
            raise Trouble("topics.bad", city=name, reason=str(error)) from None
    return Rules(cities, timedelta(seconds=settings.desk.copy_window_s), settings.desk.incident_alarm_letters)


def city_rules(city: City, packs: Catalogue, now: datetime) -> CityRules:
    """One city's rules. Raises BadPack for a pack that does not exist or of which none is in force *now*, BadTopics."""
    zone = ZoneInfo(city.time_zone)

    def of(policy: str, department: str = "") -> MailboxRules:
        packs.in_force(policy, now, zone)
        return MailboxRules(packs.line(policy), department)

    facts = CityFacts(
        city.title, city.fallback_unit, zone, city.emergency_phones, city.hotline, topics_of(city)
    )
    mailboxes = {name: of(box.policy or city.policy, box.department) for name, box in city.mailboxes.items()}
    return CityRules(facts, of(city.policy), mailboxes, demo=city.demo)


class Desk(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One member of the group of desks."""

    def __init__(self, settings: Settings, bootstrap_servers: str, rules: Rules) -> None:
        self._settings = settings
        self._bootstrap_servers = bootstrap_servers
        self._names = Names(settings.kafka.prefix)
        self._group = self._names.group("desk")
        self._judging = Judging(rules, settings.desk.faults_in_a_row_max)
        self._in_hand = asyncio.Semaphore(IN_HAND_MAX)
        self._owners: dict[TopicPartition, Owner] = {}
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._warm: dict[TopicPartition, State] = {}
        self._joined = False
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._consumer: AIOKafkaConsumer = clients.consumer(
            settings.kafka,
            bootstrap_servers,
            group_id=self._group,
            group_instance_id=settings.desk.slot,
            auto_offset_reset="none",
            session_timeout_ms=settings.desk.session_timeout_ms,
            heartbeat_interval_ms=max(300, settings.desk.session_timeout_ms // 6),
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            # What is fetched ahead stays in memory for every partition: one record at most, or a small batch of them.
            max_partition_fetch_bytes=INBOX_FETCH_BYTES,
            # A fetch that waits for idle partitions holds up the next fetch of a busy one.
            fetch_max_wait_ms=50,
            # A topic that was deleted and made again is noticed within this time.
            metadata_max_age_ms=5000,
        )

    @property
    def ready(self) -> bool:
        """Does this member own everything it was assigned?"""
        return self._joined and all(owner.owned for owner in self._owners.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop*, then finish the transactions in hand and leave."""
        await self._consumer.start()
        self._consumer.subscribe([self._names.topic(INBOX)], listener=self)
        stopping = asyncio.ensure_future(stop.wait())
        waited: set[asyncio.Future[Any]] = {stopping, self._failed}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
            await self.on_partitions_revoked(list(self._owners))
        finally:
            stopping.cancel()
            await self._let_all_go()
            for state in self._warm.values():
                state.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._consumer.stop(), DRAIN_S)

    async def _let_all_go(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for owner in self._owners.values():
            with contextlib.suppress(TimeoutError, KafkaError):
                await owner.let_go(DRAIN_S)
            if owner.state is not None:
                owner.state.close()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start a task for each partition; never wait: heartbeats rest until this returns."""
        try:
            self._joined = True
            for inbox in assigned:
                # A placeholder: without a position, a paused partition would still make reading fail.
                self._consumer.seek(inbox, 0)
                self._consumer.pause(inbox)
                place = Place(self._settings, self._bootstrap_servers, self._names, inbox, self._group)
                owner = Owner(place, self._consumer, self._judging, self._in_hand)
                self._owners[inbox] = owner
                task = asyncio.create_task(owner.run(self._warm.pop(inbox, None), self._tell_ready))
                task.add_done_callback(self._ended)
                self._tasks[inbox] = task
        except Exception as error:
            self._fail(error)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Wait for transactions in hand, bounded; keep what the partitions remember warm."""
        try:
            self._joined = False
            owners = [self._owners.pop(inbox) for inbox in list(revoked) if inbox in self._owners]
            await asyncio.gather(*(self._release(owner) for owner in owners))
        except TimeoutError:
            # Somebody else is about to own what we may still be writing to.
            log.critical(logs.DESK_FENCED, reason="drain")
            os._exit(GO_ON_ELSEWHERE)
        except Exception as error:
            self._fail(error)

    async def _release(self, owner: Owner) -> None:
        inbox = owner.place.inbox
        task = self._tasks.pop(inbox)
        if not owner.leave():
            task.cancel()
        done, _ = await asyncio.wait({task}, timeout=DRAIN_S)
        if not done:
            raise TimeoutError
        await owner.let_go(DRAIN_S)
        if owner.state is not None:
            self._warm[inbox] = owner.state
        log.info(logs.DESK_REVOKED, partition=inbox.partition)

    def _tell_ready(self) -> None:
        if self.ready:
            log.info(logs.PART_READY, count=len(self._owners))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        log.critical(logs.DESK_FENCED, exc_info=error)
        if not self._failed.done():
            self._failed.set_exception(error)
