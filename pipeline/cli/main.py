"""``xinshu``: finds the command, and turns everything that can go wrong into one plain line and an exit code.

Exit codes: 0 done; 1 it did not work, or something found is not as it should be; 2 the call or the settings are wrong.
"""

import importlib
import os
import sys
from typing import Any, Final

import click
from typing_extensions import override

from pipeline.cli.words import say, sentence
from pipeline.trouble import Trouble

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "up": ("up:up", "在一台机器上启动整条线", "run the whole line on this machine"),
    "run": ("run:run", "启动其中一个部分(door、desk、delivery、register)", "run one part (door, desk, delivery, register)"),
    "check": ("check:check", "检查设置、插件、Kafka、主题、密钥与暂存库", "check settings, plug-ins, Kafka, topics, keys and spool"),
    "normalise": ("normalise:normalise", "把渠道的原始内容读成 JSON", "read a channel's raw payloads into JSON"),
    "judge": ("judge:judge", "离线判定来信(JSON 行进,JSON 行出)", "judge letters offline, JSON lines in and out"),
    "compare": ("compare:compare", "比较成对的来信是不是一件事", "compare pairs of letters"),
    "topic": ("topic:topic", "事项分类:学习、检验、给来信分类", "topics: learn, test, say the topics of letters"),
    "policy": ("policy:policy", "规则包:列出、查看、试判、比较", "rule packs: list, show, try on cases, compare"),
    "connector": ("connector:connector", "渠道插件", "channel plug-ins"),
    "topics": ("topics:topics", "打印、建立、核对 Kafka 主题", "print, create, check the Kafka topics"),
    "quarantine": ("quarantine:quarantine", "读不了的来信:列出、查看、重投", "letters nobody could read: list, show, redrive"),
    "held": ("held:held", "等人决定的来信:列出、查看、决定", "letters that wait for a person: list, show, decide"),
    "alert": ("alert:alert", "紧急警示:列出、知悉", "alerts of danger: list, acknowledge"),
    "link": ("link:link", "来信之间的关联:列出、关联", "links between letters: list, link"),
    "unlink": ("link:unlink", "取消两封来信的关联", "take back a link"),
    "redecide": ("redecide:redecide", "按现行规则重新判定一封来信", "judge a letter again by the rules in force"),
    "object": ("redecide:object_", "代来信人提出异议", "object for the sender"),
    "status": ("status:status", "代办理系统说:签收、退单、延期、办结", "say for the case system: signed, returned, extended, closed"),
    "ledger": ("ledger:ledger", "对账:每个编号有且只有一个着落", "balance the books: every number in exactly one state"),
    "explain": ("explain:explain", "讲清一个编号的来龙去脉", "the whole story of one number"),
    "register": ("register:register", "查询库:重建", "the register: rebuild it"),
}  # fmt: skip
"""Name → where it lives below this package, what it does."""

WRONG_CALL = (
    "settings.",
    "file.",
    "line.",
    "number.bad",
    "channel.",
    "policy.",
    "city.unknown",
    "topic.",
)
"""Troubles whose remedy is another call or another settings file: exit code 2."""


class _Commands(click.Group):
    """Loads a command's code only when that command is called, so that ``--help`` is quick."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"pipeline.cli.{module}"), name)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, say(zh, en)) for name, (_, zh, en) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - only this option pays for it

        click.echo(f"xinshu {version('xinshu')}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help=say(
        "信枢:收下市民写给城市的每一封来信,一事一单交给办理系统。\n\n例:xinshu up",
        "Xinshu takes in what citizens write to their city and hands the case system one work order per matter.\n\n"
        "Example: xinshu up",
    ),
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help=say("显示版本", "show the version"),
)  # fmt: skip
def cli() -> None:
    """Everything below is a command of its own."""


def main(arguments: list[str] | None = None) -> None:
    """The console script."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: list[str] | None) -> int:
    """Run one command: what its process is to end with."""
    try:
        result: Any = cli.main(args=arguments, prog_name="xinshu", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        return _tell_usage(error)
    except Trouble as trouble:
        return _tell(trouble)
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        troubles = getattr(error, "troubles", ())
        if not troubles:
            raise
        return max(_tell(trouble) for trouble in troubles)
    return result if isinstance(result, int) else 0


def _tell(trouble: Trouble) -> int:
    click.echo(sentence(trouble), err=True)
    return 2 if trouble.code.startswith(WRONG_CALL) else 1


def _as_typed(parameter: click.Parameter) -> str:
    """An option as it is typed, an argument as the usage line shows it."""
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name


def _how(error: click.BadParameter) -> str:
    if error.param and isinstance(error.param.type, click.Choice):
        return f"只能是 {'、'.join(map(str, error.param.type.choices))}"
    return error.message.rstrip(".")


def _tell_usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "xinshu"
    message = " ".join(error.format_message().split())
    match error:
        case click.MissingParameter():
            name = _as_typed(error.param) if error.param else "?"
            what = say(f"缺少 {name}", message)
        case click.NoSuchOption():
            what = say(f"没有选项 {error.option_name}", message)
        case click.BadParameter():
            name = _as_typed(error.param) if error.param else "?"
            what = say(f"{name} 的值不对:{_how(error)}", message)
        case _:
            what = message
    click.echo(say(f"{what}。用法见:{where} --help", f"{what} See: {where} --help"), err=True)
    return error.exit_code
