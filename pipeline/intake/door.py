"""The door: everything that accepts, in one process. Starts and accepts while Kafka is away.

Ready means: a yes can be given now (the spool is healthy). A spool that failed ends the part, so that its parent
starts it anew on what was committed. On *stop* nothing new is accepted, what is in hand is committed and, for a few
seconds, relayed; the rest waits in the spool for the next start.
"""

import asyncio
import errno
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import generate_latest
from pydantic import ValidationError

from pipeline import logs, metrics, numbers
from pipeline.blobs import BlobStore
from pipeline.http_server import bound, serve
from pipeline.intake import reading
from pipeline.intake.accepting import Intake
from pipeline.intake.cutting import Cutting
from pipeline.intake.fetching import Fetcher
from pipeline.intake.host import Host, Mount
from pipeline.intake.readback import Readback
from pipeline.intake.relay import Relay
from pipeline.intake.retention import retain
from pipeline.intake.senders import Senders
from pipeline.intake.sending import NotReady
from pipeline.intake.socket_api import SocketApi, listen_local
from pipeline.intake.spool import Spool, now_us
from pipeline.kafka.cities import check_keys, read_cities, read_key
from pipeline.plugins import connector_class
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas.ports import Accept, Connector, Listener, Mailbox, MediaSource, Webhook

GRACE_S = 10.0
FRONTS_STOP_S = 15.0
DRAIN_S = 3.0
TEND_EVERY_S = 1.0
RETAIN_EVERY_S = 3600.0
LISTEN_AGAIN_S = 10.0
SWITCH_S = 0.0005
"""How soon a thread that computes lets another one have the interpreter. By itself Python waits ten times as long, and
the writer's thread would spend a commit waiting."""

_log = structlog.get_logger()


COMES_LATER = frozenset({"topics.missing", "city.unplaced", "kafka.silent"})
"""Troubles of a broker that is new: `xinshu up` makes the topics and places the cities while we accept already."""


class DoorFailed(Exception):
    """The door cannot go on safely; its parent starts it again."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as the settings have it."""

    connector: Connector
    accounts: Mapping[str, Mailbox]


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Every channel of the settings, built. Raises Trouble, UnknownPlugin."""
    built: dict[str, Channel] = {}
    for name, table in settings.connectors.items():
        kind: Any = connector_class(name)
        try:
            own = kind.Settings.model_validate(table)
        except ValidationError as error:
            places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False)[:5])
            raise Trouble("connector.settings", channel=name, places=places) from None
        for account in own.accounts.values():
            if account.city not in settings.cities:
                raise Trouble("connector.unknown_city", channel=name, city=account.city)
        built[name] = Channel(kind(own), own.accounts)
    return built


@dataclass(slots=True)
class Door:
    """The parts of a running door."""

    settings: Settings
    keys: Mapping[str, bytes]
    spool: Spool
    blobs: BlobStore
    intake: Intake
    relay: Relay
    readback: Readback
    fetcher: Fetcher
    accepts: Mapping[str, Accept] = field(default_factory=dict)

    async def tend(self) -> None:
        """Keep figures true and delete what is due. Until cancelled."""
        next_retain = time.monotonic() + RETAIN_EVERY_S / 60
        reader = self.spool.reader()
        try:
            while True:
                oldest = await asyncio.to_thread(reading.oldest_waiting_us, reader)
                metrics.SPOOL_DEPTH.set(self.spool.depth)
                metrics.SPOOL_AGE_SECONDS.set((now_us() - oldest) / 1e6 if oldest is not None else 0)
                metrics.SPOOL_FREE_BYTES.set(self.spool.disk.free_bytes)
                if time.monotonic() >= next_retain:
                    next_retain += RETAIN_EVERY_S
                    await retain(self.spool, self.blobs, self.settings.door)
                await asyncio.sleep(TEND_EVERY_S)
        finally:
            reader.close()

    async def fetch(self) -> None:
        """Bring the files that peers hold. Until cancelled."""
        await self.fetcher.run(on_settled=self.relay.files_settled, on_landed=self.relay.again)

    async def drain(self) -> None:
        """Relay what is in hand, for a bounded time."""
        try:
            async with asyncio.timeout(DRAIN_S):
                while not self.relay.idle:  # noqa: ASYNC110 - a last look before the end, bounded above
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return


async def run_door(settings: Settings, bootstrap_servers: str, *, stop: asyncio.Event) -> None:
    """Until *stop*. Raises Trouble, DoorFailed (start again)."""
    sys.setswitchinterval(SWITCH_S)
    channels = channels_of(settings)
    keys = {city: read_key(settings.city_key_path(city), city) for city in settings.cities}
    failed = asyncio.Event()

    def number_of(city: str, letter: UUID, counter: int) -> str:
        return numbers.registration_number(keys[city], letter, counter)

    listening = bound(settings.door.host, settings.door.http_port, "[door] http_port")
    spool = Spool(settings.spool_path, settings.door, number_of, failed.set)
    blobs = BlobStore(settings.blobs_path, on_fault=lambda _: spool.fail())

    async def read_partitions() -> Mapping[str, int]:
        try:
            places = await read_cities(settings, bootstrap_servers)
            check_keys(settings, places)
        except Trouble as trouble:
            if trouble.code in COMES_LATER:
                raise NotReady(trouble.code) from None
            raise
        return {city: place.partition for city, place in places.items()}

    sources = {name: c.connector for name, c in channels.items() if isinstance(c.connector, MediaSource)}
    fetcher = Fetcher(spool, blobs, sources)
    relay = Relay(
        settings, bootstrap_servers, spool, blobs=blobs, keys=keys, channels=tuple(channels),
        scratch=settings.var / "scratch", read_partitions=read_partitions,
        fetched_channels=frozenset(sources), want=fetcher.want,
    )  # fmt: skip
    cutting = Cutting(tuple(channels), blobs, settings.var / "scratch")
    intake = Intake(spool, blobs, keys, relay.wake, cutting.cut)
    readback = Readback(settings, bootstrap_servers, spool, relay, read_partitions=read_partitions)
    door = Door(settings, keys, spool, blobs, intake, relay, readback, fetcher)
    door.accepts = {name: intake.accept_for(name, channel.accounts) for name, channel in channels.items()}
    host = Host(
        {
            n: Mount(c.connector, door.accepts[n])
            for n, c in channels.items()
            if isinstance(c.connector, Webhook)
        },
        blobs.writer,
        ready=lambda: spool.healthy,
        metrics=generate_latest,
        trusted_proxies=settings.door.trusted_proxies,
        senders=Senders(settings.door.limits),
    )
    local = SocketApi(spool, intake, relay, keys).application()
    servers = ((host, listening), (local, listen_local(settings.socket_path)))
    _log.info(logs.PART_STARTED, port=listening.getsockname()[1], seconds=spool.fsync_s)
    try:
        await _serve(door, channels, servers, stop, failed)
    finally:
        await cutting.close()
        await spool.close()
        _log.info(logs.PART_STOPPED)


async def _serve(
    door: Door,
    channels: Mapping[str, Channel],
    servers: Sequence[tuple[Any, socket.socket]],
    stop: asyncio.Event,
    failed: asyncio.Event,
) -> None:
    closing = asyncio.Event()
    listeners: list[asyncio.Task[Any]] = [
        asyncio.create_task(_listen(name, channel.connector, door.accepts[name]))
        for name, channel in channels.items()
        if isinstance(channel.connector, Listener)
    ]
    fronts = listeners + [
        asyncio.create_task(serve(app, at, stop=closing, grace_s=GRACE_S)) for app, at in servers
    ]
    backs = [
        asyncio.create_task(work)
        for work in (door.relay.run(), door.readback.run(), door.fetch(), door.tend())
    ]
    told: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait()), asyncio.create_task(failed.wait())]
    try:
        await asyncio.wait([*fronts, *backs, *told], return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in (*fronts, *backs) if task.done()]
        _log.info(logs.PART_STOPPING)
        closing.set()
        for task in listeners:
            task.cancel()
        await asyncio.wait(fronts, timeout=FRONTS_STOP_S)
        for task in ended:
            task.result()
        if ended or failed.is_set():
            raise DoorFailed("spool" if failed.is_set() else "a task ended by itself")
        await door.drain()
    finally:
        for task in (*fronts, *backs, *told):
            if not task.cancelling():  # a second time would break off its closing
                task.cancel()
        await asyncio.gather(*fronts, *backs, *told, return_exceptions=True)


async def _listen(name: str, connector: Listener, accept: Accept) -> None:
    """A channel whose port or host cannot be had now asks for it again; the other channels go on meanwhile."""
    while True:
        try:
            return await connector.listen(accept)
        except OSError as error:
            _log.error(
                logs.CONNECTOR_AWAY, channel=name, error=type(error).__name__,
                reason=errno.errorcode.get(error.errno or 0, ""), seconds=LISTEN_AGAIN_S,
            )  # fmt: skip
        await asyncio.sleep(LISTEN_AGAIN_S)
