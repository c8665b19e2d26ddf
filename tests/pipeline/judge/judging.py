"""How tests have a message judged: under one pack, by itself, samples counting."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.cli.letters_file import Line
from pipeline.judge.judge import judge
from pipeline.judge.judgement import CityFacts, Facts, Judgement
from pipeline.judge.scope import MIXED, MULTI
from pipeline.policies.model import Policy, packaged
from schemas.decision import Decision

HERE = Path(__file__).parent
AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CITY = CityFacts("本市", "兜底单位", ZoneInfo("Asia/Shanghai"), "110、119、120", "12345")
SAID = {
    "in_scope": "accept", "escalated": "escalate", "held": "hold", "answer_now": "answer_now",
    "out_of_scope": "out_of_scope", "emergency": "emergency",
}  # fmt: skip
GRAVEST = ("emergency", "escalate", "accept", "hold", "answer_now", "out_of_scope")


class Case(NamedTuple):
    """One message under one pack, and what is expected."""

    id: str
    channel: str
    policy: str
    decision: str
    code: str
    text: str


@cache
def pack(name: str) -> Policy:
    """A pack, read once."""
    return packaged(name)


def cases() -> Iterator[Case]:
    """The repo's own messages, one for each pack that they are expected under."""
    with (HERE / "cases.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            for expected in row["expected"].split():
                policy, _, said = expected.partition("=")
                decision, _, code = said.partition("/")
                yield Case(row["id"], row["channel"], policy, decision, code, row["text"])


def judged(text: str, channel: str, policy: str) -> Judgement:
    """The judgement on *text*."""
    line = Line(id="1", channel=channel, text=text, received_at=AT)
    facts = Facts(pack(policy), CITY, AT, timedelta(minutes=10), demo=True)
    return judge(line.letter(AT), facts)


def decided(text: str, channel: str, policy: str) -> tuple[str, str]:
    """Decision and code of *text* as a whole, as ``xinshu judge`` says them."""
    decisions = [part.decision for part in judged(text, channel, policy).parts]
    gravest = min(decisions, key=lambda one: GRAVEST.index(SAID[one.kind]))
    return SAID[gravest.kind], _code(gravest)


def _code(decision: Decision) -> str:
    split = next((code for code in (MIXED, MULTI) if code in decision.marks), "")
    return split if split and decision.kind == "in_scope" else decision.clause.code
