"""The settings table ``[connectors.hotline]``: who may push, and which folders are watched."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.hotline.reading import Columns, Format, Reading, Speakers
from schemas.ports import ConnectorSettings, PluginSettings

FILE_BYTES_MAX = 64 * 1024 * 1024
KEY_CHARACTERS_MIN = 16

PUSHED: tuple[Format, ...] = ("json", "vtt", "srt", "aliyun", "tencent", "iflytek", "funasr")
"""Formats of one call."""

SAYS = ("call_id", "order_no", "phone", "name", "started_at")
"""What the address of a push may say of a call whose format has no room for it."""
SAID_CHARACTERS_MAX = 200

Convention = Literal["rename", "manifest", "ok-file"]


class Push(PluginSettings):
    """``[connectors.hotline.push.ACCOUNT]``: several keys while one is being replaced; any of them is good."""

    keys: tuple[SecretStr, ...] = Field(min_length=1, max_length=10)
    format: Format = "json"
    speakers: Speakers = Field(default={})

    @field_validator("keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < KEY_CHARACTERS_MIN for key in keys):
            raise ValueError(f"a key has at least {KEY_CHARACTERS_MIN} characters")
        return keys

    @field_validator("format")
    @classmethod
    def _of_one_call(cls, format_: Format) -> Format:
        if format_ not in PUSHED:
            raise ValueError(f"a push is one of {', '.join(PUSHED)}")
        return format_


class Drop(PluginSettings):
    """``[connectors.hotline.drops.NAME]``: one folder. See the channel's manual for the conventions."""

    folder: Path
    account: str
    convention: Convention = "rename"
    format: Format = "auto"
    columns: Columns = Field(default={})
    speakers: Speakers = Field(default={})
    poll_s: float = Field(default=2.0, ge=0.05, le=3600)
    patience_s: float = Field(default=600.0, ge=0, le=7 * 86400)
    file_bytes_max: int = Field(default=FILE_BYTES_MAX, ge=1024, le=FILE_BYTES_MAX)


class Settings(ConnectorSettings):
    """``accounts``: the call centres. A folder or a push names one of them."""

    push: dict[str, Push] = Field(default={})
    drops: dict[str, Drop] = Field(default={})
    body_bytes_max: int = Field(default=4 * 1024 * 1024, ge=64 * 1024, le=16 * 1024 * 1024)
    clock_s_max: float = Field(default=300.0, ge=1, le=3600)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for account in (*self.push, *(drop.account for drop in self.drops.values())):
            if account not in self.accounts:
                raise ValueError(f"{account!r} is not one of the accounts")
        if any(drop.folder == Path() for drop in self.drops.values()):
            raise ValueError(
                "a drop needs a folder of its own: this one would be where the program was started"
            )
        folders = [drop.folder.absolute() for drop in self.drops.values()]
        if len(set(folders)) != len(folders):
            raise ValueError("two drops name the same folder")
        for push in self.push.values():
            Reading(speakers=push.speakers, call=dict.fromkeys(SAYS, "字" * SAID_CHARACTERS_MAX)).stored()
        for drop in self.drops.values():
            Reading(file_name="字" * 255, columns=drop.columns, speakers=drop.speakers).stored()
        return self
