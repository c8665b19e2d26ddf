"""``xinshu alert``: letters that speak of danger, and a person who has seen it."""

import json
from pathlib import Path
from typing import Any

import click

from pipeline.cli.common import json_option, listing_options, load_settings, local_minute, settings_option
from pipeline.cli.instructing import acting_options, instruct, part_argument
from pipeline.cli.register_file import opened
from pipeline.cli.words import say
from pipeline.numbers import shown

_STATES = {
    "raised": ("接收时发现", "seen at the door"), "confirmed": ("判定确认", "confirmed"),
    "acknowledged": ("已有人知悉", "acknowledged"),
}  # fmt: skip


@click.group(
    help=say("紧急警示:列出、知悉。解除警示用 xinshu held decide。\n\n例:xinshu alert list",
             "Alerts of danger: list, acknowledge. To end one: xinshu held decide.\n\nExample: xinshu alert list")
)  # fmt: skip
def alert() -> None:
    """Commands below."""


@alert.command(
    "list",
    help=say("列出尚未解除的警示,最新的在前。\n\n例:xinshu alert list --city shili",
             "List the alerts that stand, the newest first.\n\nExample: xinshu alert list --city shili"),
)  # fmt: skip
@listing_options
def list_(settings_path: Path | None, city: str | None, *, as_json: bool) -> None:
    """Numbers and cues."""
    settings = load_settings(settings_path)
    with opened(settings) as reader:
        standing = reader.alerts(city)
    if as_json:
        rows = [
            {
                "number": one.number,
                "city": one.city,
                "state": one.state,
                "cue": one.cue,
                "at": one.at.isoformat(),
            }
            for one in standing
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in standing:
        at = local_minute(settings, one.city, one.at)
        click.echo(f"{shown(one.number)}  {one.city}  {at}  {say(*_STATES[one.state])}  {one.cue}")
    if not standing:
        click.echo(say("没有未解除的警示", "no alert stands"))


@alert.command(
    help=say("记下有人已知悉警示并在处置;警示在人工决定之前一直有效。\n\n"
             '例:xinshu alert ack 4821 0000 0000 0005 --reason "已转110"',
             "Note that somebody has seen the alert and acts on it; it stands until a person decides.\n\n"
             'Example: xinshu alert ack 4821000000000005 --reason "passed to 110"'),
)  # fmt: skip
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER")
@acting_options
@settings_option
@json_option
def ack(settings_path: Path | None, digits: tuple[str, ...], **acting: Any) -> None:
    """As an Instruction."""
    number, part = part_argument("".join(digits))
    instruct(settings_path, (number, part or 1), {"outcome": "acknowledge"}, **acting)
