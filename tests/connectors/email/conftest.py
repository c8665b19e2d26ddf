"""A mail door with a store of its own, spoken to over a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from connectors.email import Email, EmailSettings
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredNew
from schemas.ports import Accept, Mailbox

MAYOR = "shimin@12345.example.gov.cn"
POLICE = "jingcha@12345.example.gov.cn"
MAYOR_TOO = "shizhang@12345.example.gov.cn"
CHINESE = "市民@市政.example"


class Store:
    """Keeps pieces in memory and numbers them; *before* runs first, to wait or to fail.

    With ``accept`` set, that one stores them instead.
    """

    def __init__(self) -> None:
        self.raws: list[Raw] = []
        self.known: dict[tuple[str, str], int] = {}
        self.calls = 0
        self.before: Callable[[], Awaitable[None]] | None = None
        self.accept: Accept | None = None

    async def __call__(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        self.calls += 1
        if self.before is not None:
            await self.before()
        if self.accept is not None:
            return await self.accept(raws)
        return tuple(self._registered(raw) for raw in raws)

    def _registered(self, raw: Raw) -> Registered:
        key = (raw.account, raw.external_id)
        place = self.known.get(key)
        if place is not None:
            return RegisteredAgain(number=f"{place:016}", query_code="12345678", letter_id=UUID(int=place))
        self.raws.append(raw)
        place = self.known[key] = len(self.raws)
        return RegisteredNew(number=f"{place:016}", query_code="12345678", letter_id=UUID(int=place))


class Peer:
    """A client that says exactly what it is told to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *lines: str | bytes) -> str:
        """Send lines one after another; the answer to the last."""
        answer = ""
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
            await self.writer.drain()
            answer = await self.hear()
        return answer

    async def hear(self, timeout_s: float = 10.0) -> str:
        """One answer, all its lines; empty where the connection has ended."""
        lines: list[str] = []
        while True:
            try:
                line = await asyncio.wait_for(self.reader.readline(), timeout_s)
            except ConnectionError:
                return ""
            lines.append(line.decode().rstrip("\r\n"))
            if not line or line[3:4] != b"-":
                return "\n".join(lines)

    async def envelope(self, *recipients: str, sender: str = "zhangsan@mail.example") -> str:
        """EHLO to the last RCPT."""
        return await self.say(
            "EHLO mail.example",
            f"MAIL FROM:<{sender}>",
            *(f"RCPT TO:<{to}>" for to in recipients or (MAYOR,)),
        )

    async def mail(self, content: bytes, *recipients: str, sender: str = "zhangsan@mail.example") -> str:
        """A whole mail; the answer to its final dot."""
        await self.envelope(*recipients, sender=sender)
        assert (await self.say("DATA")).startswith("354")
        return await self.say(content + b"\r\n.")


class Door:
    """The listener and its store."""

    def __init__(self, email: Email, store: Store, task: "asyncio.Task[None]") -> None:
        self.email = email
        self.store = store
        self.task = task
        self._peers: list[Peer] = []

    async def connect(self, *, greeted: bool = True) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.email.port))
        self._peers.append(peer)
        if greeted:
            assert (await peer.hear()).startswith("220 ")
        return peer

    async def close(self) -> None:
        for peer in self._peers:
            peer.writer.close()
            with contextlib.suppress(ConnectionError):
                await peer.writer.wait_closed()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@pytest.fixture
def store() -> Store:
    """Where a door of this test puts what comes."""
    return Store()


@pytest.fixture
def logged() -> Iterator[Callable[[str], list[Any]]]:
    """``logged("mail.")``: what was logged so far under names that begin so."""
    with capture_logs() as entries:
        yield lambda event: [dict(entry) for entry in entries if entry["event"].startswith(event)]


OpenDoor = Callable[..., Awaitable[Door]]


@pytest.fixture
async def open_door(store: Store) -> AsyncIterator[OpenDoor]:
    """``await open_door(**settings)``: a listening door, closed at the end."""
    doors: list[Door] = []

    async def opened(**settings: Any) -> Door:
        accounts = {
            MAYOR: Mailbox(city="xingcheng", mailbox="mayor"),
            MAYOR_TOO: Mailbox(city="xingcheng", mailbox="mayor"),
            POLICE: Mailbox(city="xingcheng", mailbox="police"),
            CHINESE: Mailbox(city="haicheng", mailbox="mayor"),
        }
        email = Email(EmailSettings(accounts=accounts, port=0, **settings))
        door = Door(email, store, asyncio.create_task(email.listen(store)))
        await asyncio.wait_for(email.listening.wait(), 10)
        doors.append(door)
        return door

    yield opened
    for door in doors:
        await door.close()


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """A door with ordinary settings."""
    return await open_door()
