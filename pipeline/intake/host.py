"""The HTTP side of the door: mounts webhooks at ``/in/<channel>/``, reads their requests, answers once it is safe.

A plain ASGI application, without a framework: one request costs what its channel costs. The order is the promise:

    body read under limits → ``receive`` (pure) → uploaded files fsynced → ``accept`` (spool fsynced) → ``answer``

A peer hears yes only in the last step. What is refused is refused in the channel's own words (``refuse``): Malformed,
Untrusted, TooLarge, Unavailable (with Retry-After), and 500 for any fault of ours, which is logged without values.
Files of a refused request are thrown away before they had a name in the blob store; only where ``accept`` itself
fails after they were committed do they stay, ownerless, until blobs of their age are deleted.
"""

import asyncio
import math
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import structlog

from pipeline.crash import crash_point
from pipeline.intake.host_body import Body, Gone, Receive, drain, read_body
from pipeline.intake.host_multipart import OpensBlob
from pipeline.intake.senders import Senders
from pipeline.logs import CONNECTOR_FAULT
from pipeline.metrics import ACCEPT_SECONDS
from pipeline.peers import client_of, networks
from schemas.errors import Unavailable, XinshuError
from schemas.ports import Accept, Reception, Request, Response, Webhook

Send = Callable[[MutableMapping[str, Any]], Any]

DRAIN_BYTES_MAX = 256 * 1024 * 1024
DRAIN_TIMEOUT_S = 60.0
QUERY_FIELDS_MAX = 100
METHODS = b"GET, HEAD, POST, OPTIONS"

_PAGE_MAY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
_SECURITY = (
    (b"content-security-policy", _PAGE_MAY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
"""On every answer, unless the connector says otherwise by the same name."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mount:
    """One webhook, and the accept that stores its pieces."""

    webhook: Webhook
    accept: Accept


class Host:
    """The ASGI application. *ready* tells ``/ready``; *metrics* None: ``/metrics`` is not served here."""

    def __init__(
        self,
        mounts: Mapping[str, Mount],
        open_blob: OpensBlob,
        *,
        ready: Callable[[], bool],
        metrics: Callable[[], bytes] | None = None,
        trusted_proxies: frozenset[str] = frozenset(),
        senders: Senders | None = None,
        front_page: str = "web_form",
    ) -> None:
        self._mounts = dict(mounts)
        self._open_blob = open_blob
        self._ready = ready
        self._metrics = metrics
        self._proxies = networks(trusted_proxies)
        self._senders = senders
        self._front_page = f"/in/{front_page}/" if front_page in mounts else ""
        self._seconds = {channel: ACCEPT_SECONDS.labels(channel) for channel in mounts}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application speaks HTTP only, not {scope['type']}")
        method: str = scope["method"]
        path: str = scope["path"]
        if method not in {"GET", "HEAD", "POST", "OPTIONS"}:
            await _send(send, Response(405, b"method not allowed\n"), method, allow=True)
        elif path.startswith("/in/"):
            channel, slash, rest = path[4:].partition("/")
            mount = self._mounts.get(channel)
            if mount is None:
                await _send(send, Response(404, b"no such channel\n"), method)
            elif method == "OPTIONS":
                await _send(send, Response(204), method, allow=True)
            elif not slash:
                location = (("location", f"/in/{channel}/"),)
                await _send(send, Response(308, headers=location), method)
            else:
                await self._serve(channel, "/" + rest, scope, receive, send)
        else:
            await _send(send, self._own(path), method, allow=method == "OPTIONS")

    def _own(self, path: str) -> Response:
        if path == "/live":
            return Response(200, b"live\n")
        if path == "/ready":
            return Response(200, b"ready\n") if self._ready() else Response(503, b"not ready\n")
        if path == "/metrics" and self._metrics is not None:
            return Response(200, self._metrics(), "text/plain; version=0.0.4; charset=utf-8")
        if path == "/" and self._front_page:
            return Response(303, headers=(("location", self._front_page),))
        return Response(404, b"not found\n")

    async def _serve(
        self, channel: str, path: str, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        mount, headers = self._mounts[channel], _headers(scope["headers"])
        received_at, nonce = datetime.now(UTC), secrets.token_hex(16)
        client, query = self._client(scope, headers), _query(scope["query_string"])
        body = Body()
        method: str = scope["method"]

        def request() -> Request:
            return Request(
                method="GET" if method == "HEAD" else method, path=path, query=query, headers=headers,
                body=body.raw, fields=body.fields, uploads=tuple(staged.upload() for staged in body.staged),
                client=client, received_at=received_at, nonce=nonce,
            )  # fmt: skip

        try:
            if method == "POST":
                await read_body(
                    receive, headers, body, bytes_max=mount.webhook.body_bytes_max, stage=self._open_blob
                )
            started = time.perf_counter()
            answer = await self._answer(channel, mount, request(), body)
            self._seconds[channel].observe(time.perf_counter() - started)
        except Gone:
            return
        except Exception as error:
            answer = _refuse(channel, mount.webhook, request(), error)
        finally:
            for staged in body.staged:
                staged.writer.abort()
        unread = method == "POST" and not body.complete
        await _send(send, answer, method, unread=receive if unread else None)

    async def _answer(self, channel: str, mount: Mount, request: Request, body: Body) -> Response:
        reception = mount.webhook.receive(request)
        if not reception.raws:
            return reception.answer(())
        not_stored = self._counted(channel, request, reception)
        try:
            if body.staged:
                await _commit_files(reception, body)
            registered = await mount.accept(reception.raws)
        except BaseException:
            not_stored()
            raise
        if all(done.outcome != "new" for done in registered):
            not_stored()
        crash_point("door.before_answer")
        try:
            return reception.answer(registered)
        except Exception as error:
            log.exception(CONNECTOR_FAULT, channel=channel, reason="answer")
            return mount.webhook.refuse(request, error)

    def _counted(self, channel: str, request: Request, reception: Reception) -> Callable[[], None]:
        """Counts a person's letter; what comes back takes it back. Raises TooMany."""
        if self._senders is None or not reception.from_person:
            return lambda: None
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
        unnamed = hops != [""] and request.client not in hops
        return self._senders.count(channel, request.client, reception.raws, unnamed_proxy=unnamed)

    def _client(self, scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> str:
        peer: str = scope["client"][0] if scope.get("client") else ""
        return client_of(peer, headers.get("x-forwarded-for", ""), self._proxies)


async def _commit_files(reception: Reception, body: Body) -> None:
    named = {file.sha256 for raw in reception.raws for file in raw.files}
    named |= {raw.body.sha256 for raw in reception.raws if not isinstance(raw.body, bytes)}
    for staged in body.staged:
        if staged.writer.ref().sha256 in named:
            await asyncio.to_thread(staged.writer.commit)


def _refuse(channel: str, webhook: Webhook, request: Request, error: Exception) -> Response:
    if not isinstance(error, XinshuError):
        log.error(CONNECTOR_FAULT, channel=channel, reason="receive", exc_info=error)
    try:
        response = webhook.refuse(request, error)
    except Exception:
        log.exception(CONNECTOR_FAULT, channel=channel, reason="refuse")
        response = Response(500, b"internal error\n")
    if isinstance(error, Unavailable) and not any(
        name.lower() == "retry-after" for name, _ in response.headers
    ):
        wait = ("retry-after", str(max(1, math.ceil(error.retry_after_s))))
        response = Response(response.status, response.body, response.media_type, (*response.headers, wait))
    return response


async def _send(
    send: Send, response: Response, method: str, *, allow: bool = False, unread: Receive | None = None
) -> None:
    """*unread*: the peer may still be sending; the connection is closed after a bounded drain."""
    own = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    said = {name for name, _ in own}
    headers = own + [pair for pair in _SECURITY if pair[0] not in said]
    if response.status not in {204, 304}:
        headers.append((b"content-type", response.media_type.encode("latin-1")))
        headers.append((b"content-length", str(len(response.body)).encode()))
    if allow:
        headers.append((b"allow", METHODS))
    if unread is not None:
        headers.append((b"connection", b"close"))
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if unread is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await drain(unread, bytes_max=DRAIN_BYTES_MAX, timeout_s=DRAIN_TIMEOUT_S)
        body = b""
    await send({"type": "http.response.body", "body": body})


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _query(raw: bytes) -> tuple[tuple[str, str], ...]:
    if not raw:
        return ()
    # Never cut: an SMS vendor's message may stand here. Its length is bounded with the request's head.
    text = raw.decode("latin-1")
    if text.count("&") >= QUERY_FIELDS_MAX:
        return ()
    return tuple(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))
