"""An update as Telegram sends it, field for field as far as it is read, and ``normalise``: the updates of one letter.

A letter is a message with its edits, or an album (several messages with one ``media_group_id``) with theirs. Of every
message the latest edit counts, whatever order they came in; the messages of an album stand in the order they were sent.
Text and captions are kept as text. Files stay with Telegram and are named ``<bot>/<file_id>``.

``thread`` names the letters this one answers: ``telegram:<chat id>:<message id>``, of an album
``telegram:<chat id>:album:<media group id>``. What they say is not repeated in the text.

Flags: ``edited``, ``forwarded``, ``unsupported`` (a kind of message that is not read here: what it shows stands in the
raw bytes only), ``file_too_large`` (larger than Telegram hands out to bots), ``defects`` (one of the updates could not
be read, the others are here).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, ValidationError

from connectors.telegram.media import FILE_BYTES_MAX, Media, attachments_of
from connectors.telegram.shape import Id, Moment, Shape, Text
from schemas.errors import Malformed
from schemas.letter import TEXT_CHARACTERS_MAX, Content, Place, Raw, Sender

NEW, EDITED = "message", "edited_message"
_NO_LETTERS = frozenset({"channel_post", "edited_channel_post"})
_THREAD_MAX = 50
_FILES_MAX = 200


class User(Shape):
    id: Id
    is_bot: bool = False
    first_name: Text = ""
    last_name: Text = ""

    @property
    def full_name(self) -> str:
        """As Telegram shows it."""
        return f"{self.first_name} {self.last_name}".strip()


class Chat(Shape):
    id: Id
    title: Text = ""


class Location(Shape):
    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-90, le=90)
    live_period: int | None = None


class Venue(Shape):
    location: Location
    title: Text = ""
    address: Text = ""

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (self.title, self.address)))


class Contact(Shape):
    phone_number: Text
    first_name: Text = ""
    last_name: Text = ""
    user_id: Id | None = None

    @property
    def words(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        return f"{name} ({self.phone_number})" if name else self.phone_number


class WebAppData(Shape):
    data: Text


class Answered(Shape):
    """The message that a message answers: in the same chat, or (then perhaps without its id) in another one."""

    message_id: Id | None = None
    chat: Chat | None = None
    media_group_id: Text = Field(default="", max_length=128)


class Message(Media):
    chat: Chat
    date: Moment = 0
    edit_date: Moment = 0
    sender: User | None = Field(default=None, alias="from")
    sender_chat: Chat | None = None
    media_group_id: Text = Field(default="", max_length=128)
    is_automatic_forward: bool = False
    forward_origin: Any = None
    forward_date: Moment = 0
    reply_to_message: Answered | None = None
    external_reply: Answered | None = None
    text: Text = ""
    caption: Text = ""
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    web_app_data: WebAppData | None = None

    @property
    def letter_key(self) -> str:
        """The letter this message belongs to, the same for its edits."""
        return letter_key(self.chat.id, self.message_id, self.media_group_id)

    @property
    def has_files(self) -> bool:
        """Whether there is anything to fetch."""
        return next(attachments_of(self, ""), None) is not None

    @property
    def words(self) -> str:
        """What was typed; else what is to be read of a thing that was sent."""
        typed = self.text or self.caption
        if typed:
            return typed
        things = (self.contact, self.venue)
        return next(
            (thing.words for thing in things if thing), self.web_app_data.data if self.web_app_data else ""
        )

    @property
    def is_understood(self) -> bool:
        """Whether all of it is read here."""
        return bool(self.words or self.has_files or self.location) and not self.web_app_data


def letter_key(chat_id: int, message_id: int, media_group_id: str) -> str:
    """What joins a message with its edits, and the messages of an album."""
    return f"{chat_id}:album:{media_group_id}" if media_group_id else f"{chat_id}:{message_id}"


def loads(body: bytes) -> Any:
    """JSON of any shape. Raises Malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None


def message_in(update: Any) -> tuple[str, Any] | None:
    """The kind and the message of an update that holds one somebody wrote. Raises Malformed where it is no update."""
    number = update.get("update_id") if isinstance(update, dict) else None
    if type(number) is not int or not 0 <= number < 2**63:
        raise Malformed("not an update of Telegram: it has no update_id")
    for kind in (NEW, EDITED):
        if kind in update:
            return kind, update[kind]
    for kind, value in update.items():
        if (
            kind not in _NO_LETTERS
            and isinstance(value, dict)
            and {"message_id", "chat", "from"} <= value.keys()
        ):
            return kind, value
    return None


def read_message(value: Any) -> Message:
    """Raises Malformed."""
    try:
        return Message.model_validate(value)
    except (ValidationError, RecursionError) as error:
        fields = (
            error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else []
        )
        where = ".".join(str(step) for step in fields[0]["loc"][:4]) if fields else ""
        raise Malformed(f"a message that cannot be read{where and ': ' + where}") from None


def normalise(pieces: Sequence[Raw]) -> Content:
    """The content of a message, or of an album, after its latest edits. Raises Malformed where nothing can be read."""
    latest: dict[int, Message] = {}
    answered: dict[str, None] = {}
    flags: set[str] = set()
    fault = Malformed("no piece")
    for raw in pieces:
        if not isinstance(raw.body, bytes):
            raise TypeError("the worker loads a piece's bytes before it is read")
        try:
            message = _take(raw.body, flags)
        except Malformed as error:
            flags.add("defects")
            fault = error
            continue
        answered |= dict.fromkeys(_answered(message))
        known = latest.get(message.message_id)
        if known is None or message.edit_date >= known.edit_date:
            latest[message.message_id] = message
    if not latest:
        raise fault
    return _content([latest[number] for number in sorted(latest)], pieces[0].account, answered, flags)


def _take(body: bytes, flags: set[str]) -> Message:
    found = message_in(loads(body))
    if found is None:
        raise Malformed("an update without a message")
    kind, value = found
    message = read_message(value)
    if kind == EDITED or message.edit_date:
        flags.add("edited")
    if kind not in (NEW, EDITED):
        flags.add("unsupported")
    return message


def _content(messages: Sequence[Message], account: str, answered: Iterable[str], flags: set[str]) -> Content:
    own = f"telegram:{messages[0].letter_key}"
    flagged = {
        "forwarded": any(message.forward_origin or message.forward_date for message in messages),
        "unsupported": not all(message.is_understood for message in messages),
        "file_too_large": any(message.largest_bytes > FILE_BYTES_MAX for message in messages),
    }
    files = [file for message in messages for file in attachments_of(message, account)]
    dates = [message.date for message in messages if message.date]
    return Content(
        sender=_sender(messages),
        text="\n".join(filter(None, (message.words.strip() for message in messages)))[:TEXT_CHARACTERS_MAX],
        attachments=tuple(files[:_FILES_MAX]),
        thread=tuple(key for key in answered if key != own)[:_THREAD_MAX],
        place=next(filter(None, map(_place, messages)), None),
        sent_at=datetime.fromtimestamp(min(dates), UTC) if dates else None,
        flags=tuple(sorted(flags | {flag for flag, is_so in flagged.items() if is_so})),
    )


def _sender(messages: Sequence[Message]) -> Sender:
    """Who wrote. Who writes in the name of a group or channel is known by that name only."""
    first = messages[0]
    if first.sender_chat is not None:
        return Sender(handle=f"telegram:{first.sender_chat.id}", name=first.sender_chat.title[:200])
    if first.sender is None:
        return Sender()
    own_cards = (m.contact for m in messages if m.contact and m.contact.user_id == first.sender.id)
    card = next(own_cards, None)
    return Sender(
        handle=f"telegram:{first.sender.id}",
        name=first.sender.full_name[:200],
        phone=card.phone_number[:64] if card else "",
    )


def _answered(message: Message) -> list[str]:
    return [
        f"telegram:{letter_key((one.chat or message.chat).id, one.message_id, one.media_group_id)}"
        for one in (message.reply_to_message, message.external_reply)
        if one is not None and one.message_id is not None and (one.chat or one is message.reply_to_message)
    ]


def _place(message: Message) -> Place | None:
    where = message.venue.location if message.venue else message.location
    if where is None:
        return None
    words = message.venue.words if message.venue else ""
    return Place(text=words[:500], lon=where.longitude, lat=where.latitude)
