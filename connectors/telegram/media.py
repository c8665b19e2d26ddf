"""Files of a message: they stay with Telegram, and the letter names them until the door has fetched them.

Of a photo, which Telegram keeps in several sizes, the largest is taken. An animation is also called a document by its
message, and is one file all the same.
"""

from collections.abc import Iterator

from pydantic import Field

from connectors._names import safe_name
from connectors.telegram.shape import Id, Shape, Text
from schemas.letter import MediaRef

FILE_BYTES_MAX = 20 * 1024 * 1024
"""Telegram gives bots no larger files."""

FILE_ID_CHARACTERS_MAX = 400

_ENDINGS = {
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "image/gif": ".gif", "image/jpeg": ".jpg",
    "image/png": ".png", "image/webp": ".webp", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
    "audio/x-wav": ".wav", "audio/aac": ".aac", "audio/amr": ".amr", "application/pdf": ".pdf", "text/plain": ".txt",
}  # fmt: skip
"""Names that are made up here get an ending. A table of our own: the system's differs from machine to machine."""


class PhotoSize(Shape):
    file_id: str = Field(min_length=1, max_length=FILE_ID_CHARACTERS_MAX)
    width: int = 0
    height: int = 0
    file_size: int = 0


class File(Shape):
    """Document, video, video note, voice, audio, animation: the same fields where they have them."""

    file_id: str = Field(min_length=1, max_length=FILE_ID_CHARACTERS_MAX)
    file_name: Text = ""
    mime_type: Text = ""
    file_size: int = 0


class Sticker(Shape):
    file_id: str = Field(min_length=1, max_length=FILE_ID_CHARACTERS_MAX)
    file_size: int = 0
    is_animated: bool = False
    is_video: bool = False


class Media(Shape):
    """The part of a message that names files."""

    message_id: Id
    photo: tuple[PhotoSize, ...] = Field(default=(), max_length=50)
    animation: File | None = None
    document: File | None = None
    video: File | None = None
    video_note: File | None = None
    voice: File | None = None
    audio: File | None = None
    sticker: Sticker | None = None

    @property
    def largest_bytes(self) -> int:
        """The size of its largest file, as far as Telegram tells."""
        return max((file.file_size for file, _, _ in _found(self)), default=0)


def attachments_of(media: Media, account: str) -> Iterator[MediaRef]:
    """The files of a message, each named ``<account>/<file_id>``."""
    seen: set[str] = set()
    for file, media_type, name in _found(media):
        if file.file_id not in seen:
            seen.add(file.file_id)
            yield MediaRef(ref=f"{account}/{file.file_id}", name=safe_name(name), media_type=media_type[:255])


def _found(media: Media) -> Iterator[tuple[PhotoSize | File | Sticker, str, str]]:
    """Every file with its type and a name for people."""
    if media.photo:
        largest = max(media.photo, key=lambda size: (size.width * size.height, size.file_size))
        yield largest, "image/jpeg", f"照片-{media.message_id}.jpg"
    for file, usual_type, word in (
        (media.animation, "video/mp4", "动图"),
        (media.document, "application/octet-stream", "文件"),
        (media.video, "video/mp4", "视频"),
        (media.video_note, "video/mp4", "视频"),
        (media.voice, "audio/ogg", "语音"),
        (media.audio, "audio/mpeg", "音频"),
    ):
        if file is not None:
            media_type = file.mime_type or usual_type
            made_up = f"{word}-{media.message_id}{_ENDINGS.get(media_type, '')}"
            yield file, media_type, file.file_name or made_up
    if media.sticker is not None:
        yield media.sticker, *_sticker(media.sticker, media.message_id)


def _sticker(sticker: Sticker, message_id: int) -> tuple[str, str]:
    if sticker.is_animated:
        return "application/x-tgsticker", f"贴纸-{message_id}.tgs"
    if sticker.is_video:
        return "video/webm", f"贴纸-{message_id}.webm"
    return "image/webp", f"贴纸-{message_id}.webp"
