"""The block that ``up`` prints when everything is ready: where citizens write, where they look, where orders go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.cli.words import say
from pipeline.plugins import sink_kind
from pipeline.settings import Settings

RULE = "─" * 60


def where_everything_is(settings: Settings, path: Path, bootstrap: str) -> str:
    """The block."""
    door = f"http://{settings.door.host}:{settings.door.http_port}"
    rows = [
        *_channels(settings, door),
        (say("查询页", "tracking page"), settings.register_.url + "/"),
        *_sinks(settings),
        ("Kafka", bootstrap),
        (say("设置文件", "settings"), str(path)),
        (say("停止", "stop"), "Ctrl-C"),
    ]
    wide = max(_width(name) for name, _ in rows)
    lines = [f"  {name}{' ' * (wide - _width(name))}  {value}" for name, value in rows]
    title = say("信枢已就绪", "Xinshu is ready")
    return "\n".join(["", RULE, f"  {title}", RULE, *lines, RULE])


def _channels(settings: Settings, door: str) -> Iterator[tuple[str, str]]:
    for channel, table in settings.connectors.items():
        if "port" in table:
            yield f"{say('渠道', 'channel')} {channel}", f"{table.get('host', '127.0.0.1')}:{table['port']}"
        else:
            yield f"{say('渠道', 'channel')} {channel}", str(table.get("url") or f"{door}/in/{channel}/")


def _sinks(settings: Settings) -> Iterator[tuple[str, str]]:
    for instance, table in settings.sinks.items():
        where: Any = table.get("path") or table.get("url") or table.get("folder") or ""
        yield (
            f"{say('工单写到', 'orders to')} {instance}",
            f"{sink_kind(settings.sinks, instance)} {where}".strip(),
        )


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)
