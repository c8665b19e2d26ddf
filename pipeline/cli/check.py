"""``xinshu check``: looks at everything that must be right before letters are accepted, and says what to do about the rest."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import click

from pipeline import crash, settings_file
from pipeline.cli import policy_words, words
from pipeline.cli.common import json_option, run_async, settings_option
from pipeline.cli.topics import in_words
from pipeline.cli.words import say, sentence
from pipeline.desk.packs import packs_of, topics_of
from pipeline.judge.route.loading import BadTopics
from pipeline.kafka import address, broker, cities, topics
from pipeline.policies.model import BadPack
from pipeline.settings import City, Settings
from pipeline.trouble import Trouble

OURS = ("schemas", "connectors", "pipeline", "sinks")
DISTRIBUTION = "xinshu"

Level = Literal["ok", "warning", "error"]
MARKS: dict[Level, str] = {"ok": "✓", "warning": "!", "error": "✗"}


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the report."""

    level: Level
    what: str
    said: str


@click.command(
    help=say(
        "检查设置(带行号)、规则包、软件包、插件、Kafka 与主题、城市密钥、暂存库与磁盘,并说明怎么办。"
        "有错误时退出码 1。\n\n例:xinshu check",
        "Check settings (with line numbers), rule packs, packages, plug-ins, Kafka and its topics, the cities' keys, "
        "spool and disk, with advice. Exit code 1 where something is wrong.\n\nExample: xinshu check --json",
    )
)
@settings_option
@json_option
def check(settings_path: Path | None, *, as_json: bool) -> int:
    """1 where something is wrong."""
    report = list(_everything(settings_path))
    if as_json:
        click.echo(json.dumps([asdict(found) for found in report], ensure_ascii=False))
    else:
        for found in report:
            click.echo(f"{MARKS[found.level]} {found.what}: {found.said}")
    return 1 if any(found.level == "error" for found in report) else 0


def _everything(path: Path | None) -> Iterator[Found]:
    yield from _packages()
    yield from _crash_point()
    try:
        found = settings_file.find(path, os.environ)
        settings = settings_file.load(found, os.environ)
    except settings_file.BadSettings as bad:
        yield from (Found("error", say("设置", "settings"), sentence(trouble)) for trouble in bad.troubles)
        return
    words.speak(settings.locale)
    plugins = [*settings.connectors, *settings.sinks]
    yield Found(
        "ok",
        say("设置", "settings"),
        say(f"{found},渠道与办理系统:{' '.join(plugins)}", f"{found}; plug-ins: {' '.join(plugins)}"),
    )
    if not settings.sinks:
        yield Found(
            "warning",
            say("设置", "settings"),
            say("没有 [sinks.*],工单只在 Kafka 上", "no [sinks.*]: orders stay on Kafka"),
        )
    for look in (_policies, _spool, _disk, _kafka):
        yield from look(settings)


def _packages() -> Iterator[Found]:
    """The four folders have everyday names: a stranger's package of the same name must not be taken for ours."""
    what = say("软件包", "packages")
    home = Path(__file__).resolve().parents[2]
    owners = packages_distributions()
    for name in OURS:
        strangers = sorted(set(owners.get(name, ())) - {DISTRIBUTION})
        spec = find_spec(name)
        where = Path(spec.origin).resolve().parents[1] if spec is not None and spec.origin else None
        if strangers:
            yield Found(
                "error",
                what,
                say(
                    f"{name} 同时属于 {' '.join(strangers)},请卸载它",
                    f"{name} also belongs to {' '.join(strangers)}; uninstall it",
                ),
            )
        elif where != home:
            yield Found(
                "error",
                what,
                say(f"{name} 来自 {where},应来自 {home}", f"{name} comes from {where}, not from {home}"),
            )
    try:
        distribution(DISTRIBUTION)
    except PackageNotFoundError:
        yield Found(
            "warning",
            what,
            say(
                "没有安装 xinshu,插件不会被找到:pip install .",
                "xinshu is not installed, no plug-in will be found: pip install .",
            ),
        )


def _crash_point() -> Iterator[Found]:
    if os.environ.get(crash.ENVIRONMENT):
        yield Found(
            "error",
            crash.ENVIRONMENT,
            say(
                "这个环境变量会让程序在指定处自杀,只用于测试,请取消",
                "this variable makes parts kill themselves, for tests only; unset it",
            ),
        )


def _policies(settings: Settings) -> Iterator[Found]:
    try:
        packs = packs_of(settings)
    except BadPack as error:
        yield Found("error", say("规则包", "rule packs"), str(error))
        return
    for name, city in settings.cities.items():
        named = {
            "": city.policy,
            **{box: rules.policy or city.policy for box, rules in city.mailboxes.items()},
        }
        for box, policy in named.items():
            where = f"{name}/{box}" if box else name
            what = say(f"规则包 {where}", f"policy {where}")
            try:
                pack = packs.in_force(policy, datetime.now(UTC), ZoneInfo(city.time_zone))
            except BadPack as error:
                yield Found("error", what, str(error))
            else:
                unsourced = len(policy_words.samples(pack))
                samples = (
                    say(f",其中样例 {unsourced} 处", f", {unsourced} samples in it") if unsourced else ""
                )
                yield Found("ok", what, f"{pack.pack} {pack.version}{samples}")
        yield from _topics(name, city)
        if city.demo:
            yield Found(
                "warning", say(f"城市 {name}", f"city {name}"),
                say("demo = true:没有出处的样例答复也会发给市民", "demo = true: sample answers without a source go to citizens"),
            )  # fmt: skip


def _topics(name: str, city: City) -> Iterator[Found]:
    what = say(f"事项分类 {name}", f"topics {name}")
    try:
        own = topics_of(city)
    except BadTopics as error:
        yield Found("error", what, str(error))
    else:
        if own is not None:
            yield Found("ok", what, str(city.topics))


def _spool(settings: Settings) -> Iterator[Found]:
    what = say("暂存库", "spool")
    path = settings.spool_path
    if not path.exists():
        yield Found(
            "ok",
            what,
            say(f"{path} 还没有建立,接收程序第一次启动时建立", f"{path} will be made by the first door"),
        )
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
            depth = connection.execute("SELECT count(*) FROM piece WHERE state < 2").fetchone()[0]
            whole = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        yield Found(
            "error",
            what,
            say(f"{path} 读不了({error}),请从备份恢复", f"cannot read {path} ({error}); restore the backup"),
        )
        return
    if journal != "wal":
        yield Found(
            "error",
            what,
            say(
                f"{path} 的 journal_mode 是 {journal},应为 wal:请放在本地磁盘上",
                f"{path} has journal_mode={journal}, not wal: use a local disk",
            ),
        )
    if whole != "ok":
        yield Found(
            "error", what, say(f"{path} 已损坏,请从备份恢复", f"{path} is damaged; restore the backup")
        )
    if path.stat().st_mode & 0o077:
        yield Found(
            "error",
            what,
            say(f"{path} 别人也能读:chmod 600 {path}", f"others can read {path}: chmod 600 {path}"),
        )
    yield Found("ok", what, say(f"{path},未办完 {depth} 件", f"{path}, {depth} not finished"))


def _disk(settings: Settings) -> Iterator[Found]:
    what = say("磁盘", "disk")
    folder = next(one for one in (settings.var, *settings.var.absolute().parents) if one.exists())
    usage = shutil.disk_usage(folder)
    wanted = max(settings.door.free_bytes_min, int(usage.total * settings.door.free_share_min))
    free, need = (f"{count / 1024**3:.1f} GiB" for count in (usage.free, wanted))
    level: Level = "ok" if usage.free > wanted else "error"
    advice = (
        ""
        if level == "ok"
        else say(",接收程序会拒收:请腾出空间", "; the door will refuse letters: make room")
    )
    yield Found(
        level,
        what,
        say(
            f"{folder} 剩余 {free},至少要 {need}{advice}", f"{folder} has {free} free, {need} needed{advice}"
        ),
    )


def _kafka(settings: Settings) -> Iterator[Found]:
    try:
        where = address.known(settings)
        if not where:
            yield _own_broker()
            return
        yield from run_async(_on_kafka(settings, where), settings)
    except Trouble as trouble:
        is_ours = not settings.kafka.bootstrap_servers and broker.ENVIRONMENT not in os.environ
        rest = say("(自带的 Kafka 在 xinshu up 时启动)", " (ours starts with xinshu up)") if is_ours else ""
        yield Found(
            "warning" if is_ours and trouble.code == "kafka.away" else "error",
            "Kafka",
            sentence(trouble) + rest,
        )


def _own_broker() -> Found:
    try:
        chosen = broker.choose_broker()
    except broker.NoBroker:
        return Found("error", "Kafka", sentence(Trouble("broker.none")))
    how = say("Docker", "a container engine") if isinstance(chosen, broker.Engine) else "Java"
    return Found(
        "ok",
        "Kafka",
        say(f"没有指定,xinshu up 会用 {how} 启动一个", f"none is named; xinshu up starts one by {how}"),
    )


async def _on_kafka(settings: Settings, where: str) -> list[Found]:
    differences = await topics.check(settings, where)
    found = [Found("error", say("主题", "topics"), in_words(difference)) for difference in differences]
    found = found or [
        Found("ok", say("主题", "topics"), say(f"{where},都在且相符", f"{where}, all as they should be"))
    ]
    if any(difference.what == "missing" for difference in differences):
        return found
    places = await cities.read_cities(settings, where)
    try:
        said = " ".join(sorted(cities.check_keys(settings, places)))
    except Trouble as trouble:
        return [*found, Found("error", say("城市", "cities"), sentence(trouble))]
    return [*found, Found("ok", say("城市", "cities"), said)]
