"""The declarative gateway: how one vendor's callback is read and answered, as settings and nothing else.

The same model is a gateway's ``map`` in the settings and the MAP.json of ``xinshu normalise sms --gateway``. The four
vendors we know by name are such maps too (``vendors.py``); what they need beyond is a handful of lines of code.
"""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from schemas.ports import PluginSettings


def _names(value: object) -> object:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=128)], ...], BeforeValidator(_names)]
"""Where a value stands at the vendor's: a field name, a dotted path into JSON, or a list of which the first holds."""


class Answer(PluginSettings):
    """What the vendor must hear to believe that the message arrived."""

    status: int = Field(default=200, ge=200, le=299)
    body: str = Field(default="", max_length=4096)
    media_type: str = Field(default="text/plain; charset=utf-8", max_length=255)


class Map(PluginSettings):
    """Our field → theirs, and how their values are written.

    ``text`` ``sender`` ``receiver`` ``id`` ``sent_at``: the message. ``part_ref`` ``part_no`` ``parts`` or ``udh`` (the
    user data header, percent-encoded or hex): its place in a long one; ``parts_from``: the number of the first part.
    ``charset_field``: where the vendor names the charset of each message. ``media``: how many pictures the vendor holds
    to it.
    ``text_form`` auto: as it stands, unless it is percent-encoded from end to end.
    ``time_format``: ``unix``, ``unix_ms``, as of strptime, or empty for any that can be told apart; ``time_zone``
    where the vendor writes none.
    ``batch``: the path of the array of messages; empty: the body is the array, or is one message.
    ``receipts``: fields that make it a delivery receipt, with the value they must have (``*``: any);
    ``receipts_have_text`` false: what has words is a citizen's message all the same.
    """

    text: Names = Field(min_length=1)
    sender: Names = Field(min_length=1)
    receiver: Names = ()
    id: Names = ()
    sent_at: Names = ()
    part_ref: Names = ()
    part_no: Names = ()
    parts: Names = ()
    parts_from: Literal[0, 1] = 1
    udh: Names = ()
    media: Names = ()
    charset_field: Names = ()
    charset: str = Field(default="utf-8", max_length=64)
    text_form: Literal["auto", "plain", "percent", "hex", "base64"] = "auto"
    text_required: bool = True
    time_format: str = Field(default="", max_length=64)
    time_zone: str = "Asia/Shanghai"
    batch: str = Field(default="", max_length=128)
    receipts: dict[str, str] = Field(default_factory=dict, max_length=16)
    receipts_have_text: bool = True
    answer: Answer = Answer()

    @model_validator(mode="after")
    def _parts_belong_together(self) -> "Map":
        named = (bool(self.part_ref), bool(self.part_no), bool(self.parts))
        if any(named) and not all(named):
            raise ValueError(
                "part_ref, part_no and parts belong together: else two long messages would be one"
            )
        return self

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, LookupError, OSError):
            raise ValueError("no such time zone") from None
        return name
