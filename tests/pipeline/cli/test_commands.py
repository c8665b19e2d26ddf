"""Every command as its users call it: help with an example, wrong calls, a world without Kafka and without a door."""

import fcntl
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from pipeline.cli import main as front
from pipeline.cli import words
from pipeline.numbers import registration_number
from schemas import ids

ROOT = Path(__file__).resolve().parents[3]
NUMBER = registration_number(bytes(32), ids.letter_id("shili", "mayor", "email", "a", "b"))

Said = tuple[int, str, str]
Call = Callable[..., Said]


def every_command() -> Iterator[tuple[str, ...]]:
    context = click.Context(front.cli)
    for name in front.cli.list_commands(context):
        command = front.cli.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.commands)


@pytest.fixture
def settings(tmp_path: Path, free_port: Callable[[], int]) -> str:
    path = tmp_path / "x.toml"
    path.write_text(
        'var = "var"\n[kafka]\nbootstrap_servers = "127.0.0.1:' + str(free_port()) + '"\n'
        '[cities.shili]\ntitle = "示例市"\nfallback_unit = "市民服务中心"\n'
        '[cities.yangben]\ntitle = "样本市"\nfallback_unit = "市民服务中心"\n'
    )
    return str(path)


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_every_command_has_help_with_an_example(call: Call, command: tuple[str, ...]) -> None:
    code, out, _ = call(*command, "--help")
    assert code == 0
    assert re.search(r"例:\s*xinshu " + " ".join(command), out)


def test_the_list_of_commands_loads_none_of_them(call: Call) -> None:
    code, out, _ = call("--help")
    assert code == 0
    assert all(name in out for name in front.COMMANDS)


def test_the_version_is_said(call: Call) -> None:
    code, out, _ = call("--version")
    assert code == 0
    assert re.fullmatch(r"xinshu \d{4}\.\d+\.\d+\n", out)


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",), ("run", "kitchen"), ("topics", "prnt"), ("nonsense",), ("check", "--nonsense"), ("held", "decide", NUMBER),
        ("held", "decide", NUMBER, "accept"), ("held", "decide", NUMBER, "maybe", "--reason", "x"),
        ("held", "decide", NUMBER, "answer_now", "--reason", "x"), ("held", "decide", NUMBER, "accept", "--reason", " "),
        ("status", NUMBER), ("status", NUMBER, "sleeping"), ("quarantine", "redrive"), ("ledger", "--patience", "-1"),
        ("judge",), ("compare", "one"), ("normalise", "email"), ("explain",),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_line_with_the_way_to_help(call: Call, arguments: tuple[str, ...]) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "--help" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("explain", "1234"), 2, "1234 不是登记编号"),
        (("explain", NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)), 2, "不是登记编号"),
        (("explain", NUMBER), 1, "没有找到编号"),
        (("status", NUMBER, "signed"), 1, "请加 --city"),
        (("status", NUMBER, "signed", "--city", "nowhere"), 2, "没有城市 nowhere;有:shili yangben"),
        (("status", NUMBER, "signed", "--city", "shili"), 1, "接收程序没有在运行"),
        (("held", "decide", NUMBER, "accept", "--reason", "x", "--city", "shili"), 1, "接收程序没有在运行"),
        (("held", "list"), 1, "查询库 var/register/register.db 还没有建立"),
        (("held", "show", NUMBER), 1, "查询库 var/register/register.db 还没有建立"),
        (("quarantine", "list"), 1, "接收程序没有在运行"),
        (("ledger",), 1, "暂存库 var/spool/spool.db 还没有建立"),
        (("topics", "check"), 1, "连不上 Kafka(127.0.0.1:"),
        (("topics", "create"), 1, "连不上 Kafka(127.0.0.1:"),
        (("register", "rebuild"), 1, "连不上 Kafka(127.0.0.1:"),
    ],
)
def test_what_is_not_there_is_said_with_a_remedy(
    call: Call, settings: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = call(*arguments, "--settings", settings)
    assert (found, out) == (code, "")
    assert len(err.splitlines()) == 1
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("topics", "print"), 2, "没有找到设置文件"),
        (("topics", "print", "--settings", "none.toml"), 2, "没有设置文件 none.toml"),
        (("up", "--settings", "none.toml"), 2, "没有设置文件 none.toml"),
        (("judge", "--policy", "pass", "none.jsonl"), 2, "没有文件 none.jsonl"),
        (("judge", "--policy", "none"), 2, "没有规则包 none"),
        (("compare", "none.jsonl", "none.tsv"), 2, "没有文件 none.jsonl"),
        (("normalise", "emial", "x"), 2, "没有安装渠道 emial,是否想写 email?"),
    ],
)
def test_a_file_or_name_that_is_not_there(
    call: Call, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = call(*arguments)
    assert (found, out) == (code, "")
    assert len(err.splitlines()) == 1
    assert said in err


@pytest.mark.parametrize("arguments", [(), ("link",), ("held",)], ids=" ".join)
def test_a_call_that_names_no_command_is_told_which_there_are(call: Call, arguments: tuple[str, ...]) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) > 5
    assert "xinshu" in err


@pytest.mark.parametrize("servers", ["127.0.0.1:x", "127.0.0.1:9092;b", ",", "kafka://a:1"])
def test_an_address_of_kafka_that_is_none(
    call: Call, settings: str, monkeypatch: pytest.MonkeyPatch, servers: str
) -> None:
    lines = Path(settings).read_text().splitlines(keepends=True)
    Path(settings).write_text("".join(line for line in lines if "bootstrap" not in line))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", servers)
    code, _, err = call("topics", "check", "--settings", settings)
    assert code == 2
    assert f"Kafka 的地址不对:{servers}" in err


def test_up_names_the_port_that_somebody_else_has(
    call: Call, settings: str, free_port: Callable[[], int]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with Path(settings).open("a") as file:
            file.write(f"[door]\nhttp_port = {port}\n")
        code, out, err = call("up", "--settings", settings)
    assert (code, out) == (1, "")
    assert f"端口 {port} 已被占用" in err
    assert "[door] http_port" in err


def test_up_does_not_start_twice_on_one_var(call: Call, settings: str) -> None:
    Path("var").mkdir()
    with Path("var/up.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, out, err = call("up", "--settings", settings)
    assert (code, out) == (1, "")
    assert "进程 4711" in err


def test_english_by_locale(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_language", "en")
    assert call("explain", "12")[2].startswith("12 is not a registration number")


def test_check_reports_everything_and_fails_where_something_is_wrong(
    call: Call, settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = call("check", "--settings", settings, "--json")
    assert code == 1
    report = json.loads(out)
    assert [found["what"] for found in report if found["level"] == "error"] == ["Kafka"]
    monkeypatch.setenv("XINSHU_CRASH_POINT", "spool.committed")
    code, out, _ = call("check", "--settings", settings)
    assert code == 1
    assert "✗ XINSHU_CRASH_POINT" in out
    monkeypatch.setenv("XINSHU_CITIES__SHILI__TOPICS", "none.npz")
    code, out, _ = call("check", "--settings", settings)
    assert "✗ 事项分类 shili: none.npz: No such file" in out
    Path(settings).write_text("[citties]\n")
    code, out, _ = call("check", "--settings", settings)
    assert code == 1
    assert ":1:没有 citties 这一项,是否想写 cities?" in out


def test_topics_are_printed_for_whoever_makes_them(call: Call, settings: str) -> None:
    code, out, _ = call("topics", "print", "--settings", settings)
    assert code == 0
    assert out.count("--create --if-not-exists --topic ") == 10
    code, out, _ = call("topics", "print", "--settings", settings, "--json")
    assert {row["partitions"] for row in json.loads(out)} == {12}


def test_every_trouble_has_words_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "pipeline").rglob("*.py"))
    raised = set(re.findall(r'(?:Trouble|\.trouble)\(\s*"([a-z_.]+)"', source))
    assert raised == raised & set(words.TROUBLES)
    for chinese, english in words.TROUBLES.values():
        assert set(re.findall(r"{(\w+)", chinese)) == set(re.findall(r"{(\w+)", english))


def test_no_secret_and_no_value_in_the_lines(call: Call, settings: str) -> None:
    canary = "canary-5b7d"
    with Path(settings).open("a") as file:
        file.write(f'[door]\nhttp_port = "{canary}"\nnonsense = "{canary}"\n')
    for arguments in (("check",), ("topics", "check"), ("run", "door"), ("up",)):
        code, out, err = call(*arguments, "--settings", settings)
        assert code in (1, 2)
        assert canary not in out + err
