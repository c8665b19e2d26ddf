"""What a request to the tracking page asks: a form or JSON of few, short fields, and how the answer is wanted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from pipeline.peers import Networks, client_of, network_of
from pipeline.portal.objecting import REASON_CHARACTERS_MAX

BODY_BYTES_MAX = 8192
FIELD_CHARACTERS_MAX = 64
FIELDS_MAX = 10


class Unreadable(Exception):
    """The body is no form and no JSON of ours, or too large."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields as a person typed them, cut to what they may hold. *part*, *reason*: of an objection."""

    number: str = ""
    code: str = ""
    part: str = ""
    reason: str = ""
    wants_json: bool = False
    large: bool = False


async def asked_in(request: Request) -> Asked:
    """Raises Unreadable."""
    fields = await _fields(request)

    def field(name: str, characters_max: int = FIELD_CHARACTERS_MAX) -> str:
        return fields.get(name, "")[:characters_max]

    return Asked(
        field("number"), field("code"), field("part"), field("reason", REASON_CHARACTERS_MAX), wants_json(request),
        is_large(request),
    )  # fmt: skip


def wants_json(request: Request) -> bool:
    """Does a program ask?"""
    return "application/json" in request.headers.get("accept", "")


def is_large(request: Request) -> bool:
    """Is large type wanted?"""
    return request.query_params.get("size") == "large"


def asked_from(request: Request, proxies: Networks) -> str:
    """Whose tries are counted: the address that asks, IPv6 by its /64."""
    peer = request.client.host if request.client else ""
    return network_of(client_of(peer, request.headers.get("x-forwarded-for", ""), proxies))


def _plain(said: str) -> str:
    """JSON may hold halves of characters, which no page can."""
    return said.encode("utf-8", "replace").decode()


async def _fields(request: Request) -> Mapping[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Unreadable
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            said = json.loads(body)
            return {key: _plain(value) for key, value in said.items() if isinstance(value, str)}
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except (ValueError, AttributeError, RecursionError):
        raise Unreadable from None
    return {key: values[-1] for key, values in fields.items()}
