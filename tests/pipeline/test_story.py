"""The story of a letter: where a matter stands after everything that was said of it."""

from datetime import timedelta
from typing import Any

import pytest
from backline import AT, Said
from backstory import Tale

from pipeline.story import Entry, Story
from schemas.decision import Decided


def state_after(*told: Said) -> str:
    tale: Any = told[0].value
    entries = tuple(Entry(AT + timedelta(seconds=n), said.value) for n, said in enumerate(told))  # type: ignore[arg-type] # whatever a tale tells
    return Story(number=tale.number, city="c", entries=entries).parts[0].state


def telling(*words: str) -> list[Said]:
    tale, told, last = Tale(1), [], None
    told.append(tale.letter())
    for word in words:
        if word in {"signed", "returned", "closed"}:
            told.append(tale.noted(word))
        else:
            last = tale.decided(word, after=last)
            told.append(last)
    return told


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ((), "registered"),
        (("in_scope",), "accepted"),
        (("in_scope", "signed"), "signed"),
        (("in_scope", "signed", "closed"), "closed"),
        (("in_scope", "signed", "returned", "held"), "held"),
        (("held",), "held"),
        (("out_of_scope",), "declined"),
    ],
)
def test_where_a_matter_stands(words: tuple[str, ...], state: str) -> None:
    assert state_after(*telling(*words)) == state


def test_what_was_done_before_an_order_came_back_counts_no_more() -> None:
    tale = Tale(1)
    first = tale.decided()
    held = tale.decided("held", after=first)
    again = tale.decided("out_of_scope", after=held)
    assert isinstance(again.value, Decided)
    assert isinstance(first.value, Decided)
    reopened = Said(again.topic, again.key, again.value.model_copy(update={"decision": first.value.decision}))
    told = (tale.letter(), first, tale.noted("signed"), tale.noted("returned"), held, reopened)
    assert state_after(*told) == "accepted"
    assert state_after(*told, tale.noted("signed")) == "signed"
