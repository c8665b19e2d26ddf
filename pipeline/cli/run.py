"""``xinshu run PART``: one part of the line, in the foreground, for a service manager to watch."""

from pathlib import Path
from typing import cast

import click

from pipeline import assembly
from pipeline.cli.common import bootstrap, load_settings, settings_option
from pipeline.cli.words import say, sentence
from pipeline.trouble import Trouble

PASSING = ("kafka.", "topics.", "spool.owned", "spool.full")
"""Troubles that may pass by themselves: a broker that starts, topics that somebody is about to make, a door that ends."""
WRONG = 2


@click.command(
    help=say(
        "在前台启动一个部分:door 接收,desk 判定,delivery 派单,register 查询库与查询页。\n\n"
        "退出码 75:暂时不能继续,请由服务管理程序重新启动;2:设置不对,重新启动也没有用。\n\n例:xinshu run door",
        "Run one part in the foreground: door accepts, desk decides, delivery hands orders on, register serves the "
        "tracking page.\n\nExit code 75: cannot go on for now, start it again; 2: set up wrongly, starting again does not help.\n\nExample: xinshu run door",
    )
)
@click.argument("part", type=click.Choice(assembly.PARTS))
@settings_option
def run(part: str, settings_path: Path | None) -> int:
    """The part's exit code."""
    which = cast("assembly.Part", part)
    settings = load_settings(settings_path, assembly.plugins_of(which))
    try:
        return assembly.run(which, settings, lambda: assembly.address_from_parent() or bootstrap(settings))
    except Trouble as trouble:
        click.echo(sentence(trouble), err=True)
        return assembly.GO_ON_ELSEWHERE if trouble.code.startswith(PASSING) else WRONG
