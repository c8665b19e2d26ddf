"""The settings table ``[connectors.telegram]``."""

import re
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from schemas.ports import ConnectorSettings, PluginSettings

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}\Z")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}\Z")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class BotSettings(PluginSettings):
    """One bot. ``token`` is what BotFather gave; ``proxy`` (``http://…``) leads to Telegram where nothing else does."""

    token: SecretStr
    secret_token: SecretStr = SecretStr("")
    proxy: SecretStr = SecretStr("")
    api_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^\s/]+[^\s]*[^\s/]$")

    @field_validator("token")
    @classmethod
    def _token(cls, token: SecretStr) -> SecretStr:
        if not _TOKEN.match(token.get_secret_value()):
            raise ValueError("a token looks like 123456:AbC-…, as BotFather shows it")
        return token

    @field_validator("secret_token")
    @classmethod
    def _secret(cls, secret: SecretStr) -> SecretStr:
        if secret.get_secret_value() and not _SECRET.match(secret.get_secret_value()):
            raise ValueError("16 to 256 characters of A-Z a-z 0-9 _ - are needed")
        return secret

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, proxy: SecretStr) -> SecretStr:
        if proxy.get_secret_value() and not proxy.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("a proxy is http://host:port")
        return proxy

    @property
    def own_id(self) -> int:
        """The bot's own id: the first half of its token."""
        return int(self.token.get_secret_value().partition(":")[0])


class TelegramSettings(ConnectorSettings):
    """``accounts``: which mailbox a bot belongs to; ``bots``: how it is reached. Both by the same names."""

    mode: Literal["polling", "webhook"] = "polling"
    bots: dict[str, BotSettings] = Field(min_length=1)
    public_url: str = Field(default="", pattern=r"^(https?://[^\s]+[^\s/])?$")
    poll_s: int = Field(default=50, ge=1, le=50)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.bots.keys() != self.accounts.keys():
            odd = ", ".join(sorted(self.bots.keys() ^ self.accounts.keys()))
            raise ValueError(f"bots and accounts must have the same names; only in one of them: {odd}")
        if wrong := [name for name in self.bots if not _NAME.match(name)]:
            raise ValueError(
                f"a bot's name has at most 64 characters of A-Z a-z 0-9 _ -, unlike {wrong[0]!r}"
            )
        if len({bot.own_id for bot in self.bots.values()}) < len(self.bots):
            raise ValueError("two bots have the same token: one of them would take the other's letters away")
        open_ones = [name for name, bot in self.bots.items() if not bot.secret_token.get_secret_value()]
        if self.mode == "webhook" and open_ones:
            raise ValueError(
                f"webhook needs a secret_token for each bot; it is missing for {', '.join(open_ones)}"
            )
        return self
