"""Files of updates, as ``xinshu normalise telegram`` reads them."""

import json

import pytest
from botkit import message

from connectors.telegram import Telegram
from connectors.telegram.payload import normalise
from schemas.errors import Malformed

ONE = {"update_id": 7} | message(1, "路灯坏了")
TWO = {"update_id": 8} | message(2, "井盖破了")


@pytest.mark.parametrize(
    "told", [[ONE, TWO], {"ok": True, "result": [ONE, TWO]}, [ONE, {"update_id": 9}, TWO]]
)
def test_a_list_and_an_answer_hold_updates_in_their_order(told: object) -> None:
    raws = Telegram.from_file(json.dumps(told).encode(), "updates.json", {})
    assert [normalise([raw]).text for raw in raws] == ["路灯坏了", "井盖破了"]
    assert raws == Telegram.from_file(json.dumps(told, indent=2).encode(), "updates.json", {})


def test_what_a_webhook_got_is_one_update() -> None:
    (raw,) = Telegram.from_file(json.dumps(ONE).encode(), "body.json", {})
    assert normalise([raw]).text == "路灯坏了"
    assert raw.received_at == normalise([raw]).sent_at


def test_what_is_no_update_keeps_the_others_of_its_file_from_nothing() -> None:
    first, broken, last = Telegram.from_file(json.dumps([ONE, {"x": 1}, ONE]).encode(), "updates.json", {})
    assert normalise([first]).text == normalise([last]).text == "路灯坏了"
    with pytest.raises(Malformed, match="no update_id"):
        normalise([broken])


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[1]", b"7", b'{"result": 1}', b'"x"', b"\xff", b"[" * 100_000]
)
def test_anything_else_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        Telegram.from_file(payload, "x", {})
