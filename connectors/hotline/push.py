"""The push: one signed request is one call, and its answer holds the number, so that the agent can read it out.

A request that is replayed within the time of its signature makes the same piece under the same key: it hears the same
number, and nothing else comes of it. So no memory of nonces is needed, on one door or on several.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from connectors.hotline import signature
from connectors.hotline.calls import BadTranscript
from connectors.hotline.cut import key_of
from connectors.hotline.formats import the_call
from connectors.hotline.reading import FORMATS, Format, Reading
from connectors.hotline.settings import PUSHED, SAID_CHARACTERS_MAX, SAYS, Push, Settings
from schemas.errors import Conflict, Malformed, TooLarge, Unavailable, Untrusted
from schemas.letter import Raw, Registered
from schemas.numbers import shown
from schemas.ports import Reception, Request, Response

JSON_TYPE = "application/json"
_TENCENT_YES: dict[str, Any] = {"code": 0, "message": "success"}
"""What Tencent's callback wants to hear: whoever signs it for us may hand our answer on."""
_NO_KEY = Push(keys=(SecretStr("no account has this key, so nothing is signed by it"),))


class NotAForm(Malformed):
    """A form reaches us taken apart, and its bytes are what is signed."""


def receive(settings: Settings, request: Request) -> Reception:
    """One piece. Raises Untrusted, BadTranscript, NotAForm."""
    account = request.path[1:]
    push = settings.push.get(account)
    if request.fields or request.uploads:
        raise NotAForm("send the body as it is, not as a form")
    _trusted(settings, push or _NO_KEY, request)
    if push is None:
        raise Untrusted("no such account")
    reading = _reading(push, request)
    good = the_call(request.body, reading)
    raw = Raw(
        account=account,
        external_id=key_of(good),
        conversation=good.call.call_id,
        letter_key=good.call.call_id,
        pieces=0,
        media_type=JSON_TYPE if reading.format not in ("vtt", "srt") else f"text/{reading.format}",
        reading=reading.stored(),
        body=request.body,
        received_at=request.received_at,
        on_conflict="again",
    )
    extra = _TENCENT_YES if reading.format == "tencent" else {}
    return Reception((raw,), lambda registered: _answer(registered, extra))


def _trusted(settings: Settings, push: Push, request: Request) -> None:
    signature.check(
        push.keys,
        path=request.path,
        query=request.query,
        timestamp=request.headers.get("x-timestamp", ""),
        nonce=request.headers.get("x-nonce", ""),
        signature=request.headers.get("x-signature", ""),
        body=request.body,
        now=request.received_at,
        clock_s_max=settings.clock_s_max,
    )


def _reading(push: Push, request: Request) -> Reading:
    said: dict[str, str] = {}
    format_: Format = push.format
    for name, value in request.query:
        if name == "format":
            format_ = next((known for known in FORMATS if known == value and known in PUSHED), "auto")
        elif name in SAYS and name not in said and len(value) <= SAID_CHARACTERS_MAX:
            said[name] = value
        else:
            raise BadTranscript(f"地址里只能有 format、{'、'.join(SAYS)}，各一次")
    if format_ == "auto":
        raise BadTranscript(f"format 应为 {'、'.join(PUSHED)} 之一")
    if format_ != "json" and not said.get("call_id"):
        raise BadTranscript("这种格式要在地址里写明 call_id")
    return Reading(format=format_, speakers=push.speakers, call=said)


def _answer(registered: tuple[Registered, ...], extra: dict[str, Any]) -> Response:
    (done,) = registered
    if done.outcome == "conflict":
        return refuse(Conflict("this transcript was stored before with another body"))
    said = {
        "number": done.number,
        "number_shown": shown(done.number, "-"),
        "spoken": "，".join(map(" ".join, shown(done.number).split())),
        "query_code": done.query_code,
        "outcome": done.outcome,
    }
    return _json(201 if done.outcome == "new" else 200, said | extra)


def refuse(error: Exception) -> Response:
    """Every no. What a caller without a key hears tells nothing."""
    match error:
        case BadTranscript():
            return _json(422, {"error": "transcript", "detail": str(error)})
        case NotAForm():
            return _json(415, {"error": "media_type", "detail": "请把内容原样作为请求体发送，不要用表单"})
        case TooLarge():
            return _json(413, {"error": "too_large", "detail": f"最多 {error.bytes_max} 字节"})
        case Malformed():
            return _json(400, {"error": "malformed", "detail": "请求无法读取"})
        case signature.WrongClock():
            return _json(
                401, {"error": "clock", "detail": "签名时间与本机时间相差过大，请校准时钟后重新签名"}
            )
        case Untrusted():
            return _json(401, {"error": "signature", "detail": "签名不符"})
        case Conflict():
            return _json(409, {"error": "conflict", "detail": "同一通来电已用另一内容登记"})
        case Unavailable():
            return _json(
                503, {"error": "unavailable", "detail": "暂时不能登记，没有受理，请稍后重新签名再发"}
            )
        case _:
            return _json(500, {"error": "fault", "detail": "系统故障，没有受理，请稍后重新签名再发"})


def _json(status: int, said: Mapping[str, Any]) -> Response:
    return Response(status, json.dumps(said, ensure_ascii=False).encode(), f"{JSON_TYPE}; charset=utf-8")
