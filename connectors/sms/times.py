"""When a message was sent, as vendors write it: with or without separators, century, zone; seconds or milliseconds."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

_SEPARATORS = re.compile(r"[-/:. T年月日时分秒]+")
_BY_DIGITS = {14: ("%Y%m%d%H%M%S",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 10: ("%y%m%d%H%M",), 8: ("%Y%m%d",)}
_YEARS = range(1970, 2200)
"""A program that knows no time writes the year 1 or 9999."""
_UNIX_S_MIN, _UNIX_S_MAX = 1_000_000_000, 2_000_000_000


def moment_of(value: str, time_format: str, zone: ZoneInfo) -> datetime | None:
    """The moment, in *zone* where none is written; None where nobody can tell.

    *time_format* is ``unix``, ``unix_ms``, a format of ``strptime``, or empty. Then ten digits that begin with 1 are
    seconds of Unix (2001 to 2033), and other ten are year, month, day, hour and minute.
    """
    moment: datetime | None
    try:
        if time_format in {"unix", "unix_ms"}:
            moment = datetime.fromtimestamp(float(value) / (1000 if time_format == "unix_ms" else 1), UTC)
        elif time_format:
            moment = _zoned(datetime.strptime(value, time_format), zone)  # noqa: DTZ007 - the zone comes next
        else:
            moment = _recognised(value, zone)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is not None and moment.year in _YEARS else None


def _recognised(value: str, zone: ZoneInfo) -> datetime | None:
    if value.isascii() and value.isdigit():
        number = int(value[:20])
        if len(value) == 10 and _UNIX_S_MIN <= number < _UNIX_S_MAX:
            return datetime.fromtimestamp(number, UTC)
        if len(value) == 13:
            return datetime.fromtimestamp(number / 1000, UTC)
        return _compact(value, zone)
    try:
        return _zoned(datetime.fromisoformat(value), zone)
    except ValueError:
        numbers = [part for part in _SEPARATORS.split(value) if part]
        if len(numbers) not in {5, 6} or not all(part.isdigit() for part in numbers):
            return None
        year = numbers[0] if len(numbers[0]) == 4 else f"20{numbers[0]}"
        return datetime(int(year), *(int(part) for part in numbers[1:]), tzinfo=zone)  # type: ignore[misc,arg-type]  # five or six numbers


def _compact(digits: str, zone: ZoneInfo) -> datetime | None:
    for form in _BY_DIGITS.get(len(digits), ()):
        try:
            return _zoned(datetime.strptime(digits, form), zone)  # noqa: DTZ007 - the zone comes next
        except ValueError:
            continue
    return None


def _zoned(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
