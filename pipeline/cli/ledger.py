"""``xinshu ledger``: balances by id what the door accepted against decisions, orders and sinks. Exit 1: something is open."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from aiokafka import TopicPartition

from pipeline.cli import spool_file
from pipeline.cli.common import bootstrap, json_option, load_settings, run_async, settings_option
from pipeline.cli.ledger_books import Books, Fault, Topics, balance
from pipeline.cli.words import say
from pipeline.kafka.clients import admin
from pipeline.kafka.reading import read_to_end
from pipeline.settings import Settings
from schemas import topics as ours
from schemas import wire
from schemas.topics import Names, Topic

COLUMNS = (
    ("accepted", "收下", "accepted"), ("in_flight", "在途", "in flight"), ("quarantined", "读不了", "quarantined"),
    ("copy", "重复件", "copies"), ("decided", "已决定", "decided"), ("orders", "工单", "orders"),
    ("delivered", "已送达", "in sinks"), ("unaccounted", "下落不明", "unaccounted"),
)  # fmt: skip

_FAULTS: dict[Fault, tuple[str, str]] = {
    "undecided": ("判定已经过,却没有决定", "the desk went past it and decided nothing"),
    "lost_from_topic": ("暂存库说已办结,主题上却没有决定", "finished in the spool, no decision on the topic"),
    "no_order": ("已受理,却没有工单", "accepted, and there is no order"),
    "two_orders": ("一件事有两张工单", "two orders for one part"),
    "not_in_sink": ("工单没有送到", "the order did not reach"),
    "number_twice": ("两封来信用了同一个编号", "two letters have the same number"),
}


@click.command(
    help=say(
        "对账(在接收程序所在的机器上执行):每个已给出的编号必须有且只有一个着落——在途、读不了(待人查看)、"
        "重复件、已决定;每件受理的事必须有一张工单,且送到每个办理系统。按编号逐一核对,不比总数。"
        "判定已经过而迟迟没有决定的算下落不明。有任何一项不平,退出码 1。\n\n例:xinshu ledger",
        "Balance the books, on the door's machine: every number given out is in exactly one state, every accepted part "
        "has one order, and that order is in every sink. Ids are matched, not sums. Passed by the desk and undecided "
        "beyond the patience is unaccounted. Exit code 1 where anything is open.\n\nExample: xinshu ledger --json",
    )
)
@click.option(
    "--patience", type=click.FloatRange(min=0), metavar="SECONDS",
    help=say("多少秒还没有结论就算下落不明;默认取设置里的 unaccounted_after_s",
             "seconds after which something undecided is unaccounted; default: unaccounted_after_s of the settings"),
)  # fmt: skip
@settings_option
@json_option
def ledger(settings_path: Path | None, patience: float | None, *, as_json: bool) -> int:
    """1 where the books do not balance."""
    settings = load_settings(settings_path)
    address = bootstrap(settings)
    wait = timedelta(seconds=settings.door.unaccounted_after_s if patience is None else patience)
    # The spool first: what it accepted before this snapshot may only have come further by the time Kafka is read.
    with spool_file.opened(settings.spool_path) as connection:
        entries = list(spool_file.letters(connection))
        items = spool_file.items(connection)
    topics = run_async(_read(settings, address), settings)
    sinks = {name: frozenset(table.get("cities", ())) for name, table in settings.sinks.items()}
    books = balance(entries, topics, sinks, datetime.now(UTC), wait)
    click.echo(json.dumps(_as_json(books, items), ensure_ascii=False) if as_json else _as_text(books, items))
    return 1 if books.findings else 0


async def _read(settings: Settings, address: str) -> Topics:
    names = Names(settings.kafka.prefix)

    async def every(topic: Topic) -> list[Any]:
        found = read_to_end(settings.kafka, address, names.topic(topic))
        return [wire.decode(topic, record.value) async for record in found if record.value is not None]

    desk_next = await _desk_next(settings, address, names)
    return Topics(
        desk_next=desk_next,
        decisions=await every(ours.DECISION),
        orders=await every(ours.ORDER),
        receipts=await every(ours.RECEIPT),
        quarantined=frozenset(entry.number for entry in await every(ours.QUARANTINE)),
    )


async def _desk_next(settings: Settings, address: str, names: Names) -> dict[int, int]:
    client = admin(settings.kafka, address)
    try:
        await client.start()
        committed = await client.list_consumer_group_offsets(names.group("desk"))
    finally:
        await client.close()
    inbox = names.topic(ours.INBOX)
    return {
        place.partition: found.offset
        for place, found in committed.items()
        if isinstance(place, TopicPartition) and place.topic == inbox
    }


def _as_json(books: Books, items: tuple[int, int]) -> dict[str, Any]:
    return {
        "balanced": not books.findings,
        "totals": {name: books.totals[name] for name, _, _ in COLUMNS},
        "not_yet_in_sink": books.not_yet_in_sink,
        "said": {"accepted": items[0], "answered": items[1]},
        "hours": [
            {"channel": channel, "hour": hour, **{name: counts[name] for name, _, _ in COLUMNS}}
            for (channel, hour), counts in sorted(books.table.items())
        ],
        "findings": [
            {"fault": one.fault, "number": one.number, "detail": one.detail} for one in books.findings
        ],
    }


def _as_text(books: Books, items: tuple[int, int]) -> str:
    head = [say("渠道", "channel"), say("小时(UTC)", "hour (UTC)"), *(say(zh, en) for _, zh, en in COLUMNS)]
    rows = [
        [channel, hour, *(str(counts[name]) for name, _, _ in COLUMNS)]
        for (channel, hour), counts in sorted(books.table.items())
    ]
    total = [say("合计", "total"), "", *(str(books.totals[name]) for name, _, _ in COLUMNS)]
    lines = ["\t".join(row) for row in (head, *rows, total)]
    lines.append(say(f"另有状态与人工决定 {items[0]} 件,已处理 {items[1]} 件",
                     f"statuses and instructions: {items[0]}, answered: {items[1]}"))  # fmt: skip
    lines += [f"{one.number}: {say(*_FAULTS[one.fault])} {one.detail}".rstrip() for one in books.findings]
    verdict = say("账是平的", "the books balance") if not books.findings else say(
        f"有 {len(books.findings)} 处不平", f"{len(books.findings)} findings")  # fmt: skip
    return "\n".join([*lines, verdict])
