"""What the worker and its parent both need to speak to each other (``worker_main``); light, for the parent is the door."""

import struct

from schemas.letter import Raw

LENGTH = struct.Struct(">I")
PROGRESS = "progress"


def raw_of(meta: bytes, body: bytes) -> Raw:
    """The piece that *meta*, an object without its body, and *body* are. Raises ValueError."""
    return Raw.model_validate_json(meta[:-1] + b',"body":""}').model_copy(update={"body": body})
