"""``xinshu judge``: the desk's judging, offline: JSON lines in, JSON lines out in the same order. No Kafka, no settings."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipeline.cli import matter_words, story_words
from pipeline.cli.common import read_from
from pipeline.cli.letters_file import CITY, Line, lines
from pipeline.cli.packs import pack_of
from pipeline.cli.words import say
from pipeline.desk.effects import Effects
from pipeline.desk.letters import decide_letter, hold_for_fault
from pipeline.desk.records import Arrival
from pipeline.desk.rules import CityRules, MailboxRules, Rules
from pipeline.desk.state import VERSIONS, State
from pipeline.desk.step import Step
from pipeline.desk.view import View
from pipeline.judge.danger import danger_of
from pipeline.judge.gist import TOGETHER_MAX, Gist, prepare
from pipeline.judge.judge import matter_of
from pipeline.judge.judgement import CityFacts
from pipeline.judge.reading.reader import placed, read
from pipeline.judge.scope import MIXED, MULTI, aliases_of
from pipeline.policies.matter import Matter
from pipeline.policies.model import Policy
from pipeline.settings import Desk
from schemas import ids, wire
from schemas.decision import Cause, Clause, Decided, Decision, Escalated, InScope, Linked
from schemas.letter import Letter
from schemas.memory import Remembered
from schemas.topics import DECISION, REPLY

LETTERS_PER_COMMIT = 200
_ZONE = ZoneInfo("Asia/Shanghai")
_WORDS = {
    "in_scope": "accept", "answer_now": "answer_now", "out_of_scope": "out_of_scope", "emergency": "emergency",
    "held": "hold", "escalated": "escalate",
}  # fmt: skip
_SAYS_NOTHING = frozenset({"none", "unsaid", "false", "one", "now", "asserted"})
_GRAVEST = ("emergency", "escalated", "in_scope", "held", "answer_now", "out_of_scope")
"""Of a letter with several parts the first of these speaks for it."""


@click.command(
    help=say(
        "离线判定来信。输入每行一个 JSON:{id, channel, text[, subject, sender, received_at, place]};"
        "输出每行一个 JSON,顺序相同:decision(accept、answer_now、out_of_scope、emergency、hold、escalate)、code、clause、quote、"
        "relation、of、due_at、reply、parts 等。读不了的行输出 error,最后退出码 1。不写 FILE 则读标准输入。\n\n"
        "例:xinshu judge --policy pass 来信.jsonl",
        "Judge letters offline. Each input line is JSON: {id, channel, text[, subject, sender, received_at, place]}; "
        "each output line has decision (accept, answer_now, out_of_scope, emergency, hold, escalate), code, clause, quote, "
        "relation, of, due_at, reply, parts, in the same order. A line that cannot be read gives an error, and exit "
        "code 1 at the end. Without FILE: standard input.\n\nExample: xinshu judge --policy pass letters.jsonl",
    )
)
@click.option(
    "--policy",
    required=True,
    metavar="PACK",
    help=say("规则包的名称,或 .yaml 文件", "the name of the rule pack, or a .yaml file"),
)
@click.option(
    "--explain",
    is_flag=True,
    help=say("用中文讲清每个决定,不输出 JSON", "tell each decision in words, no JSON"),
)
@click.option(
    "--no-memory", is_flag=True, help=say("每封单独判定,不记得前面的来信", "judge each letter by itself")
)
@click.argument("file", required=False, metavar="[FILE]")
def judge(file: str | None, policy: str, *, explain: bool, no_memory: bool) -> int:
    """1 where a line could not be read."""
    pack = pack_of(policy)
    code = 0
    with (
        tempfile.TemporaryDirectory(prefix="xinshu-judge-") as folder,
        read_from(file) as source,
        closing(_Memory(Path(folder, "cases.db"), pack, remembers=not no_memory)) as memory,
    ):
        # Whoever types or pipes line by line hears each answer at once.
        together = TOGETHER_MAX if file and file != "-" else 1
        for answer in _answers(source, memory, together, explains=explain):
            code = max(code, int("error" in answer))
            click.echo(_in_words(answer) if explain else json.dumps(answer, ensure_ascii=False))
    return code


def _rules(pack: Policy) -> Rules:
    city = CityFacts(
        say("本市", "the city"),
        say("兜底单位", "fallback unit"),
        _ZONE,
        "110、119、120",
        "12345",
    )
    usual = MailboxRules((pack,))
    return Rules(
        {CITY: CityRules(city, usual, demo=True, exactly=True)}, timedelta(seconds=Desk().copy_window_s)
    )


def answers(
    pack: Policy, source: Iterable[bytes], *, remembers: bool, together: int = TOGETHER_MAX
) -> Iterator[dict[str, Any]]:
    """What ``judge`` says of each line under exactly that pack. *together*: so many are read before the first is answered."""
    with (
        tempfile.TemporaryDirectory(prefix="xinshu-judge-") as folder,
        closing(_Memory(Path(folder, "cases.db"), pack, remembers=remembers)) as memory,
    ):
        yield from _answers(source, memory, together)


class _Memory:
    """The desk's memory without Kafka, for one run."""

    def __init__(self, path: Path, pack: Policy, *, remembers: bool) -> None:
        self.pack = pack
        self._rules = _rules(pack)
        self._remembers = remembers
        self._state = State(path)
        self._view = View(self._state)
        self._offset = 0
        self._pending = 0
        self._names: dict[str, str] = {}

    def close(self) -> None:
        self._state.close()

    def decide(self, line: Line, gist: Gist) -> Effects:
        """What the desk would do with it."""
        letter = gist.letter
        item = ids.revision_id(letter.id, letter.digest)
        arrival = Arrival(Cause(item_id=item, partition=0, offset=self._offset), letter.received_at)
        self._offset += 1
        try:
            effects = decide_letter(letter, wire.encode(letter), Step(arrival, self._view, self._rules), gist)
        except Exception:  # as the desk itself does: a person decides, the others go on
            effects = hold_for_fault(letter, Step(arrival, self._view, self._rules))
        if self._remembers:
            self._names.setdefault(letter.number, line.id)
            self._view.add(effects)
            self._pending += 1
            if self._pending == LETTERS_PER_COMMIT:
                self._commit(letter.received_at)
        return effects

    def name_of(self, number: str) -> str:
        """The id of the line that a letter came from."""
        return self._names.get(number, number)

    def _commit(self, at: datetime) -> None:
        self._view.finish(at)
        done = self._view.effects
        self._state.apply(
            Remembered(next_offset=self._offset, at=at, versions=VERSIONS, seen=tuple(done.seen)), done
        )
        self._view, self._pending = View(self._state), 0


def _answers(
    source: Iterable[bytes], memory: _Memory, together: int, *, explains: bool = False
) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    read = lines(source)
    while some := list(islice(read, together)):
        gists = {number: Gist(line.letter(now)) for number, line in some if isinstance(line, Line)}
        prepare(list(gists.values()))
        for number, line in some:
            if isinstance(line, str):
                yield {"id": None, "error": {"kind": "malformed", "line": number, "detail": line}}
                continue
            gist = gists[number]
            answer = _answer(line, memory.decide(line, gist), memory)
            yield answer | {"matters": _matters(gist.letter, memory.pack)} if explains else answer


def _answer(line: Line, effects: Effects, memory: _Memory) -> dict[str, Any]:
    told = [
        (topic, wire.decode(topic, value))
        for topic, _, value, _ in effects.records
        if topic in (DECISION, REPLY)
    ]
    parts = [event for _, event in told if isinstance(event, Decided)]
    decided = min(parts, key=lambda event: _GRAVEST.index(event.decision.kind))
    link = next((event for _, event in told if isinstance(event, Linked)), None)
    reply = next((event.text for topic, event in told if topic is REPLY), "")
    decision = decided.decision
    part = _part(decided)
    clause = _clause_of_all(decision, memory.pack)
    return {
        "id": line.id, "decision": part["decision"], "code": clause.code,
        "clause": f"{clause.pack} {clause.version} {clause.code}",
        "quote": clause.quote, "pack": clause.pack, "version": clause.version,
        "confidence": decision.confidence,
        "relation": link.relation if link else "", "of": memory.name_of(link.to_number) if link else None,
        "score": link.score if link else 0.0,
        "topic": part["topic"], "unit": part["unit"], "due_at": part["due_at"], "reply": reply,
        "evidence": [span.model_dump() for span in decision.evidence],
        "why": story_words.decision_words(decision), "parts": [_part(event) for event in parts],
    }  # fmt: skip


def _clause_of_all(decision: Decision, pack: Policy) -> Clause:
    """A letter of several matters goes by the clause that parts it; each part keeps the clause that decides it."""
    code = next((code for code in (MIXED, MULTI) if code in decision.marks), "")
    return pack.house.clauses[code] if code and isinstance(decision, InScope) else decision.clause


def _part(decided: Decided) -> dict[str, Any]:
    decision = decided.decision
    taken_on = decision if isinstance(decision, InScope | Escalated) else None
    return {
        "part": decided.part, "decision": _WORDS[decision.kind], "code": decision.clause.code,
        "quote": decision.clause.quote, "why": story_words.decision_words(decision),
        "topic": taken_on.topic if taken_on else "", "unit": taken_on.unit if taken_on else "",
        "due_at": taken_on.due_at.isoformat() if taken_on else None,
    }  # fmt: skip


def _matters(letter: Letter, pack: Policy) -> list[dict[str, str]]:
    """What the rules saw of each part: the fields that say something."""
    return [
        {
            name: str(value).lower()
            for name in matter_words.FIELDS
            if (value := getattr(seen, name, None)) is not None
            and (name == "demand" or str(value).lower() not in _SAYS_NOTHING)
        }
        for seen in _seen(letter, pack)
    ]


def _seen(letter: Letter, pack: Policy) -> list[Matter]:
    found = danger_of(letter)
    if found is not None:
        return [matter_of(found)]
    return [
        placed(piece, letter, pack.territory.codes, aliases_of(pack))
        for piece in read(letter, letter.channel).pieces
    ]


def _in_words(answer: dict[str, Any]) -> str:
    if "error" in answer:
        where, detail = answer["error"]["line"], answer["error"]["detail"]
        return say(f"第 {where} 行读不了:{detail}", f"line {where} cannot be read: {detail}")
    lines = [f"{answer['id']}:{answer['why']}"]
    if len(answer["parts"]) > 1:
        lines += [f"  -{part['part']}:{part['why']}" for part in answer["parts"]]
    if answer["relation"]:
        what = story_words.relation_words(answer["relation"])
        lines.append(say(f"  与 {answer['of']} 的关联:{what}", f"  linked to {answer['of']}: {what}"))
    for matter in answer["matters"]:
        told = [
            f"{matter_words.field(name)}:{matter_words.value(name, value)}" for name, value in matter.items()
        ]
        lines.append(say(f"  读作 {';'.join(told)}", f"  read as {'; '.join(told)}"))
    cues = sorted({span["cue"] for span in answer["evidence"]})
    if cues:
        lines.append(say(f"  看到:{'、'.join(cues)}", f"  seen: {', '.join(cues)}"))
    if answer["due_at"]:
        due = datetime.fromisoformat(answer["due_at"]).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
        lines.append(say(f"  最迟 {due} 办结", f"  due {due}"))
    if answer["reply"]:
        lines.append(say(f"  告知市民:{answer['reply']}", f"  the citizen is told: {answer['reply']}"))
    return "\n".join(lines)
