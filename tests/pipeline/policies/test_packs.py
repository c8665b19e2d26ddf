from datetime import UTC, date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from pipeline.policies.model import BadPack, city_pack, house, packaged

HUB = (files("pipeline.policies") / "hub.yaml").read_text("utf-8")
PASS = (files("pipeline.policies") / "pass.yaml").read_text("utf-8")
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
    due = CALENDAR.due(datetime(2026, 3, 2, 16, 30, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), 1)
    assert due.at == datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)


def test_the_pass_pack_says_that_its_term_is_a_sample() -> None:
    assert packaged("pass").deadline.status == "sample"
    assert packaged("pass").deadline.source


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title:", "titel:", "pass.yaml:4: "),
        ("workdays: 15", "workdays: 0", "pass.yaml:9: deadline.workdays: "),
        ("workdays: 15", "workday: 15", "deadline.workday"),
        ("status: sample", "status: guess", "pass.yaml:10: deadline.status: "),
        ("code: PASS.1", "code: 'nein, so nicht'", "pass.yaml:6: accept.code: "),
        ("pack: pass", "pack: [", "pass.yaml:"),
    ],
)
def test_a_wrong_pack_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(BadPack) as refused:
        city_pack(PASS.replace(old, new, 1), "pass.yaml", packaged("pass").house)
    assert message in str(refused.value)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(BadPack, match=r"pass\.yaml:\d+: extra: unknown key"):
        city_pack(PASS + "extra: 1\n", "pass.yaml", packaged("pass").house)
    with pytest.raises(BadPack, match=r"hub\.yaml:\d+: calendar\.years\.2026\.holidays\.0: "):
        house(HUB.replace("2026-01-01/2026-01-03", "2026-01-03/2026-01-01"), "hub.yaml")


def test_an_empty_file_and_an_unknown_pack_are_refused() -> None:
    with pytest.raises(BadPack, match=r"pass\.yaml:1"):
        city_pack("", "pass.yaml", packaged("pass").house)
    with pytest.raises(BadPack, match="no rule pack"):
        packaged("nowhere")
    with pytest.raises(BadPack, match="no rule pack"):
        packaged("hub")
