"""``xinshu normalise CHANNEL [--option VALUE …] FILE…``: raw payloads become letters, read as the door reads them, offline."""

import json
from difflib import get_close_matches
from typing import Any

import click

from pipeline import logs
from pipeline.cli import channel_options
from pipeline.cli.payload_files import reading
from pipeline.cli.words import say
from pipeline.plugins import installed
from pipeline.trouble import Trouble


@click.command(
    cls=channel_options.ChannelCommand,
    help=say(
        "把渠道的原始内容(如 .eml 文件)逐个读成一行 JSON,顺序与参数相同;读不了的也占一行,写明原因,不会停下。"
        "文件名 - 表示标准输入。有的渠道一个文件里有许多来信,也有自己的选项:xinshu normalise 渠道 --help。\n\n"
        '输出:{"input": 文件名, "letters": [...]} 或 {"input": 文件名, "error": {"kind", "detail"}}。文件里个别来信读不了时,'
        '另有 "errors": [{"index": 第几封(从 0 数), "error": {...}}],"letters" 里是其余的,次序不变。'
        "文件本身打不开时退出码 1。\n\n例:xinshu normalise email 来信/*.eml",
        "Read a channel's raw payloads (.eml files, for instance), one JSON line each in the order given; what cannot "
        "be read gets a line that says why, and nothing stops. - is standard input. Files of some channels hold many "
        "letters, and some channels have options of their own: xinshu normalise CHANNEL --help.\n\n"
        'Prints {"input", "letters": [...]} or {"input", "error": {"kind", "detail"}}. Where single letters of a file '
        'cannot be read there is also "errors": [{"index": which one, from 0, "error": {...}}], and "letters" holds the '
        "others in their order. Exit code 1 where a file cannot be opened.\n\n"
        "Example: xinshu normalise email mails/*.eml",
    ),
)
@click.argument("channel")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def normalise(channel: str, files: tuple[str, ...], **options: Any) -> int:
    """1 where a file cannot be opened."""
    there = sorted(installed("xinshu.connectors"))
    if channel not in there:
        near = get_close_matches(channel, there, 1)
        raise Trouble("channel.unknown", channel=channel, near=near, there=" ".join(there))
    logs.set_up("normalise")  # to standard error: standard output is for letters
    code = 0
    source = channel_options.reads_files(channel)
    with reading(channel, source, channel_options.values(channel, options)) as lines:
        for name in files:
            line = lines.line(name)
            click.echo(json.dumps(line, ensure_ascii=False))
            code = max(code, int(line.get("error", {}).get("kind") == "file"))
    return code
