"""The tables made anew from the topics, and put in the place of the old ones in one transaction.

A register that runs meanwhile notices and starts again; readers see the old tables until they see the new ones.
"""

import contextlib
from pathlib import Path

import structlog

from pipeline import logs
from pipeline.kafka.reading import read_to_end
from pipeline.register.apply import READ, apply
from pipeline.register.database import Writer
from pipeline.settings import Settings
from pipeline.trouble import Trouble
from schemas.errors import Malformed
from schemas.topics import Names, Topic

ROWS_PER_TRANSACTION = 1000


async def rebuild(settings: Settings, bootstrap_servers: str) -> int:
    """Read every topic of the register from its beginning; how many records were applied.

    Nothing changes until all are read. Raises Trouble where a topic is missing or the broker falls silent.
    """
    path = settings.register_path
    fresh = path.with_suffix(".rebuilding")
    _remove(fresh)
    writer = Writer(fresh)
    try:
        count = 0
        for topic in READ:
            count += await _read(writer, settings, bootstrap_servers, topic)
    except BaseException:
        writer.close()
        _remove(fresh)
        raise
    writer.close()
    _swap(path, fresh)
    return count


async def _read(writer: Writer, settings: Settings, bootstrap_servers: str, topic: Topic) -> int:
    name = Names(settings.kafka.prefix).topic(topic)
    count = 0
    writer.db.execute("BEGIN IMMEDIATE")
    async with contextlib.aclosing(read_to_end(settings.kafka, bootstrap_servers, name)) as records:
        async for record in records:
            if record.value is not None:
                try:
                    apply(writer.db, topic, record.value, record.timestamp, record.offset)
                    count += 1
                except Malformed:
                    structlog.get_logger().error(
                        logs.RECORD_UNREADABLE, topic=name, partition=record.partition, offset=record.offset
                    )
            writer.set_reached(name, record.partition, record.offset + 1, record.timestamp)
            if count % ROWS_PER_TRANSACTION == 0:
                writer.db.execute("COMMIT")
                writer.db.execute("BEGIN IMMEDIATE")
    writer.db.execute("COMMIT")
    return count


def _swap(path: Path, fresh: Path) -> None:
    try:
        old = Writer(path)
    except Trouble:  # tables of another version: no part of this version has them open
        _remove(path)
        fresh.rename(path)
        return
    try:
        old.take_over(fresh)
    finally:
        old.close()
    _remove(fresh)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
