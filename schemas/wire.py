"""Bytes on our topics: the only place that turns records into JSON and back.

Written strictly; read leniently: a field that a newer writer added is ignored. A compatible change adds an optional
field; anything else is a new topic version.
"""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from schemas import topics
from schemas.base import Record
from schemas.city import CityPlace
from schemas.decision import DecisionEvent
from schemas.errors import Malformed
from schemas.inbox import Inbox
from schemas.memory import CaseRecord, Remembered
from schemas.order import AlertEvent, OrderEvent, Receipt
from schemas.quarantine import Quarantined
from schemas.reply import Reply

CONTENT_TYPE = ("content-type", b"application/json")

T = TypeVar("T")

_SHAPES: dict[topics.Topic, Any] = {
    topics.INBOX: Inbox,
    topics.DECISION: DecisionEvent,
    topics.ORDER: OrderEvent,
    topics.RECEIPT: Receipt,
    topics.REPLY: Reply,
    topics.ALERT: AlertEvent,
    topics.QUARANTINE: Quarantined,
    topics.MEMORY: Remembered,
    topics.CASE: CaseRecord,
    topics.CITY: CityPlace,
}


@cache
def _adapter(topic: topics.Topic) -> TypeAdapter[Any]:
    return TypeAdapter(_SHAPES[topic])


def encode(record: Record) -> bytes:
    """The record as JSON, UTF-8, every field written out."""
    return record.__pydantic_serializer__.to_json(record)


def decode(topic: topics.Topic, value: bytes | None) -> Any:
    """The record that *value* holds on *topic*. Raises Malformed, whose text names places and never values."""
    if value is None:
        raise Malformed("no value")
    try:
        return _adapter(topic).validate_json(value, extra="ignore")
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False)[:5]
        )
        raise Malformed(places) from None


def header(headers: tuple[tuple[str, bytes], ...], name: str) -> str:
    """A record header as text, or an empty string."""
    return next((value.decode("utf-8", "replace") for key, value in headers if key == name), "")
