"""``xinshu held``: letters that wait for a person, and what the person decides. Decisions go through the door."""

import json
from pathlib import Path
from typing import Any

import click

from pipeline.cli import story_words
from pipeline.cli.common import (
    json_option,
    listing_options,
    load_settings,
    local_minute,
    number_argument,
    settings_option,
)
from pipeline.cli.instructing import acting_options, instruct, part_argument
from pipeline.cli.register_file import opened
from pipeline.cli.words import say
from pipeline.numbers import shown
from pipeline.trouble import Trouble
from schemas.decision import Held

OUTCOMES = ("accept", "out_of_scope", "answer_now")


@click.group(
    help=say("等人决定的来信:列出、查看、决定。\n\n例:xinshu held list",
             "Letters that wait for a person: list, show, decide.\n\nExample: xinshu held list")
)  # fmt: skip
def held() -> None:
    """Commands below."""


@held.command(
    "list",
    help=say("列出等人决定的来信,等得最久的在前。\n\n例:xinshu held list --city shili",
             "List what waits for a person, the longest waiting first.\n\nExample: xinshu held list --city shili"),
)  # fmt: skip
@listing_options
def list_(settings_path: Path | None, city: str | None, *, as_json: bool) -> None:
    """Numbers, never words."""
    settings = load_settings(settings_path)
    with opened(settings) as reader:
        waiting = reader.held(city)
    if as_json:
        click.echo(json.dumps([_row(event) for event in waiting], ensure_ascii=False))
        return
    for event in waiting:
        row = _row(event)
        since = local_minute(settings, event.city, event.at)
        click.echo(
            f"{shown(event.number)}{row['suffix']}  {event.city}  {event.channel}  {since}  {row['why']}{row['proposed']}"
        )
    if not waiting:
        click.echo(say("没有等人决定的来信", "nothing waits for a person"))


def _row(event: Any) -> dict[str, Any]:
    reason = event.decision.reason if isinstance(event.decision, Held) else ""
    proposal = event.decision.proposal if isinstance(event.decision, Held) else None
    return {
        "proposal": proposal.model_dump(mode="json") if proposal is not None else None,
        "proposed": story_words.proposal_words(event.decision) if proposal is not None else "",
        "suffix": f"-{event.part}" if event.part > 1 else "",
        "number": event.number, "part": event.part, "city": event.city, "mailbox": event.mailbox,
        "channel": event.channel, "reason": reason, "why": story_words.held_reason(reason),
        "received_at": event.received_at.isoformat(), "held_since": event.at.isoformat(),
    }  # fmt: skip


@held.command(
    help=say("查看一封等人决定的来信的全部经过。\n\n例:xinshu held show 4821 0000 0000 0005",
             "The whole story of one letter that waits.\n\nExample: xinshu held show 4821000000000005"),
)  # fmt: skip
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER")
@settings_option
def show(settings_path: Path | None, digits: tuple[str, ...]) -> None:
    """With the citizen's words: a person must read them to decide."""
    number = number_argument("".join(digits))
    settings = load_settings(settings_path)
    with opened(settings) as reader:
        story = reader.story(number)
    if story is None:
        raise Trouble("number.unknown", number=number)
    click.echo(story_words.told(story, with_words=True))


@held.command(
    help=say(
        "决定一封来信:accept 受理(开出工单,可用 --unit 指定承办单位),out_of_scope 不予受理,answer_now 直接答复"
        "(后两者要用 --reply 写明给市民的话);或用 --accept-proposal 同意系统的建议,发出它拟好的答复。几件事的来信在编号后"
        "写上分件:-2。--reason 必须写。\n\n"
        '例:xinshu held decide 4821 0000 0000 0005-2 accept --unit 城管局 --reason "附件里写明了地点"',
        "Decide a letter: accept opens an order (--unit names who works on it), out_of_scope and answer_now need --reply; "
        "or --accept-proposal sends what the machine proposed. Of a letter with several matters name the part: -2. "
        "--reason is required.\n\n"
        'Example: xinshu held decide 4821000000000005-2 accept --unit 城管局 --reason "the file names the place"',
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="NUMBER[-PART] [accept|out_of_scope|answer_now]")
@click.option(
    "--part", type=click.IntRange(min=1), default=1, help=say("第几件事,默认 1", "which matter, 1 by default")
)
@click.option("--unit", default="", help=say("承办单位", "the unit that works on it"))
@click.option("--reply", default="", help=say("给市民的话", "what the citizen is told"))
@click.option(
    "--accept-proposal", is_flag=True, help=say("同意系统的建议", "agree with what the machine proposed")
)
@acting_options
@settings_option
@json_option
def decide(
    *, words: tuple[str, ...], settings_path: Path | None, part: int, unit: str, reply: str, accept_proposal: bool,
    **acting: Any,
) -> None:  # fmt: skip
    """As an Instruction."""
    digits, verdict = (
        (words, {"outcome": "as_proposed"}) if accept_proposal else _own_verdict(words, unit, reply)
    )
    number, named = part_argument("".join(digits))
    instruct(settings_path, (number, named or part), verdict, **acting)


def _own_verdict(words: tuple[str, ...], unit: str, reply: str) -> tuple[tuple[str, ...], dict[str, str]]:
    *digits, outcome = words
    if outcome not in OUTCOMES or not digits:
        raise click.UsageError(
            say(f"最后要写决定:{'、'.join(OUTCOMES)}", f"the last word is one of: {', '.join(OUTCOMES)}")
        )
    if outcome != "accept" and not reply.strip():
        raise click.UsageError(say(f"{outcome} 要用 --reply 写明给市民的话", f"{outcome} needs --reply"))
    given = {"unit": unit} if outcome == "accept" else {"reply": reply}
    return tuple(digits), {"outcome": outcome, **given}
