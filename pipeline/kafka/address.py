"""Where the broker is. A line started by ``xinshu up`` with a broker of its own writes the address beside its data."""

import os
from pathlib import Path

from pipeline.kafka.broker import ENVIRONMENT
from pipeline.settings import Settings


def path(settings: Settings) -> Path:
    """The file that names the broker which ``up`` started here."""
    return settings.var / "kafka" / "address"


def known(settings: Settings) -> str:
    """The broker's address: settings, else environment, else that file; empty where none is known."""
    named = settings.kafka.bootstrap_servers or os.environ.get(ENVIRONMENT, "")
    if named:
        return named
    try:
        return path(settings).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
