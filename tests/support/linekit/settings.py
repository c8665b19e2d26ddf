"""Settings files for lines under test: everything in one folder, ports that nobody uses, a form and a mail door."""

import random
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linekit.canaries import SECRET

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the ports the kernel gives to outgoing connections: nothing takes ours while a part is down."""
MAIL_DOMAIN = "mail.jiangcheng.gov.test"
CITIES = ("jiangcheng",)
TWELVE = tuple(f"city{number:02d}" for number in range(1, 13))


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if _free(port):
            found.append(port)
            if len(found) == count:
                return found
    raise OSError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Ports:
    http: int
    portal: int
    desk: int
    delivery: int
    smtp: int

    @classmethod
    def take(cls) -> "Ports":
        return cls(*free_ports(5))


def account_of(city: str) -> str:
    return f"{city}-mayor"


def address_of(city: str) -> str:
    return f"{city}@{MAIL_DOMAIN}"


def tables(
    var: Path, ports: Ports, *, cities: Iterable[str] = CITIES, bootstrap: str = "", prefix: str = ""
) -> dict[str, Any]:
    """The whole file as nested tables."""
    cities = tuple(cities)
    mailboxes = {city: {"city": city, "mailbox": "mayor", "title": f"{city}市长信箱"} for city in cities}
    return {
        "var": str(var),
        "log_format": "json",
        # The password is a canary: this broker asks for none, and nobody may print it.
        "kafka": {"bootstrap_servers": bootstrap, "prefix": prefix, "sasl_password": SECRET},
        "cities": {city: {"title": f"{city}市", "fallback_unit": "市政务服务热线办公室"} for city in cities},
        "door": {
            "host": HOST,
            "http_port": ports.http,
            "free_bytes_min": 1,
            "free_share_min": 0.0,
            "ballast_bytes": 0,
        },
        "desk": {"health_port": ports.desk},
        "delivery": {"health_port": ports.delivery, "retry_wait_s_max": 2.0},
        "register": {
            "host": HOST,
            "portal_port": ports.portal,
            "public_url": f"http://{HOST}:{ports.portal}",
        },
        "connectors": {
            "web_form": {"accounts": {account_of(city): mailboxes[city] for city in cities}},
            "email": {
                "host": HOST,
                "port": ports.smtp,
                "accounts": {address_of(city): mailboxes[city] for city in cities},
            },
        },
        "sinks": {
            "orders": {"kind": "sql", "path": str(var / "sinks" / "orders.db")},
            "lines": {"kind": "jsonl", "path": str(var / "sinks" / "orders.jsonl")},
        },
    }


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """*base* with every value that *over* names."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def as_toml(tables: Mapping[str, Any]) -> str:
    return "\n".join(_lines(tables, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[str]:
    if path:
        yield f"[{'.'.join(_text(name) for name in path)}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{_text(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, (*path, key))


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    return "[" + ", ".join(_value(each) for each in value) + "]"
