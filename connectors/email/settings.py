"""What can be set for the mail channel: where mail is taken by SMTP, and the mailboxes that are read by IMAP."""

import ipaddress
import ssl
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.email.addresses import canonical, domain_of
from connectors.email.mime import MAIL_BYTES_MAX
from schemas.ports import ConnectorSettings, Mailbox, PluginSettings

MAILBOXES_MAX = 16
_PORTS = {"ssl": 993, "starttls": 143, "none": 143}


class ImapSettings(PluginSettings):
    """``[connectors.email.imap.NAME]``: a mailbox that somebody else's server keeps, and we read."""

    host: str = Field(min_length=1, max_length=255)
    port: int = Field(default=0, ge=0, le=65535)
    """0: 993, without ``tls = "ssl"`` 143."""
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    ca_file: Path | None = None
    user: str = Field(min_length=1, max_length=320)
    password: SecretStr
    folder: str = Field(default="INBOX", min_length=1, max_length=255)
    account: str
    since: date
    after: Literal["keyword", "move"] = "keyword"
    done_folder: str = Field(default="Xinshu", min_length=1, max_length=255)
    poll_s: float = Field(default=60, gt=0, le=540)
    idle: bool = True
    timeout_s: float = Field(default=30, gt=0, le=300)

    @property
    def port_used(self) -> int:
        """The port that is meant."""
        return self.port or _PORTS[self.tls]

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.ca_file is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(self.ca_file)
            except OSError:
                raise ValueError("ca_file holds no certificates in PEM that can be read") from None
        if self.tls == "none" and not _is_this_machine(self.host):
            raise ValueError('tls = "none" sends the password readably: only to a server on this machine')
        if self.after == "move" and self.done_folder == self.folder:
            raise ValueError("done_folder is the folder that is read")
        return self


class EmailSettings(ConnectorSettings):
    """``[connectors.email]``; ``accounts`` are recipient addresses, their domains are the own domains."""

    smtp: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=2525, ge=0, le=65535)
    hostname: str = Field(default="", max_length=255, pattern=r"^[A-Za-z0-9.-]*$")
    tls_cert: Path | None = None
    tls_key: Path | None = None
    mail_bytes_max: int = Field(default=MAIL_BYTES_MAX, ge=64 * 1024, le=MAIL_BYTES_MAX)
    receiving_bytes_max: int = Field(default=96 * 1024 * 1024, ge=MAIL_BYTES_MAX)
    recipients_max: int = Field(default=10, ge=1, le=100)
    sessions_max: int = Field(default=100, ge=1, le=10_000)
    sessions_per_peer_max: int = Field(default=20, ge=1, le=10_000)
    idle_s_max: float = Field(default=60, gt=0, le=600)
    mail_s_max: float = Field(default=300, gt=0, le=3600)
    imap: dict[str, ImapSettings] = Field(default={}, max_length=MAILBOXES_MAX)

    @field_validator("accounts")
    @classmethod
    def _addresses(cls, accounts: dict[str, Mailbox]) -> dict[str, Mailbox]:
        found: dict[str, Mailbox] = {}
        for address, mailbox in accounts.items():
            account = canonical(address)
            if not domain_of(account) or any(character.isspace() for character in account):
                raise ValueError(f"{address!r} is not a mail address")
            if account in found:
                raise ValueError(f"{address!r} stands here twice")
            found[account] = mailbox
        return found

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.tls_cert is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.tls_cert, self.tls_key)
            except (OSError, ValueError):
                raise ValueError(
                    "tls_cert and tls_key hold no certificate with its key in PEM that can be read"
                ) from None
        for name, mailbox in self.imap.items():
            if canonical(mailbox.account) not in self.accounts:
                raise ValueError(f"the account of imap.{name} does not stand under accounts")
        if not self.smtp and not self.imap:
            raise ValueError("neither smtp nor imap: no mail would ever come")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
