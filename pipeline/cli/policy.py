"""``xinshu policy``: which rule packs there are, what stands in one, how they decide a table of cases, how two differ."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipeline.cli import policy_words
from pipeline.cli.common import json_option, read_from
from pipeline.cli.judge import answers
from pipeline.cli.packs import pack_of
from pipeline.cli.policy_cases import Case, Scores, cases_of, scores_of
from pipeline.cli.words import say
from pipeline.policies.model import catalogue
from pipeline.trouble import Trouble

CHINA = ZoneInfo("Asia/Shanghai")


@click.group(
    help=say(
        "规则包:列出、查看、在案例表上试判、比较两个包。\n\n例:xinshu policy show chengdu",
        "Rule packs: list them, show one, try them on a table of cases, compare two.\n\nExample: xinshu policy show chengdu",
    )
)
def policy() -> None:
    """Commands below."""


@policy.command(
    "list",
    help=say(
        "列出随附的规则包:名称、出处、有效期、今天是否有效、样例数。\n\n例:xinshu policy list",
        "List the packs that come with Xinshu: name, source, dates, whether in force today, how many samples.\n\n"
        "Example: xinshu policy list",
    ),
)
@json_option
def list_(*, as_json: bool) -> None:
    """In the order of their names."""
    today = datetime.now(CHINA).date()
    rows = [
        {
            "pack": one.pack, "version": one.version, "title": one.title, "source": one.file.source.title,
            "from": one.effective.from_, "to": one.effective.to, "in_force": one.in_force(today),
            "samples": len(policy_words.samples(one)),
        }
        for one in catalogue().packs.values()
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(policy_words.row(row))


@policy.command(
    "show",
    help=say(
        "打印一个规则包:每一条款及原文、适用条件、期限、机关、答复,样例都标出。NAME 是名称或 .yaml 文件;"
        "不能使用的包指出行号和原因。\n\n例:xinshu policy show fuxin",
        "Print one pack: every clause with its words and conditions, terms, organs, answers; samples are marked. NAME is a "
        "name or a .yaml file; a pack that cannot be used is told with line and reason.\n\n"
        "Example: xinshu policy show fuxin",
    ),
)
@click.argument("name")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say(
        "原文;NAME 是文件时,逐条核对引文",
        "the source text; where NAME is a file, every quote must stand in it",
    ),
)
@json_option
def show(name: str, source: Path | None, *, as_json: bool) -> None:
    """All of it."""
    pack = pack_of(name, source)
    if as_json:
        click.echo(
            json.dumps(
                pack.file.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for line in policy_words.told(pack):
        click.echo(line)


@policy.command(
    "test",
    help=say(
        "在案例表上试判。FILE 是 TSV,列为 id channel text policy expected_decision expected_reason_code why;"
        "每行按它的 policy 列单独判定。打印混淆表、条款准确率和每一行判错的编号。\n\n"
        "例:xinshu policy test 案例.tsv --at-least 0.97",
        "Try packs on a table of cases. FILE is TSV with the columns id channel text policy expected_decision "
        "expected_reason_code why; each row is judged by itself under its policy. Prints the confusion table, how many "
        "clauses were right, and the id of every wrong row.\n\nExample: xinshu policy test cases.tsv --at-least 0.97",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--at-least", type=click.FloatRange(0, 1), default=0.0, metavar="SHARE",
    help=say("判定正确的比例低于它时退出码为 1", "exit 1 where fewer decisions are right"),
)  # fmt: skip
@click.option(
    "--only",
    metavar="PREFIX",
    multiple=True,
    help=say("只试编号以此开头的行", "only rows whose id begins so"),
)
@json_option
def test(file: Path, at_least: float, only: tuple[str, ...], *, as_json: bool) -> int:
    """1 where it is below what was asked."""
    cases = [case for case in cases_of(file) if not only or case.id.startswith(only)]
    scores = scores_of([(case, _answer(case, found)) for case, found in _judged(cases)])
    if as_json:
        click.echo(json.dumps(scores.as_json(), ensure_ascii=False, indent=2))
    else:
        for line in policy_words.scores(scores):
            click.echo(line)
    return int(_below(scores, at_least))


def _below(scores: Scores, at_least: float) -> bool:
    return scores.decisions_right < at_least * scores.rows


def _judged(cases: list[Case]) -> list[tuple[Case, dict[str, Any]]]:
    found: list[tuple[Case, dict[str, Any]]] = []
    for name in sorted({case.policy for case in cases}):
        own = [case for case in cases if case.policy == name]
        lines = [case.line() for case in own]
        found += zip(own, answers(pack_of(name), lines, remembers=False), strict=True)
    order = {case.id: at for at, case in enumerate(cases)}
    return sorted(found, key=lambda pair: order[pair[0].id])


def _answer(case: Case, found: dict[str, Any]) -> tuple[str, str]:
    if "error" in found:
        raise Trouble("policy.cases", path=case.id, reason=found["error"]["detail"])
    return found["decision"], found["code"]


@policy.command(
    "diff",
    help=say(
        "比较两个规则包:FILE(judge 的 JSON 行)里哪些来信会有不同的决定。每封单独判定。\n\n"
        "例:xinshu policy diff chengdu chengdu_2025 来信.jsonl",
        "Compare two packs: which letters of FILE (JSON lines as for judge) would be decided otherwise, each by itself.\n\n"
        "Example: xinshu policy diff chengdu chengdu_2025 letters.jsonl",
    ),
)
@click.argument("one")
@click.argument("other")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def diff(one: str, other: str, file: Path, *, as_json: bool) -> int:
    """1 where a line could not be read."""
    with read_from(file) as opened:
        source = opened.readlines()
    pairs = list(
        zip(
            answers(pack_of(one), source, remembers=False),
            answers(pack_of(other), source, remembers=False),
            strict=True,
        )
    )
    differing = [
        (here, there)
        for here, there in pairs
        if "error" not in here and here["decision"] != there["decision"]
    ]
    moves = Counter((here["decision"], there["decision"]) for here, there in differing)
    if as_json:
        for here, there in differing:
            click.echo(
                json.dumps({"id": here["id"], one: _short(here), other: _short(there)}, ensure_ascii=False)
            )
    else:
        for here, there in differing:
            click.echo(f"{here['id']}  {_said(here)} → {_said(there)}")
        click.echo(policy_words.moves(moves, len(pairs)))
    unread = [here for here, _ in pairs if "error" in here]
    for here in unread:
        click.echo(
            say(f"第 {here['error']['line']} 行读不了", f"line {here['error']['line']} cannot be read"),
            err=True,
        )
    return int(bool(unread))


def _short(found: dict[str, Any]) -> dict[str, Any]:
    return {"decision": found["decision"], "code": found["code"], "quote": found["quote"]}


def _said(found: dict[str, Any]) -> str:
    return f"{policy_words.decision(found['decision'])}({found['code']})"
