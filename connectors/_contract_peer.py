"""The other side of a listener, played for the contract suite.

A ``.peer`` case is what an HTTP peer answers when a listener asks. Several exchanges are parted by a line ``===``::

    GET /letters
    200
    content-type: application/json

    [{"id": 7, "text": "…"}]

Every setting that begins with ``http://peer.invalid`` leads to it. Whatever else it is asked, it answers 200 and
``{}``; it writes down every request. It gives the same letters each time it is asked, as a peer does that never heard
yes. Where a peer speaks no HTTP, ``cases/peer.py`` holds a class ``Peer`` that plays it: the protocol below.
"""

import asyncio
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from connectors._http_case import split
from schemas.ports import ConnectorSettings

PEER = "http://peer.invalid"
PLAY_S_MAX = 10.0
BREATH_S = 0.01
REQUEST_BYTES_MAX = 1024 * 1024

Answer = tuple[int, list[str], bytes]


class NotAsked(TimeoutError):
    """The listener did not do its part in time."""


class Peer(Protocol):
    """Made with a story's bytes. ``heard`` is all that the listener said to it, oldest first."""

    heard: list[str]

    def __init__(self, story: bytes) -> None: ...

    async def open(self, settings: ConnectorSettings) -> ConnectorSettings:
        """Be there. *settings* come back with this peer's address in them, if the connector needs one."""
        ...

    async def play(self, _connector: Any, /) -> None:
        """Hand the story over once and hear the end of it. Called twice: a peer comes again. Raises NotAsked."""
        ...

    async def close(self) -> None:
        """Be gone."""
        ...


def peer_class(cases: Path) -> type[Peer] | None:
    """The ``Peer`` of ``cases/peer.py``, if there is one."""
    path = cases / "peer.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(f"peer_of_{cases.parent.name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[Peer] = module.Peer
    return found


class HttpPeer:
    """Plays a ``.peer`` case."""

    def __init__(self, story: bytes) -> None:
        self.heard: list[str] = []
        self.asked = 0
        self._answers = _exchanges(story)
        self._first = next(iter(self._answers), ("", ""))
        self._change = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def open(self, settings: ConnectorSettings) -> ConnectorSettings:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=REQUEST_BYTES_MAX)
        port = self._server.sockets[0].getsockname()[1]
        table = _led(settings.model_dump(by_alias=True), f"http://127.0.0.1:{port}")
        return type(settings).model_validate(table)

    async def play(self, _: Any) -> None:
        """Until the listener came back for more: then it is done with what it got the time before."""
        goal = max(2, self.asked + 1)
        try:
            async with asyncio.timeout(PLAY_S_MAX), self._change:
                await self._change.wait_for(lambda: self.asked >= goal)
        except TimeoutError:
            raise NotAsked(f"it did not come back to ask within {PLAY_S_MAX:g} s") from None

    async def answered(self, timeout_s: float) -> None:
        """Until it was asked once, or the time is over."""
        try:
            async with asyncio.timeout(timeout_s), self._change:
                await self._change.wait_for(lambda: self.asked >= 1)
        except TimeoutError:
            return

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request_line, *lines = head.split("\r\n")
                headers = {
                    n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length") or 0))
                method, target, _ = request_line.split(" ", 2)
                await self._write_down(method, target, body)
                place = (method, target.partition("?")[0])
                if place == self._first and self.asked > 1:
                    await asyncio.sleep(BREATH_S)  # whoever plays us hears first that a turn is over
                status, said, content = self._answers.get(
                    place, (200, ["content-type: application/json"], b"{}")
                )
                head_lines = [f"HTTP/1.1 {status} -", *said, f"content-length: {len(content)}"]
                writer.write("\r\n".join(head_lines).encode("latin-1") + b"\r\n\r\n" + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            return  # whoever asked has gone, or speaks no HTTP
        except asyncio.CancelledError:
            return  # the play is over
        finally:
            writer.close()

    async def _write_down(self, method: str, target: str, body: bytes) -> None:
        self.heard.append(f"{method} {target} {body.decode('utf-8', 'replace')}".rstrip())
        async with self._change:
            if (method, target.partition("?")[0]) == self._first:
                self.asked += 1
            self._change.notify_all()


def _exchanges(story: bytes) -> Mapping[tuple[str, str], Answer]:
    answers: dict[tuple[str, str], Answer] = {}
    for exchange in story.replace(b"\r\n", b"\n").split(b"\n===\n"):
        first, _, answer = exchange.partition(b"\n")
        method, _, path = first.decode("latin-1").strip().partition(" ")
        head, content = split(answer)
        status, *lines = head.decode("latin-1").splitlines() or ["200"]
        digits = status.split()[0] if status.split() else "200"
        answers[method, path.partition("?")[0]] = (int(digits), lines, content)
    return answers


def spoilt_answers(story: bytes) -> list[bytes]:
    """The first exchange with answers that no listener may die of."""
    first, _, rest = story.partition(b"\n")
    content = split(rest)[1]
    half = len(content) // 2
    said = (b"500\n\n", b"200\n\n", b"204\n\n", b"404\n\n{}", b"200\n\n" + b"[" * 5000, b"200\n\n\x00\xff\xfe",
            b"200\n\n" + content[:half], b'200\n\n{"ok": false}', b'200\n\n[null, 1, "x", []]', b"429\nretry-after: 1\n\n")  # fmt: skip
    return [first + b"\n" + answer for answer in said]


def leads_to_peer(settings: ConnectorSettings) -> bool:
    """Whether some setting names the peer."""
    return PEER in repr(settings.model_dump())


def _led(value: Any, url: str) -> Any:
    if isinstance(value, str):
        return url + value.removeprefix(PEER) if value.startswith(PEER) else value
    if isinstance(value, dict):
        return {key: _led(inner, url) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_led(inner, url) for inner in value)
    return value
