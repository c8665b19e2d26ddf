"""The tracking page as an ASGI application, with the part's live, ready and metrics pages beside it.

Number and code travel in a POST body, so they stand in no address, log or history. Bodies over ``BODY_BYTES_MAX`` are
refused. Nothing may be cached, indexed, framed, or loaded from elsewhere. Works without scripts.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.portal.lookup import JustRegistered, Lookup
from pipeline.portal.view import View, view_of
from pipeline.portal.words import pick
from pipeline.settings import City, Settings
from pipeline.story import Story

BODY_BYTES_MAX = 4096
FIELD_CHARACTERS_MAX = 64
FIELDS_MAX = 10

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_PROBLEMS = {
    "unknown": (
        "没有查到。请核对登记编号和查询码；刚刚寄出的来信，请过一分钟再试。",
        "Nothing was found. Please check number and code; a letter sent just now may take a minute.",
    ),
    "too_many": (
        "尝试次数过多，请过一会儿再试，或拨打热线查询。",
        "Too many tries. Please come again later, or call the hotline.",
    ),
    "unreadable": (
        "没有看懂您的请求，请重新填写。",
        "The request could not be read; please fill in the form again.",
    ),
}
_STATUS = {"unknown": 404, "too_many": 429, "unreadable": 400}


class _Unreadable(Exception):
    """The body is no form and no JSON of ours, or too large."""


class _Page:
    def __init__(self, settings: Settings, lookup: Lookup, ready: Callable[[], bool]) -> None:
        self._settings = settings
        self._lookup = lookup
        self._ready = ready
        environment = Environment(
            loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._template = environment.get_template("tracking.html")
        self._css = files(__package__).joinpath("templates", "tracking.css").read_bytes()

    async def form(self, request: Request) -> Response:
        number = request.query_params.get("number", "")[:FIELD_CHARACTERS_MAX]
        return self._html(self._any_city(), number=number, large=_large(request))

    async def find(self, request: Request) -> Response:
        wants_json, large = "application/json" in request.headers.get("accept", ""), _large(request)
        try:
            fields = await _fields(request)
        except _Unreadable:
            return self._problem("unreadable", wants_json=wants_json, large=large)
        number = fields.get("number", "")[:FIELD_CHARACTERS_MAX]
        code = fields.get("code", "")[:FIELD_CHARACTERS_MAX]
        found = await self._lookup.find(number, code, _client(request, self._settings.door.trusted_proxies))
        if isinstance(found, str):
            return self._problem(found, wants_json=wants_json, large=large, number=number)
        city = self._city_of(found)
        view = view_of(found, city, self._settings.locale)
        if wants_json:
            return JSONResponse(view.as_json(), headers=_HEADERS)
        return self._html(city, view=view, large=large)

    async def css(self, _: Request) -> Response:
        headers = {**_HEADERS, "Cache-Control": "max-age=3600"}
        return Response(self._css, media_type="text/css", headers=headers)

    async def live(self, _: Request) -> Response:
        return PlainTextResponse("live\n", headers=_HEADERS)

    async def ready(self, _: Request) -> Response:
        ready = self._ready()
        return PlainTextResponse(
            "ready\n" if ready else "not ready\n", 200 if ready else 503, headers=_HEADERS
        )

    async def metrics(self, _: Request) -> Response:
        return Response(generate_latest(), headers={**_HEADERS, "Content-Type": CONTENT_TYPE_LATEST})

    def _problem(self, code: str, *, wants_json: bool, large: bool, number: str = "") -> Response:
        words = pick(_PROBLEMS[code], self._settings.locale)
        if wants_json:
            return JSONResponse({"error": code, "detail": words}, _STATUS[code], headers=_HEADERS)
        return self._html(self._any_city(), status=_STATUS[code], problem=words, number=number, large=large)

    def _html(
        self, city: City, *, large: bool, status: int = 200, view: View | None = None, problem: str = "",
        number: str = "",
    ) -> Response:  # fmt: skip
        locale = self._settings.locale
        page = self._template.render(
            lang="en" if locale == "en" else "zh-CN", say=lambda *words: pick(words, locale), title=city.title,
            phones=city.emergency_phones, hotline=city.hotline, view=view, problem=problem, number=number,
            large=large,
        )  # fmt: skip
        return HTMLResponse(page, status, headers=_HEADERS)

    def _any_city(self) -> City:
        return next(iter(self._settings.cities.values()))

    def _city_of(self, found: Story | JustRegistered) -> City:
        known = self._settings.cities.get(found.city) if isinstance(found, Story) else None
        return known or self._any_city()


def tracking_app(settings: Settings, lookup: Lookup, *, ready: Callable[[], bool]) -> Starlette:
    """The application. *ready* says whether the part reads its topics."""
    page = _Page(settings, lookup, ready)
    get = partial(Route, methods=["GET"])
    return Starlette(
        routes=[
            get("/", page.form),
            Route("/", page.find, methods=["POST"]),
            get("/tracking.css", page.css),
            get("/live", page.live),
            get("/ready", page.ready),
            get("/metrics", page.metrics),
        ]
    )


async def _fields(request: Request) -> Mapping[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise _Unreadable
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            said = json.loads(body)
            return {key: value for key, value in said.items() if isinstance(value, str)}
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except (ValueError, AttributeError, RecursionError):
        raise _Unreadable from None
    return {key: values[-1] for key, values in fields.items()}


def _large(request: Request) -> bool:
    return request.query_params.get("size") == "large"


def _client(request: Request, trusted_proxies: frozenset[str]) -> str:
    """Where the request comes from; behind a proxy of ours, what the proxy says. IPv6 by its /64."""
    peer = request.client.host if request.client else ""
    if peer in trusted_proxies:
        said = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
        peer = next((host for host in reversed(said) if host and host not in trusted_proxies), peer)
    return ":".join(peer.split(":")[:4]) if ":" in peer else peer
