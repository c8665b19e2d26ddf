"""Updates of one letter, in any order they may come in: what the letter says."""

import json
from itertools import permutations
from typing import Any

import pytest

from connectors._contract_input import AT
from connectors.telegram.payload import normalise
from connectors.telegram.updates import piece_of
from schemas.errors import Malformed
from schemas.letter import Content, MediaRef, Raw

CITIZEN = {"id": 501234567, "is_bot": False, "first_name": "秀英", "last_name": "王"}
CHAT = {"id": 501234567, "type": "private", "first_name": "秀英"}
numbers = iter(range(1, 10_000))


def message(number: int, *, edited: int = 0, **fields: Any) -> dict[str, Any]:
    told = {"message_id": number, "from": CITIZEN, "chat": CHAT, "date": 1_795_334_400 + number} | fields
    if edited:
        return {"update_id": next(numbers), "edited_message": told | {"edit_date": 1_795_334_400 + edited}}
    return {"update_id": next(numbers), "message": told}


def member(number: int, caption: str = "", *, edited: int = 0) -> dict[str, Any]:
    photo = [{"file_id": f"p{number}-{width}", "width": width, "height": width} for width in (90, 320, 1280)]
    words = {"caption": caption} if caption else {}
    return message(number, edited=edited, media_group_id="77", photo=photo, **words)


def piece(update: Any) -> Raw:
    raw = piece_of(update, account="mayor_bot", received_at=AT, own_id=4711)
    assert raw is not None
    return raw


def read(*updates: dict[str, Any]) -> Content:
    return normalise([piece(update) for update in updates])


def refs(content: Content) -> list[str]:
    return [file.ref for file in content.attachments if isinstance(file, MediaRef)]


def test_an_album_is_one_letter_in_the_order_it_was_sent() -> None:
    updates = [member(3), member(1, "门口的井盖"), member(2, "还有旁边这个")]
    pieces = [piece(update) for update in updates]
    assert {(raw.letter_key, raw.pieces, raw.quiet_s) for raw in pieces} == {("501234567:album:77", 0, 2.0)}
    assert len({raw.external_id for raw in pieces}) == 3
    for order in permutations(pieces):
        content = normalise(order)
        assert content.text == "门口的井盖\n还有旁边这个"
        assert refs(content) == ["mayor_bot/p1-1280", "mayor_bot/p2-1280", "mayor_bot/p3-1280"]
        assert content.flags == ()
        assert content.sent_at is not None
        assert content.sent_at.timestamp() == 1_795_334_401


def test_the_beginning_of_an_album_can_be_read_and_grows() -> None:
    updates = [member(1, "井盖"), member(2), member(3)]
    assert [len(read(*updates[:count]).attachments) for count in (1, 2, 3)] == [1, 2, 3]


def test_the_latest_edit_counts_whatever_order_they_came_in() -> None:
    versions = [message(5, text="一"), message(5, edited=10, text="二"), message(5, edited=20, text="三")]
    keys = {piece(one).letter_key for one in versions}
    assert keys == {"501234567:5"}
    for order in permutations(versions):
        assert read(*order).text == "三"
    assert read(versions[0]).flags == ()
    assert read(*versions[:2]).flags == ("edited",)


def test_an_edit_within_the_same_second_counts_when_it_came_later() -> None:
    assert (
        read(message(5, text="一"), message(5, edited=10, text="二"), message(5, edited=10, text="三")).text
        == "三"
    )


def test_a_caption_of_an_album_that_was_edited() -> None:
    content = read(member(1, "两处"), member(2), member(1, "三处破损", edited=30))
    assert content.text == "三处破损"
    assert refs(content) == ["mayor_bot/p1-1280", "mayor_bot/p2-1280"]


def test_one_update_that_cannot_be_read_does_not_hide_the_others() -> None:
    good = piece(message(5, text="路灯坏了"))
    content = normalise([good, good.model_copy(update={"body": b"{"})])
    assert (content.text, content.flags) == ("路灯坏了", ("defects",))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"update_id": true}', b'{"update_id": 1}', b'{"update_id": 1, "message": null}',
     b'{"update_id": 1, "message": {"message_id": 1}}', b"[" * 100_000, b'{"update_id": 1' + b"0" * 5000 + b"}",
     b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1}, "date": 1e999}}', b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_message_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        normalise([piece(message(1, text="x")).model_copy(update={"body": body})])


def test_the_same_update_is_the_same_piece_and_another_under_its_number_is_not() -> None:
    told = message(5, text="路灯坏了")
    again = json.loads(json.dumps(told))
    assert piece(told) == piece(again)
    assert piece(told).on_conflict == "again"
    # After a silent week Telegram starts anew from a random number, which may have been used before.
    other = message(6, text="水管爆了") | {"update_id": told["update_id"]}
    assert piece(other).external_id != piece(told).external_id


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "/start"}, {"text": "/help@wuyang_mayor_bot "}, {"from": CITIZEN | {"is_bot": True}, "text": "广告"},
        {"from": CITIZEN | {"id": 4711}, "text": "已登记"}, {"pinned_message": {"message_id": 1, "chat": CHAT, "date": 0}},
        {"left_chat_member": CITIZEN}, {"is_automatic_forward": True, "sender_chat": {"id": -1, "type": "channel"}, "text": "通知"},
    ],
)  # fmt: skip
def test_what_no_citizen_said_is_no_letter(fields: dict[str, Any]) -> None:
    assert piece_of(message(9, **fields), account="mayor_bot", received_at=AT, own_id=4711) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "/投诉"}, {"text": "/start 路灯坏了"}, {"text": "/"}, {"caption": "/start", "voice": {"file_id": "v"}},
        {"dice": {"emoji": "🎲", "value": 3}}, {"a_kind_of_the_future": {"x": 1}}, {"text": ""},
    ],
)  # fmt: skip
def test_what_might_be_a_citizens_word_is_kept(fields: dict[str, Any]) -> None:
    content = read(message(9, **fields))
    assert content.text or content.attachments or "unsupported" in content.flags


def test_a_reply_names_the_letter_it_answers_and_repeats_none_of_its_words() -> None:
    before = message(5, text="路灯坏了")["message"]
    content = read(message(6, text="修好了，谢谢", reply_to_message=before))
    assert content.thread == ("telegram:501234567:5",)
    assert content.text == "修好了，谢谢"


def test_an_edit_does_not_take_away_what_a_message_answers() -> None:
    before = message(5, text="路灯坏了")["message"]
    content = read(
        message(6, text="修好了吗", reply_to_message=before), message(6, edited=9, text="修好了没有")
    )
    assert (content.text, content.thread) == ("修好了没有", ("telegram:501234567:5",))


def test_within_an_album_members_that_answer_each_other_name_no_one() -> None:
    second = member(2)
    second["message"]["reply_to_message"] = member(1)["message"]
    assert read(member(1), second).thread == ()


def test_the_moves_of_a_live_location_are_no_pieces_and_its_first_place_is() -> None:
    there = {"latitude": 31.2, "longitude": 121.4, "live_period": 900}
    assert read(message(5, location=there)).place is not None
    moved = message(5, edited=60, location=there | {"latitude": 31.3})
    ended = message(5, edited=90, location={"latitude": 31.3, "longitude": 121.4})
    for update in (moved, ended):
        assert piece_of(update, account="mayor_bot", received_at=AT) is None
