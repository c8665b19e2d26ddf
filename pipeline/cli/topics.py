"""``xinshu topics``: the topics of the line, for clusters where somebody else makes them."""

import json
from pathlib import Path

import click

from pipeline.cli.common import bootstrap, json_option, load_settings, run_async, settings_option
from pipeline.cli.words import say
from pipeline.kafka import cities
from pipeline.kafka import topics as kafka_topics
from pipeline.settings import Settings

_WHAT = {
    "missing": ("没有建立", "is missing"),
    "partitions": ("分区数应为 {wanted},实为 {found}", "has {found} partitions, wanted {wanted}"),
}


@click.group(
    help=say(
        "Kafka 主题:打印建立命令、建立、核对。\n\n例:xinshu topics check",
        "The Kafka topics: print the commands that make them, create them, compare them.\n\nExample: xinshu topics check",
    )
)
def topics() -> None:
    """Commands below."""


@topics.command(
    "print",
    help=say(
        "打印建立主题的命令(kafka-topics.sh),交给集群管理员执行。不连接 Kafka。\n\n例:xinshu topics print > topics.sh",
        "Print the kafka-topics.sh commands for whoever runs the cluster. Talks to nobody.\n\n"
        "Example: xinshu topics print > topics.sh",
    ),
)
@settings_option
@json_option
def print_(settings_path: Path | None, *, as_json: bool) -> None:
    """Commands, or a JSON list."""
    settings = load_settings(settings_path)
    wanted = kafka_topics.wanted_topics(settings)
    if as_json:
        rows = [
            {
                "name": name, "partitions": settings.kafka.partitions, "writer": topic.writer, "reader": topic.reader,
                "replication_factor": settings.kafka.replication_factor, "key": topic.key, "config": topic.config(),
            }
            for name, topic in wanted.items()
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for name, topic in wanted.items():
        options = " ".join(f"--config {key}={value}" for key, value in topic.config().items())
        click.echo(f"# {topic.writer} -> {topic.reader}; key: {topic.key}")
        click.echo(
            f'kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --create --if-not-exists --topic {name} '
            f"--partitions {settings.kafka.partitions} --replication-factor {settings.kafka.replication_factor} {options}"
        )


@topics.command(
    help=say(
        "建立缺少的主题,登记新城市(分区与密钥指纹)。已有的不改。\n\n例:xinshu topics create",
        "Make the topics that are missing and place new cities. What stands is not changed.\n\n"
        "Example: xinshu topics create",
    )
)
@settings_option
def create(settings_path: Path | None) -> None:
    """Creates, then places cities."""
    settings = load_settings(settings_path)
    run_async(_create(settings, bootstrap(settings)), settings)


async def _create(settings: Settings, address: str) -> None:
    made = await kafka_topics.create_missing(settings, address)
    click.echo(say(f"建立了 {len(made)} 个主题", f"{len(made)} topics made"))
    places = await cities.place_cities(settings, address)
    for city in sorted(settings.cities):
        click.echo(
            say(
                f"城市 {city}:分区 {places[city].partition}",
                f"city {city}: partition {places[city].partition}",
            )
        )


@topics.command(
    help=say(
        "核对主题的分区数、保留时间、清理方式、时间戳类型。有不同则退出码 1。\n\n例:xinshu topics check --json",
        "Compare partitions, retention, cleanup and timestamp type. Exit code 1 where something differs.\n\n"
        "Example: xinshu topics check --json",
    )
)
@settings_option
@json_option
def check(settings_path: Path | None, *, as_json: bool) -> int:
    """1 where something differs."""
    settings = load_settings(settings_path)
    found = run_async(kafka_topics.check(settings, bootstrap(settings)), settings)
    if as_json:
        rows = [{"topic": d.topic, "what": d.what, "wanted": d.wanted, "found": d.found} for d in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not found:
        click.echo(say("主题都在,设置相符", "all topics stand as they should"))
    else:
        for difference in found:
            click.echo(in_words(difference))
    return 1 if found else 0


def in_words(difference: kafka_topics.Difference) -> str:
    """One difference, with the remedy where there is one."""
    wanted, found = difference.wanted, difference.found
    if difference.what in _WHAT:
        how = say(*_WHAT[difference.what]).format(wanted=wanted, found=found)
    else:
        how = say(
            f"{difference.what} 应为 {wanted},实为 {found}", f"has {difference.what}={found}, wanted {wanted}"
        )
    remedy = say("(xinshu topics create)", " (xinshu topics create)") if difference.what == "missing" else ""
    return f"{difference.topic}: {how}{remedy}"
