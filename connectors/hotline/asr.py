"""The turns in what recognisers answer (``vendors``). A result that is unfinished or failed is no transcript."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pydantic import ValidationError

from connectors.hotline.calls import BadTranscript, place_of
from connectors.hotline.reading import Cast, Format
from connectors.hotline.text import json_of, text_of
from connectors.hotline.vendors import (
    AliyunResult,
    FunasrResult,
    IflytekResult,
    TencentCallback,
    TencentPolled,
    TencentSentence,
)

Turns = list[dict[str, Any]]
"""Turns as ``Call`` takes them."""

_IFLYTEK_DONE = 4
_FIELDS_MAX = 100
_TENCENT_LINE = re.compile(
    r"\[(\d{1,4}):(\d{1,2}(?:\.\d{1,3})?),(\d{1,4}):(\d{1,2}(?:\.\d{1,3})?)(?:,(\w{1,16}))?\]\s*(.*)",
    re.ASCII,
)


class Said(NamedTuple):
    """One sentence, with whatever the recogniser calls its speaker."""

    label: str | None
    start_ms: int | None
    end_ms: int | None
    text: str
    confidence: float | None = None


class Result(NamedTuple):
    """One recording: what the recogniser calls it (maybe nothing), and its turns."""

    name: str
    turns: Turns


def results(format_: Format, data: bytes, cast: Cast) -> list[Result]:
    """Every result in *data*. Raises BadTranscript."""
    try:
        found = _READERS[format_](data)
    except ValidationError as error:
        raise BadTranscript(f"不是 {format_} 的识别结果：{place_of(error)}") from None
    return [Result(name, _turns(said, cast)) for name, said in found]


def _turns(said: Iterable[Said], cast: Cast) -> Turns:
    spoken = [one for one in said if one.text.strip()]
    return [
        {
            "seq": place, "speaker": cast.who(one.label), "channel": one.label or "", "start_ms": one.start_ms,
            "end_ms": one.end_ms, "text": one.text, "confidence": one.confidence,
        }
        for place, one in enumerate(spoken, 1)
    ]  # fmt: skip


Found = list[tuple[str, list[Said]]]


def _aliyun(data: bytes) -> Found:
    result = AliyunResult.model_validate(json_of(data))
    if not result.status_text.upper().startswith("SUCCESS") or result.result is None:
        raise BadTranscript("识别尚未完成或已失败")
    said = [
        Said(
            s.channel_id if s.speaker_id is None else s.speaker_id, s.begin_time, s.end_time, s.text, s.confidence
        )
        for s in result.result.sentences
    ]  # fmt: skip
    # Of a recording with two sides the sentences come side by side, each in its own order.
    return [("", sorted(said, key=lambda one: one.start_ms or 0))]


def _tencent(data: bytes) -> Found:
    text = text_of(data).strip()
    try:
        read = json_of(text) if text.startswith("{") else dict(parse_qsl(text, max_num_fields=_FIELDS_MAX))
    except ValueError:
        raise BadTranscript("不是 tencent 的识别结果：字段太多") from None
    if isinstance(read, dict) and "Response" in read:
        polled = TencentPolled.model_validate(read).response.data
        if polled.status_str.lower() != "success":
            raise BadTranscript("识别尚未完成或已失败")
        return [("", _tencent_said(polled.result_detail, polled.result))]
    callback = TencentCallback.model_validate(read)
    if callback.code != "0":
        raise BadTranscript("识别尚未完成或已失败")
    return [("", _tencent_said(callback.result_detail, callback.text))]


def _tencent_said(detail: tuple[TencentSentence, ...] | None, text: str) -> list[Said]:
    if detail:
        return [Said(s.speaker_id, s.start_ms, s.end_ms, s.final_sentence) for s in detail]
    said = []
    for line in filter(str.strip, text.splitlines()):
        found = _TENCENT_LINE.match(line.strip())
        if found:
            start, end = (_ms(found[1], found[2]), _ms(found[3], found[4]))
            said.append(Said(found[5], start, end, found[6]))
        else:
            said.append(Said(None, None, None, line))
    return said


def _ms(minutes: str, seconds: str) -> int:
    return round((int(minutes) * 60 + float(seconds)) * 1000)


def _iflytek(data: bytes) -> Found:
    read = json_of(data)
    if isinstance(read, dict) and "lattice" in read:
        read = {"content": {"orderResult": read}}
    result = IflytekResult.model_validate(read)
    order, done = result.content.order_result, result.content.order_info.status == _IFLYTEK_DONE
    if result.code not in ("000000", "0") or not done or order is None:
        raise BadTranscript("识别尚未完成或已失败")
    sentences = [lattice.json_1best.st for lattice in order.lattice]
    return [("", [Said(s.rl, s.bg, s.ed, s.text()) for s in sentences])]


def _funasr(data: bytes) -> Found:
    read = json_of(data)
    found = [FunasrResult.model_validate(one) for one in (read if isinstance(read, list) else [read])]
    if not found:
        raise BadTranscript("没有识别结果")
    if len(found) > 1 and len({one.key for one in found} - {""}) < len(found):
        raise BadTranscript("多个识别结果要各有不同的 key，否则分不清是哪一通")
    return [(one.key, _funasr_said(one)) for one in found]


def _funasr_said(result: FunasrResult) -> list[Said]:
    if result.sentence_info:
        return [Said(s.spk, s.start, s.end, s.text or s.sentence) for s in result.sentence_info]
    times = result.timestamp or ((None, None),)
    return [Said(None, times[0][0], times[-1][1], result.text)]


_READERS: Mapping[Format, Callable[[bytes], Found]] = {
    "aliyun": _aliyun, "tencent": _tencent, "iflytek": _iflytek, "funasr": _funasr,
}  # fmt: skip
