"""The delivery part: all sink instances of the settings, each with a consumer group of its own."""

import asyncio

import structlog
from pydantic import ValidationError

from pipeline import logs
from pipeline.delivery.courier import Courier
from pipeline.delivery.receipts import Receipts
from pipeline.health import HealthServer
from pipeline.kafka.cities import known_cities
from pipeline.kafka.streams import Streams
from pipeline.plugins import UnknownPlugin, sink_class, sink_kind, sink_settings
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas.errors import Refused
from schemas.ports import Sink, SinkSettings
from schemas.topics import ORDER, Names

RECORDS_MAX = 200
"""Events handed over between two commits: what a crash can at most have delivered again."""


async def run_delivery(settings: Settings, bootstrap_servers: str, *, stop: asyncio.Event) -> None:
    """Deliver until *stop* is set. Raises Trouble for a sink that is set up wrongly, Unavailable for one not there."""
    names = Names(settings.kafka.prefix)
    await known_cities(settings, bootstrap_servers)
    streams = Streams(settings.kafka, bootstrap_servers)
    receipts = Receipts(settings.kafka, bootstrap_servers)
    sinks: list[Sink] = []
    try:
        for instance in sorted(settings.sinks):
            sink, own = await _open(settings, instance)
            sinks.append(sink)
            courier = Courier(
                sink, instance, own.cities, receipts, wait_s_max=settings.delivery.retry_wait_s_max, stop=stop
            )
            streams.subscribe(
                names.topic(ORDER), group=names.group(f"delivery.{instance}"), handle=courier.handle,
                audit=courier.audit, records_max=RECORDS_MAX,
            )  # fmt: skip
        async with HealthServer(settings.delivery.health_port, lambda: streams.reading) as health:
            structlog.get_logger().info(logs.PART_READY, port=health.port, count=len(sinks))
            await streams.run(stop)
    finally:
        await receipts.close()
        for sink in sinks:
            await sink.close()


async def _open(settings: Settings, instance: str) -> tuple[Sink, SinkSettings]:
    kind = sink_kind(settings.sinks, instance)
    try:
        own = sink_settings(settings.sinks, instance)
        return await asyncio.to_thread(sink_class(kind), own, instance), own
    except UnknownPlugin:
        raise Trouble("sink.unknown", sink=instance, kind=kind) from None
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) or "?" for e in error.errors(include_input=False))
        raise Trouble("sink.settings", sink=instance, fields=places) from None
    except Refused as error:
        raise Trouble("sink.refused", sink=instance, reason=str(error)) from None
