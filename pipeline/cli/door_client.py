"""Speaks to the running door through its local socket: whatever changes the spool goes this way."""

import getpass
import socket
from typing import Any

import httpx

from pipeline.settings import Settings
from pipeline.trouble import Trouble

TIMEOUT_S = 15.0


def ask(settings: Settings, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The door's answer as JSON. Raises Trouble where no door runs, or where it says no."""
    path_of_socket = settings.socket_path
    transport = httpx.HTTPTransport(uds=str(path_of_socket))
    try:
        with socket.socket(
            socket.AF_UNIX
        ) as probe:  # asked first: the client would leave its own refused one open
            probe.connect(str(path_of_socket))
        with httpx.Client(transport=transport, base_url="http://door", timeout=TIMEOUT_S) as client:
            answer = client.request(method, path, json=body)
    except (OSError, httpx.TransportError):
        raise Trouble("door.away", path=path_of_socket) from None
    if answer.is_success:
        return answer.json()
    raise Trouble("door.refused", reason=_reason(answer))


def _reason(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        return str(said["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


def whoever(actor: str | None) -> str:
    """The person who acts: as named, else the account's name."""
    return actor or getpass.getuser()
