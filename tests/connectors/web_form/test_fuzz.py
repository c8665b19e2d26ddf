"""Letters nobody meant: whatever arrives, the answer has a reason and the host goes on."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hostkit import FORM_END, FORM_TYPE, Running, form_part, letter_json, running_host
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors._contract_input import piece
from connectors.web_form.payload import clean, from_json, normalise
from schemas.errors import Malformed

REFUSED = {400, 408, 413, 415, 422, 503}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

words = st.text(st.characters(exclude_categories=()), max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["account", "text", "name", "phone", "email", "kind", "confidential", "city", "x"])


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_host(tmp_path_factory.mktemp("host")) as running:
        yield running


def api(host: Running, body: bytes, key: str = "fuzz-0123456789abcdef") -> httpx.Response:
    headers = {"content-type": "application/json", "idempotency-key": key}
    return host.http.post("/in/web_form/api/letters", content=body, headers=headers)


@QUICK
@given(st.dictionaries(names, values, max_size=6))
def test_any_json_object_is_a_letter_or_malformed(fields: dict[str, Any]) -> None:
    body = json.dumps(fields).encode()
    try:
        letter = from_json(body)
    except Malformed:
        return
    stored = letter.stored()
    raw = piece(stored)
    content = normalise((raw,))
    assert content.text == clean(letter.text)
    content.model_dump_json()
    assert from_json(json.dumps(fields, indent=3).encode()).stored() == stored, (
        "white space is no other letter"
    )


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_are_a_letter_or_malformed(body: bytes) -> None:
    try:
        normalise((piece(body),))
    except Malformed:
        return


@QUICK
@given(words)
def test_clean_text_can_always_be_written(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[" * 100_000, b'{"text":' * 100_000, b'{"text":"' + b"x" * 1_000_000 + b'"}',
        b'{"account":"mayor","text":' + b"9" * 5000 + b"}", b'{"account":"mayor","text":NaN}',
        b'{"account":"mayor","text":"\\u0000"}', b'{"account":"mayor","text":"x","text":null}',
        b'{"account":"mayor","text":"\\ud800' + b"\\" * 1000, b"\xff\xfe{\x00}\x00", b'{"text":"\xc3\x28"}',
        b'{"account":"mayor","text":"x"} trailing', b'{"account":"' + b"m" * 5000 + b'","text":"x"}',
    ],
)  # fmt: skip
def test_hostile_json_is_refused_with_a_reason(host: Running, body: bytes) -> None:
    answer = api(host, body)
    assert answer.status_code in REFUSED
    assert answer.json()["title"]
    assert host.http.get("/live").status_code == 200


@QUICK
@given(data=st.data())
def test_a_form_cut_or_changed_anywhere_is_answered(host: Running, data: st.DataObject) -> None:
    whole = (
        form_part("account", b"mayor") + form_part("text", "路灯坏了".encode()) + form_part("phone", b"13800001234")
        + form_part("files", b"PK\x03\x04" + bytes(50), "照片.zip", "application/zip") + FORM_END
    )  # fmt: skip
    place = data.draw(st.integers(0, len(whole) - 1))
    spoiled = data.draw(st.sampled_from([
        whole[:place],
        whole[:place] + data.draw(st.binary(max_size=8)) + whole[place:],
        whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :],
        whole[place:],
        whole + whole[place:],
    ]))  # fmt: skip
    answer = host.http.post("/in/web_form/", content=spoiled, headers={"content-type": FORM_TYPE})
    assert answer.status_code in REFUSED | {200, 201}
    assert ("来信已登记" in answer.text) == (answer.status_code in {200, 201})


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_on_the_wire_leave_the_host_standing(host: Running, sent: bytes) -> None:
    host.talk(sent, end=True, timeout_s=0.05)
    assert host.http.get("/live").status_code == 200


def test_after_all_this_nothing_was_left_half_written_and_nothing_failed(host: Running) -> None:
    assert api(host, letter_json(), "fuzz-last-0123456789").status_code == 201
    assert host.told()["half"] == 0
    assert "connector.fault" not in host.log.read_text()
