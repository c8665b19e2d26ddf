from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.policies.model import packaged
from schemas.letter import Kind

CHINA = ZoneInfo("Asia/Shanghai")
CALENDAR = packaged("pass").house.calendar


@pytest.mark.parametrize(
    ("received", "workdays", "due"),
    [
        ("2026-02-13", 3, "2026-02-25"),
        ("2026-02-13", 7, "2026-03-02"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-09-30", 3, "2026-10-10"),
    ],
)
def test_due_dates_by_the_published_table(received: str, workdays: int, due: str) -> None:
    assert CALENDAR.after(date.fromisoformat(received), workdays) == (date.fromisoformat(due), False)


def test_a_year_without_a_table_is_provisional() -> None:
    assert CALENDAR.after(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)
    assert CALENDAR.after(date(2026, 12, 30), 2) == (date(2027, 1, 1), True)


def test_the_day_is_the_citys_day() -> None:
    due = CALENDAR.due(datetime(2026, 3, 2, 16, 30, tzinfo=UTC), CHINA, 1)
    assert due.at == datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)


def test_a_term_that_counts_every_day_ends_on_a_day_off_too() -> None:
    due = CALENDAR.due_by_days(datetime(2026, 9, 30, 1, tzinfo=UTC), CHINA, 3)
    assert (due.at, due.provisional) == (datetime(2026, 10, 3, 15, 59, 59, tzinfo=UTC), False)


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        ("咨询", "2026-02-13T09:00+08:00", "2026-02-25"),
        ("求助", "2026-02-13T09:00+08:00", "2026-03-02"),
        ("建议", "2026-02-13T23:59+08:00", "2026-03-02"),
        ("咨询", "2026-09-30T09:00+08:00", "2026-10-10"),
        ("投诉", "2026-03-02T09:00+08:00", "2026-03-23"),
        ("举报", "2026-03-02T09:00+08:00", "2026-03-23"),
        ("表扬", "2026-03-02T09:00+08:00", "2026-03-23"),
        ("其他", "2026-12-30T09:00+08:00", "2027-01-20"),
    ],
)
def test_each_kind_has_its_term(kind: Kind, received: str, due: str) -> None:
    at = datetime.fromisoformat(received)
    found = packaged("chengdu").due(kind, at, CHINA)
    assert found.at.astimezone(CHINA).date() == date.fromisoformat(due)
    assert found.provisional == due.startswith("2027")


def test_a_term_without_a_source_says_that_it_is_a_sample() -> None:
    assert packaged("pass").deadline.status == "sample"
    assert packaged("chengdu").term("咨询").status == "published"
    assert "四川日报" in packaged("chengdu").term("咨询").source
    for name in (
        "fuxin",
        "yichang",
        "yichang_dept",
        "jian",
        "fushun",
        "karamay",
        "xxcity",
        "letter",
        "generic",
    ):
        assert [term.status for term in packaged(name).deadlines] == ["sample"], name
