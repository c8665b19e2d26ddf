"""What a call says: ``normalise`` reads the newest transcript of it, and nothing else than Malformed comes out wrong.

Of several pieces the newest holds; what it leaves empty (the caller, the dialogue where only a note came later) is
taken from the ones before. ``turns`` hold the dialogue; ``text`` is the agent's note, if there is one, and the
dialogue as lines: with their speakers' names where both sides are heard, bare where only one is known.

Flags: ``one_speaker`` (only one side is heard, or nobody said whose side is whose), ``speaker_unknown`` (of a turn),
``no_times``, ``times_odd`` (a turn that ends before it begins, or begins before the one before it), ``low_confidence``
(below 0.6 on the average), ``turns_missing`` (rows of this call are in quarantine), ``bad_time`` (when the call began
cannot be read), ``no_contact``, ``text_cut``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from connectors.hotline.calls import Call, CallTurn
from connectors.hotline.canonical import call_of
from connectors.hotline.cut import Quarantine
from connectors.hotline.formats import the_call
from connectors.hotline.reading import Cast, reading_of
from connectors.hotline.text import json_of
from schemas.errors import Malformed
from schemas.letter import TEXT_CHARACTERS_MAX, Content, Place, Raw, Sender, Turn, kind_named

CONFIDENCE_LOW = 0.6
_SHOWN = {"agent": "话务员", "citizen": "市民", "unknown": "未知"}


def normalise(pieces: Sequence[Raw]) -> Content:
    """The content of one call, its transcripts in the order they came. Raises Malformed."""
    if not pieces:
        raise Malformed("没有内容")
    return content_of(_merged([_call(piece) for piece in pieces]))


def _call(piece: Raw) -> Call:
    if not isinstance(piece.body, bytes):
        raise TypeError("the worker loads a piece's bytes before it is read")
    if piece.reading:
        return the_call(piece.body, reading_of(piece.reading)).call
    read = json_of(piece.body)
    if isinstance(read, dict) and "bad_row" in read:
        _raise_for(read)
    return call_of(read, Cast({}), {})


def _raise_for(read: dict[str, Any]) -> None:
    try:
        row = Quarantine.model_validate(read).bad_row
    except ValidationError:
        raise Malformed("不是一通来电") from None
    raise Malformed(f"第 {row.line} 行：{row.problem}")


def _merged(calls: Sequence[Call]) -> Call:
    """The newest, with what it leaves empty taken from the ones before."""
    newest = calls[-1]
    missing: dict[str, Any] = {}
    for call in reversed(calls[:-1]):
        for name in ("order_no", "phone", "name", "started_at", "place", "kind", "subject", "text", "turns"):
            if not getattr(newest, name) and name not in missing and getattr(call, name):
                missing[name] = getattr(call, name)
    return newest.model_copy(update=missing) if missing else newest


def content_of(call: Call) -> Content:
    """A call as what it says."""
    turns, cut_off = _kept(call.turns)
    text = "\n\n".join(filter(None, (call.text, "\n".join(_lines(turns)))))
    flags = set(call.defects) | _flags(turns)
    if not call.phone:
        flags.add("no_contact")
    if cut_off or len(text) > TEXT_CHARACTERS_MAX:
        flags.add("text_cut")
    kind, kind_said = kind_named(call.kind)
    return Content(
        sender=Sender(handle=call.phone, phone=call.phone, name=call.name),
        subject=call.subject,
        text=text[:TEXT_CHARACTERS_MAX],
        kind=kind,
        kind_said=kind_said,
        turns=tuple(
            Turn(seq=turn.seq, speaker=turn.speaker, start_ms=turn.start_ms, end_ms=turn.end_ms, text=turn.text)
            for turn in turns
        ),
        place=Place(text=call.place) if call.place else None,
        sent_at=call.started_at,
        flags=tuple(sorted(flags))[:50],
    )  # fmt: skip


def _kept(turns: Sequence[CallTurn]) -> tuple[list[CallTurn], bool]:
    """The turns up to the length of a text, and whether there are more."""
    kept: list[CallTurn] = []
    characters = 0
    for turn in turns:
        characters += len(turn.text)
        if characters > TEXT_CHARACTERS_MAX:
            return kept, True
        kept.append(turn)
    return kept, False


def _lines(turns: Sequence[CallTurn]) -> Iterator[str]:
    both = {"agent", "citizen"} <= {turn.speaker for turn in turns}
    for turn in turns:
        yield f"{_SHOWN[turn.speaker]}：{turn.text}" if both else turn.text


def _flags(turns: Sequence[CallTurn]) -> set[str]:
    if not turns:
        return set()
    speakers = {turn.speaker for turn in turns}
    starts = [turn.start_ms for turn in turns if turn.start_ms is not None]
    sure = [turn.confidence for turn in turns if turn.confidence is not None]
    found = {
        "one_speaker": not {"agent", "citizen"} <= speakers,
        "speaker_unknown": "unknown" in speakers,
        "no_times": not starts,
        "times_odd": starts != sorted(starts) or any(map(_ends_early, turns)),
        "low_confidence": bool(sure) and sum(sure) / len(sure) < CONFIDENCE_LOW,
    }
    return {flag for flag, is_so in found.items() if is_so}


def _ends_early(turn: CallTurn) -> bool:
    start, end = turn.start_ms, turn.end_ms
    return (start is not None and start < 0) or (start is not None and end is not None and end < start)
