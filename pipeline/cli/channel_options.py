"""Options that a channel brings along: ``xinshu normalise CHANNEL`` has those that the channel's ``file_options`` name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from pipeline.cli.words import say
from pipeline.plugins import connector_class, installed
from schemas.ports import FileOption, ReadsFiles

_PARAMETER = "of_channel_"


def reads_files(channel: str) -> type[ReadsFiles] | None:
    """The channel's class, where a file of its payloads is more than the bytes of one letter."""
    if channel not in installed("xinshu.connectors"):
        return None
    found: Any = connector_class(channel)
    # The class, not an object of it: what a file's payload means needs no settings.
    return found if hasattr(found, "from_file") and hasattr(found, "file_options") else None


def _options(channel: str) -> Sequence[FileOption]:
    source = reads_files(channel)
    return source.file_options if source is not None else ()


def values(channel: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The options' values by their names, files read. Raises click.BadParameter."""
    found: dict[str, str] = {}
    for place, option in enumerate(_options(channel)):
        value = given.get(f"{_PARAMETER}{place}")
        if value is not None:
            found[option.name] = _text(option, value) if option.is_file else value
    return found


def _text(option: FileOption, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror
    except ValueError:
        reason = say("不是 UTF-8 文本", "not UTF-8 text")
    raise click.UsageError(
        say(
            f"选项 --{option.name}:读不了文件 {path}:{reason}",
            f"option --{option.name}: cannot read {path}: {reason}",
        )
    )


class ChannelCommand(click.Command):
    """A command whose first argument is a channel."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        channel = next((one for one in args if not one.startswith("-")), "")
        ctx.meta[_PARAMETER] = channel
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            own = " ".join(f"--{option.name}" for option in _options(channel)) or say("没有", "none")
            if not channel:
                raise
            raise click.UsageError(
                say(
                    f"{channel} 没有选项 {error.option_name};它自己的选项:{own}",
                    f"{channel} has no option {error.option_name}; its own options: {own}",
                ),
                ctx,
            ) from None

    @override
    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        options = enumerate(_options(ctx.meta.get(_PARAMETER, "")))
        return super().get_params(ctx) + [
            click.Option(
                [f"--{option.name}", f"{_PARAMETER}{place}"],
                type=click.Choice(option.choices) if option.choices else str,
                metavar="FILE" if option.is_file else None,
                help=say(option.help_zh, option.help_en),
            )
            for place, option in options
        ]
