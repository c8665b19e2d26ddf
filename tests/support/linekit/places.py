"""Where a line under test lives: its folder, its settings file, its addresses."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from linekit import settings as toml
from linekit.broker import Broker
from linekit.finding import Part


class Places:
    """The processes of one line in ``folder``. Start them with ``up`` or, part by part, with ``start``."""

    def __init__(
        self,
        folder: Path,
        *,
        broker: Broker | None = None,
        cities: Iterable[str] = toml.CITIES,
        prefix: str = "",
        over: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.broker = broker
        self.cities = tuple(cities)
        self.prefix = prefix
        self.ports = toml.Ports.take()
        self.environ = dict(environ or {})
        self.tables = toml.merged(
            toml.tables(
                self.var,
                self.ports,
                cities=self.cities,
                bootstrap=broker.address if broker is not None else "",
                prefix=prefix,
            ),
            over or {},
        )
        self.settings_path = folder / "xinshu.toml"
        self.write_settings()

    def write_settings(self, over: Mapping[str, Any] | None = None) -> None:
        self.tables = toml.merged(self.tables, over or {})
        self.settings_path.write_text(toml.as_toml(self.tables))

    # --- addresses ---------------------------------------------------------------------------------------------

    @property
    def door(self) -> str:
        return f"{toml.HOST}:{self.ports.http}"

    @property
    def portal(self) -> str:
        return f"{toml.HOST}:{self.ports.portal}"

    @property
    def smtp(self) -> str:
        return f"{toml.HOST}:{self.ports.smtp}"

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(toml.account_of(city) for city in self.cities)

    def address(self, part: Part) -> str:
        port = {
            "door": self.ports.http,
            "desk": self.ports.desk,
            "delivery": self.ports.delivery,
            "register": self.ports.portal,
        }
        return f"{toml.HOST}:{port[part]}"

    @property
    def sql(self) -> Path:
        return Path(self.tables["sinks"]["orders"]["path"])

    @property
    def jsonl(self) -> Path:
        return Path(self.tables["sinks"]["lines"]["path"])
