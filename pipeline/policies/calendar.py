"""Workdays. A year without a published table counts Monday to Friday and says that the result is provisional."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
WORKDAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class Year:
    """One year's table: days off, and weekend days that are worked."""

    off: frozenset[date]
    work: frozenset[date]


@dataclass(frozen=True, slots=True)
class Due:
    """The last moment of the last day; *provisional* where a day of a year without a table was counted."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Tables by year, and where they were published. Counted days are kept: letters of one day have one term."""

    years: Mapping[int, Year]
    source: str

    def is_workday(self, day: date) -> bool:
        """Is *day* worked? Without a table of its year: Monday to Friday."""
        year = self.years.get(day.year)
        if year is None:
            return day.weekday() < 5
        return day in year.work or (day.weekday() < 5 and day not in year.off)

    @lru_cache(maxsize=4096)  # noqa: B019 - as many calendars as packs, for the life of the process
    def after(self, received: date, workdays: int) -> tuple[date, bool]:
        """The day that lies *workdays* workdays after *received*, which is not counted itself."""
        if not 0 < workdays <= WORKDAYS_MAX:
            message = f"a term of {workdays} workdays is not between 1 and {WORKDAYS_MAX}"
            raise ValueError(message)
        day, left, provisional = received, workdays, False
        while left:
            day += _DAY
            provisional = provisional or day.year not in self.years
            left -= self.is_workday(day)
        return day, provisional

    def due(self, received_at: datetime, zone: ZoneInfo, workdays: int) -> Due:
        """The end of the last day in the city's time zone, as UTC."""
        return self._end(received_at.astimezone(zone).date(), zone, workdays)

    def due_by_days(self, received_at: datetime, zone: ZoneInfo, days: int) -> Due:
        """The same for a term that counts every day, worked or not."""
        day = received_at.astimezone(zone).date() + days * _DAY
        return _end_of(day, zone, provisional=False)

    @lru_cache(maxsize=4096)  # noqa: B019 - as above
    def _end(self, received: date, zone: ZoneInfo, workdays: int) -> Due:
        day, provisional = self.after(received, workdays)
        return _end_of(day, zone, provisional=provisional)


def _end_of(day: date, zone: ZoneInfo, *, provisional: bool) -> Due:
    return Due(datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC), provisional)
