"""What every command shares: the settings option, the broker's address, and how a mistake becomes one plain line."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from zoneinfo import ZoneInfo

import click
from aiokafka.errors import KafkaConnectionError, KafkaError

from pipeline import settings_file
from pipeline.cli import words
from pipeline.cli.words import say
from pipeline.kafka import address
from pipeline.numbers import is_number, plain
from pipeline.plugins import Group
from pipeline.settings import Settings
from pipeline.trouble import Trouble

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


def settings_option(function: Function) -> Function:
    """``--settings FILE``."""
    return click.option(
        "--settings", "settings_path", type=click.Path(path_type=Path), metavar="FILE",
        help=say("设置文件;不写则看 XINSHU_SETTINGS、./xinshu.toml、./var/xinshu.toml",
                 "the settings file; else XINSHU_SETTINGS, ./xinshu.toml, ./var/xinshu.toml"),
    )(function)  # fmt: skip


def json_option(function: Function) -> Function:
    """``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help=say("输出 JSON,供程序读取", "print JSON, for scripts")
    )(function)


def listing_options(function: Function) -> Function:
    """``--city`` of a list, ``--settings``, ``--json``."""
    one_city = click.option("--city", help=say("只看一个城市", "one city only"))
    return one_city(settings_option(json_option(function)))


def load_settings(path: Path | None, groups: Sequence[Group] = ()) -> Settings:
    """The settings, with plug-in tables of *groups* checked; from here on we speak their language."""
    settings = settings_file.load(settings_file.find(path, os.environ), os.environ, groups)
    words.speak(settings.locale)
    return settings


def bootstrap(settings: Settings) -> str:
    """The broker's address: from the settings, the environment, or the ``up`` that runs here. Raises Trouble."""
    if found := address.known(settings):
        return found
    raise Trouble("kafka.none")


def run_async(work: Coroutine[Any, Any, T], settings: Settings | None = None) -> T:
    """Run *work*; a broker that cannot be reached is Trouble."""
    # The client logs every refused connection; the one line we print says it.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(work)
    except (KafkaConnectionError, KafkaError) as error:
        where = address.known(settings) if settings is not None else ""
        raise Trouble("kafka.away", address=where or "?", reason=type(error).__name__) from error


def read_from(file: str | Path | None) -> BinaryIO:
    """A file of the call to read from; None and ``-``: standard input. Raises Trouble."""
    if file is None or str(file) == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except FileNotFoundError:
        raise Trouble("file.none", path=file) from None
    except OSError as error:
        raise Trouble("file.unreadable", path=file, reason=error.strerror or "?") from None


def local_minute(settings: Settings, city: str, at: datetime) -> str:
    """When it was, by the clocks of the city."""
    zone = settings.cities[city].time_zone if city in settings.cities else "Asia/Shanghai"
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def number_argument(text: str) -> str:
    """A registration number as typed, spaces and dashes forgiven. Raises Trouble."""
    number = plain(text)
    if not is_number(number):
        raise Trouble("number.bad", number=text)
    return number
