"""winmail.dat (TNEF): how one widespread mail program packs words and files, opened in one pass.

Linear in the bytes, which are looked at in place: a length or count that does not fit ends the reading, and what was
read until then is kept.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from connectors._charset import decode

MEDIA_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
FILES_MAX = 100
OBJECTS_MAX = 10_000
_SIGNATURE = 0x223E9F78
_BODY, _DATA, _TITLE, _NEW_FILE = 0x800C, 0x800F, 0x8010, 0x9002
_MESSAGE_PROPERTIES, _FILE_PROPERTIES, _CODE_PAGE = 0x9003, 0x9005, 0x9007
_TEXT, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_OBJECT_DATA, _SHORT_NAME, _LONG_NAME, _SHOWN_NAME, _MEDIA_TYPE = 0x3701, 0x3704, 0x3707, 0x3001, 0x370E
_FIXED_BYTES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _WIDE_STRING, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0xD
_MANY = 0x1000
_NAMED = 0x8000
_INTERFACE_BYTES = 16
_MAIL_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")
_UNNAMED = "Untitled Attachment"


class PackedFile(NamedTuple):
    """A file as it lay in the pack; an empty name or type where none was said."""

    name: str
    media_type: str
    content: bytes


class Unpacked(NamedTuple):
    """Files and words of a pack, empty where there are none. What was left unread: all after a fault, rich text always."""

    files: tuple[PackedFile, ...]
    text: str
    html: str
    broken: bool
    rich_text_alone: bool


class _Broken(Exception):
    """A length or count points beyond the bytes."""


def unpack(pack: bytes) -> Unpacked | None:
    """What is in *pack*, or None where it is no TNEF at all. Never raises."""
    view = memoryview(pack)
    if len(view) < 6 or struct.unpack_from("<I", view)[0] != _SIGNATURE:
        return None
    reading = _Reading()
    try:
        for name, value in _objects(view):
            reading.take(name, value)
    except _Broken:
        reading.broken = True
    files = tuple(_file(named, reading.charset) for named in reading.files)
    return Unpacked(
        files=files,
        text=reading.said(_TEXT),
        html=reading.said(_HTML),
        broken=reading.broken or any(not {_DATA, _OBJECT_DATA} & named.keys() for named in reading.files),
        rich_text_alone=_RTF in reading.message and not {_TEXT, _HTML} & reading.message.keys(),
    )


class _Reading:
    """What was seen so far: properties of the message and of each file, by number."""

    def __init__(self) -> None:
        self.message: dict[int, tuple[int, memoryview]] = {}
        self.files: list[dict[int, tuple[int, memoryview]]] = []
        self.charset = "cp1252"
        self.broken = False

    def said(self, number: int) -> str:
        return _words(self.message[number], self.charset) if number in self.message else ""

    def take(self, name: int, value: memoryview) -> None:
        if name == _NEW_FILE:
            if len(self.files) >= FILES_MAX:
                raise _Broken
            self.files.append({})
        elif name == _CODE_PAGE and len(value) >= 4:
            self.charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _BODY:
            self.message.setdefault(_TEXT, (_STRING, value))
        elif name == _MESSAGE_PROPERTIES:
            self.message |= _properties(value)
        elif self.files and name in (_DATA, _TITLE):
            self.files[-1][name] = (_STRING if name == _TITLE else _BINARY, value)
        elif self.files and name == _FILE_PROPERTIES:
            self.files[-1] |= _properties(value)


def _objects(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Name and value of each object; the two bytes of its checksum are not looked at."""
    at = 6
    for _ in range(OBJECTS_MAX):
        if at >= len(view):
            return
        if len(view) - at < 11:
            raise _Broken
        name = struct.unpack_from("<H", view, at + 1)[0]
        size_bytes = struct.unpack_from("<I", view, at + 5)[0]
        if view[at] not in (1, 2):
            raise _Broken
        value = view[at + 9 : at + 9 + size_bytes]
        yield name, value
        if len(value) < size_bytes:
            raise _Broken
        at += 11 + size_bytes
    raise _Broken


def _properties(view: memoryview) -> dict[int, tuple[int, memoryview]]:
    """Type and first value of each MAPI property whose number everybody knows."""
    found: dict[int, tuple[int, memoryview]] = {}
    count, at = _number(view, 0), 4
    for _ in range(count):
        kind_number = _number(view, at)
        kind, number = kind_number & 0xFFFF, kind_number >> 16
        at += 4
        if number >= _NAMED:
            at += 20
            at += 4 if not _number(view, at - 4) else 4 + _padded(_number(view, at))
        value, at = _value(view, at, kind)
        if number < _NAMED:
            found.setdefault(number, (kind, value))
    return found


def _value(view: memoryview, at: int, kind: int) -> tuple[memoryview, int]:
    plain = kind & ~_MANY
    if plain in _FIXED_BYTES:
        size_bytes = _FIXED_BYTES[plain]
        if kind & _MANY:
            each = 2 if plain in (2, 0xB) else size_bytes
            size_bytes = _padded(each * _number(view, at))
            at += 4
        return _part(view, at, size_bytes), at + size_bytes
    if plain not in (_STRING, _WIDE_STRING, _BINARY, _OBJECT):
        raise _Broken
    first = view[:0]
    count = _number(view, at)
    at += 4
    for place in range(count):
        size_bytes = _number(view, at)
        value = _part(view, at + 4, size_bytes)
        at += 4 + _padded(size_bytes)
        first = value if place == 0 else first
    return first, at


def _number(view: memoryview, at: int) -> int:
    if at + 4 > len(view):
        raise _Broken
    return int(struct.unpack_from("<I", view, at)[0])


def _part(view: memoryview, at: int, size_bytes: int) -> memoryview:
    if at + size_bytes > len(view):
        raise _Broken
    return view[at : at + size_bytes]


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // 4) * 4


def _file(file: dict[int, tuple[int, memoryview]], charset: str) -> PackedFile:
    data = file.get(_DATA, (_BINARY, memoryview(b"")))
    if _OBJECT_DATA in file and (_DATA not in file or _is_mail(file[_OBJECT_DATA])):
        data = file[_OBJECT_DATA]  # of an enclosed mail the other one holds a picture of its icon
    kind, content = data
    if kind == _OBJECT:
        content = content[_INTERFACE_BYTES:]
    names = (
        _words(file[key], charset) for key in (_LONG_NAME, _TITLE, _SHORT_NAME, _SHOWN_NAME) if key in file
    )
    name = next((said for said in names if said and said != _UNNAMED), "")
    media_type = _words(file[_MEDIA_TYPE], charset) if _MEDIA_TYPE in file else ""
    return PackedFile(name, media_type, bytes(content))


def _is_mail(value: tuple[int, memoryview]) -> bool:
    return value[0] == _OBJECT and bytes(value[1][:_INTERFACE_BYTES]) == _MAIL_INTERFACE


def _words(value: tuple[int, memoryview], charset: str) -> str:
    kind, said = value
    return decode(bytes(said), "utf-16-le" if kind == _WIDE_STRING else charset).text.rstrip("\x00")
