"""Files enclosed in a mail: their bytes, a name that harms nobody, a media type."""

import binascii
import re

from connectors._charset import clean
from connectors.email.headers import main_value, parameters, text_of, unbase64
from connectors.email.mime import Part
from schemas.letter import NewFile

_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb<>:"|?*]'
)
"""Control characters, characters that turn the reading direction or cannot be seen, and what file systems refuse."""
_NAME_CHARACTERS_MAX = 200
_ENDINGS = {
    "application/pdf": ".pdf",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
}


def file_of(part: Part, ordinal: int, charset: str | None) -> tuple[NewFile, bool]:
    """The part as a file, and whether its transfer encoding was broken. *ordinal* names it where it has no name."""
    content, broken = decoded_content(part)
    media_type = part.get_content_type()
    name = safe_name(filename(part, charset))
    if not name and media_type == "message/rfc822":
        name = safe_name(_enclosed_subject(content, charset) + ".eml")
    name = name or f"附件{ordinal}{_ENDINGS.get(media_type, '.bin')}"
    return NewFile(name=name, media_type=media_type, content=content), broken


def filename(part: Part, charset: str | None) -> str:
    """The name that the sender gave the file, as sent, or an empty string."""
    said = parameters(part.field("content-disposition"), charset).get("filename", "")
    return said or parameters(part.field("content-type"), charset).get("name", "")


def safe_name(name: str) -> str:
    """*name* without folders, control and direction characters, at most 200 characters; its ending is kept."""
    name = _UNSAFE.sub("", clean(re.split(r"[/\\]", name.replace("\x00", ""))[-1])).strip(" .")
    if len(name) <= _NAME_CHARACTERS_MAX:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 16:
        return name[:_NAME_CHARACTERS_MAX].strip(" .")
    return f"{stem[: _NAME_CHARACTERS_MAX - len(ending) - 1].strip(' .')}.{ending}"


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


def _enclosed_subject(mail: bytes, charset: str | None) -> str:
    found = re.search(rb"(?im)^Subject:([^\r\n]{0,500}(?:\r?\n[ \t][^\r\n]{0,500}){0,5})", mail[:16384])
    return text_of(found[1], charset).text[:60] if found else ""
