"""Record: what every noun of the line is made of."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["AwareDatetime", "Name", "Record", "Sha256"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
"""The name of a city, mailbox, channel, sink instance: one spelling in settings, folders and topics."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""


class Record(BaseModel):
    """Frozen and strict: a field that is unknown or of the wrong type is refused when a record is made.

    Readers of our topics decode through ``schemas.wire``, which ignores fields a newer writer added.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ser_json_bytes="base64", val_json_bytes="base64"
    )
