"""The register part: one process with the projection and the tracking page."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import structlog

from pipeline import logs
from pipeline.http_server import bound, serve
from pipeline.kafka.cities import check_keys, known_cities
from pipeline.kafka.streams import Streams
from pipeline.portal.app import tracking_app
from pipeline.portal.doors import Doors
from pipeline.portal.lookup import Lookup
from pipeline.register.apply import READ
from pipeline.register.database import Writer
from pipeline.register.projection import Projection
from pipeline.register.reader import Reader
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas.topics import Names

RECORDS_MAX = 200
"""Records of one transaction; the tracking page waits at most while so many are applied."""


async def run_register(settings: Settings, bootstrap_servers: str, *, stop: asyncio.Event) -> None:
    """Until *stop* is set. Raises Trouble where the set-up is wrong or another register has these tables open."""
    keys = check_keys(settings, await known_cities(settings, bootstrap_servers))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(settings.register_path.with_suffix(".lock")))
        writer = Writer(settings.register_path)
        stack.callback(writer.close)
        reader = stack.enter_context(Reader(settings.register_path))
        streams = _projecting(settings, bootstrap_servers, writer)
        doors = Doors((str(settings.socket_path), *settings.register_.doors))
        lookup = Lookup(
            keys, reader.by_number, doors, tries_max=settings.register_.tries_per_number_max,
            window_s=settings.register_.tries_window_s,
        )  # fmt: skip
        app = tracking_app(settings, lookup, doors, ready=lambda: streams.reading)
        listener = bound(settings.register_.host, settings.register_.portal_port, "[register] portal_port")
        structlog.get_logger().info(logs.PART_READY, port=listener.getsockname()[1])
        await _together(streams, serve(app, listener, stop=stop, grace_s=5.0), stop)


def _projecting(settings: Settings, bootstrap_servers: str, writer: Writer) -> Streams:
    names = Names(settings.kafka.prefix)
    streams = Streams(settings.kafka, bootstrap_servers)
    projection = Projection(writer, names, fail=streams.fail)
    projection.consumer = streams.subscribe(
        *(names.topic(topic) for topic in READ), group=names.group(f"register.{writer.identity}"),
        handle=projection.handle, audit=projection.audit, records_max=RECORDS_MAX, listener=projection, group_instance_id="register",
    )  # fmt: skip
    return streams


async def _together(streams: Streams, serving: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Both until *stop*; the end of one is the end of the other."""
    page = asyncio.ensure_future(serving)
    reading = asyncio.ensure_future(streams.run(stop))
    try:
        await asyncio.wait({page, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        ended = await asyncio.gather(page, reading, return_exceptions=True)
    for result in ended:
        if isinstance(result, BaseException):
            raise result


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Trouble("register.taken", path=path) from None
    finally:
        os.close(handle)
