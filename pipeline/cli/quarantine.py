"""``xinshu quarantine``: letters nobody could read. Their bytes are kept; a person looks, and may have them read again."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.common import json_option, load_settings, local_minute, number_argument, settings_option
from pipeline.cli.door_client import ask
from pipeline.cli.words import say
from pipeline.numbers import shown


@click.group(
    help=say("读不了的来信:列出、查看、重投。\n\n例:xinshu quarantine list",
             "Letters nobody could read: list, show, redrive.\n\nExample: xinshu quarantine list")
)  # fmt: skip
def quarantine() -> None:
    """Commands below."""


@quarantine.command(
    "list",
    help=say("列出读不了的来信:编号、城市、渠道、原因、收到时间。\n\n例:xinshu quarantine list",
             "List them: number, city, channel, reason, time.\n\nExample: xinshu quarantine list"),
)  # fmt: skip
@settings_option
@json_option
def list_(settings_path: Path | None, *, as_json: bool) -> None:
    """Asked of the door, which has the bytes."""
    settings = load_settings(settings_path)
    rows: list[dict[str, Any]] = ask(settings, "GET", "/quarantine")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        at = local_minute(settings, row["city"], datetime.fromisoformat(row["received_at"]))
        click.echo(f"{shown(row['number'])}  {row['city']}  {row['channel']}  {at}  {row['error']}")
    if not rows:
        click.echo(say("没有读不了的来信", "nothing is in quarantine"))


@quarantine.command(
    help=say("查看一封读不了的来信:原因、字节数、摘要;不显示内容。\n\n例:xinshu quarantine show 4821 0000 0000 0005",
             "Show one: reason, sizes, digests; never its content.\n\nExample: xinshu quarantine show 4821000000000005"),
)  # fmt: skip
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER")
@settings_option
def show(settings_path: Path | None, digits: tuple[str, ...]) -> None:
    """As JSON, for people who mend parsers."""
    number = number_argument("".join(digits))
    found = ask(load_settings(settings_path), "GET", f"/quarantine/{number}")
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@quarantine.command(
    help=say(
        "把读不了的来信再读一遍(例如升级之后)。编号不变;还是读不了就留在原处。\n\n"
        "例:xinshu quarantine redrive 4821000000000005",
        "Have letters read again, after an upgrade for instance. Their numbers stay.\n\n"
        "Example: xinshu quarantine redrive 4821000000000005",
    ),
)
@click.argument("numbers", nargs=-1, metavar="NUMBER...")
@click.option("--all", "every", is_flag=True, help=say("全部", "all of them"))
@settings_option
def redrive(settings_path: Path | None, numbers: tuple[str, ...], *, every: bool) -> None:
    """How many are read again."""
    if bool(numbers) == every:
        raise click.UsageError(say("写编号,或写 --all", "name numbers, or say --all"))
    checked = [number_argument(number) for number in numbers]
    settings = load_settings(settings_path)
    if every:
        checked = [row["number"] for row in ask(settings, "GET", "/quarantine")]
    count = ask(settings, "POST", "/redrive", {"numbers": checked})["count"] if checked else 0
    click.echo(say(f"{count} 封来信将重新读取", f"{count} letters are read again"))
