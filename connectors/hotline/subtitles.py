"""WebVTT and SRT: one file is one call, one cue a turn.

A reader that leaves out a cue it does not understand would lose words without a sound, so the arrows (``-->``) are
counted: where a cue is missing the whole file is refused.
"""

import html
import io
import re

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from connectors.hotline.asr import Turns
from connectors.hotline.calls import TURNS_MAX, BadTranscript, Speaker
from connectors.hotline.reading import Cast
from connectors.hotline.text import BROKEN

_ARROW = re.compile(r"^[^\S\n]*[\d:.,]+[^\S\n]*-->|^[^\n]*-->[^\S\n]*[\d:.,]+", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s>]{1,32})?\s+([^>]{1,64})>")
_TAG = re.compile(r"<[^>]{0,200}>")


def vtt_turns(text: str, cast: Cast) -> Turns:
    """Raises BadTranscript."""
    _bounded(text)
    try:
        captions = webvtt.from_string(text).captions
    except (MalformedFileError, MalformedCaptionError):
        raise BadTranscript("不是 WebVTT 文件") from None
    _complete(text, len(captions))
    turns = []
    for place, cue in enumerate(captions, 1):
        words = html.unescape(cue.text)
        who, words = (cast.who(cue.voice), words) if cue.voice else cast.named_in(words)
        times_ms = (cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds())
        turns.append(_turn(place, who, cue.voice or "", times_ms, words))
    return turns


def srt_turns(text: str, cast: Cast) -> Turns:
    """Raises BadTranscript."""
    _bounded(text)
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format="srt").captions
    except (MalformedFileError, MalformedCaptionError):
        raise BadTranscript("有一段字幕的时间或编号无法读取") from None
    _complete(text, len(captions))
    turns = []
    for place, cue in enumerate(captions, 1):
        # SRT has no voices of its own; who writes them writes WebVTT's.
        voice = _VOICE.match(cue.raw_text)
        words = _TAG.sub("", cue.raw_text)
        who, words = (cast.who(voice[1]), words) if voice else cast.named_in(words)
        times_ms = (cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds())
        turns.append(_turn(place, who, voice[1] if voice else "", times_ms, words))
    return turns


def _turn(place: int, who: Speaker, label: str, times_ms: tuple[int, int], words: str) -> dict[str, object]:
    return {
        "seq": place, "speaker": who, "channel": label[:64], "start_ms": times_ms[0], "end_ms": times_ms[1],
        "text": words,
    }  # fmt: skip


def _bounded(text: str) -> None:
    if text.count("-->") > TURNS_MAX:
        raise BadTranscript(f"超过 {TURNS_MAX} 段")
    if BROKEN in text:
        raise BadTranscript("字符编码损坏")


def _complete(text: str, cues: int) -> None:
    arrows = len(_ARROW.findall(text))
    if arrows != cues or not cues:
        raise BadTranscript(f"文件里有 {arrows} 段字幕，只能读出 {cues} 段")
