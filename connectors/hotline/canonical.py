"""Our canonical JSON as a peer writes it, field for field, and the call in it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connectors.hotline.calls import (
    TURNS_MAX,
    BadTranscript,
    Call,
    Line,
    Share,
    Text,
    Whole,
    made,
    moment,
    place_of,
)
from connectors.hotline.reading import Cast

_DEFECTS = ("bad_time", "turns_missing")
"""What we found ourselves when the call was first read; a peer has nothing to say here."""


def _known_defects(value: object) -> tuple[str, ...]:
    return tuple(defect for defect in _DEFECTS if isinstance(value, list) and defect in value)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name[:100]: text for name, text in list(value.items())[:200] if isinstance(text, str)}


class JsonTurn(BaseModel):
    """A turn of our canonical JSON as a peer writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    seq: Whole = None
    speaker: Line = ""
    start_ms: Whole = None
    end_ms: Whole = None
    text: Text = ""
    confidence: Share = None
    channel: Line = ""


class JsonCall(BaseModel):
    """Our canonical JSON as a peer writes it; ``caller`` is another name of ``phone``."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    call_id: Line = ""
    order_no: Line = ""
    phone: Line = ""
    caller: Line = ""
    name: Line = ""
    started_at: Line = ""
    place: Line = ""
    kind: Line = ""
    subject: Line = ""
    text: Text = ""
    turns: tuple[JsonTurn, ...] = Field(default=(), max_length=TURNS_MAX)
    defects: Annotated[tuple[str, ...], BeforeValidator(_known_defects)] = ()
    other: Annotated[dict[str, str], BeforeValidator(_texts)] = {}


def call_of(read: Any, cast: Cast, said: dict[str, str]) -> Call:
    """The call of our canonical JSON; what a push *said* beside it fills what it leaves empty. Raises BadTranscript."""
    if not isinstance(read, dict):
        raise BadTranscript("一通来电应是一个 JSON 对象")
    try:
        call = JsonCall.model_validate(read)
    except ValidationError as error:
        raise BadTranscript(f"{place_of(error)}：无法读取") from None
    if call.call_id and said.get("call_id", call.call_id) != call.call_id:
        raise BadTranscript("地址里的 call_id 与内容里的不一致")
    turns = [_turn(turn, place, cast) for place, turn in enumerate(call.turns, 1) if turn.text]
    turns.sort(key=lambda turn: turn["seq"])
    fields = call.model_dump(exclude={"turns", "caller", "started_at"}) | {"turns": turns}
    fields["phone"] = call.phone or call.caller
    return made(filled(fields, said | ({"started_at": call.started_at} if call.started_at else {})))


def _turn(turn: JsonTurn, place: int, cast: Cast) -> dict[str, Any]:
    who, label = cast.who(turn.speaker, turn.channel), turn.channel
    if not label and who == "unknown" and turn.speaker != "unknown":
        label = turn.speaker  # nobody mapped it, and yet it tells one voice from another
    return turn.model_dump() | {
        "seq": place if turn.seq is None else turn.seq,
        "speaker": who,
        "channel": label[:64],
    }


def filled(fields: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    """*fields* with what was *said* beside them where they leave it empty."""
    for name, value in said.items():
        if name == "started_at":
            fields["started_at"] = moment(value)
            if fields["started_at"] is None and "bad_time" not in fields.get("defects", ()):
                fields["defects"] = (*fields.get("defects", ()), "bad_time")
        elif not fields.get(name):
            fields[name] = value
    return fields
