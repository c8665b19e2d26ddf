"""Where the broker is. A line started by ``xinshu up`` with a broker of its own writes the address beside its data."""

import os
import re
from pathlib import Path

from pipeline.kafka.broker import ENVIRONMENT
from pipeline.settings import Settings
from pipeline.trouble import Trouble

_SERVER = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)


def path(settings: Settings) -> Path:
    """The file that names the broker which ``up`` started here."""
    return settings.var / "kafka" / "address"


def checked(servers: str) -> str:
    """*servers* as they were given: ``host`` or ``host:port``, with a comma between. Raises Trouble."""
    if not all(_SERVER.fullmatch(one.strip()) for one in servers.split(",")):
        raise Trouble("settings.kafka_address", address=servers)
    return servers


def known(settings: Settings) -> str:
    """The broker's address: settings, else environment, else that file; empty where none is known. Raises Trouble."""
    named = settings.kafka.bootstrap_servers or os.environ.get(ENVIRONMENT, "")
    if named:
        return checked(named)
    try:
        return path(settings).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
