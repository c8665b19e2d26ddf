"""Bodies and query strings outside the line: the vendor is recognised where that is unambiguous, else named."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from connectors.sms import Sms
from connectors.sms.payload import normalise
from schemas.errors import Malformed
from schemas.ports import ReadsFiles

CASES = Path(__file__).parent / "cases"
ALIYUN = [
    {
        "phone_number": "13800000001",
        "content": "路灯坏了",
        "send_time": "2026-11-22 19:20:01",
        "dest_code": "1",
        "sequence_id": 1,
    }
]
TENCENT = {
    "extend": "01",
    "mobile": "13800000001",
    "nationcode": "86",
    "sign": "示例市",
    "text": "路灯坏了",
    "time": 1795346401,
}
TWILIO = {"MessageSid": "SM1", "From": "+8613800000001", "To": "+861", "Body": "路灯坏了"}
KANNEL = {
    "from": "+8613800000001",
    "to": "12345",
    "text": "路灯坏了",
    "coding": "0",
    "charset": "UTF-8",
    "id": "7",
}
OTHER = {"mobile": "13800000001", "words": "路灯坏了", "no": "5", "when": "2611221920"}
MAP = json.dumps({"text": "words", "sender": "mobile", "id": "no", "sent_at": "when"})
BODIES = {
    "aliyun": json.dumps(ALIYUN, ensure_ascii=False),
    "tencent": json.dumps(TENCENT),
    "twilio": urlencode(TWILIO),
    "kannel": "/in/sms/kannel/secret?" + urlencode(KANNEL),
}


def read(body: str | bytes, **options: str) -> list[tuple[str, str]]:
    payload = body.encode() if isinstance(body, str) else body
    contents = [normalise((raw,)) for raw in Sms.from_file(payload, "message.txt", options)]
    return [(content.text, content.sender.phone) for content in contents]


def test_it_reads_files() -> None:
    assert isinstance(Sms, ReadsFiles)


@pytest.mark.parametrize("vendor", BODIES)
def test_a_vendor_is_recognised_and_may_be_named(vendor: str) -> None:
    meant = [("路灯坏了", "13800000001")]
    assert read(BODIES[vendor]) == meant
    assert read(BODIES[vendor], vendor=vendor) == meant
    assert read(b"\xef\xbb\xbf" + BODIES[vendor].encode() + b"\n", vendor=vendor)[0][0].strip() == "路灯坏了"


def test_parameters_written_as_json_are_read_as_well() -> None:
    assert read(json.dumps(TWILIO)) == [("路灯坏了", "13800000001")]


def test_any_other_vendor_is_read_by_a_map() -> None:
    for body in (json.dumps(OTHER), urlencode(OTHER), f"?{urlencode(OTHER)}", json.dumps([OTHER])):
        assert read(body, gateway=MAP) == [("路灯坏了", "13800000001")]


@pytest.mark.parametrize(
    ("body", "options", "named"),
    [
        (json.dumps(OTHER), {}, "--gateway MAP.json"),
        (json.dumps(TENCENT | TWILIO), {}, "--vendor tencent or twilio"),
        (BODIES["aliyun"], {"vendor": "aliyun", "gateway": MAP}, "not both"),
        (BODIES["aliyun"], {"vendor": "huawei"}, "--vendor aliyun"),
        (BODIES["aliyun"], {"gateway": "{"}, "--gateway"),
        (BODIES["aliyun"], {"gateway": '{"text": "content"}'}, "sender"),
        (BODIES["aliyun"], {"gateway": '{"text": "content", "sender": "phone_number", "wrong": "x"}'}, "wrong"),
        (BODIES["aliyun"][:40], {}, "JSON"),
        ("", {}, "empty"),
        ("hello", {}, "neither JSON nor form fields"),
        ("<xml/>", {"vendor": "kannel"}, "neither JSON nor form fields"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_name(body: str, options: dict[str, str], named: str) -> None:
    with pytest.raises(Malformed, match=named.replace(".", r"\.")):
        read(body, **options)


def test_receipts_are_no_letters() -> None:
    assert read("MessageSid=SM1&MessageStatus=delivered", vendor="twilio") == []
