"""The tracking page as an ASGI application, with the part's live, ready and metrics pages beside it.

Number and code travel in a POST body, so they stand in no address, log or history. Bodies over
``asking.BODY_BYTES_MAX`` are refused. Nothing may be cached, indexed, framed, or loaded from elsewhere. Works without
scripts.
"""

from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.peers import networks
from pipeline.portal.asking import (
    FIELD_CHARACTERS_MAX,
    Asked,
    Unreadable,
    asked_from,
    asked_in,
    is_large,
    wants_json,
)
from pipeline.portal.doors import Doors
from pipeline.portal.lookup import JustRegistered, Lookup
from pipeline.portal.objecting import REASON_CHARACTERS_MAX, objection
from pipeline.portal.view import View, view_of
from pipeline.portal.words import pick
from pipeline.settings import City, Settings
from pipeline.story import Story

Problem = Literal["unknown", "too_many", "unreadable", "not_open", "away"]
Found = Story | JustRegistered

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
_PROBLEMS: dict[Problem, tuple[str, str]] = {
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
    "not_open": (
        "这件事目前没有可以提出异议的决定，可能工作人员已在重新核实。最新情况请重新查询。",
        "There is no decision on this matter that you could object to; perhaps a person looks at it already. Look it up again.",
    ),
    "away": (
        "您的异议暂时没能收下。您填写的内容还在下面，请过一会儿再提交，或拨打热线并报登记编号。",
        "Your objection could not be taken just now. What you wrote still stands below: send it again in a while, or call the hotline.",
    ),
}
_STATUS: dict[Problem, int] = {
    "unknown": 404,
    "too_many": 429,
    "unreadable": 400,
    "not_open": 409,
    "away": 503,
}


class _Page:
    def __init__(self, settings: Settings, lookup: Lookup, doors: Doors, ready: Callable[[], bool]) -> None:
        self._settings = settings
        self._proxies = networks(settings.door.trusted_proxies)
        self._lookup = lookup
        self._doors = doors
        self._ready = ready
        environment = Environment(
            loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._template = environment.get_template("tracking.html")
        self._css = files(__package__).joinpath("templates", "tracking.css").read_bytes()

    async def form(self, request: Request) -> Response:
        number = request.query_params.get("number", "")[:FIELD_CHARACTERS_MAX]
        return self._html(self._any_city(), Asked(number=number, large=is_large(request)))

    async def find(self, request: Request) -> Response:
        """The letter that number and code open."""
        try:
            asked = await asked_in(request)
        except Unreadable:
            return self._unreadable(request)
        found = await self._found(request, asked)
        return self._refused(found, asked) if isinstance(found, str) else self._shown(found, asked)

    async def object_(self, request: Request) -> Response:
        """异议: to the decision on one part of the letter that number and code open. A yes leaves after a door's fsync."""
        try:
            asked = await asked_in(request)
        except Unreadable:
            return self._unreadable(request)
        found = await self._found(request, asked)
        if isinstance(found, str):
            return self._refused(found, asked)
        said = objection(found, asked.part, asked.reason) if isinstance(found, Story) else None
        if said is None:
            return self._refused("not_open", asked, found)
        if not await self._doors.instruct(said):
            return self._refused("away", asked, found)
        if asked.wants_json:
            return JSONResponse({"objected": True}, headers=_HEADERS)
        return self._html(self._city_of(found), asked, objected=True)

    async def _found(self, request: Request, asked: Asked) -> Found | Literal["unknown", "too_many"]:
        client = asked_from(request, self._proxies)
        return await self._lookup.find(asked.number, asked.code, client)

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

    def _shown(self, found: Found, asked: Asked) -> Response:
        city = self._city_of(found)
        view = view_of(found, city, self._settings.locale)
        if asked.wants_json:
            return JSONResponse(view.as_json(), headers=_HEADERS)
        return self._html(city, asked, view=view)

    def _unreadable(self, request: Request) -> Response:
        return self._refused("unreadable", Asked(wants_json=wants_json(request), large=is_large(request)))

    def _refused(self, problem: Problem, asked: Asked, found: Found | None = None) -> Response:
        """*found*: what stays on the page below the problem."""
        words = pick(_PROBLEMS[problem], self._settings.locale)
        if asked.wants_json:
            return JSONResponse({"error": problem, "detail": words}, _STATUS[problem], headers=_HEADERS)
        city = self._city_of(found) if found else self._any_city()
        view = view_of(found, city, self._settings.locale) if found else None
        return self._html(city, asked, status=_STATUS[problem], view=view, problem=words)

    def _html(
        self, city: City, asked: Asked, *, status: int = 200, view: View | None = None, problem: str = "",
        objected: bool = False,
    ) -> Response:  # fmt: skip
        locale = self._settings.locale
        page = self._template.render(
            lang="en" if locale == "en" else "zh-CN", say=lambda *words: pick(words, locale), title=city.title,
            phones=city.emergency_phones, hotline=city.hotline, view=view, problem=problem, asked=asked, objected=objected,
            reason_characters_max=REASON_CHARACTERS_MAX,
        )  # fmt: skip
        return HTMLResponse(page, status, headers=_HEADERS)

    def _any_city(self) -> City:
        return next(iter(self._settings.cities.values()))

    def _city_of(self, found: Found) -> City:
        known = self._settings.cities.get(found.city) if isinstance(found, Story) else None
        return known or self._any_city()


def tracking_app(settings: Settings, lookup: Lookup, doors: Doors, *, ready: Callable[[], bool]) -> Starlette:
    """The application. *ready* says whether the part reads its topics."""
    page = _Page(settings, lookup, doors, ready)
    get = partial(Route, methods=["GET"])
    return Starlette(
        routes=[
            get("/", page.form),
            Route("/", page.find, methods=["POST"]),
            Route("/object", page.object_, methods=["POST"]),
            get("/tracking.css", page.css),
            get("/live", page.live),
            get("/ready", page.ready),
            get("/metrics", page.metrics),
        ]
    )
