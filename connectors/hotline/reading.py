"""``Reading``: what has to be known of the settings to read a transcript, carried as JSON beside the bytes.

Speakers are mapped by it and never guessed: what stands in no map is ``unknown``.
"""

import re
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from connectors.hotline.calls import BadTranscript, Speaker
from schemas.letter import READING_CHARACTERS_MAX

Format = Literal[
    "auto", "json", "jsonl", "csv", "xlsx", "vtt", "srt", "aliyun", "tencent", "iflytek", "funasr"
]
FORMATS: tuple[Format, ...] = get_args(Format)
"""``xlsx`` is any spreadsheet: XLSX, XLS, ODS."""

Column = Literal[
    "call_id", "order_no", "phone", "name", "started_at", "place", "kind", "subject", "text",
    "speaker", "channel", "start_ms", "end_ms", "seq", "confidence",
]  # fmt: skip

Label = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Header = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Speakers = dict[Label, Literal["agent", "citizen"]]
Columns = dict[Column, Header]

COMMON_SPEAKERS: Speakers = {
    "agent": "agent", "话务员": "agent", "坐席": "agent", "座席": "agent", "客服": "agent", "接线员": "agent",
    "受理员": "agent", "citizen": "citizen", "市民": "citizen", "来电人": "citizen", "群众": "citizen",
    "诉求人": "citizen", "caller": "citizen",
}  # fmt: skip
"""Words that mean one thing only. Which side of a recording is whose differs from place to place: settings say it."""

_ENDINGS: dict[str, Format] = {
    "json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv", "txt": "csv",
    "xlsx": "xlsx", "xlsm": "xlsx", "xls": "xlsx", "ods": "xlsx", "vtt": "vtt", "srt": "srt",
}  # fmt: skip
_PREFIX = re.compile(r"\s*(?:【([^】\n]{1,12})】|\[([^\]\n]{1,12})\]|([^:：\n]{1,12})[:：])\s*")


class Reading(BaseModel):
    """How to read a file or a push. ``rows``: how many its sender says there are. ``call``: what a push says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Format = "auto"
    file_name: str = Field(default="", max_length=255)
    columns: Columns = {}
    speakers: Speakers = {}
    rows: int | None = Field(default=None, ge=0)
    call: dict[str, str] = {}

    def stored(self) -> str:
        """As ``Raw.reading``. Raises ValueError where it is too long."""
        text = self.model_dump_json(exclude_defaults=True)
        if len(text) > READING_CHARACTERS_MAX:
            raise ValueError(f"columns and speakers take more than {READING_CHARACTERS_MAX} characters")
        return text

    def known_format(self) -> Format:
        """The format, by the file's ending where the settings leave it open. Raises BadTranscript."""
        if self.format != "auto":
            return self.format
        ending = self.file_name.rpartition(".")[2].lower()
        if ending not in _ENDINGS:
            raise BadTranscript("文件后缀不在可识别之列，请在设置中写明 format")
        return _ENDINGS[ending]

    def stem(self) -> str:
        """The file's name without its ending: the call's name where a file is one call."""
        stem, dot, _ = self.file_name.rpartition(".")
        return stem if dot else self.file_name


def reading_of(text: str) -> Reading:
    """What ``stored`` wrote. Raises BadTranscript."""
    try:
        return Reading.model_validate_json(text) if text else Reading()
    except ValidationError:
        raise BadTranscript("读取方式无法识别") from None


class Cast:
    """Who is who, by label."""

    def __init__(self, speakers: Speakers) -> None:
        every: Speakers = COMMON_SPEAKERS | speakers
        self._known: dict[str, Speaker] = {label.strip().lower(): who for label, who in every.items()}

    def who(self, *labels: object) -> Speaker:
        """The speaker of the first label that the maps know."""
        for label in labels:
            if label is not None and (found := self._known.get(str(label).strip().lower())):
                return found
        return "unknown"

    def named_in(self, line: str) -> tuple[Speaker, str]:
        """Who is named at the start of *line* (``市民：…``), and the rest; a name no map knows is part of the words."""
        found = _PREFIX.match(line)
        if found and (who := self.who(found[1] or found[2] or found[3])) != "unknown":
            return who, line[found.end() :]
        return "unknown", line
