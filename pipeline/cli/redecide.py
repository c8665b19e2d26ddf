"""``xinshu redecide`` and ``object``: a letter that was decided is looked at again, by the rules or by a person."""

from pathlib import Path
from typing import Any

import click

from pipeline.cli.common import json_option, settings_option
from pipeline.cli.instructing import acting_options, instruct, part_argument
from pipeline.cli.words import say


@click.command(
    help=say("按现行规则重新判定一封来信;人工作出的决定也一并重判,原决定保留在案。\n\n"
             '例:xinshu redecide 4821 0000 0000 0005 --reason "规则包已更正"',
             "Judge a letter again by the rules in force, also where a person decided; what was decided stays on record.\n\n"
             'Example: xinshu redecide 4821000000000005 --reason "the pack was corrected"'),
)  # fmt: skip
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER")
@acting_options
@settings_option
@json_option
def redecide(settings_path: Path | None, digits: tuple[str, ...], **acting: Any) -> None:
    """As an Instruction."""
    number, _ = part_argument("".join(digits))
    instruct(settings_path, (number, 1), {"outcome": "redecide"}, **acting)


@click.command(
    "object",
    help=say("代来信人对“不予受理”或“直接答复”提出异议:转由人工重新核实。\n\n"
             '例:xinshu object 4821 0000 0000 0005 --reason "来电称答复没有解决问题"',
             "Object for the sender to what was declined or answered: a person looks again.\n\n"
             'Example: xinshu object 4821000000000005 --reason "says that the answer did not help"'),
)  # fmt: skip
@click.argument("digits", nargs=-1, required=True, metavar="NUMBER[-PART]")
@acting_options
@settings_option
@json_option
def object_(settings_path: Path | None, digits: tuple[str, ...], **acting: Any) -> None:
    """As an Instruction."""
    number, part = part_argument("".join(digits))
    instruct(settings_path, (number, part or 1), {"outcome": "object"}, **acting)
