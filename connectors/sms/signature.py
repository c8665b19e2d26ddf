"""Whether a request comes from the vendor it says it comes from.

A gateway's ``signature`` describes how its vendor signs; Twilio's way is fixed. Digests are compared in constant time,
over the bytes of the body as they came. Of several secrets any holds, so that they can be changed without a gap.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import product
from typing import Annotated, Literal
from urllib.parse import quote, quote_plus, urlencode
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator

from connectors.sms.fields import field, from_json, looks_like_json, octets, whole
from connectors.sms.times import moment_of
from schemas.errors import Malformed, Untrusted
from schemas.ports import PluginSettings, Request

SKEW_S_MAX = 300

Secret = Annotated[SecretStr, Field(min_length=8, max_length=512)]
Place = Annotated[str, Field(pattern=r"^(?:header|query|field):.{1,128}$")]
_HOLE = re.compile(rb"\{(secret|body|pairs|pairs_plain|(?:header|query|field):[^{}]{1,128})\}")


class Signature(PluginSettings):
    """How a vendor signs.

    ``where`` and ``timestamp`` are ``header:NAME``, ``query:NAME`` or ``field:PATH``. ``template`` is what is hashed:
    ``{secret}`` ``{body}`` ``{pairs}`` (all fields but the signature as ``name=value``, sorted, with & between)
    ``{pairs_plain}`` (the same, with every & and = of a value as _), ``{header:NAME}`` ``{query:NAME}``
    ``{field:PATH}``. Algorithm ``token``: nothing is hashed, the secret itself must be there. A timestamp must lie
    within 300 s and, unless it is a token's, in the template.
    """

    algorithm: Literal["token", "md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"]
    secrets: tuple[Secret, ...] = Field(min_length=1, max_length=8)
    where: Place
    encoding: Literal["hex", "base64"] = "hex"
    template: str = Field(default="{body}", max_length=1024)
    timestamp: Place | None = None
    time_format: str = ""
    time_zone: str = "Asia/Shanghai"

    @model_validator(mode="after")
    def _whole(self) -> "Signature":
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, LookupError, OSError):
            raise ValueError("no such time zone") from None
        if self.algorithm == "token":
            return self
        if unknown := re.search(rb"\{[^{}]*\}", _HOLE.sub(b"", self.template.encode())):
            raise ValueError(f"the template has {unknown[0].decode()}, which stands for nothing")
        if not _HOLE.search(self.template.replace("{secret}", "").encode()):
            raise ValueError(
                "the template has nothing of the request: every request would have one signature"
            )
        # The pairs hold the fields and the query, no header.
        in_pairs = "{pairs" in self.template and not (self.timestamp or "").startswith("header:")
        if self.timestamp and "{" + self.timestamp + "}" not in self.template and not in_pairs:
            raise ValueError("the timestamp is not signed: it must stand in the template")
        if not self.algorithm.startswith("hmac") and "{secret}" not in self.template:
            raise ValueError("without {secret} in the template anybody can make this signature")
        return self


def check(signature: Signature, request: Request) -> None:
    """Raises Untrusted."""
    said = _at(request, signature.where)
    if not said or not any(_fits(signature, secret, said, request) for secret in signature.secrets):
        raise Untrusted("the signature is missing or wrong")
    if signature.timestamp is not None:
        sent = _at(request, signature.timestamp).decode("ascii", "replace")
        moment = moment_of(sent, signature.time_format, ZoneInfo(signature.time_zone))
        if moment is None or abs(moment - request.received_at) > timedelta(seconds=SKEW_S_MAX):
            raise Untrusted("the signature is older or newer than 300 s")


def _fits(signature: Signature, secret: SecretStr, said: bytes, request: Request) -> bool:
    key = secret.get_secret_value().encode()
    if signature.algorithm == "token":
        return hmac.compare_digest(said.removeprefix(b"Bearer "), key)
    signed = _filled(signature, key, request)
    name = signature.algorithm.removeprefix("hmac-")
    digest = (
        hmac.digest(key, signed, name)
        if signature.algorithm.startswith("hmac")
        else hashlib.new(name, signed, usedforsecurity=False).digest()
    )
    if signature.encoding == "base64":
        return hmac.compare_digest(said, base64.b64encode(digest))
    return hmac.compare_digest(said.lower(), digest.hex().encode())


def _filled(signature: Signature, key: bytes, request: Request) -> bytes:
    def fill(hole: re.Match[bytes]) -> bytes:
        match hole[1]:
            case b"secret":
                return key
            case b"body":
                return request.body
            case b"pairs":
                return _pairs(request, signature.where, lambda value: value)
            case b"pairs_plain":
                return _pairs(request, signature.where, lambda value: re.sub(rb"[&=]", b"_", value))
            case place:
                return _at(request, place.decode())

    return _HOLE.sub(fill, signature.template.encode())


def _pairs(request: Request, but: str, plain: Callable[[bytes], bytes]) -> bytes:
    own = but.partition(":")[2]
    pairs = sorted(
        (octets(name), octets(value)) for name, value in (*request.query, *request.fields) if name != own
    )
    return b"&".join(name + b"=" + plain(value) for name, value in pairs)


def _at(request: Request, place: str) -> bytes:
    kind, _, name = place.partition(":")
    match kind:
        case "header":
            return request.headers.get(name.lower(), "").strip().encode("latin-1", "replace")
        case "query":
            return octets(_first(request.query, name))
        case _:
            if request.fields:
                return octets(_first(request.fields, name))
            try:
                tree = from_json(request.body, "")[0] if looks_like_json(request.body) else {}
            except Malformed:
                return b""
            value = field(tree, name)
            return whole(str(value)).encode() if isinstance(value, str | int) else b""


def _first(pairs: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for key, value in pairs if key == name), "")


def check_twilio(tokens: tuple[SecretStr, ...], address: str, request: Request) -> None:
    """*address* is the URL as Twilio knows it, without the query. Raises Untrusted."""
    said = request.headers.get("x-twilio-signature", "").encode("latin-1", "replace")
    signed = "".join(
        f"{name}{value}" for name in sorted({name for name, _ in request.fields})
        for value in sorted({value for key, value in request.fields if key == name})
    )  # fmt: skip
    for token in tokens:
        for url, query in product(_ports(address), _queries(request)):
            digest = hmac.digest(token.get_secret_value().encode(), octets(url + query + signed), "sha1")
            if hmac.compare_digest(said, base64.b64encode(digest)):
                return
    raise Untrusted("the signature is missing or wrong")


def _queries(request: Request) -> tuple[str, ...]:
    """The query as it may have been written: the host has read it, and a blank has two spellings."""
    if not request.query:
        return ("",)
    return tuple(
        "?" + urlencode(request.query, errors="surrogateescape", quote_via=spelling)
        for spelling in (quote_plus, quote)
    )


def _ports(address: str) -> tuple[str, str]:
    """Twilio signs with the port in the URL or without it: it depends on the product and its age."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    standard = ":443" if scheme == "https" else ":80"
    other = (
        host.removesuffix(standard) if host.endswith(standard) else host if ":" in host else host + standard
    )
    return address, f"{scheme}://{other}{slash}{path}"
