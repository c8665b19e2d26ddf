"""``xinshu explain NUMBER``: everything that is known of one number, from the register and from the spool on this machine."""

import json
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipeline.cli import spool_file, story_words
from pipeline.cli.common import json_option, load_settings, number_argument, settings_option
from pipeline.cli.register_file import opened
from pipeline.cli.words import say
from pipeline.numbers import shown
from pipeline.settings import Settings
from pipeline.story import Story
from pipeline.trouble import Trouble
from schemas.inbox import Instruction, Object

_STATES = (
    ("等待转送", "waiting for the relay"),
    ("已转送,等待决定", "relayed, waiting for the decision"),
    ("已办完", "finished"),
)


@click.command(
    help=say(
        "讲清一个编号的来龙去脉:每一件收到的内容、来信、决定及其依据、工单、送达、进展、人说的话,各带时间。"
        "默认不显示市民的原话,--words 显示。\n\n例:xinshu explain 4821 0000 0000 0005",
        "The whole story of one number: pieces, letter, decisions with clause, order, deliveries, statuses, people's "
        "words, each with its time. The citizen's own words only with --words.\n\n"
        "Example: xinshu explain 4821000000000005",
    )
)
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER")
@click.option(
    "--words", "with_words", is_flag=True, help=say("显示市民的原话", "show the citizen's own words")
)
@settings_option
@json_option
def explain(settings_path: Path | None, digits: tuple[str, ...], *, with_words: bool, as_json: bool) -> None:
    """Trouble where the number is known nowhere here."""
    number = number_argument("".join(digits))
    settings = load_settings(settings_path)
    pieces = _pieces(settings, number)
    story = _story(settings, number)
    if not pieces and story is None:
        raise Trouble("number.unknown", number=shown(number))
    if as_json:
        click.echo(json.dumps(told_json(number, pieces, story, with_words=with_words), ensure_ascii=False))
        return
    city = story.city if story is not None else pieces[0].city if pieces else ""
    zone = settings.cities[city].time_zone if city in settings.cities else "Asia/Shanghai"
    if story is not None:
        click.echo(story_words.told(story, with_words=with_words, zone=zone))
    else:
        click.echo(
            say(
                f"编号 {shown(number)}:已登记,查询库里还没有",
                f"number {shown(number)}: registered, not in the register yet",
            )
        )
    if pieces:
        click.echo(say("\n本机暂存库:", "\nThe spool of this machine:"))
    for piece in pieces:
        click.echo(_piece_words(piece, ZoneInfo(zone)))


def _pieces(settings: Settings, number: str) -> list[spool_file.Piece]:
    if not settings.spool_path.exists():
        return []
    with spool_file.opened(settings.spool_path) as connection:
        return list(spool_file.pieces(connection, number))


def _story(settings: Settings, number: str) -> Story | None:
    if not settings.register_path.exists():
        return None
    with opened(settings) as reader:
        return reader.story(number)


def _piece_words(piece: spool_file.Piece, zone: ZoneInfo) -> str:
    where = say(
        f",分区 {piece.partition} 位置 {piece.offset}", f", partition {piece.partition} offset {piece.offset}"
    )
    tries = say(f",转送 {piece.tries} 次", f", relayed {piece.tries} times")
    error = say(f",读不了:{piece.error}", f", unreadable: {piece.error}") if piece.error else ""
    return (
        f"  {piece.received_at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {piece.channel} {piece.piece_no}/{piece.pieces or '…'}  "
        f"{say(*_STATES[piece.state])}{tries if piece.tries else ''}{where if piece.partition is not None else ''}{error}"
    )


def told_json(
    number: str, pieces: list[spool_file.Piece], story: Story | None, *, with_words: bool
) -> dict[str, Any]:
    """The story for scripts."""
    hidden: AbstractSet[str] = (
        set()
        if with_words
        else {"sender", "subject", "text", "turns", "title", "body", "place", "answer", "pieces", "cue"}
    )
    entries = [
        {"written_at": entry.written_at.isoformat(), "kind": type(entry.record).__name__,
         "record": _without(entry.record.model_dump(mode="json"), hidden | _said_by_sender(entry.record, hidden))}
        for entry in (story.entries if story is not None else ())
    ]  # fmt: skip
    return {
        "number": number,
        "city": story.city if story is not None else (pieces[0].city if pieces else ""),
        "parts": [
            {"part": part.part, "state": part.state} for part in (story.parts if story is not None else ())
        ],
        "entries": entries,
        "spool": [piece.as_json() for piece in pieces],
    }


def _said_by_sender(record: object, hidden: AbstractSet[str]) -> AbstractSet[str]:
    """An objection's reason is its sender's words; every other reason is that of somebody in office."""
    objects = isinstance(record, Instruction) and isinstance(record.verdict, Object)
    return {"reason"} if hidden and objects else set()


def _without(value: Any, hidden: AbstractSet[str]) -> Any:
    """*value* without the keys that hold the citizen's own words, among them what a file of theirs is called."""
    if isinstance(value, dict):
        return {
            key: _without(one, hidden | {"name"} if hidden and key == "attachments" else hidden)
            for key, one in value.items()
            if key not in hidden
        }
    if isinstance(value, list):
        return [_without(one, hidden) for one in value]
    return value
