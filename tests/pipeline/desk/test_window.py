"""A batch that is undone leaves no trace in the arrays: rows, chains, counts, and what a later letter meets."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pipeline.desk.window import Window
from pipeline.judge.relate import Index, trace_of

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = timedelta(days=10)


def seen(window: Window) -> tuple[Any, ...]:
    rarity = window.index.rarity
    return window.dump(), rarity.letters, rarity.counts.tobytes()


def met(window: Window, make: Any) -> list[Any]:
    asked = [trace_of(make.letter("q", text=text(number), person=f"p{number % 5}")) for number in range(3)]
    return [window.candidates(trace, START + 3 * DAYS) for trace in asked]


def text(number: int) -> str:
    return f"{'幸福和平解放建设'[number % 8]}路{number % 3}号的路灯坏了好几天,请派人修理。"


@pytest.mark.parametrize("rows_max", [1200, 5000])
def test_what_was_undone_never_happened(make: Any, rows_max: int) -> None:
    chance = random.Random(5)
    window = Window(DAYS, Index(window_s=int(DAYS.total_seconds()), rows_max=rows_max))
    traces = [trace_of(make.letter("t", text=text(n), person=f"p{n % 5}")).encode() for n in range(40)]
    known: list[UUID] = []
    at = START
    for _ in range(12):
        before, answers = seen(window), met(window, make)
        done: list[UUID] = []
        for _ in range(chance.randrange(1, 90)):
            at += timedelta(minutes=chance.choice([1, 5, 200]))
            again = bool(known) and chance.random() < 0.1
            letter_id = chance.choice(known) if again else UUID(int=chance.getrandbits(128))
            window.add(letter_id, at, chance.choice(traces), again=again)
            done.append(letter_id)
        if chance.random() < 0.6:
            window.undo()
            assert (seen(window), met(window, make)) == (before, answers)
        else:
            window.keep()
            known += done
    assert len(window.index) > 0
