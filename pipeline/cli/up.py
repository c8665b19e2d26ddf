"""``xinshu up``: the whole line on one machine, and one readable block that says where everything is."""

import asyncio
import contextlib
import errno
import fcntl
import functools
import logging
import os
import re
import secrets
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import click
import structlog

from pipeline import assembly, forked, logs
from pipeline.cli import up_words
from pipeline.cli.common import load_settings, settings_option
from pipeline.cli.main import exit_code
from pipeline.cli.words import say
from pipeline.kafka import address, broker, broker_process, cities, topics
from pipeline.settings import Settings
from pipeline.settings_file import ENVIRONMENT, BadSettings, find
from pipeline.supervisor import Child, PartFailed, Supervisor, keep_broker
from pipeline.trouble import Trouble

_OWN_SECRET = re.compile(r'^[^#\n]*file = "(var/secrets/[a-z_]+)"', re.MULTILINE)
_OWN_FOLDER = re.compile(r'^folder = "(var/[a-z_]+)"', re.MULTILINE)
_CLIENT = "aiokafka"
EXAMPLE = Path("deploy/xinshu.example.toml")
FIRST = Path("var/xinshu.toml")
BROKER_FIRST_S = 0.1
"""The broker takes longest to start: its process is to run while we load what the parts need."""


@click.command(
    help=say(
        "在一台机器上启动整条线:Kafka(没有指定时自带一个)、接收、判定、派单、查询页。按 Ctrl-C 停止。\n\n"
        "第一次启动没有设置文件时,复制 deploy/xinshu.example.toml 到 var/xinshu.toml。\n\n例:xinshu up",
        "Run the whole line on this machine: Kafka (one of our own where none is named), door, desk, delivery, "
        "tracking page. Ctrl-C stops it.\n\nA first start without a settings file copies "
        "deploy/xinshu.example.toml to var/xinshu.toml.\n\nExample: xinshu up",
    )
)
@settings_option
def up(settings_path: Path | None) -> int:
    """The exit code."""
    path = _settings_file(settings_path)
    if path == FIRST and EXAMPLE.is_file():
        furnish(EXAMPLE.read_text(encoding="utf-8"))
    settings = load_settings(path)
    logs.set_up("up", json={"auto": None, "json": True, "text": False}[settings.log_format])
    with _only_one(settings), forked.waiting_without_threads():
        return asyncio.run(_until_stopped(settings, path))


def _settings_file(named: Path | None) -> Path:
    try:
        return find(named, os.environ)
    except BadSettings:
        if named is not None or os.environ.get(ENVIRONMENT) or not EXAMPLE.is_file():
            raise
    FIRST.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(EXAMPLE, FIRST)
    click.echo(
        say(
            f"第一次启动:已把 {EXAMPLE} 复制为 {FIRST},可按需修改",
            f"first start: {EXAMPLE} copied to {FIRST}, yours to change",
        )
    )
    return FIRST


def furnish(settings: str) -> None:
    """What the example names below ``var/``: folders, and secrets, each random, made once, for its owner's eyes only."""
    for name in _OWN_FOLDER.findall(settings):
        Path(name).mkdir(parents=True, exist_ok=True)
    for name in _OWN_SECRET.findall(settings):
        path = Path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(16) + "\n", encoding="ascii")


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Two lines on one ``var`` would fight for every file in it."""
    settings.var.mkdir(parents=True, exist_ok=True)
    path = settings.var / "up.lock"
    with path.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                "up.running", pid=path.read_text(encoding="ascii").strip() or "?", path=path
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def _until_stopped(settings: Settings, path: Path) -> int:
    # The client logs what we try again ourselves; the parts have their own logs.
    logging.getLogger(_CLIENT).setLevel(logging.CRITICAL)
    settings, overrides = _with_ports(settings)
    supervisor = Supervisor(_children(settings, path, {**overrides, assembly.PARENT: str(os.getpid())}))
    line = asyncio.create_task(_line(settings, path, supervisor))

    def asked() -> None:
        if supervisor.stop.is_set():
            supervisor.hurry.set()
            return
        click.echo(say("正在停止……(再按一次 Ctrl-C 立即结束)", "stopping … (Ctrl-C again: at once)"))
        supervisor.stop.set()
        if not supervisor.address.done():
            line.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    try:
        await line
    except asyncio.CancelledError:
        if not supervisor.stop.is_set():
            raise
    except PartFailed as failed:
        raise Trouble("part.failed", part=failed.part) from failed
    click.echo(say("已全部停止。", "everything has stopped."))
    return 0


async def _line(settings: Settings, path: Path, supervisor: Supervisor) -> None:
    """Parts and broker start side by side; the broker stops after the last part."""
    parts = asyncio.create_task(_parts(settings, path, supervisor))
    serving = asyncio.create_task(_with_broker(settings, supervisor, parts))
    waited: set[asyncio.Task[None]] = {parts, serving}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        supervisor.stop.set()
        if not supervisor.address.done():
            serving.cancel()
        await asyncio.gather(*waited, return_exceptions=True)
    for task in (parts, serving):
        if not task.cancelled():
            task.result()


async def _parts(settings: Settings, path: Path, supervisor: Supervisor) -> None:
    await asyncio.sleep(BROKER_FIRST_S)
    assembly.load_shared()
    await supervisor.run(
        lambda: click.echo(up_words.where_everything_is(settings, path, supervisor.address.result()))
    )


async def _with_broker(settings: Settings, supervisor: Supervisor, parts: "asyncio.Task[None]") -> None:
    async with _broker(settings) as (own, bootstrap):
        await _prepare(settings, bootstrap)
        supervisor.address.set_result(bootstrap)
        keeper = None
        if own is not None:
            keeper = asyncio.create_task(
                keep_broker(own, supervisor.stop, lambda: _prepare(settings, bootstrap, quietly=True))
            )
        await asyncio.wait({parts})
        if keeper is not None:
            keeper.cancel()


@contextlib.asynccontextmanager
async def _broker(
    settings: Settings,
) -> AsyncIterator[tuple[broker.LocalBroker | broker.ContainerBroker | None, str]]:
    """The broker to use, ours or somebody else's; ours is stopped at the end."""
    try:
        chosen = broker.choose_broker(settings.kafka.bootstrap_servers)
    except broker.NoBroker as error:
        raise Trouble("broker.none") from error
    if isinstance(chosen, broker.Given):
        address.checked(chosen.bootstrap)
        click.echo(say(f"使用现有的 Kafka:{chosen.bootstrap}", f"using the Kafka at {chosen.bootstrap}"))
        yield None, chosen.bootstrap
        return
    folder = address.path(settings).parent
    port, heap_mb = _broker_port(settings), settings.kafka.heap_mb
    own: broker.LocalBroker | broker.ContainerBroker
    if isinstance(chosen, broker.Jars):
        own = broker.LocalBroker(folder=folder, port=port, heap_mb=heap_mb, libs=chosen.libs)
    else:
        own = broker.ContainerBroker(folder=folder, port=port, heap_mb=heap_mb)
    click.echo(say("启动 Kafka……", "starting Kafka …"))
    try:
        await own.start()
    except broker.BrokerError as error:
        raise Trouble("broker.failed", reason=str(error)) from error
    try:
        address.path(settings).write_text(own.bootstrap, encoding="ascii")
        structlog.get_logger().info(logs.BROKER_STARTED, address=own.bootstrap)
        yield own, own.bootstrap
    finally:
        await own.stop()


def _broker_port(settings: Settings) -> int:
    """The port of last time, so that other commands find the broker again; any free one where it is taken."""
    with contextlib.suppress(OSError, ValueError):
        last = int(address.path(settings).read_text(encoding="ascii").rpartition(":")[2])
        if _is_free(broker_process.HOST, last):
            return last
    return broker.free_port()


async def _prepare(settings: Settings, bootstrap: str, *, quietly: bool = False) -> None:
    """Topics and cities, where we may make them; where somebody else does, see that they are there."""
    if settings.kafka.create_topics:
        made = await topics.create_missing(settings, bootstrap)
        if made:
            structlog.get_logger().info(logs.TOPICS_CREATED, count=len(made))
            if not quietly:
                click.echo(say(f"已建立 {len(made)} 个主题", f"{len(made)} topics made"))
        await cities.place_cities(settings, bootstrap)
    else:
        cities.check_keys(settings, await cities.read_cities(settings, bootstrap))


PORTS = (
    ("door", "http_port"),
    ("desk", "health_port"),
    ("delivery", "health_port"),
    ("register_", "portal_port"),
)


def _with_ports(settings: Settings) -> tuple[Settings, dict[str, str]]:
    """Port 0 becomes a free one here, since we must know where to ask a part whether it is ready.

    Raises Trouble for a port that somebody else listens on: who answers there would be taken for our part.
    """
    overrides: dict[str, str] = {}
    changed = {}
    for table, key in PORTS:
        values = getattr(settings, table)
        port: int = getattr(values, key)
        if port == 0:
            port = broker.free_port()
            changed[table] = values.model_copy(update={key: port})
            overrides[f"XINSHU_{table.rstrip('_').upper()}__{key.upper()}"] = str(port)
        elif not _is_free(getattr(values, "host", broker_process.HOST), port):
            raise Trouble("port.taken", port=port, key=f"[{table.rstrip('_')}] {key}")
    return settings.model_copy(update=changed), overrides


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as those who will listen bind it
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def _children(settings: Settings, path: Path, environ: Mapping[str, str]) -> list[Child]:
    health: dict[assembly.Part, tuple[str, int]] = {
        "door": (_reachable(settings.door.host), settings.door.http_port),
        "desk": ("127.0.0.1", settings.desk.health_port),
        "delivery": ("127.0.0.1", settings.delivery.health_port),
        "register": (_reachable(settings.register_.host), settings.register_.portal_port),
    }
    return [
        Child(part, functools.partial(_part, part, path, environ), health[part]) for part in assembly.PARTS
    ]


def _part(part: assembly.Part, path: Path, environ: Mapping[str, str]) -> int:
    """The process of one part, from its first step."""
    os.environ.update(environ)
    logging.getLogger(_CLIENT).setLevel(logging.NOTSET)
    return exit_code(["run", part, "--settings", str(path)])


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is asked, not bound
