"""Starts ``host_process.py`` and talks to it, by HTTP and by bare socket."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PROGRAM = Path(__file__).with_name("host_process.py")
BOUNDARY = "----case"


@dataclass(frozen=True, slots=True)
class Running:
    """A host that answers on *port*; its log lines stand in *log*."""

    port: int
    process: subprocess.Popen[str]
    log: Path
    http: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = self.http.get("/told").json()
        return told

    def full(self, *, full: bool) -> None:
        self.http.post("/told", content=b"full" if full else b"kept")

    def talk(self, *sent: bytes, timeout_s: float = 20.0, end: bool = False) -> bytes:
        """Send bytes as they are and read until the host closes or answers; *end*: say that no more will come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as peer:
            with contextlib.suppress(ConnectionError):
                for part in sent:
                    peer.sendall(part)
                if end:
                    peer.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                while chunk := peer.recv(65536):
                    answer += chunk
                    if _whole(answer):
                        break
            return answer


def _whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and bool(lengths) and len(body) >= int(lengths[0].split(b":")[1])


@contextlib.contextmanager
def running_host(folder: Path) -> Iterator[Running]:
    """The process, until the block ends; then it must end by itself, with exit code 0."""
    log = folder / "host.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder)], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()
            with httpx.Client(base_url=f"http://127.0.0.1:{int(line)}", timeout=60) as http:
                yield Running(int(line), process, log, http)
            assert process.poll() is None, "the host stopped"
            process.terminate()
            assert process.wait(25) == 0
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def form_part(name: str, content: bytes, file_name: str | None = None, media_type: str = "") -> bytes:
    """One part of a multipart form."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if file_name is not None:
        head += f'; filename="{file_name}"\r\nContent-Type: {media_type or "application/octet-stream"}'
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


FORM_END = f"--{BOUNDARY}--\r\n".encode()
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def letter_json(**fields: Any) -> bytes:
    """A letter of the API."""
    return json.dumps({"account": "mayor", "text": "路灯坏了"} | fields, ensure_ascii=False).encode()
