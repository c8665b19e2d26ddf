"""What the host answers itself, and in which order it does things."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from pipeline.blobs import BlobStore
from pipeline.intake.host import Host, Mount
from schemas.errors import Malformed, Unavailable, Untrusted
from schemas.letter import Raw, Registered, RegisteredNew
from schemas.ports import Reception, Request, Response, Webhook


@dataclass
class Desk:
    """A webhook and an accept that write down what happens."""

    happened: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    fault: Exception | None = None
    accept_fault: Exception | None = None
    body_bytes_max: int = 1000
    broken_refuse: bool = False

    def receive(self, request: Request) -> Reception:
        self.requests.append(request)
        self.happened.append("received")
        if self.fault:
            raise self.fault
        if request.method == "GET":
            return Reception((), lambda _: Response(200, b"page", headers=(("cache-control", "max-age=1"),)))
        raw = Raw(
            account="a", external_id="1", conversation="c", letter_key="1", body=request.body,
            files=tuple(upload.file for upload in request.uploads), received_at=request.received_at,
        )  # fmt: skip
        return Reception((raw,), self._answer)

    def _answer(self, _: tuple[Registered, ...]) -> Response:
        self.happened.append("answered")
        return Response(201, b"yes")

    def refuse(self, _: Request, error: Exception) -> Response:
        self.happened.append(f"refused {type(error).__name__}")
        if self.broken_refuse:
            raise RuntimeError("secret words")
        return Response(503 if isinstance(error, Unavailable) else 400, b"no")

    async def accept(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        if self.accept_fault:
            raise self.accept_fault
        self.happened.append("stored")
        return tuple(RegisteredNew(number="1" * 16, query_code="1", letter_id=uuid4()) for _ in raws)


def client(
    desk: Any, folder: Path, proxies: frozenset[str] = frozenset(), peer: str = "192.0.2.7"
) -> httpx.AsyncClient:
    host = Host(
        {"desk": Mount(cast("Webhook", desk), desk.accept)}, BlobStore(folder).writer, ready=lambda: False, metrics=lambda: b"m 1\n",
        trusted_proxies=proxies, front_page="desk",
    )  # fmt: skip
    transport = httpx.ASGITransport(host, client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://host.example")


async def asked(
    desk: Desk, folder: Path, method: str, path: str, *, proxies: frozenset[str] = frozenset(), peer: str = "192.0.2.7",
    headers: Mapping[str, str] | None = None, content: bytes = b"",
) -> httpx.Response:  # fmt: skip
    async with client(desk, folder, proxies, peer) as browser:
        return await browser.request(method, path, headers=headers, content=content)


async def test_yes_is_said_only_after_the_accept(tmp_path: Path) -> None:
    desk = Desk()
    answer = await asked(desk, tmp_path, "POST", "/in/desk/x", content=b"hello")
    assert answer.status_code == 201
    assert desk.happened == ["received", "stored", "answered"]
    assert desk.requests[0].path == "/x"
    assert desk.requests[0].body == b"hello"
    assert len(desk.requests[0].nonce) == 32
    assert desk.requests[0].received_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Malformed("x"), 400), (Untrusted("x"), 400), (Unavailable("x", 4.2), 503), (KeyError("x"), 400)],
)
async def test_errors_are_put_into_the_channels_words(tmp_path: Path, fault: Exception, status: int) -> None:
    for desk in (Desk(fault=fault), Desk(accept_fault=fault)):
        answer = await asked(desk, tmp_path, "POST", "/in/desk/", content=b"x")
        assert answer.status_code == status
        assert desk.happened[-1] == f"refused {type(fault).__name__}"
        assert "answered" not in desk.happened
        assert answer.headers.get("retry-after") == ("5" if isinstance(fault, Unavailable) else None)


async def test_a_connector_that_cannot_even_refuse_is_answered_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await asked(
        Desk(fault=KeyError("secret words"), broken_refuse=True), tmp_path, "POST", "/in/desk/"
    )
    assert (answer.status_code, answer.content) == (500, b"internal error\n")
    assert "secret words" not in answer.text


async def test_own_pages(tmp_path: Path) -> None:
    desk = Desk()
    seen = {
        path: await asked(desk, tmp_path, "GET", path)
        for path in ("/", "/live", "/ready", "/metrics", "/x", "/in/x/")
    }
    assert [answer.status_code for answer in seen.values()] == [303, 200, 503, 200, 404, 404]
    assert seen["/"].headers["location"] == "/in/desk/"
    assert desk.happened == []
    for answer in seen.values():
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


async def test_methods(tmp_path: Path) -> None:
    desk = Desk()
    head = await asked(desk, tmp_path, "HEAD", "/in/desk/")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")
    assert head.headers["cache-control"] == "max-age=1", "the connector's own word stands"
    assert desk.requests[0].method == "GET"
    options = await asked(desk, tmp_path, "OPTIONS", "/in/desk/")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    for method in ("PUT", "DELETE", "TRACE", "BREW"):
        answer = await asked(desk, tmp_path, method, "/in/desk/")
        assert (answer.status_code, "allow" in answer.headers) == (405, True)
    assert (await asked(desk, tmp_path, "GET", "/in/desk")).headers["location"] == "/in/desk/"


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "10.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.4", "198.51.100.4"),
        ("127.0.0.1", "198.51.100.4, 10.1.2.3", "198.51.100.4"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
async def test_the_client_is_the_first_hop_nobody_vouches_for(
    tmp_path: Path, peer: str, forwarded: str, seen: str
) -> None:
    desk = Desk()
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    proxies = frozenset({"127.0.0.1", "10.0.0.0/8"})
    await asked(desk, tmp_path, "GET", "/in/desk/", proxies=proxies, peer=peer, headers=headers)
    assert desk.requests[0].client == seen


async def test_small_bodies_stop_at_the_connectors_limit(tmp_path: Path) -> None:
    desk = Desk()
    assert (await asked(desk, tmp_path, "POST", "/in/desk/", content=b"x" * 1000)).status_code == 201
    await asked(desk, tmp_path, "POST", "/in/desk/", content=b"x" * 1001)
    assert desk.happened[-1] == "refused TooLarge"


async def test_a_slow_body_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.intake.host_body.SMALL_BODY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("pipeline.intake.host.DRAIN_TIMEOUT_S", 0.05)
    desk, sent = Desk(), []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    host = Host(
        {"desk": Mount(cast("Webhook", desk), desk.accept)}, BlobStore(tmp_path).writer, ready=lambda: True
    )
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/in/desk/",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    await host(scope, receive, send)
    assert desk.happened == ["refused TooSlow"]
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_peer_that_hung_up_is_not_answered(tmp_path: Path) -> None:
    desk, sent = Desk(), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    host = Host(
        {"desk": Mount(cast("Webhook", desk), desk.accept)}, BlobStore(tmp_path).writer, ready=lambda: True
    )
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/in/desk/",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    await host(scope, receive, send)
    assert (sent, desk.happened) == ([], [])
