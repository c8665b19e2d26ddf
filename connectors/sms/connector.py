"""The webhook: finds the gateway, makes sure who calls, cuts the body into messages, answers in the vendor's words."""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import ValidationError

from connectors.sms import fields as given
from connectors.sms.keys import raw_of
from connectors.sms.mapping import Map
from connectors.sms.payload import Message, normalise
from connectors.sms.reading import is_receipt, read
from connectors.sms.settings import Gateway
from connectors.sms.settings import Settings as SmsSettings
from connectors.sms.signature import check, check_twilio
from connectors.sms.vendors import MAPS, fitting, is_twilio_receipt, kannel_post, no, yes
from schemas.errors import Malformed, TooLarge, Unavailable, Untrusted
from schemas.letter import Raw
from schemas.ports import ConnectorSettings, FileOption, Normaliser, Reception, Request, Response

OFFLINE = "offline"
_TARGET = re.compile(rb"\A\s*(?:[A-Za-z]+ )?(?:https?://|/)[^\s?]*\?")


class Sms:
    """The channel ``sms``."""

    channel: ClassVar[str] = "sms"
    Settings: ClassVar[type[ConnectorSettings]] = SmsSettings
    normalise: ClassVar[Normaliser] = staticmethod(normalise)
    file_options: ClassVar[tuple[FileOption, ...]] = (
        FileOption("vendor", "短信服务商", "who sent it", choices=tuple(MAPS)),
        FileOption("gateway", "别的服务商:字段对照表(JSON 文件)", "any other vendor: a map of its fields (a JSON file)", is_file=True),
    )  # fmt: skip

    def __init__(self, settings: SmsSettings) -> None:
        self.body_bytes_max = settings.body_bytes_max
        self._settings = settings

    def receive(self, request: Request) -> Reception:
        """Raises Malformed, Untrusted."""
        name, gateway = self._trusted(request)
        map_ = gateway.reads
        messages = messages_of(gateway.vendor, map_, *_content(gateway.vendor, map_, request))
        raws = tuple(
            raw_of(sms, name, self._settings.account_of(gateway, sms.receiver), request.received_at)
            for sms in messages
        )
        answer = yes(map_)
        return Reception(raws, lambda _: answer)

    def refuse(self, request: Request, error: Exception) -> Response:
        """By the vendor that the address names; what makes it come again where that would help."""
        gateway = self._settings.gateways.get(_steps(request.path)[0])
        vendor = gateway.vendor if gateway is not None else ""
        match error:
            case Untrusted():
                return no(vendor, 403, "forbidden")
            case TooLarge():
                return no(vendor, 413, "too large")
            case Malformed():
                return no(vendor, 400, "cannot be read")
            case Unavailable():
                return no(vendor, 503, "not stored, send again")
            case _:
                return no(vendor, 500, "not stored, send again")

    def _trusted(self, request: Request) -> tuple[str, Gateway]:
        name, secret = _steps(request.path)
        gateway = self._settings.gateways.get(name)
        if gateway is None or not gateway.admits(request.client):
            raise Untrusted("no such gateway, or not from there")
        known = [one.get_secret_value().encode() for one in gateway.secrets]
        said = secret.encode("utf-8", "surrogateescape")
        if known and not any([hmac.compare_digest(said, one) for one in known]):  # noqa: C419 - all are compared
            raise Untrusted("no such gateway, or not from there")
        if gateway.keys:
            check_twilio(gateway.keys, f"{self._settings.public_url}/in/sms{request.path}", request)
        if gateway.signature is not None:
            check(gateway.signature, request)
        return name, gateway

    @classmethod
    def from_file(cls, payload: bytes, name: str, options: Mapping[str, str]) -> Sequence[Raw]:  # noqa: ARG003 - a body tells more than its name
        """The pieces of a body or query string in a file. Raises Malformed, naming the option that is missing."""
        vendor, gateway = options.get("vendor", ""), options.get("gateway", "")
        if vendor and gateway:
            raise Malformed("give --vendor or --gateway, not both")
        if not vendor and not gateway:
            vendor = _recognised(payload)
        if vendor and vendor not in MAPS:
            raise Malformed(f"no such vendor: name one with --vendor {'|'.join(MAPS)}")
        map_ = _map_of(gateway) if gateway else MAPS[vendor]
        found = messages_of(vendor or "custom", map_, *_file(payload, map_))
        at = datetime.now(UTC)
        return tuple(raw_of(sms, vendor or "custom", sms.receiver or OFFLINE, at) for sms in found)


def _steps(path: str) -> tuple[str, str]:
    name, _, secret = path.strip("/").partition("/")
    return name, secret


def messages_of(vendor: str, map_: Map, tree: Any, guessed: bool) -> tuple[Message, ...]:
    """The messages of a body. Receipts are none; an element that cannot be read is kept beside those that can be.

    Raises Malformed where nothing can be read: then the vendor is told, and sends again.
    """
    messages: list[Message] = []
    why = ""
    elements = given.elements(tree, map_.batch)
    for element in elements:
        if is_receipt(map_, element) or (vendor == "twilio" and is_twilio_receipt(element)):
            continue
        try:
            messages.append(read(vendor, map_, element, guessed=guessed))
        except Malformed as error:
            why = str(error)
            messages.append(Message(vendor=vendor, fault=f"an element of an array: {why}", raw=element))
    if why and all(message.fault for message in messages):
        raise Malformed(why)
    return tuple(messages)


def _content(vendor: str, map_: Map, request: Request) -> tuple[Any, bool]:
    """The request's fields, whatever they came in, and whether their charset was guessed."""
    query = given.from_pairs(request.query)
    if request.fields:
        return given.from_pairs((*request.fields, *request.query)), False
    if vendor == "kannel" and request.method == "POST":
        return kannel_post(query, request.headers, request.body), False
    if not request.body:
        if not query:
            raise Malformed("an empty request")
        return query, False
    if given.looks_like_json(request.body):
        return given.from_json(request.body, _declared(request) or map_.charset)
    return given.from_query(request.body), False


def _declared(request: Request) -> str:
    for part in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


def _file(payload: bytes, map_: Map | None) -> tuple[Any, bool]:
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    if given.looks_like_json(payload):
        return given.from_json(payload, map_.charset if map_ is not None else "")
    if not payload.strip():
        raise Malformed("an empty file")
    return given.from_query(_TARGET.sub(b"", payload)), False


def _recognised(payload: bytes) -> str:
    tree, _ = _file(payload, None)
    found = [fitting(element) for element in given.elements(tree, "")]
    candidates = sorted({vendor for vendors in found for vendor in vendors})
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise Malformed(f"several vendors write so: name one with --vendor {' or '.join(candidates)}")
    raise Malformed(
        f"no vendor can be told from its fields: name it with --vendor {'|'.join(MAPS)}, "
        "or give a map of its fields with --gateway MAP.json"
    )


def _map_of(text: str) -> Map:
    try:
        return Map.model_validate_json(text)
    except ValidationError as error:
        where = sorted(
            {".".join(str(step) for step in one["loc"])[:64] or "the file" for one in error.errors()}
        )
        raise Malformed(f"--gateway: not a map of fields: {', '.join(where[:8])}") from None
