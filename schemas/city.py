"""Where a city lives: its partition, and the fingerprint of the key its numbers are made with."""

from pydantic import Field

from schemas.base import Name, Record, Sha256


class CityPlace(Record):
    """Written once on ``line.city.v1``. A part whose key has another fingerprint does not start."""

    city: Name
    partition: int = Field(ge=0)
    key_fingerprint: Sha256
