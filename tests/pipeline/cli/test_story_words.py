"""A story in words: what the sender asked for and what the order says of it."""

from typing import Any

from backline import AT, letter_of, order_event
from backstory import Tale

from pipeline.cli.explain import told_json
from pipeline.cli.story_words import told
from pipeline.story import Entry, Story
from schemas import ids
from schemas.inbox import Instruction, Object
from schemas.letter import Attachment
from schemas.order import Raised


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


def test_the_senders_own_words_are_told_only_when_asked_for() -> None:
    letter: Any = Tale(1).letter(text="井盖没了,王大锤掉下去了").value
    file = Attachment(sha256="a" * 64, size_bytes=9, name="王大锤的身份证.jpg", media_type="image/jpeg")
    letter = letter.model_copy(update={"attachments": (file,)})
    raised = Raised(
        id=ids.event_id(letter.id, "raised", letter.id), city="c", number=letter.number, letter_id=letter.id,
        cue="王大锤掉下去", at=AT,
    )  # fmt: skip
    objection = Instruction(
        id=ids.item_id("c", "o"), city="c", number=letter.number, actor="来信人", verdict=Object(),
        reason="王大锤不同意", at=AT, received_at=AT,
    )  # fmt: skip
    story = Story(
        number=letter.number, city="c", entries=tuple(Entry(AT, one) for one in (letter, raised, objection))
    )
    for hidden, whole in (
        (told(story), told(story, with_words=True)),
        (str(told_json(letter.number, [], story, with_words=False)), str(told_json(letter.number, [], story, with_words=True))),
    ):  # fmt: skip
        assert "王大锤" not in hidden
        assert whole.count("王大锤") >= 3
