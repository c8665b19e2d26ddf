"""The settings of one installation, as typed values. ``pipeline.settings_file`` reads them from TOML and environment.

Every limit has its unit in its name and a default that a small city can run with.
"""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from pipeline.peers import networks
from schemas.base import Name

YEAR_S = 366 * 86_400.0
YEAR_HOURS = 366 * 24


class Table(BaseModel):
    """One TOML table: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


def _certificates(path: Path) -> Path:
    import ssl  # noqa: PLC0415 - only who names a file pays for it

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:
        raise PydanticCustomError("certificates", "no certificates in PEM can be read there") from error
    return path


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise PydanticCustomError("time_zone", "no such time zone") from error
    return name


def _network(text: str) -> str:
    try:
        networks([text])
    except ValueError as error:
        raise PydanticCustomError("network", "no address and no network") from error
    return text


def _folder(path: Path) -> Path:
    try:
        usable = path.is_dir() or not path.exists()
    except (OSError, ValueError):
        usable = False
    if not usable:
        raise PydanticCustomError("folder", "no folder can be there")
    return path


class Kafka(Table):
    """Which broker, and how. ``bootstrap_servers`` empty: ``up`` starts one of its own."""

    bootstrap_servers: str = ""
    prefix: str = Field(default="", pattern=r"^[a-z0-9._-]{0,64}$")
    partitions: int = Field(default=12, ge=1, le=200)
    replication_factor: int = Field(default=1, ge=1, le=9)
    create_topics: bool = True
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    ca_file: Annotated[Path, AfterValidator(_certificates)] | None = None
    heap_mb: int = Field(default=256, ge=128)


class Mailbox(Table):
    """A mailbox with rules of its own. ``policy`` empty: the city's. ``department``: the unit whose mailbox it is."""

    policy: Name | Literal[""] = ""
    department: str = ""


class City(Table):
    """A city: what citizens read, who gets an order that nobody else claims, when its day ends.

    ``demo``: answers of a pack that are samples, without a source, are given to citizens too.
    ``topics``: the city's own topics: what ``xinshu topic train`` learnt (.npz), a catalogue (.yaml), a scheme (.csv).
    """

    title: str
    fallback_unit: str
    policy: Name = "pass"
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"
    emergency_phones: str = "110、119、120"
    hotline: str = "12345"
    topics: Path | None = None
    demo: bool = False
    mailboxes: dict[Name, Mailbox] = Field(default_factory=dict)


def _policy(text: str) -> str:
    if text:
        from limits import parse  # noqa: PLC0415 - only a door that has such a table pays for it

        try:
            is_none = parse(text).amount < 1
        except ValueError as error:
            raise PydanticCustomError("rate", "no rate") from error
        if is_none:
            raise PydanticCustomError("rate", "no rate")
    return text


Policy = Annotated[str, AfterValidator(_policy)]
"""So many in such a time: ``120/minute``, ``10/10 minutes``; empty: no limit."""


class Limits(Table):
    """How many new letters people may send through a page, each door for itself. Fifty people behind one address who
    write once a minute are within ``per_address``; ``per_sender`` is one phone or mail address at one address.
    """

    per_address: Policy = "120/minute"
    per_sender: Policy = "10/10 minutes"
    senders_max: int = Field(default=100_000, ge=1000)


class Door(Table):
    """The part that accepts. Ports 0: any free one (tests)."""

    host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    trusted_proxies: frozenset[Annotated[str, AfterValidator(_network)]] = frozenset()
    limits: Limits = Limits()
    free_bytes_min: int = Field(default=1024**3, ge=0)
    free_share_min: float = Field(default=0.05, ge=0, lt=1)
    ballast_bytes: int = Field(default=64 * 1024**2, ge=0)
    kept_hours: int = Field(default=72, ge=72, le=10 * YEAR_HOURS)
    keys_kept_days: int = Field(default=400, ge=100, le=36_600)
    join_s_max: float = Field(default=600.0, gt=0, le=YEAR_S)
    worker_timeout_s: float = Field(default=10.0, gt=0, le=3600)
    worker_memory_bytes: int = Field(default=512 * 1024**2, ge=128 * 1024**2)
    unaccounted_after_s: float = Field(default=900.0, gt=0, le=YEAR_S)
    relay_again_after_s: float = Field(default=5.0, gt=0, le=YEAR_S)


class Desk(Table):
    """The part that decides. ``slot`` names this process among the group: stable over its restarts."""

    slot: Name = "desk-1"
    health_port: int = Field(default=8082, ge=0, le=65535)
    session_timeout_ms: int = Field(default=6000, ge=1000)
    records_per_transaction_max: int = Field(default=500, ge=1, le=5000)
    faults_in_a_row_max: int = Field(default=100, ge=1)
    copy_window_s: float = Field(default=600.0, ge=0, le=YEAR_S)
    snapshot_every_s: float = Field(default=3600.0, ge=0, le=YEAR_S)
    incident_alarm_letters: int = Field(default=5, ge=2)


class Delivery(Table):
    """The part that hands orders to sinks."""

    health_port: int = Field(default=8083, ge=0, le=65535)
    retry_wait_s_max: float = Field(default=60.0, gt=0, le=YEAR_S)


class Register(Table):
    """The part that holds the read model, and the portal that shows it.

    ``public_url`` is where citizens reach the portal; empty: straight at its port.
    """

    host: str = "127.0.0.1"
    portal_port: int = Field(default=8081, ge=0, le=65535)
    public_url: str = ""
    doors: tuple[str, ...] = ()
    tries_per_number_max: int = Field(default=5, ge=1)
    tries_window_s: float = Field(default=900.0, gt=0, le=YEAR_S)

    @property
    def url(self) -> str:
        """Where the tracking page is, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.portal_port}"


class Settings(Table):
    """One TOML file. Connectors' and sinks' tables are checked by the plug-in they name.

    ``packs``: a folder with rule packs of one's own, beside those that come with Xinshu.
    """

    var: Annotated[Path, AfterValidator(_folder)] = Path("var")
    packs: Path | None = None
    locale: Literal["zh", "en"] = "zh"
    log_format: Literal["auto", "json", "text"] = "auto"
    kafka: Kafka = Kafka()
    cities: dict[Name, City] = Field(min_length=1)
    door: Door = Door()
    desk: Desk = Desk()
    delivery: Delivery = Delivery()
    register_: Register = Field(default=Register(), alias="register")
    connectors: dict[Name, dict[str, Any]] = Field(default_factory=dict, repr=False)
    sinks: dict[Name, dict[str, Any]] = Field(default_factory=dict, repr=False)

    @property
    def spool_path(self) -> Path:
        """The door's spool."""
        return self.var / "spool" / "spool.db"

    @property
    def blobs_path(self) -> Path:
        """The blob store: a folder, content-addressed."""
        return self.var / "blobs"

    @property
    def register_path(self) -> Path:
        """The register's database."""
        return self.var / "register" / "register.db"

    @property
    def socket_path(self) -> Path:
        """The door's local socket, for the command line."""
        return self.var / "door.sock"

    def city_key_path(self, city: str) -> Path:
        """Where the key of a city's numbers lies: 32 bytes in hex, mode 0600, part of every backup."""
        return self.var / "keys" / f"{city}.key"
