"""Which updates are pieces of letters, and under which keys: pure, for polling, webhook and files alike.

A piece is everything somebody wrote to the bot. What is none, and is passed over: what bots write (ours among them),
posts of channels, and what Telegram itself reports (somebody joined, a message was pinned, a button was pressed); a
bare command such as ``/start``, which says nothing; the moves of a shared live location, of which the first place
counts. A message of a kind nobody knows yet is a piece all the same, and one that cannot be read too: a person finds
it in quarantine.

The key (``external_id``) holds more than ``update_id``: after a week of silence Telegram starts anew from a random
number, which may have been used before.
"""

import hashlib
import json
import re
from typing import Any

from pydantic import AwareDatetime

from connectors.telegram.payload import EDITED, Message, message_in, read_message
from schemas.errors import Malformed
from schemas.letter import Raw

ALBUM_QUIET_S = 2.0
"""The messages of an album come one by one, within this time of one another."""

_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{1,64})?\s*\Z")
_REPORTS = frozenset({
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed",
    "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "connected_website", "write_access_allowed",
    "proximity_alert_triggered", "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
    "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden",
    "video_chat_scheduled", "video_chat_started", "video_chat_ended", "video_chat_participants_invited",
})  # fmt: skip
"""Fields of messages that Telegram writes to report what happened in a chat."""


def piece_of(
    update: Any,
    *,
    account: str,
    received_at: AwareDatetime,
    own_id: int | None = None,
    body: bytes | None = None,
) -> Raw | None:
    """The piece that *update* is, or None. Raises Malformed where it is no update at all.

    *body* is the update as it came; without it, it is written down anew, the same bytes for the same update.
    """
    found = message_in(update)
    if found is None:
        return None
    kind, value = found
    update_id: int = update["update_id"]
    kept = body if body is not None else json.dumps(update, separators=(",", ":")).encode()
    try:
        message = read_message(value)
    except Malformed:
        return unreadable(f"{update_id}:", kept, account=account, received_at=received_at)
    if not _is_letter(message, kind, value.keys(), own_id):
        return None
    return Raw(
        account=account,
        external_id=f"{update_id}:{message.chat.id}:{message.message_id}:{message.edit_date or message.date}",
        conversation=str(message.chat.id),
        letter_key=message.letter_key,
        pieces=0,
        quiet_s=ALBUM_QUIET_S if message.media_group_id else 0,
        media_type="application/json",
        body=kept,
        received_at=received_at,
        on_conflict="again",
    )


def unreadable(key: str, body: bytes, *, account: str, received_at: AwareDatetime) -> Raw:
    """A piece of bytes that a person has to read; *key* begins its key."""
    key += hashlib.sha256(body).hexdigest()
    return Raw(
        account=account, external_id=key, conversation="", letter_key=key, media_type="application/json",
        body=body, received_at=received_at, on_conflict="again",
    )  # fmt: skip


def _is_letter(message: Message, kind: str, fields: Any, own_id: int | None) -> bool:
    author = message.sender
    if message.is_automatic_forward or (author is not None and author.id == own_id):
        return False
    # Who writes in the name of a group or channel is shown with a bot of Telegram's as the author.
    if author is not None and author.is_bot and message.sender_chat is None:
        return False
    if not _REPORTS.isdisjoint(fields):
        return False
    if kind == EDITED and message.location is not None:  # the last move names no live_period any more
        return False
    return not (_COMMAND.match(message.text) and not message.has_files)
