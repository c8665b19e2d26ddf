"""Signatures: the vendor's published example, and what a wrong, late, replayed or missing one is told."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.sms.settings import Settings
from connectors.sms.signature import Signature, check, check_twilio
from schemas.errors import Untrusted
from schemas.ports import Request

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
KEY = "signing-key-1"


def request(
    *, headers: Mapping[str, str] | None = None, body: bytes = b"", fields: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None, path: str = "/g", at: datetime = AT,
) -> Request:  # fmt: skip
    return Request(
        method="POST", path=path, query=tuple((query or {}).items()), headers=headers or {}, body=body,
        fields=tuple((fields or {}).items()), uploads=(), client="192.0.2.1", received_at=at, nonce="0" * 32,
    )  # fmt: skip


TWILIO = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
    "To": "+18005551212",
}  # fmt: skip
EXAMPLE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
"""Published by Twilio for the auth token 12345 and https://mycompany.com/myapp.php?foo=1&bar=2."""


def twilio(
    signature: str = EXAMPLE,
    address: str = "https://mycompany.com/myapp.php",
    token: str = "12345",
    **over: str,
) -> None:
    asked = request(
        headers={"x-twilio-signature": signature}, fields=TWILIO | over, query={"foo": "1", "bar": "2"}
    )
    check_twilio((SecretStr("another"), SecretStr(token)), address, asked)


def test_twilios_own_example() -> None:
    twilio()


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": ""}, {"signature": EXAMPLE[:-2] + "A="}, {"signature": "\u00fc"}, {"token": "12346"},
        {"address": "http://mycompany.com/myapp.php"}, {"address": "https://mycompany.org/myapp.php"},
        {"Digits": "1235"}, {"Added": "1"},
    ],
)  # fmt: skip
def test_any_change_breaks_twilios_signature(wrong: dict[str, str]) -> None:
    with pytest.raises(Untrusted):
        twilio(**wrong)


def test_the_port_may_be_signed_or_not() -> None:
    for signed, known in (
        ("https://a.example:443", "https://a.example"),
        ("https://a.example", "https://a.example:443"),
    ):
        text = f"{signed}/in/sms/t" + "".join(k + v for k, v in sorted(TWILIO.items()))
        said = b64encode(hmac.digest(b"12345", text.encode(), "sha1")).decode()
        asked = request(headers={"x-twilio-signature": said}, fields=TWILIO)
        check_twilio((SecretStr("12345"),), f"{known}/in/sms/t", asked)


def of(**over: Any) -> Signature:
    return Signature.model_validate(
        {
            "algorithm": "hmac-sha256", "secrets": [KEY], "where": "header:X-Sign", "template": "{header:X-Time}{body}",
            "timestamp": "header:X-Time",
        }
        | over
    )  # fmt: skip


BODY = '{"text":"路灯","ts":1}'.encode()


def signed(at_s: int, key: str = KEY) -> str:
    return hmac.digest(key.encode(), str(at_s).encode() + BODY, "sha256").hex()


@pytest.mark.parametrize(
    ("skew_s", "trusted"), [(0, True), (-300, True), (300, True), (-301, False), (301, False)]
)
def test_the_clock_may_be_five_minutes_off_and_no_more(skew_s: int, trusted: bool) -> None:
    asked = request(headers={"x-sign": signed(NOW + skew_s), "x-time": str(NOW + skew_s)}, body=BODY)
    if trusted:
        check(of(), asked)
    else:
        with pytest.raises(Untrusted):
            check(of(), asked)


def test_a_signature_replayed_later_with_a_fresh_time_is_none() -> None:
    asked = request(
        headers={"x-sign": signed(NOW), "x-time": str(NOW + 900)}, body=BODY, at=AT + timedelta(seconds=900)
    )
    with pytest.raises(Untrusted):
        check(of(), asked)


@pytest.mark.parametrize(
    ("over", "asked"),
    [
        ({"algorithm": "token"}, request(headers={"x-sign": KEY, "x-time": str(NOW)})),
        ({"algorithm": "token"}, request(headers={"x-sign": f"Bearer {KEY}", "x-time": str(NOW)})),
        ({"algorithm": "token", "where": "query:k", "timestamp": None}, request(query={"k": KEY})),
        (
            {"algorithm": "md5", "template": "{secret}{header:X-Time}{body}"},
            request(headers={"x-sign": hashlib.md5(f"{KEY}{NOW}".encode() + BODY).hexdigest().upper(), "x-time": str(NOW)}, body=BODY),
        ),
        (
            {"algorithm": "sha1", "template": "{pairs}{secret}", "where": "field:sign", "timestamp": "field:ts"},
            request(fields={"b": "2", "ts": str(NOW), "sign": hashlib.sha1(f"a=&1&b=2&ts={NOW}{KEY}".encode()).hexdigest(), "a": "&1"}),
        ),
        (
            {"algorithm": "sha256", "template": "{pairs_plain}{secret}", "where": "field:sign", "timestamp": None},
            request(fields={"b": "路=灯", "sign": hashlib.sha256(f"a=_1&b=路_灯{KEY}".encode()).hexdigest(), "a": "&1"}),
        ),
        (
            {"where": "field:a.sign", "template": "{field:a.n}{field:t}", "timestamp": "field:t", "encoding": "base64"},
            request(
                body=b'{"t":%d,"a":{"n":"x","sign":"%s"}}'
                % (NOW, b64encode(hmac.digest(KEY.encode(), f"x{NOW}".encode(), "sha256")))
            ),
        ),
    ],
)  # fmt: skip
def test_ways_to_sign(over: dict[str, Any], asked: Request) -> None:
    check(of(**over), asked)
    check(of(**over, secrets=["the-next-key", KEY]), asked)
    with pytest.raises(Untrusted):
        check(of(**over, secrets=["the-next-key"]), asked)
    with pytest.raises(Untrusted):
        check(of(**over), request())


@pytest.mark.parametrize(
    "over",
    [
        {"secrets": []}, {"secrets": [""]}, {"secrets": ["short"]}, {"template": "{body}"}, {"where": "cookie:x"},
        {"algorithm": "sha256"}, {"algorithm": "rot13"}, {"template": "sign", "timestamp": None},
        {"template": "{header:X-Time}{Body}"}, {"template": "{secret}", "timestamp": None},
    ],
)  # fmt: skip
def test_settings_that_would_trust_anybody_are_none(over: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        of(**over)


MAP = {"text": "t", "sender": "s"}


@pytest.mark.parametrize(
    "gateway",
    [
        {"vendor": "aliyun"},
        {"vendor": "aliyun", "secrets": ["too-short"]},
        {"vendor": "twilio", "secrets": ["shared-path-0001"]},
        {"vendor": "twilio", "keys": ["twilio-token-1"]},
        {"vendor": "custom", "secrets": ["shared-path-0001"]},
        {"vendor": "kannel", "secrets": ["shared-path-0001"], "map": MAP},
        {"vendor": "kannel", "secrets": ["shared-path-0001"], "account": "999"},
        {"vendor": "kannel", "secrets": ["shared-path-0001"], "receivers": {"1": "999"}},
        {"vendor": "custom", "secrets": ["shared-path-0001"], "map": MAP | {"time_zone": "Mars/Olympus"}},
        {"vendor": "custom", "secrets": ["shared-path-0001"], "map": MAP | {"sendr": "x"}},
    ],
)  # fmt: skip
def test_gateways_that_cannot_work_are_no_settings(gateway: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(
            {"accounts": {"1": {"city": "shili", "mailbox": "sms"}}, "gateways": {"g": gateway}}
        )
    assert "shared-path-0001" not in str(refused.value)


def test_of_two_accounts_a_gateway_must_name_one() -> None:
    accounts = {number: {"city": "shili", "mailbox": "sms"} for number in ("1", "2")}
    gateway = {"vendor": "kannel", "secrets": ["shared-path-0001"]}
    with pytest.raises(ValidationError, match="account is missing"):
        Settings.model_validate({"accounts": accounts, "gateways": {"g": gateway}})
    named = Settings.model_validate({"accounts": accounts, "gateways": {"g": gateway | {"account": "2"}}})
    assert named.account_of(named.gateways["g"], "10690099") == "2"
    assert named.account_of(named.gateways["g"], "1") == "1"
