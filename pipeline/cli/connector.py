"""``xinshu connector``: which channels are installed, whether one keeps the contract, a package for a new one."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError

from pipeline import settings_file
from pipeline.cli.common import json_option, settings_option
from pipeline.cli.scaffolding import write_package
from pipeline.cli.words import say
from pipeline.plugins import connector_class, contract_suite, installed
from pipeline.trouble import Trouble
from schemas.ports import ConnectorSettings

RULES: Final[dict[str, tuple[str, str]]] = {
    "name": ("渠道、文件夹、入口点同名", "channel, folder and entry point are one word"),
    "secret": ("密钥不外露", "no secret is shown"),
    "golden": ("案例的结果与预期一致", "a case gives what its expected file says"),
    "drops": ("字段不丢失", "no field is lost"),
    "repeatable": ("同样的输入总得同样的结果", "the same input gives the same result"),
    "errors": ("坏输入只引出约定的错误,监听不中断", "bad input raises our errors only; listening never ends"),
    "words": ("拒绝时不引用内部错误,也不像是同意", "a refusal quotes no exception and is no yes"),
    "answer": ("回答里是所登记的编号", "the answer tells the number that was given"),
    "accept": ("落盘之后才向对方说收到", "yes to the peer only once letters are stored"),
    "loop": ("不占住事件循环", "the event loop is not kept"),
    "stops": ("要求停止时就停", "asked to stop, it stops"),
    "pieces": ("一封信的各片合得起来", "the pieces of a letter fit together"),
    "cut": ("批量文件可靠地切成单封", "a batch is cut into letters reliably"),
    "content": ("读出的内容干净、可重复", "content is clean and the same each time"),
}
"""The suite's rules, as the operator reads them."""


@click.group(
    help=say(
        "渠道插件:列出、检查、新建。\n\n例:xinshu connector new kiosk",
        "Channel plug-ins: list, check, make a new one.\n\nExample: xinshu connector new kiosk",
    )
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


@connector.command(
    help=say(
        "检查一个已安装的渠道是否守约:逐个运行案例,再用剪断、改坏的输入和各种错误去试。"
        "每条不合之处写明规则名;有一条退出码就是 1。\n\n例:xinshu connector check kiosk",
        "See whether an installed channel keeps the contract: runs its cases, then spoiled ones and every error. Each "
        "fault is named by its rule; exit code 1 where there is one.\n\nExample: xinshu connector check kiosk",
    )
)
@click.argument("name")
@click.option(
    "--cases", type=click.Path(path_type=Path), default=Path("cases"), metavar="DIR", show_default=True,
    help=say("案例所在的文件夹", "the folder of cases"),
)  # fmt: skip
@settings_option
@click.option(
    "--record",
    is_flag=True,
    help=say("写出缺少的预期结果,供人核对", "write the expected files that are missing"),
)
@json_option
def check(name: str, cases: Path, settings_path: Path | None, *, record: bool, as_json: bool) -> int:
    """1 where a rule is broken."""
    there = sorted(installed("xinshu.connectors"))
    if name not in there:
        near = get_close_matches(name, there, 1)
        raise Trouble("channel.unknown", channel=name, near=near, there=" ".join(there))
    if not cases.is_dir():
        raise Trouble("channel.no_cases", folder=cases)
    _readable(cases)
    found_class, suite = connector_class(name), contract_suite()
    settings = _settings_of(found_class, name, cases, settings_path)
    with _without_logs():
        written = suite.record_expected(found_class, settings, cases) if record else []
        findings = list(suite.examine(found_class, settings, cases))
    for path in written:
        click.echo(say(f"已写 {path},请核对", f"written: {path}; read it"), err=as_json)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
        return 1 if findings else 0
    for finding in findings:
        click.echo(f"✗ {finding.rule:<10} {finding.story}: {finding.detail}")
    broken = {finding.rule for finding in findings}
    for rule in sorted(broken):
        click.echo(f"  {rule:<10} {say(*RULES[rule])}")
    if not findings:
        click.echo(
            say(
                f"✓ {name} 守约:{len(RULES)} 条规则,案例见 {cases}",
                f"✓ {name} keeps all {len(RULES)} rules; cases: {cases}",
            )
        )
    return 1 if findings else 0


@contextmanager
def _without_logs() -> Iterator[None]:
    """What a connector logs of the faults it is tried with is no news."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _readable(cases: Path) -> None:
    """A case that is none is no fault of the connector's. Raises Trouble."""
    for ending in ("expected", "options"):
        for path in sorted(cases.glob(f"*.{ending}.json")):
            _object_in(path)
    for path in sorted(cases.glob("*.http")):
        if not path.read_bytes().strip():
            raise Trouble("channel.empty_case", file=path)


def _object_in(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Trouble("channel.no_object", file=path)
    return found


def _settings_of(found: Any, name: str, cases: Path, path: Path | None) -> ConnectorSettings:
    """From the line's settings file where one is named, else from ``settings.json`` beside the cases."""
    own = cases / "settings.json"
    if path is not None:
        table: Any = settings_file.load(path, os.environ, ("xinshu.connectors",)).connectors.get(name)
    else:
        table = _object_in(own) if own.is_file() else None
    if table is None:
        raise Trouble("channel.no_settings", file=own, channel=name)
    try:
        settings: ConnectorSettings = found.Settings.model_validate(table)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False))
        raise Trouble("channel.bad_settings", file=path or own, places=places) from None
    return settings


@connector.command(
    help=say(
        "新建一个渠道的软件包,装上就能用:默认是由对方调用的形式(webhook),--poll 是自己去取的形式。\n\n"
        "例:xinshu connector new kiosk --into ..",
        "Write the package of a new channel, ready to install: a webhook that peers call, or with --poll a listener "
        "that asks its peer.\n\nExample: xinshu connector new kiosk --into ..",
    )
)
@click.argument("name")
@click.option("--poll", is_flag=True, help=say("由我们去取信的渠道", "a channel that asks its peer"))
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path(), metavar="DIR",
    help=say("放在哪个文件夹里,默认当前文件夹", "the folder to put it in; the current one by itself"),
)  # fmt: skip
def new(name: str, into: Path, *, poll: bool) -> int:
    """Raises Trouble where the name or the folder is taken."""
    folder = write_package(name, "poll" if poll else "webhook", into)
    click.echo(
        say(
            f"已写好 {folder}。接下来:\n  cd {folder}\n  pip install -e .\n  xinshu connector check {name}\n"
            "再把 settings.toml 里的几行放进设置文件;README.md 里有第一封信。",
            f"Written: {folder}. Next:\n  cd {folder}\n  pip install -e .\n  xinshu connector check {name}\n"
            "Then put the lines of settings.toml into your settings; README.md shows the first letter.",
        )
    )
    return 0
