"""Real vendors' payloads beside the project. All but Twilio are read by gateway settings alone, written down here."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from uuid import UUID

import pytest

from connectors._contract_input import AT, NONCE
from connectors._http_case import read_case
from connectors.sms import Sms
from connectors.sms.payload import normalise
from connectors.sms.settings import Settings
from connectors.sms.times import BEIJING, moment_of
from schemas.errors import Malformed
from schemas.letter import Content, RegisteredNew
from schemas.ports import Response

SECRET = "shared-path-0001"
MAPS: dict[str, dict[str, Any]] = {
    "Aliyun": {
        "text": "content", "sender": "phone_number", "receiver": "dest_code", "id": "sequence_id", "sent_at": "send_time",
        "answer": {"body": '{"code":0,"msg":"接收成功"}', "media_type": "application/json"},
    },
    "useasy": {
        "text": "msg", "sender": "mobile", "receiver": "destcode", "id": "eventId", "sent_at": "motime",
        "text_form": "percent", "time_format": "%y%m%d%H%M", "receipts": {"pushType": "smsReport"},
    },
    "itniotech": {"text": "content", "sender": "mobile", "receiver": "sendid", "id": "msgid", "sent_at": "reply_time"},
    "onbuka": {"text": "content", "sender": "mobile", "receiver": "sendid", "id": "msgid", "sent_at": "reply_time"},
    "dingxin": {"text": "content", "sender": "aimcode", "receiver": "replycode", "answer": {"body": "ok"}},
    "nexmo": {
        "text": "text", "sender": "msisdn", "receiver": "to", "id": "messageId", "part_ref": "concat-ref",
        "part_no": "concat-part", "parts": "concat-total", "receipts": {"status": "*"}, "answer": {"body": "Accepted"},
    },
    "kannel": {
        "text": "message", "sender": "sender", "receiver": "to", "id": "id", "sent_at": "ts", "time_format": "unix",
        "receipts": {"status": "*"}, "answer": {"body": "Accepted"},
    },
}  # fmt: skip
"""Each what an operator would write under ``[connectors.sms.gateways.NAME.map]``."""


def gateway(map_: dict[str, Any]) -> Sms:
    accounts = {"12345": {"city": "shili", "mailbox": "sms"}}
    one = {"vendor": "custom", "secrets": [SECRET], "map": map_}
    return Sms(Settings.model_validate({"accounts": accounts, "gateways": {"g": one}}))


def send(sms: Sms, head: str, body: bytes = b"") -> tuple[Response, list[Content]]:
    request = read_case(head.encode() + b"\n\n" + body, received_at=AT, nonce=NONCE)
    try:
        reception = sms.receive(request)
    except Malformed as error:
        return sms.refuse(request, error), []
    one = RegisteredNew(number="1" * 16, query_code="1" * 8, letter_id=UUID(int=1))
    return reception.answer((one,) * len(reception.raws)), [normalise((raw,)) for raw in reception.raws]


@pytest.fixture(scope="module")
def channels(letters_data: Path) -> Path:
    return letters_data / "channels"


@pytest.fixture(scope="module")
def chinese(channels: Path) -> list[dict[str, Any]]:
    samples: list[dict[str, Any]] = json.loads((channels / "sms_cn_vendor_samples.json").read_text("utf-8"))
    return samples


def test_chinese_vendors_are_only_settings(chinese: list[dict[str, Any]]) -> None:
    seen = set()
    for sample in chinese:
        name = sample["vendor"].split()[0]
        is_form = "form" in sample["vendor"]
        body = urlencode(sample["body"]) if is_form else json.dumps(sample["body"], ensure_ascii=False)
        kind = "application/x-www-form-urlencoded" if is_form else "application/json"
        answer, contents = send(gateway(MAPS[name]), f"POST /g/{SECRET}\ncontent-type: {kind}", body.encode())
        assert answer.status == 200, sample["vendor"]
        if "ack" in sample:
            assert json.loads(answer.body) == sample["ack"]
        elements = sample["body"] if isinstance(sample["body"], list) else [sample["body"]]
        assert len(contents) == len(elements)
        for element, content in zip(elements, contents, strict=True):
            check(MAPS[name], element, content)
        seen.add(sample["vendor"])
    assert len(seen) >= 6


def check(map_: dict[str, Any], element: dict[str, Any], content: Content) -> None:
    lower = {key.lower(): value for key, value in element.items()}
    text = lower[map_["text"].lower()]
    assert content.text == (unquote(text) if map_.get("text_form") == "percent" else text).strip()
    assert content.sender.handle == lower[map_["sender"].lower()]
    assert content.flags == ()
    if "sent_at" in map_:
        assert content.sent_at is not None
        assert content.sent_at == moment_of(
            lower[map_["sent_at"].lower()], map_.get("time_format", ""), BEIJING
        )


def test_the_same_vendors_are_read_outside_the_line(chinese: list[dict[str, Any]]) -> None:
    for sample in chinese:
        map_ = MAPS[sample["vendor"].split()[0]]
        plain = {field: map_[field] for field in ("text", "sender", "id", "sent_at") if field in map_}
        body = json.dumps(sample["body"], ensure_ascii=False).encode()
        raws = Sms.from_file(body, "sample.json", {"gateway": json.dumps(plain)})
        elements = sample["body"] if isinstance(sample["body"], list) else [sample["body"]]
        for element, raw in zip(elements, raws, strict=True):
            check(map_, element, normalise((raw,)))


@pytest.mark.parametrize("name", ["kannel", "nexmo"])
def test_couriers_tables_come_out_as_they_say(channels: Path, name: str) -> None:
    rows = json.loads((channels / "courier" / f"{name}.json").read_text("utf-8"))
    for row in rows:
        parts = urlsplit(row["URL"])
        head, body = f"GET /g/{SECRET}?{parts.query}", b""
        if row.get("Data", "empty") != "empty":
            head = f"POST /g/{SECRET}\ncontent-type: application/x-www-form-urlencoded"
            body = row["Data"].encode()
        answer, contents = send(gateway(MAPS[name]), head, body)
        is_receipt = "/status" in parts.path
        if is_receipt:  # what a state means is not this channel's matter
            assert contents == []
            continue
        assert str(answer.status) == row["ExpectedRespStatus"], row["Label"]
        assert len(contents) == (answer.status == 200)
        for content in contents:
            assert content.text == row["ExpectedMsgText"]
            assert f"tel:+{content.sender.handle.removeprefix('+')}" == row["ExpectedURN"]
            if "ExpectedDate" in row:
                assert content.sent_at is not None
                assert content.sent_at.isoformat() == "2017-05-02T14:31:49+00:00"


def test_twilios_messages_come_out_as_couriers_table_says(channels: Path) -> None:
    rows = json.loads((channels / "courier" / "twiml.json").read_text("utf-8"))
    read = 0
    for row in rows:
        data, expected = row.get("Data", ""), row["ExpectedRespStatus"]
        if "Signature" in row["Label"] or "whatsapp" in data or "/twa/" in row["URL"]:
            continue
        is_receipt = "/status" in row["URL"]
        try:
            raws = Sms.from_file(data.encode(), "body.txt", {"vendor": "twilio"})
        except Malformed:
            assert expected == "400" or "No Params" in row["Label"], row["Label"]
            continue
        if is_receipt:
            assert raws == ()
            continue
        (content,) = [normalise((raw,)) for raw in raws]
        assert expected == "200"
        assert content.text == row.get("ExpectedMsgText", ""), row["Label"]
        assert f"tel:{content.sender.handle}" == row["ExpectedURN"]
        assert ("media" in content.flags) == ("MediaUrl0" in data)
        read += 1
    assert read >= 15


def test_twilios_messages_as_another_program_keeps_them(channels: Path) -> None:
    for path in sorted((channels / "zammad_twilio").glob("*.json")):
        body = json.loads(path.read_text("utf-8"))
        (raw,) = Sms.from_file(path.read_bytes(), path.name, {})
        content = normalise((raw,))
        assert (content.text, content.sender.phone) == (body["Body"], body["From"])
