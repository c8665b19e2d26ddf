"""The contracts: what a channel and a sink must do, and what they are given.

A *webhook* is a pure function of a request; a *listener* is a task that runs until it is cancelled; both hand in
``Raw`` pieces and may say yes to their sender only after ``accept`` has returned. ``normalise`` reads pieces; it is
pure, is given no secret and no settings, and runs in a worker that is killed at its limits.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.base import Name
from schemas.letter import Content, FileRef, Raw, Registered
from schemas.order import Contact, OrderEvent, Receipt

Accept = Callable[[Sequence[Raw]], Awaitable[tuple[Registered, ...]]]
"""Store all pieces in one transaction, or none. Returns once they are fsynced, one answer for each piece, in order.

Of a batch the answers are those of the pieces that were cut from it. Raises Unavailable (nothing is stored; the channel
tells the sender to come again) or Malformed (an account that the settings do not know, a piece too large, a batch that
cannot be read).
"""


class PluginSettings(BaseModel):
    """Base of every plug-in's settings table: an unknown key is an error. Secrets are ``pydantic.SecretStr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Mailbox(PluginSettings):
    """The mailbox of a city that one account of a channel belongs to; ``title`` is what citizens read."""

    city: Name
    mailbox: Name
    title: str = ""


class ConnectorSettings(PluginSettings):
    """What every channel's settings table has: which account (address, bot, form) belongs to which mailbox."""

    accounts: dict[str, Mailbox] = Field(min_length=1)


class SinkSettings(PluginSettings):
    """What every sink instance's settings table has. ``cities`` empty: every city's orders."""

    cities: frozenset[Name] = frozenset()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form: the field it came in, and the stored bytes."""

    field: str
    file: FileRef


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the host read it. ``path`` is what follows the channel's mount point ("/" at least).

    Header names are lower case. Bytes of the query that are no UTF-8 stand as surrogate escapes. Of a form (urlencoded or multipart) ``fields`` and ``uploads`` are filled and
    ``body`` is empty. ``nonce`` is 128 bits of fresh randomness in hex, ``received_at`` the door's clock: with both
    given, ``receive`` needs neither chance nor time of its own.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    uploads: tuple[Upload, ...] = field(repr=False)
    client: str = field(repr=False)
    received_at: AwareDatetime
    nonce: str

    def form_value(self, name: str) -> str:
        """The last value of a form field, or an empty string."""
        return next((value for key, value in reversed(self.fields) if key == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    """What the peer hears."""

    status: int
    body: bytes = field(default=b"", repr=False)
    media_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reception:
    """What a request amounts to: pieces to store (maybe none), and the answer once they are stored.

    ``from_person``: one person sent it from a device of his own; the host counts how many letters come from there and
    may refuse with TooMany. What gateways and programs send for many people is not counted.
    """

    raws: tuple[Raw, ...]
    answer: Callable[[tuple[Registered, ...]], Response]
    from_person: bool = False


class Normaliser(Protocol):
    """Reads pieces. The worker loads every piece's body: ``Raw.body`` is bytes here, whatever its size."""

    def __call__(self, pieces: Sequence[Raw], /) -> Content:
        """Exactly one content, or Malformed."""
        ...


class Connector(Protocol):
    """What both shapes share. The class is the entry point; its module's docstring is the operator's manual."""

    channel: ClassVar[str]
    Settings: ClassVar[type[ConnectorSettings]]
    normalise: ClassVar[Normaliser]


@runtime_checkable
class Webhook(Connector, Protocol):
    """A channel whose peers call us. Mounted at ``/in/<channel>/``."""

    body_bytes_max: int
    """The host stops reading a request at this size and calls ``refuse`` with TooLarge."""

    def receive(self, request: Request) -> Reception:
        """Pure. Raises Malformed, Untrusted."""
        ...

    def refuse(self, request: Request, error: Exception) -> Response:
        """The answer to *error* (ours, or any other) in the channel's own words. Never raises."""
        ...


@runtime_checkable
class Listener(Connector, Protocol):
    """A channel that listens on a port or polls, by itself."""

    async def listen(self, accept: Accept) -> None:
        """Until cancelled; then finish what has been accepted and return within 20 s.

        Raises OSError where its port or host cannot be had now: the door asks again.
        """
        ...


@runtime_checkable
class MediaSource(Protocol):
    """A connector whose letters name files that its peer still holds (``MediaRef``)."""

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The file's bytes, piece by piece; the door counts them and keeps the time.

        Raises Unavailable (ask again later) or Refused (it is gone, or larger than the peer hands out).
        """
        ...


class Cutter(Protocol):
    """A connector's ``cut``: a static function, pure, run in the worker like ``normalise``."""

    def __call__(self, batch: Raw, /) -> Sequence[Raw]:
        """The pieces of a batch, in its order, none of them a batch. ``Raw.body`` is bytes here.

        What cannot be read of a batch that can be read as a whole (a bad row) becomes a piece of its own, which
        ``normalise`` calls Malformed with the line in its message: it goes to quarantine, the others go on. Raises
        Malformed where the batch as a whole cannot be read: nothing is stored.
        """
        ...


@runtime_checkable
class CutsBatches(Protocol):
    """A connector that hands in batches (``Raw.is_batch``)."""

    cut: ClassVar[Cutter]


@dataclass(frozen=True, slots=True)
class FileOption:
    """An option ``--name VALUE`` of ``xinshu normalise CHANNEL``; of a *is_file* option the value is that file's text."""

    name: str
    help_zh: str
    help_en: str
    choices: tuple[str, ...] = ()
    is_file: bool = False


@runtime_checkable
class ReadsFiles(Protocol):
    """A connector whose payloads mean nothing without its ``receive``: how ``xinshu normalise`` reads a file of them."""

    file_options: ClassVar[tuple[FileOption, ...]]

    @classmethod
    def from_file(cls, payload: bytes, name: str, options: Mapping[str, str]) -> Sequence[Raw]:
        """The pieces (or batches) that a peer's request with this body would have been. Raises Malformed."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where an order event stands on Kafka. For the record only: ``event.id`` alone tells whether it is new."""

    topic: str
    partition: int
    offset: int


class Sink(Protocol):
    """One case system. *instance* is its name in the settings, and ``Receipt.sink``."""

    Settings: ClassVar[type[SinkSettings]]

    def __init__(self, settings: Any, instance: str) -> None:
        """*settings* is of the class's own Settings. Opens what it needs. Raises Refused or Unavailable."""
        ...

    async def deliver(self, event: OrderEvent, contact: Contact | None, position: Position) -> Receipt:
        """Place *event* once: the same ``event.id`` again answers ``already_there`` and changes nothing.

        Returns once the effect outlives a power cut. May be called from several tasks at once.
        Raises Refused (for good) or Unavailable (nobody can know; asking again is safe).
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds. Called once, after the last ``deliver``."""
        ...
