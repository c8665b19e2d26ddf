"""Which letter a mail is, told at the door from a bounded look at its head: never a full parse, never an error.

A mail server that did not hear our yes sends the same mail again, perhaps along another way. So the identity leaves
out everything that relays add: it is the digest of Message-ID, From, Date and the body's bytes. The same Message-ID
with another body is another letter. A mail with neither Message-ID nor Date is known by all of its bytes: two equal
wishes of one citizen on two days must not become one because the mail program left out the date.
"""

import hashlib
import re

from connectors.email.headers import address_of, mailbox

HEAD_BYTES_MAX = 256 * 1024
_FIELDS = re.compile(
    rb"^(Message-ID|From|Date|Return-Path)[ \t]*:[ \t]*((?:[^\r\n]*+(?:\r?\n[ \t])?)*+)",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK_LINE = re.compile(rb"(?:^|\r?\n)\r?\n")


def external_id(mail: bytes, start: int = 0) -> str:
    """The mail's identity in 64 hexadecimal digits. What stands before *start* (our own first line) does not count."""
    head, body = _split(mail, start)
    fields = _first_fields(head)
    digest = hashlib.sha256()
    if b"message-id" not in fields and b"date" not in fields:
        digest.update(b"whole\x00")
        digest.update(memoryview(mail)[start:])
        return digest.hexdigest()
    for name in (b"message-id", b"from", b"date"):
        value = b" ".join(fields.get(name, b"").split())
        digest.update(b"%s\x00%d\x00%s\x00" % (name, len(value), value))
    digest.update(body)
    return digest.hexdigest()


def author(mail: bytes) -> str:
    """The address in the From field in lower case, or an empty string."""
    value = _first_fields(_split(mail)[0]).get(b"from", b"")[:16384]
    return mailbox(value).address or address_of(value)


def return_path(mail: bytes) -> str:
    """The address in the Return-Path field in lower case, as the last server wrote it; empty for a bounce, or without."""
    return address_of(_first_fields(_split(mail)[0]).get(b"return-path", b"")[:16384])


def _split(mail: bytes, start: int = 0) -> tuple[memoryview, memoryview]:
    view = memoryview(mail)[start:]
    blank = _BLANK_LINE.search(view, 0, HEAD_BYTES_MAX)
    if blank is None:
        return view[:HEAD_BYTES_MAX], view[HEAD_BYTES_MAX:]
    return view[: blank.start()], view[blank.end() :]


def _first_fields(head: memoryview) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for found in _FIELDS.finditer(head):
        fields.setdefault(bytes(found[1]).lower(), bytes(found[2]))
    return fields
