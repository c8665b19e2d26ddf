"""Pushes beyond the case files: every part of what is signed counts, replays are harmless, bodies may be anything."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors._contract_input import spoiled
from connectors.hotline import Hotline
from connectors.hotline.calls import BadTranscript
from connectors.hotline.canonical import call_of
from connectors.hotline.reading import Cast
from connectors.hotline.settings import Settings
from connectors.hotline.signature import WrongClock, sign
from schemas.errors import Malformed, Untrusted
from schemas.letter import RegisteredAgain, RegisteredConflict, RegisteredNew
from schemas.ports import Request

CASES = Path(__file__).parent / "cases"
KEY = "key-of-the-call-centre-000000000"
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CALL = {"call_id": "20261123-0001", "turns": [{"speaker": "citizen", "text": "路灯坏了"}]}
SETTINGS = Settings.model_validate_json((CASES / "settings.json").read_text("utf-8"))
HOTLINE = Hotline(SETTINGS)


def request(body: Any = CALL, query: tuple[tuple[str, str], ...] = (), **changes: Any) -> Request:
    """A push that is signed as it should be; *changes* come after the signature."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp, nonce = str(int(AT.timestamp())), "nonce-0001"
    signature = sign(KEY, path="/wuyang", query=query, timestamp=stamp, nonce=nonce, body=data)
    made = Request(
        method="POST", path="/wuyang", query=query, body=data, fields=(), uploads=(), client="192.0.2.1",
        headers={"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}, received_at=AT, nonce="0" * 32,
    )  # fmt: skip
    return replace(made, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"{}"},
        {"path": "/linhe"},
        {"query": (("phone", "13800009999"),)},
        {"headers": {}},
        *({"headers": dict(request().headers) | {name: value}} for name, value in (
            ("x-timestamp", "1795420801"), ("x-nonce", "nonce-0002"), ("x-signature", "f" * 64), ("x-signature", "é" * 64),
            ("x-timestamp", "now"), ("x-nonce", ""),
        )),
    ],
)  # fmt: skip
def test_whatever_is_changed_after_signing_is_not_trusted(changes: dict[str, Any]) -> None:
    with pytest.raises(Untrusted) as refused:
        HOTLINE.receive(replace(request(), **changes))
    answer = HOTLINE.refuse(request(), refused.value)
    assert answer.status == 401
    assert json.loads(answer.body)["error"] == "signature"


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_only_who_has_the_key_hears_that_his_clock_is_off(seconds: int) -> None:
    with pytest.raises(WrongClock):
        HOTLINE.receive(request(received_at=AT + timedelta(seconds=seconds)))
    with pytest.raises(Untrusted) as refused:
        HOTLINE.receive(replace(request(), body=b"{}", received_at=AT + timedelta(seconds=seconds)))
    assert not isinstance(refused.value, WrongClock)


def test_the_answer_can_be_read_out() -> None:
    reception = HOTLINE.receive(request())
    new = RegisteredNew(number="4821000000000007", query_code="10203040", letter_id=UUID(int=1))
    answer = reception.answer((new,))
    said = json.loads(answer.body)
    assert answer.status == 201
    assert said["spoken"] == "4 8 2 1，0 0 0 0，0 0 0 0，0 0 0 7"
    assert said["number"] == new.number
    again = RegisteredAgain(number=new.number, query_code=new.query_code, letter_id=new.letter_id)
    assert reception.answer((again,)).status == 200
    assert reception.answer((RegisteredConflict(),)).status == 409


def test_a_replay_makes_the_same_piece_under_the_same_key() -> None:
    (first,) = HOTLINE.receive(request()).raws
    (again,) = HOTLINE.receive(request(received_at=AT + timedelta(seconds=299), nonce="f" * 32)).raws
    assert (again.external_id, again.letter_key, again.body) == (
        first.external_id,
        first.letter_key,
        first.body,
    )


def test_a_push_and_a_file_of_one_call_are_one_piece(cut_file: Any) -> None:
    (pushed,) = HOTLINE.receive(request()).raws
    (filed,) = cut_file(json.dumps([CALL]).encode(), "evening.json")
    assert (pushed.external_id, pushed.letter_key) == (filed.external_id, filed.letter_key)


@pytest.mark.parametrize("format_", ["json", "aliyun", "tencent", "iflytek", "funasr", "vtt", "srt"])
def test_a_signed_body_may_be_anything(format_: str) -> None:
    query = (("call_id", "A1"), ("format", format_))
    bodies = [path.read_bytes().partition(b"\n\n")[2] for path in sorted(CASES.glob(f"*{format_}*.http"))]
    strange = [
        b'{"Result":1e999}',
        b'{"lattice":[{"json_1best":"{"}]}',
        b'[{"sentence_info":[{"start":1e300}]}]',
        b"code=0&text=[",
    ]
    for body in [*strange, *(changed for whole in bodies for changed in spoiled(whole))]:
        try:
            (raw,) = HOTLINE.receive(request(body, query)).raws
        except BadTranscript:
            continue
        assert HOTLINE.normalise((raw,)).text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["call_id", "turns", "text", "speaker", "start_ms", "seq", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["call_id", "turns", "text", "started_at", "other", "defects"]), json_values
    )
)
def test_any_json_is_read_or_malformed(call: dict[str, Any]) -> None:
    try:
        (raw,) = HOTLINE.receive(request({"call_id": "A1"} | call)).raws
    except Malformed:
        return
    content = HOTLINE.normalise((raw,))
    assert type(content).model_validate_json(content.model_dump_json()) == content


@pytest.mark.parametrize(
    "table",
    [
        {"push": {"wuyang": {"keys": []}}},
        {"push": {"wuyang": {"keys": [""]}}},
        {"push": {"wuyang": {"keys": ["short"]}}},
        {"push": {"nowhere": {"keys": [KEY]}}},
        {"push": {"wuyang": {"keys": [KEY], "format": "xlsx"}}},
        {"push": {"wuyang": {"keys": [KEY], "speakers": {"0": "operator"}}}},
        {"drops": {"a": {"folder": "in", "account": "nowhere"}}},
        {"drops": {"a": {"folder": "in", "account": "wuyang", "columns": {"callid": "x"}}}},
        {"drops": {name: {"folder": "in", "account": "wuyang"} for name in "ab"}},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"accounts": {"wuyang": {"city": "wuyang", "mailbox": "hotline"}}} | table)


def test_a_peer_cannot_speak_in_our_flags_or_break_on_its_own_fields() -> None:
    call = CALL | {
        "defects": ["张三", "bad_time"],
        "other": {"张三": 7, "x": "y"},
        "kind": "城市管理/市政设施/路灯",
    }
    (raw,) = HOTLINE.receive(request(call)).raws
    content = HOTLINE.normalise((raw,))
    assert content.flags == ("bad_time", "no_contact", "no_times", "one_speaker")
    assert (content.kind, content.kind_said) == (None, "城市管理/市政设施/路灯")


def test_a_label_that_nobody_mapped_still_tells_voices_apart() -> None:
    turns = [{"speaker": label, "text": "在"} for label in ("spk_7", "spk_8", "unknown", "市民")]
    call = call_of(CALL | {"turns": turns}, Cast({}), {})
    kept = [(turn.speaker, turn.channel) for turn in call.turns]
    assert kept == [("unknown", "spk_7"), ("unknown", "spk_8"), ("unknown", ""), ("citizen", "")]


def test_tencents_callback_hears_its_own_yes() -> None:
    query = (("call_id", "A1"), ("format", "tencent"))
    reception = HOTLINE.receive(
        request(b"code=0&text=%5B0%3A0.000%2C0%3A1.800%5D++%E8%B7%AF%E7%81%AF", query)
    )
    new = RegisteredNew(number="4821000000000007", query_code="10203040", letter_id=UUID(int=1))
    said = json.loads(reception.answer((new,)).body)
    assert (said["code"], said["number"]) == (0, new.number)
