"""Bytes of a transcript to text, strictly: what would have to be guessed is refused, or shown as broken.

A byte order mark decides; else UTF-8, else GB18030. A file that is UTF-8 but for a few bytes stays UTF-8, with
``BROKEN`` where they stood, and its readers turn away the rows that hold one. ``json_of`` reads JSON under the same
rule and takes half an emoji for what it is.
"""

import codecs
import json
from typing import Any

from pydantic_core import from_json

from connectors.hotline.calls import BadTranscript

BROKEN = "\ufffd"
_BROKEN_SHARE_MAX = 0.01
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def text_of(data: bytes) -> str:
    """Raises BadTranscript where the bytes are empty or neither UTF-8 nor GB18030."""
    if not data.strip():
        raise BadTranscript("内容是空的")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lenient = data.decode("utf-8", "replace")
    broken = lenient.count(BROKEN)
    beyond_ascii = len(lenient) - len(lenient.encode("ascii", "ignore")) - broken
    if beyond_ascii and broken <= max(1, beyond_ascii * _BROKEN_SHARE_MAX):
        return lenient
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        raise BadTranscript("字符编码既不是 UTF-8 也不是 GB18030") from None


def json_of(data: bytes | str) -> Any:
    """Raises BadTranscript."""
    text = text_of(data) if isinstance(data, bytes) else data
    if BROKEN in text and isinstance(data, bytes) and BROKEN.encode() not in data:
        raise BadTranscript("字符编码损坏，不是完整的 UTF-8")
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        pass
    try:  # half an emoji, which only the lenient reader takes
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise BadTranscript("不是完整的 JSON") from None
