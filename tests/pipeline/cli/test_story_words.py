"""A story in words: what the sender asked for and what the order says of it."""

from typing import Any

from backline import AT, letter_of, order_event
from backstory import Tale

from pipeline.cli.story_words import told
from pipeline.story import Entry, Story


def test_consent_publication_and_who_answers_are_told() -> None:
    letter: Any = Tale(1).letter().value
    event = order_event(1)
    assert letter.id == letter_of(1)
    order = event.order.model_copy(update={"publication": "with_opinion", "answered_by": "office"})
    entries = (
        Entry(AT, letter),
        Entry(AT, letter.model_copy(update={"publish_consent": True, "confidential": True})),
        Entry(AT, event),
        Entry(AT, event.model_copy(update={"order": order})),
    )
    plain, ticked, usual, other = told(Story(number=letter.number, city="c", entries=entries)).splitlines()[
        -4:
    ]
    assert "同意公开" not in plain
    assert ticked.endswith(",要求保密,同意公开")
    assert usual.endswith("第1版 · 不公开 · 承办单位答复来信人")
    assert other.endswith("第1版 · 注明意见后公开 · 办公室答复来信人")
