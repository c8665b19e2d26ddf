"""Long messages: parts in any order, cut anywhere, missing, doubled, up to 255; and which message a part belongs to."""

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from connectors.sms.keys import raw_of
from connectors.sms.payload import GAP, Message, normalise
from connectors.sms.times import BEIJING
from schemas.letter import Content, Raw

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=BEIJING)
TEXT = "小区东门的路灯坏了😀，" * 12 + "请派人修。𠮷"


def parts_of(
    data: bytes,
    charset: str,
    size: int = 134,
    *,
    ref: str = "2a",
    at: datetime = NOON,
    sender: str = "13800000001",
) -> list[Raw]:
    cuts = [data[start : start + size] for start in range(0, len(data), size)]
    messages = [
        Message(
            sender=sender, receiver="12345", id=f"{ref}-{no}-{at:%d%H%M}", data=cut.hex(), charset=charset,
            part_ref=ref, part_no=no, parts=len(cuts), sent_at=at + timedelta(seconds=no),
        )
        for no, cut in enumerate(cuts, 1)
    ]  # fmt: skip
    return [raw_of(message, "kannel", "12345", at) for message in messages]


def flags(content: Content) -> set[str]:
    return set(content.flags)


@pytest.mark.parametrize(
    ("charset", "size"), [("utf-16-be", 133), ("utf-16-be", 134), ("gb18030", 133), ("utf-8", 140)]
)
def test_parts_in_any_order_are_the_text_wherever_it_was_cut(charset: str, size: int) -> None:
    parts = parts_of(TEXT.encode(charset), charset, size)
    for order in itertools.islice(itertools.permutations(parts), 0, 720, 7):
        content = normalise(order)
        assert content.text == TEXT
        assert content.flags == ()


def test_every_cut_of_a_text_of_cut_characters_is_healed() -> None:
    for charset, size in itertools.product(("utf-16-be", "gbk", "utf-8"), range(1, 24)):
        data = "灯坏镕了喆请修好".encode(charset)
        assert normalise(parts_of(data, charset, size)).text == "灯坏镕了喆请修好", (charset, size)


def test_halves_of_an_emoji_that_came_as_json_text_meet_again() -> None:
    halves = [("utf-16-be", "灯\ud83d"), ("utf-16-be", "\ude00坏")]
    pieces = [
        raw_of(
            Message(sender="1", data=text.encode("utf-16-be", "surrogatepass").hex(), charset=charset, part_no=no, parts=2),
            "other", "12345", NOON,
        )
        for no, (charset, text) in enumerate(halves, 1)
    ]  # fmt: skip
    assert normalise(pieces).text == "灯😀坏"


def test_two_hundred_and_fifty_five_parts() -> None:
    text = "".join(random.Random(7).choices("路灯坏了请派人修一修谢谢", k=255 * 67))
    parts = parts_of(text.encode("utf-16-be"), "utf-16-be")
    assert len(parts) == 255
    random.Random(8).shuffle(parts)
    assert normalise(parts).text == text
    assert {part.letter_key for part in parts} == {parts[0].letter_key}


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ((1, 2, 3), "一二三"),
        ((1, 3), f"一{GAP}三"),
        ((2, 3), f"{GAP}二三"),
        ((1,), f"一{GAP}"),
        ((2,), f"{GAP}二{GAP}"),
    ],
)
def test_what_is_missing_is_shown_and_marked(there: Sequence[int], shown: str) -> None:
    parts = parts_of("一二三".encode("utf-16-be"), "utf-16-be", 2)
    content = normalise([part for part in parts if part.piece_no in there])
    assert content.text == shown
    assert ("incomplete" in flags(content)) == (len(there) < 3)


def test_a_part_that_came_twice_counts_once() -> None:
    one, two = parts_of("一二".encode("utf-16-be"), "utf-16-be", 2)
    assert normalise([one, two, one.model_copy()]).text == "一二"
    again = parts_of("一二".encode("utf-16-be"), "utf-16-be", 2)
    assert [part.external_id for part in again] == [one.external_id, two.external_id]


def test_a_reference_used_again_the_next_day_is_another_message() -> None:
    today, tomorrow = parts_of(b"ab", "utf-8", 1), parts_of(b"cd", "utf-8", 1, at=NOON + timedelta(days=1))
    assert today[0].letter_key == today[1].letter_key != tomorrow[0].letter_key == tomorrow[1].letter_key


def test_a_message_sent_over_midnight_is_one() -> None:
    midnight = parts_of(
        TEXT.encode("utf-16-be"), "utf-16-be", at=datetime(2026, 11, 22, 23, 59, 58, tzinfo=BEIJING)
    )
    assert len({part.letter_key for part in midnight}) == 1


def test_another_sender_or_number_of_parts_is_another_message() -> None:
    keys = {
        parts_of(b"abc", "utf-8", 1)[0].letter_key,
        parts_of(b"abcd", "utf-8", 1)[0].letter_key,
        parts_of(b"abc", "utf-8", 1, ref="2b")[0].letter_key,
        parts_of(b"abc", "utf-8", 1, sender="13800000002")[0].letter_key,
    }
    assert len(keys) == 4
    assert parts_of(b"abc", "utf-8", 1, sender="+8613800000001")[0].letter_key in keys


def test_the_same_words_are_one_message_only_with_the_same_id_or_on_the_same_day() -> None:
    def key(message: Message, at: datetime = NOON) -> str:
        return raw_of(message, "g", "a", at).external_id

    one = Message(sender="1", text="路灯", id="7")
    assert key(one) == key(one, NOON + timedelta(days=9))
    assert key(one) == key(one.model_copy(update={"raw": {"push_time": "later"}}))
    assert key(one) != key(one.model_copy(update={"id": "8"}))
    assert key(one) != key(one.model_copy(update={"text": "井盖"}))
    bare = Message(sender="1", text="路灯")
    assert key(bare) == key(bare, NOON + timedelta(hours=4))
    assert key(bare) != key(bare, NOON + timedelta(days=1))
