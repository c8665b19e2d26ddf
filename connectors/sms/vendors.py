"""The four vendors known by name, each as the map it is; how they are told apart, and what they hear.

Refusals: a code and words of the vendor's own kind, and the status that makes it come again.
"""

import json
from collections.abc import Mapping
from typing import Any

from connectors.sms.fields import Fields, word
from connectors.sms.mapping import Answer, Map
from schemas.ports import Response

JSON_TYPE = "application/json; charset=utf-8"
XML_TYPE = "text/xml; charset=utf-8"

MAPS: Mapping[str, Map] = {
    "aliyun": Map(
        text=("content",), sender=("phone_number",), receiver=("dest_code",), id=("sequence_id",),
        sent_at=("send_time",), receipts={"report_time": "*", "biz_id": "*", "err_code": "*"}, receipts_have_text=False,
        answer=Answer(body='{"code":0,"msg":"接收成功"}', media_type=JSON_TYPE),
    ),
    "tencent": Map(
        text=("text",), sender=("mobile",), receiver=("extend",), sent_at=("time",),
        receipts={"report_status": "*", "user_receive_time": "*"}, receipts_have_text=False,
        answer=Answer(body='{"result":0,"errmsg":"OK"}', media_type=JSON_TYPE),
    ),
    "twilio": Map(
        text=("Body",), sender=("From",), receiver=("To",), id=("MessageSid", "SmsMessageSid", "SmsSid"),
        media=("NumMedia",), text_required=False, text_form="plain", receipts={"MessageStatus": "*"},
        answer=Answer(body="<Response/>", media_type=XML_TYPE),
    ),
    "kannel": Map(
        text=("text", "message"), sender=("from", "sender"), receiver=("to",), id=("id",),
        sent_at=("unix", "ts", "time"), udh=("udh",), charset_field=("charset",), text_form="plain",
        receipts={"dlr": "*"},
    ),
}  # fmt: skip

_MARKS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aliyun": (("phone_number",), ("content", "report_time")),
    "tencent": (("mobile",), ("text", "report_status"), ("nationcode", "extend", "user_receive_time")),
    "twilio": (("MessageSid", "SmsMessageSid", "SmsSid"), ("From", "MessageStatus", "AccountSid")),
    "kannel": (
        ("from", "sender"),
        ("text", "message"),
        ("coding", "udh", "smsc", "backend", "charset", "unix"),
    ),
}
"""Of every tuple one field must be there."""


def fitting(fields: Any) -> list[str]:
    """The vendors that might have sent *fields*."""
    if not isinstance(fields, Mapping):
        return []
    return [
        vendor
        for vendor, marks in _MARKS.items()
        if all(any(name in fields for name in names) for names in marks)
    ]


def kannel_post(fields: Fields, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Kannel's POST: the text is the body, the rest stands in headers and in the query."""
    charset = next(
        (
            value.strip().strip('"')
            for part in headers.get("content-type", "").split(";")[1:]
            for name, _, value in (part.partition("="),)
            if name.strip().lower() == "charset"
        ),
        "",
    )
    told = {
        "from": headers.get("x-kannel-from", ""), "to": headers.get("x-kannel-to", ""),
        "time": headers.get("x-kannel-time", ""), "udh": headers.get("x-kannel-udh", ""),
        "smsc": headers.get("x-kannel-smsc", ""), "coding": headers.get("x-kannel-coding", ""),
    }  # fmt: skip
    charset = charset or word(fields, ("charset",))
    return {name: value for name, value in told.items() if value} | {
        **fields,
        "charset": charset,
        "text": body,
    }


def yes(map_: Map) -> Response:
    """What the vendor takes for a yes."""
    return Response(map_.answer.status, map_.answer.body.encode(), map_.answer.media_type)


def no(vendor: str, status: int, words: str) -> Response:
    """A refusal. Vendors look at the status; the body is for whoever reads their log."""
    match vendor:
        case "aliyun":
            return Response(status, _json({"code": status, "msg": words}), JSON_TYPE)
        case "tencent":
            # Its text names 500 as the answer that is sent again.
            status = 500 if status == 503 else status
            return Response(status, _json({"result": status, "errmsg": words}), JSON_TYPE)
        case "twilio":
            return Response(status, f"<!-- {words} -->".encode(), XML_TYPE)
        case _:
            return Response(status, f"{words}\n".encode())


def _json(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def is_twilio_receipt(fields: Any) -> bool:
    """A message of ours on its way: it has a state that an incoming one never has, and no text."""
    state = word(fields, ("SmsStatus",)).lower()
    return state not in {"", "received", "receiving"} and not word(fields, ("Body",))
