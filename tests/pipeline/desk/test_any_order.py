"""Whatever is said of a few letters, in whatever order: nothing is forgotten, and nothing means two things."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from deskkit import faults, of_person

from pipeline.desk.state import decode_case
from schemas import wire
from schemas.base import Record
from schemas.inbox import (
    Acknowledge,
    DecideAnswer,
    DecideAsProposed,
    DecideInScope,
    DecideOutOfScope,
    LinkTo,
    Object,
    Redecide,
    UnlinkFrom,
)
from schemas.letter import Letter
from schemas.topics import DECISION, ORDER, REPLY

MATTERS = (
    "受幸福路的路灯坏了三个星期", "受三路公交车早高峰总是晚点", "受小区门口井盖丢失了很危险", "呈举报某官员灯受贿",
    "出判决不公要求改判", "答社保卡怎么补办", "等医院的事故鉴定不服", "险楼里着火了快来",
)  # fmt: skip
STEPS_MAX = 30


class Life:
    """Chance, from a seed: what happens next to the letters there are."""

    def __init__(self, make: Any, seed: int) -> None:
        self.letters: dict[UUID, Letter] = {}
        self._make = make
        self._chance = random.Random(seed)
        self._step = 0

    def next(self) -> Record:
        self._step += 1
        if len(self.letters) < 2:
            return self._new()
        kinds: tuple[Callable[[], Record], ...] = (self._new, self._revised, self._status, self._instruction)
        return self._chance.choices(kinds, (8, 2, 4, 6))[0]()

    def _any(self) -> Letter:
        return self._chance.choice(list(self.letters.values()))

    def _text(self) -> str:
        return "|".join(self._chance.sample(MATTERS, self._chance.choice((1, 1, 2))))

    def _new(self) -> Record:
        text = self._text()
        if self.letters and self._chance.random() < 0.6:
            text = self._any().text.partition("#")[0] + "嘛#" + self._chance.choice("并催复重群疑")
        letter: Letter = of_person(
            self._make, str(len(self.letters)), text, person=f"p{self._chance.randint(1, 3)}"
        )
        self.letters[letter.id] = letter
        return letter

    def _revised(self) -> Record:
        old = self._any()
        text = self._chance.choice((old.text, self._text(), old.text.partition("|")[2] or self._text()))
        file = self._make.file(f"photo{self._step}")
        grown = old.model_copy(
            update={"digest": f"{self._step:064x}", "revision": old.revision + 1, "text": text, "attachments": (file,)}
        )  # fmt: skip
        self.letters[grown.id] = grown
        return grown

    def _status(self) -> Record:
        state = self._chance.choice(("signed", "returned", "returned", "closed", "extended"))
        said: Record = self._make.status(
            self._any().number, state, f"s{self._step}", part=self._chance.choice((1, 1, 2))
        )
        return said

    def _instruction(self) -> Record:
        other = self._any().number
        verdict = self._chance.choice(
            (
                DecideInScope(), DecideInScope(unit="城管局"), DecideOutOfScope(reply="请向法院提出。"), DecideAnswer(reply="好"),
                DecideAsProposed(), Object(), Redecide(), Acknowledge(), LinkTo(other=other, relation="recurrence"),
                *(LinkTo(other=other, relation="same_person"), LinkTo(other=other, relation="same_incident")) * 2,
                *(UnlinkFrom(other=other),) * 3,
            )
        )  # fmt: skip
        said: Record = self._make.instruction(
            self._any().number, verdict, f"i{self._step}", part=self._chance.choice((1, 1, 2))
        )
        return said


@pytest.mark.parametrize("seed", range(100))
def test_the_books_balance_whatever_is_said(desk: Any, make: Any, scripted: None, seed: int) -> None:
    life = Life(make, seed)
    for _ in range(STEPS_MAX):
        written = desk.say(life.next())
        assert not [
            event.note for event in written[DECISION] if event.tag == "noted" and "出错" in event.note
        ]
        assert faults(desk, life.letters.values()) == []
    assert _means_two_things(desk) == []
    clusters = (decode_case(value).incident_id for _, _, _, value in desk.state.cases.all())
    members = Counter(one for one in clusters if one is not None)
    assert {key: desk.state.incident(key.bytes).letters for key in members} == dict(members)
    assert desk.state.dump() == desk.restored(desk.path / "r.db").dump()


def _means_two_things(desk: Any) -> list[UUID]:
    """Ids of events that were written with two contents."""
    found: dict[UUID, bytes] = {}
    twice = []
    for topic in (DECISION, ORDER, REPLY):
        for value in desk.values(topic):
            event = wire.decode(topic, value)
            if found.setdefault(event.id, value) != value:
                twice.append(event.id)
    return twice
