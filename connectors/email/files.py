"""Files enclosed in a mail: their bytes, a name that harms nobody, a media type."""

import binascii
import re

from connectors._names import safe_name
from connectors.email.headers import main_value, parameters, text_of, unbase64
from connectors.email.mime import MEDIA_TYPE, Part
from connectors.email.tnef import PackedFile
from schemas.letter import NewFile

FILES_MAX = 200
_SUBJECT = re.compile(
    rb"^Subject:([^\r\n]{0,500}(?:\r?\n[ \t][^\r\n]{0,500}){0,5})", re.IGNORECASE | re.MULTILINE
)
_ENDINGS = {
    "application/pdf": ".pdf",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/delivery-status": ".txt",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "video/mp4": ".mp4",
}

_TYPES = {
    ending: media_type
    for media_type, ending in _ENDINGS.items()
    if not media_type.startswith(("message/", "text/rfc"))
}


def packed_file(packed: PackedFile, ordinal: int) -> NewFile:
    """A file out of a pack, which seldom says what kind of file it is: then the ending of its name does."""
    name = safe_name(packed.name)
    said = packed.media_type.lower() if MEDIA_TYPE.fullmatch(packed.media_type.lower()) else ""
    media_type = said or _TYPES.get(f".{name.lower().rpartition('.')[2]}", "application/octet-stream")
    name = name or f"附件{ordinal}{_ENDINGS.get(media_type, '.bin')}"
    return NewFile(name=name, media_type=media_type, content=packed.content)


def file_of(part: Part, ordinal: int, charset: str | None) -> tuple[NewFile, bool]:
    """The part as a file, and whether its transfer encoding was broken. *ordinal* names it where it has no name."""
    content, broken = decoded_content(part)
    media_type = part.media_type
    name = safe_name(filename(part, charset))
    if not name and media_type == "message/rfc822":
        name = _enclosed_name(content, charset)
    name = name or f"附件{ordinal}{_ENDINGS.get(media_type, '.bin')}"
    return NewFile(name=name, media_type=media_type, content=content), broken


def filename(part: Part, charset: str | None) -> str:
    """The name that the sender gave the file, as sent, or an empty string."""
    said = parameters(part.field("content-disposition"), charset).get("filename", "")
    return said or parameters(part.field("content-type"), charset).get("name", "")


def decoded_content(part: Part) -> tuple[bytes, bool]:
    """The bytes of a leaf, transfer encoding undone, and whether that encoding was broken."""
    sent = part.content
    encoding = main_value(part.field("content-transfer-encoding"))
    if encoding == "base64":
        return unbase64(sent)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(sent), False
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _unuuencoded(sent)
    return sent, encoding not in ("", "7bit", "8bit", "binary")


def _unuuencoded(sent: bytes) -> tuple[bytes, bool]:
    lines = sent.splitlines()
    begin = next((place for place, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        return sent, True
    content = bytearray()
    for line in lines[begin + 1 :]:
        if line.strip() in (b"end", b"`", b""):
            return bytes(content), False
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            return bytes(content), True
    return bytes(content), True


def _enclosed_name(mail: bytes, charset: str | None) -> str:
    found = _SUBJECT.search(mail, 0, 16384)
    subject = safe_name(text_of(found[1], charset).text[:60]) if found else ""
    return f"{subject}.eml" if subject else ""
