"""Makes winmail.dat packs of our own, whole or wrong in a chosen place."""

import struct
from collections.abc import Mapping, Sequence

STRING, WIDE, BINARY, OBJECT = 0x1E, 0x1F, 0x102, 0xD


def pack(*objects: bytes, signature: int = 0x223E9F78) -> bytes:
    return struct.pack("<IH", signature, 1) + b"".join(objects)


def one(level: int, name: int, value: bytes, kind: int = 6) -> bytes:
    return (
        struct.pack("<BHHI", level, name, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    )


def properties(values: Mapping[tuple[int, int], bytes]) -> bytes:
    """MAPI properties by (number, type)."""
    packed = struct.pack("<I", len(values))
    for (number, kind), value in values.items():
        packed += struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\x00" * (-len(value) % 4)
    return packed


def code_page(number: int = 936) -> bytes:
    return one(1, 0x9007, struct.pack("<II", number, 0))


def file(name: str, content: bytes, *, long_name: str = "", media_type: str = "") -> Sequence[bytes]:
    more: dict[tuple[int, int], bytes] = {}
    if long_name:
        more[0x3707, WIDE] = (long_name + "\x00").encode("utf-16-le")
    if media_type:
        more[0x370E, STRING] = media_type.encode() + b"\x00"
    return (
        one(2, 0x9002, b"\x00" * 14),
        one(2, 0x8010, name.encode("gbk") + b"\x00"),
        one(2, 0x800F, content),
        *((one(2, 0x9005, properties(more)),) if more else ()),
    )
