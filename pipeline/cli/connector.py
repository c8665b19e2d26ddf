"""``xinshu connector``: which channels are installed, and where they come from."""

import json
from importlib import import_module
from inspect import getdoc

import click

from pipeline.cli.common import json_option
from pipeline.cli.words import say
from pipeline.plugins import connector_class, installed


@click.group(
    help=say("渠道插件。\n\n例:xinshu connector list", "Channel plug-ins.\n\nExample: xinshu connector list")
)
def connector() -> None:
    """Commands below."""


@connector.command(
    "list",
    help=say(
        "列出已安装的渠道:名称、形式(webhook 由对方调用,listener 自己监听)、来自哪个软件包、一句话说明。\n\n"
        "例:xinshu connector list --json",
        "List the installed channels: name, shape (webhook: peers call us; listener: it listens by itself), package, "
        "first line of its manual.\n\nExample: xinshu connector list --json",
    ),
)
@json_option
def list_(*, as_json: bool) -> int:
    """1 where a plug-in cannot be loaded."""
    rows = []
    for name, point in sorted(installed("xinshu.connectors").items()):
        row = {
            "name": name,
            "package": point.dist.name if point.dist else "",
            "shape": "",
            "about": "",
            "error": "",
        }
        try:
            found = connector_class(name)
        except Exception as error:  # a stranger's plug-in may fail in any way; the list goes on
            row["error"] = f"{type(error).__name__}: {error}"
        else:
            row["shape"] = "webhook" if hasattr(found, "receive") else "listener"
            row["about"] = (getdoc(import_module(point.module)) or "").split("\n", maxsplit=1)[0]
        rows.append(row)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            tail = (
                say(f"载入失败:{row['error']}", f"cannot be loaded: {row['error']}")
                if row["error"]
                else row["about"]
            )
            click.echo(f"{row['name']:<12} {row['shape']:<9} {row['package']:<12} {tail}")
    return 1 if any(row["error"] for row in rows) else 0
