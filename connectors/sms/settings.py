"""The settings table ``[connectors.sms]``: mailboxes, and the vendors that deliver to them."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from connectors.sms.mapping import Map
from connectors.sms.signature import Signature
from connectors.sms.vendors import MAPS
from schemas.base import Name
from schemas.ports import ConnectorSettings, PluginSettings

PathSecret = Annotated[SecretStr, Field(min_length=16, max_length=128)]
Token = Annotated[SecretStr, Field(min_length=8, max_length=512)]


class Gateway(PluginSettings):
    """One callback address, ``/in/sms/NAME/SECRET``.

    ``secrets``: of several any is taken, so that one can be replaced without a gap. ``networks``: who may call; empty:
    anybody who knows the address. ``keys``: Twilio's auth tokens. ``map`` and ``signature`` make vendor ``custom``.
    ``account``: where letters go; ``receivers`` (number written to → account) and accounts named as the number go first.
    """

    vendor: Literal["aliyun", "tencent", "twilio", "kannel", "custom"]
    secrets: tuple[PathSecret, ...] = Field(default=(), max_length=8)
    networks: tuple[IPv4Network | IPv6Network, ...] = Field(default=(), max_length=256)
    keys: tuple[Token, ...] = Field(default=(), max_length=8)
    signature: Signature | None = None
    map: Map | None = None
    account: str = ""
    receivers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> "Gateway":
        if (self.vendor == "custom") != (self.map is not None):
            raise ValueError('vendor "custom" needs a map, and only it may have one')
        if (self.vendor == "twilio") != bool(self.keys):
            raise ValueError("twilio needs keys (its auth tokens), and only it may have them")
        if not self.secrets and not self.keys and self.signature is None:
            raise ValueError("an unsigned vendor needs secrets: a part of the address that only it knows")
        return self

    @property
    def reads(self) -> Map:
        """How its requests are read."""
        return self.map if self.map is not None else MAPS[self.vendor]

    def admits(self, client: str) -> bool:
        """Whether *client* may call."""
        if not self.networks:
            return True
        try:
            address = ip_address(client)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


class Settings(ConnectorSettings):
    """``accounts``: the numbers people write to. ``public_url``: how the vendors reach this door; Twilio signs it."""

    gateways: dict[Name, Gateway] = Field(min_length=1, max_length=200)
    public_url: str = Field(default="", pattern=r"^(?:https?://[^/?#\s]+)?$")
    body_bytes_max: int = Field(default=1024 * 1024, ge=4096, le=1024 * 1024)

    @model_validator(mode="after")
    def _known(self) -> "Settings":
        for name, gateway in self.gateways.items():
            named = {gateway.account, *gateway.receivers.values()} - {""}
            if named - self.accounts.keys():
                raise ValueError(f"gateway {name}: it names an account that is not under accounts")
            if not gateway.account and len(self.accounts) > 1:
                raise ValueError(f"gateway {name}: account is missing: which one do letters go to?")
            if gateway.vendor == "twilio" and not self.public_url:
                raise ValueError("public_url is missing: Twilio signs the address it calls")
        return self

    def account_of(self, gateway: Gateway, receiver: str) -> str:
        """The account of a message to *receiver* that came through *gateway*."""
        if receiver in gateway.receivers:
            return gateway.receivers[receiver]
        if receiver in self.accounts:
            return receiver
        return gateway.account or next(iter(self.accounts))
