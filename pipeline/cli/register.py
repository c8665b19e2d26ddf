"""``xinshu register``: the read model behind the tracking page."""

from pathlib import Path

import click

from pipeline.cli.common import bootstrap, load_settings, run_async, settings_option
from pipeline.cli.words import say
from pipeline.register.rebuild import rebuild as rebuild_tables


@click.group(
    help=say("查询库。\n\n例:xinshu register rebuild", "The register.\n\nExample: xinshu register rebuild")
)
def register() -> None:
    """Commands below."""


@register.command(
    help=say(
        "从 Kafka 主题重建查询库,内容相同。查询页运行时也可以执行。\n\n例:xinshu register rebuild",
        "Make the register anew from the topics, to the same content; the tracking page may run meanwhile.\n\n"
        "Example: xinshu register rebuild",
    )
)
@settings_option
def rebuild(settings_path: Path | None) -> None:
    """Says how many records were read."""
    settings = load_settings(settings_path)
    count = run_async(rebuild_tables(settings, bootstrap(settings)), settings)
    click.echo(say(f"已重建,读了 {count} 条记录", f"rebuilt from {count} records"))
