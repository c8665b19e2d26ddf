"""What a citizen wrote: pieces as a connector hands them in, content as it was read, the letter as the door composed it."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from schemas.base import AwareDatetime, Name, Record, Sha256

Kind = Literal["咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"]
"""诉求类型, the national set of appeal kinds: question, help, complaint, report of an offence, proposal, praise, other."""

KINDS: tuple[Kind, ...] = get_args(Kind)

KIND_SAID_CHARACTERS_MAX = 64

TEXT_CHARACTERS_MAX = 1_048_576
"""Text kept with a letter; of longer texts the rest stays in the raw bytes only, and the letter is flagged."""

READING_CHARACTERS_MAX = 16_384


def kind_named(word: str) -> tuple[Kind | None, str]:
    """*word* as ``Said.kind`` and ``Said.kind_said`` take it."""
    known = next((kind for kind in KINDS if kind == word), None)
    return known, "" if known else word[:KIND_SAID_CHARACTERS_MAX]


class BlobRef(Record):
    """Bytes in the blob store, named by their content."""

    sha256: Sha256
    size_bytes: int = Field(ge=0)


class FileRef(BlobRef):
    """A file somebody handed over, already on disk in the blob store and fsynced."""

    name: str = Field(default="", max_length=255)
    media_type: str = Field(default="application/octet-stream", max_length=255)


class Raw(Record):
    """One piece as a connector hands it in: the bytes, and just enough to know whose they are.

    ``conversation`` names the sender as the channel knows it; pieces of one (channel, account, conversation) keep
    their order. ``letter_key`` joins pieces into a letter and equals ``external_id`` where a letter is one piece.
    ``pieces`` 0: nobody knows how many there will be (an album, a message that may be edited, a call whose transcript
    may be corrected). Such a letter goes on once nothing new came for ``quiet_s``, and whatever comes later is a
    revision of it, read together with all that came before, in the order of arrival.
    ``is_batch``: the bytes hold many letters. Before anything is stored the channel's ``cut`` reads them in the worker;
    the pieces it makes are stored in one transaction, or none is, and ``accept`` answers for them.
    ``reading`` is what ``cut`` and ``normalise`` have to know of the settings (a header map, who speaks on which side):
    the connector's own JSON, without secrets.
    ``on_conflict`` says what another body under the same ``external_id`` is: an error (``refuse``), another letter
    (``new``), or the same one (``again``: the id is a digest of all that counts, the bytes also hold traces of their
    way; the first bytes are kept).
    """

    account: str = Field(min_length=1, max_length=320)
    external_id: str = Field(min_length=1, max_length=512)
    conversation: str = Field(max_length=512)
    letter_key: str = Field(min_length=1, max_length=512)
    piece_no: int = Field(default=1, ge=1, le=255)
    pieces: int = Field(default=1, ge=0, le=255)
    quiet_s: float = Field(default=0, ge=0, le=60)
    media_type: str = Field(default="application/octet-stream", max_length=255)
    is_batch: bool = False
    reading: str = Field(default="", max_length=READING_CHARACTERS_MAX)
    body: bytes | BlobRef
    files: tuple[FileRef, ...] = Field(default=(), max_length=200)
    received_at: AwareDatetime
    on_conflict: Literal["refuse", "new", "again"] = "new"


class Sender(Record):
    """Who wrote, as far as the sender said. ``handle`` is what the channel calls the sender (address, number, id)."""

    handle: str = Field(default="", max_length=512)
    name: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=64)
    email: str = Field(default="", max_length=320)
    address: str = Field(default="", max_length=500)


class Turn(Record):
    """One turn of a hotline dialogue, in milliseconds from the start of the call."""

    seq: int
    speaker: Literal["agent", "citizen", "unknown"]
    start_ms: int | None = None
    end_ms: int | None = None
    text: str


class Place(Record):
    """Where the matter is, as the sender said."""

    text: str = Field(default="", max_length=500)
    lon: float | None = None
    lat: float | None = None
    division: str = Field(default="", max_length=12)


class NewFile(Record):
    """A file found inside a letter while reading it; the door stores it before the letter goes on."""

    name: str = Field(default="", max_length=255)
    media_type: str = Field(default="application/octet-stream", max_length=255)
    content: bytes = Field(repr=False)


class MediaRef(Record):
    """A file that the peer still holds. The door has the connector's ``fetch`` bring it; *ref* is the peer's name for it."""

    ref: str = Field(min_length=1, max_length=512)
    name: str = Field(default="", max_length=255)
    media_type: str = Field(default="application/octet-stream", max_length=255)


class Attachment(FileRef):
    """A file of a letter. ``pending`` means that its bytes are still being fetched; a later revision completes it.

    Of a pending file the digest and size are those of no bytes at all.
    """

    state: Literal["kept", "pending"] = "kept"


class Said(Record):
    """What a letter says, whatever the channel. Every string is free of NUL and lone surrogates.

    ``kind_said``: the word that the sender or the channel has for the kind, where it is none of the national ones; the
    city's rules may know it.
    """

    sender: Sender = Sender()
    subject: str = Field(default="", max_length=1000)
    text: str = Field(default="", max_length=TEXT_CHARACTERS_MAX)
    kind: Kind | None = None
    kind_said: str = Field(default="", max_length=KIND_SAID_CHARACTERS_MAX)
    turns: tuple[Turn, ...] = ()
    thread: tuple[str, ...] = Field(default=(), max_length=50)
    place: Place | None = None
    sent_at: AwareDatetime | None = None
    confidential: bool = False
    publish_consent: bool = False
    privacy_notice: str = Field(default="", max_length=64)
    flags: tuple[str, ...] = Field(default=(), max_length=50)


class Content(Said):
    """What ``normalise()`` makes of the pieces. It cannot name a number, a city or an id: those are the door's."""

    attachments: tuple[NewFile | Attachment | MediaRef, ...] = Field(default=(), max_length=200)


class Letter(Said):
    """One letter on ``desk.inbox.v1``: one number, one id; a later ``revision`` has more or corrected pieces.

    ``digest`` is over the pieces' bytes, so the same pieces always give the same digest.
    ``person`` is a keyed hash of the sender's phone, e-mail or handle, the same on every channel of a city; empty
    where nobody is named.
    ``text_blob`` holds the whole text where ``text`` was cut to keep the record small.
    """

    tag: Literal["letter"] = "letter"
    id: UUID
    revision: int = Field(ge=1)
    digest: Sha256
    pieces: int = Field(ge=1)
    number: str = Field(pattern=r"^[0-9]{16}$")
    code_hash: Sha256
    city: Name
    mailbox: Name
    channel: Name
    account: str
    external_id: str
    person: str = Field(default="", max_length=64)
    received_at: AwareDatetime
    attachments: tuple[Attachment, ...] = ()
    text_blob: BlobRef | None = None
    raw: tuple[BlobRef, ...] = ()


class _Registered(Record):
    number: str
    query_code: str = Field(repr=False)
    letter_id: UUID


class RegisteredNew(_Registered):
    """The piece was stored and fsynced just now."""

    outcome: Literal["new"] = "new"


class RegisteredAgain(_Registered):
    """The same key with the same body had been stored before: the same answer again."""

    outcome: Literal["again"] = "again"


class RegisteredConflict(Record):
    """The same key had been stored with another body, and the connector asked to refuse that. Nothing was stored."""

    outcome: Literal["conflict"] = "conflict"


Registered = Annotated[RegisteredNew | RegisteredAgain | RegisteredConflict, Field(discriminator="outcome")]
"""What the door answers for one piece. "Accepted" is said only of new and again."""
