"""A desk without a broker: the same deciding, remembering and restoring, on lists instead of topics."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import scripted_judge as script

from pipeline.desk import letters, linking, revising
from pipeline.desk.batch import Inbound, Judging, memory_records, remembered, whole
from pipeline.desk.restore import begin_with_snapshot, kept_of
from pipeline.desk.rules import CityRules, MailboxRules, Rules
from pipeline.desk.state import State
from pipeline.desk.view import View
from pipeline.judge.judgement import CityFacts
from pipeline.policies.model import packaged
from schemas import ids, wire
from schemas.base import Record
from schemas.inbox import DecideInScope, Instruction, Status
from schemas.letter import Attachment, Letter, Place
from schemas.topics import ALERT, CASE, DECISION, MEMORY, ORDER, QUARANTINE, REPLY, Topic

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = Rules(
    {
        "lincheng": CityRules(
            CityFacts("临城市", "市政务服务中心", ZoneInfo("Asia/Shanghai"), "110、119、120", "12345"),
            MailboxRules((packaged("pass"),)),
        )
    },
    timedelta(minutes=10),
)
TEXT = "城东街道幸福路的路灯坏了三个星期,晚上老人出门很不方便,请派人来修。"


def make_letter(key: str = "1", **changes: Any) -> Letter:
    digest = hashlib.sha256(f"{key}{changes.pop('bytes', '')}".encode()).hexdigest()
    letter_id = ids.letter_id("lincheng", "mayor", "web_form", "main", key)
    number = f"{int.from_bytes(letter_id.bytes[:6]):016d}"
    described = {
        "id": letter_id, "revision": 1, "digest": digest, "pieces": 1, "number": number, "code_hash": "0" * 64,
        "city": "lincheng", "mailbox": "mayor", "channel": "web_form", "account": "main", "external_id": key,
        "person": "zhang-san", "received_at": MONDAY, "subject": "路灯", "text": TEXT,
    }  # fmt: skip
    return Letter.model_validate(described | changes)


def make_file(name: str) -> Attachment:
    return Attachment(sha256=hashlib.sha256(name.encode()).hexdigest(), size_bytes=3, name=name)


def make_place(text: str) -> Place:
    return Place(text=text)


def make_status(number: str, state: str, key: str = "s1", **changes: Any) -> Status:
    described = {
        "id": ids.item_id("lincheng", key), "city": "lincheng", "number": number, "state": state, "actor": "case-system",
        "at": MONDAY, "received_at": MONDAY,
    }  # fmt: skip
    return Status.model_validate(described | changes)


def make_instruction(number: str, verdict: Any = None, key: str = "i1", **changes: Any) -> Instruction:
    described = {
        "id": ids.item_id("lincheng", key), "city": "lincheng", "number": number, "actor": "李四", "at": MONDAY,
        "received_at": MONDAY, "reason": "已核实", "verdict": verdict or DecideInScope(),
    }  # fmt: skip
    return Instruction.model_validate(described | changes)


@dataclass
class TestDesk:
    """``say`` items; ``out`` holds what was committed, by topic, as it stands on the topics."""

    __test__ = False
    path: Path
    state: State = field(init=False)
    judging: Judging = field(default_factory=lambda: Judging(RULES, 5))
    log: dict[Topic, list[tuple[bytes | None, bytes | None, dict[str, bytes]]]] = field(
        default_factory=lambda: {t: [] for t in (DECISION, ORDER, REPLY, ALERT, QUARANTINE, MEMORY, CASE)}
    )
    offset: int = 0
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        self.state = State(self.path / "0.db")

    def inbound(self, item: Record | bytes) -> Inbound:
        value = item if isinstance(item, bytes) else wire.encode(item)
        record = Inbound(0, self.offset, self.now, value, (("city", b"lincheng"),))
        self.offset += 1
        return record

    def say(self, *items: Record | bytes, after: timedelta = timedelta(seconds=1)) -> dict[Topic, list[Any]]:
        """One transaction; what it wrote, decoded."""
        records = []
        for item in items:
            self.now += after
            records.append(self.inbound(item))
        return self.run(records)

    def judged(self, records: Sequence[Inbound]) -> tuple[View, list[Any]]:
        view = View(self.state)
        self.judging.decide(records, view)
        return view, remembered(view, records[-1].offset + 1, records[-1].at)

    def run(self, records: Sequence[Inbound]) -> dict[Topic, list[Any]]:
        view, parts = self.judged(records)
        written: dict[Topic, list[Any]] = {topic: [] for topic in self.log}
        for topic, key, value, headers in [*view.effects.records, *memory_records(parts).records]:
            self.log[topic].append((key, value, dict(headers)))
            written[topic].append(wire.decode(topic, value) if value is not None else None)
        self.state.apply(whole(parts), view.effects)
        return written

    def restored(self, path: Path, folder: Path | None = None) -> State:
        """A new state from what stands on the topics, and in the *folder* of snapshots."""
        state = State(path)
        if folder is not None:
            begin_with_snapshot(state, folder, 0, len(self.log[MEMORY]))
        state.restore_cases(
            [(key or b"", kept_of(value, tuple(headers.items()))) for key, value, headers in self.log[CASE]]
        )
        for _, value, _ in self.log[MEMORY][state.read_to.get(MEMORY.name, 0) :]:
            state.restore_memory(wire.decode(MEMORY, value))
        return state

    def values(self, topic: Topic) -> list[bytes | None]:
        return [value for _, value, _ in self.log[topic]]


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[[str], TestDesk]]:
    made: list[TestDesk] = []

    def make(name: str) -> TestDesk:
        made.append(TestDesk(tmp_path / name))
        return made[-1]

    yield make
    for desk in made:
        desk.state.close()


@pytest.fixture
def desk(make_desk: Callable[[str], TestDesk]) -> TestDesk:
    return make_desk("desk")


class Make:
    """Letters and what is said about them."""

    letter = staticmethod(make_letter)
    status = staticmethod(make_status)
    instruction = staticmethod(make_instruction)
    file = staticmethod(make_file)
    place = staticmethod(make_place)


@pytest.fixture
def make() -> type[Make]:
    return Make


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters are judged as their text says."""
    for module in (letters, revising, linking):
        monkeypatch.setattr(module, "judge", script.judge)
