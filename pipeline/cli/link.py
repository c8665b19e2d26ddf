"""``xinshu link`` and ``unlink``: a person says that letters belong together, or that they do not."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from pipeline.cli import story_words
from pipeline.cli.common import json_option, listing_options, load_settings, local_minute, settings_option
from pipeline.cli.instructing import acting_options, instruct, two_numbers
from pipeline.cli.register_file import opened
from pipeline.cli.words import say
from pipeline.numbers import shown

RELATIONS = ("same_person", "same_incident", "recurrence")


class _OrNumbers(click.Group):
    """``link NUMBER OTHER`` is ``link add NUMBER OTHER``, wherever its options stand."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_add = bool(args) and args[0] not in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, ["add", *args] if is_add else args)


@click.group(
    cls=_OrNumbers,
    help=say("来信之间的关联:由人关联两封来信,列出等人确认的、已成规模的。\n\n"
             '例:xinshu link 4821000000000005 4821000000000013 --reason "说的是同一盏灯"',
             "Links between letters: link two, list those that wait for a person and incidents of many.\n\n"
             'Example: xinshu link 4821000000000005 4821000000000013 --reason "the same lamp"'),
)  # fmt: skip
def link() -> None:
    """Commands below."""


@link.command(
    "list",
    help=say("列出系统拿不准、等人确认的关联,最早的在前。\n\n例:xinshu link list --city shili",
             "List the links that the machine is not sure of, the oldest first.\n\nExample: xinshu link list --city shili"),
)  # fmt: skip
@listing_options
def list_(settings_path: Path | None, city: str | None, *, as_json: bool) -> None:
    """Numbers, never words."""
    settings = load_settings(settings_path)
    with opened(settings) as reader:
        asked: list[dict[str, Any]] = [
            {"number": one.number, "other": one.to_number, "city": one.city, "relation": one.relation,
             "score": one.score, "why": one.why, "asked_at": one.at.isoformat()}
            for one in reader.suspected(city)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(asked, ensure_ascii=False))
        return
    for row in asked:
        what = story_words.relation_words(row["relation"])
        click.echo(
            f"{shown(row['number'])}  {shown(row['other'])}  {row['city']}  {row['score']:.2f}  {what}  {row['why']}"
        )
    if not asked:
        click.echo(say("没有等人确认的关联", "no link waits for a person"))


@link.command(
    "incidents",
    help=say("列出许多人反映的同一事件及其来信数。\n\n例:xinshu link incidents",
             "List incidents that many people wrote about, with the count.\n\nExample: xinshu link incidents"),
)  # fmt: skip
@listing_options
def incidents(settings_path: Path | None, city: str | None, *, as_json: bool) -> None:
    """As last told: at the threshold, and at each doubling."""
    settings = load_settings(settings_path)
    with opened(settings) as reader:
        told: list[dict[str, Any]] = [
            {"incident_id": str(one.incident_id), "number": one.number, "city": one.city, "letters": one.letters,
             "at": one.at.isoformat()}
            for one in reader.incidents(city)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for row in told:
        at = local_minute(settings, row["city"], datetime.fromisoformat(row["at"]))
        click.echo(f"{row['incident_id']}  {row['city']}  {row['letters']}  {shown(row['number'])}  {at}")
    if not told:
        click.echo(say("没有成规模的事件", "no incident of many"))


@link.command(
    "add",
    help=say("把一封来信与另一封关联:同一人的(并单)、同一事件的(各办各的)、复发的。不写 --relation 时,同一来信人算并单,"
             '否则算同一事件。\n\n例:xinshu link add 4821000000000005 4821000000000013 --reason "两封信说的是同一盏灯"',
             "Link a letter to another: the same person's (one order), the same incident (orders of their own), a trouble "
             "come back. Without --relation: one person's letters are joined, others share an incident.\n\n"
             'Example: xinshu link add 4821000000000005 4821000000000013 --reason "the same lamp"'),
)  # fmt: skip
@click.argument("words", nargs=-1, required=True, metavar="NUMBER OTHER")
@click.option(
    "--relation", type=click.Choice(RELATIONS), default=None, help=say("怎样的关联", "which relation")
)
@acting_options
@settings_option
@json_option
def add(settings_path: Path | None, words: tuple[str, ...], relation: str | None, **acting: Any) -> None:
    """As an Instruction."""
    number, other = two_numbers(words)
    instruct(
        settings_path, (number, 1), {"outcome": "link", "other": other, "relation": relation or ""}, **acting
    )


@click.command(
    help=say("取消两封来信的关联:已并入的拆出另开工单,同一事件的重新计数,等人确认的算作无关。\n\n"
             '例:xinshu unlink 4821000000000005 4821000000000013 --reason "不是同一盏灯"',
             "Take back a link: a letter that was joined gets its own order, an incident is counted anew, a question "
             'to a person is answered no.\n\nExample: xinshu unlink 4821000000000005 4821000000000013 --reason "another lamp"'),
)  # fmt: skip
@click.argument("words", nargs=-1, required=True, metavar="NUMBER OTHER")
@acting_options
@settings_option
@json_option
def unlink(settings_path: Path | None, words: tuple[str, ...], **acting: Any) -> None:
    """As an Instruction."""
    number, other = two_numbers(words)
    instruct(settings_path, (number, 1), {"outcome": "unlink", "other": other}, **acting)
