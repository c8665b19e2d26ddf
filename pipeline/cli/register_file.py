"""Opens the register for reading, and finds in it what commands ask for most: the city of a number."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.register.reader import Reader
from pipeline.settings import Settings
from pipeline.trouble import Trouble


@contextmanager
def opened(settings: Settings) -> Iterator[Reader]:
    """The register. Raises Trouble where there is none yet."""
    path = settings.register_path
    if not path.exists():
        raise Trouble("register.none", path=path)
    try:
        with Reader(path) as reader:
            yield reader
    except sqlite3.OperationalError as error:
        raise Trouble("file.unreadable", path=path, reason=str(error)) from error


def city_of(settings: Settings, number: str, named: str | None) -> str:
    """The city a number belongs to: as *named*, else as the register has it. Raises Trouble."""
    if named is not None:
        if named not in settings.cities:
            raise Trouble("city.unknown", city=named, there=" ".join(sorted(settings.cities)))
        return named
    if len(settings.cities) == 1:
        return next(iter(settings.cities))
    if settings.register_path.exists():
        with opened(settings) as reader:
            if found := reader.city_of(number):
                return found
    raise Trouble("number.no_city", number=number)
