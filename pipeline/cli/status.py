"""``xinshu status``: says for a case system what became of an order. It goes through the door, as every word to the desk."""

import json
from pathlib import Path
from typing import get_args

import click

from pipeline.cli.common import json_option, load_settings, settings_option
from pipeline.cli.door_client import ask, whoever
from pipeline.cli.instructing import part_argument, saying_options
from pipeline.cli.register_file import city_of
from pipeline.cli.words import say
from pipeline.numbers import shown
from schemas.inbox import OrderState

STATES = get_args(OrderState)


@click.command(
    help=say(
        "代办理系统登记一张工单的进展:signed 签收,returned 退单,extended 延期,closed 办结。"
        "编号属于哪个城市由查询库查出;查不到时用 --city。\n\n"
        '例:xinshu status 4821 0000 0000 0005 closed --answer "路灯已修好" --reason "现场已核实"',
        "Say for the case system what became of an order: signed, returned, extended, closed. The register tells the "
        "number's city; else --city.\n\n"
        'Example: xinshu status 4821000000000005 closed --answer "The lamp works again" --reason "seen on site"',
    )
)
@click.argument("words", nargs=-1, required=True, metavar="NUMBER[-PART] STATE")
@click.option(
    "--part", type=click.IntRange(min=1), default=1, help=say("第几件事,默认 1", "which matter, 1 by default")
)
@click.option("--answer", default="", help=say("给市民的答复", "what the citizen is to be told"))
@click.option("--reason", default="", help=say("原因", "why"))
@saying_options
@settings_option
@json_option
def status(
    *, words: tuple[str, ...], settings_path: Path | None, part: int, answer: str, reason: str, actor: str | None,
    city: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Sent once; saying it twice is once."""
    *digits, state = words
    if state not in STATES or not digits:
        raise click.UsageError(
            say(f"最后要写状态:{'、'.join(STATES)}", f"the last word is a state: {', '.join(STATES)}")
        )
    number, named = part_argument("".join(digits))
    settings = load_settings(settings_path)
    answer_of_door = ask(settings, "POST", "/status", {
        "city": city_of(settings, number, city), "number": number, "part": named or part, "state": state,
        "actor": whoever(actor), "reason": reason, "answer": answer,
    })  # fmt: skip
    if as_json:
        click.echo(json.dumps(answer_of_door, ensure_ascii=False))
    else:
        click.echo(say(f"已收下:{shown(number)} {state}", f"accepted: {shown(number)} {state}"))
