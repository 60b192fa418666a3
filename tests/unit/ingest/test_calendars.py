"""Public calendars: the State Council's arrangements, the law beyond them, and other countries."""

from __future__ import annotations

from datetime import date

import chinese_calendar
import pytest

from ingest.calendars import CalendarDay, calendar_days


@pytest.fixture(scope="module")
def china() -> dict[date, CalendarDay]:
    return {one.day: one for one in calendar_days("CN")}


@pytest.mark.parametrize(
    ("year", "worked"),
    [
        # General Office of the State Council, notices on the holidays of 2025 and of 2026
        (2025, [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)]),
        (2026, [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]),
    ],
)
def test_weekend_days_are_worked_in_return_for_days_off(year: int, worked: list, china: dict[date, CalendarDay]):
    found = [one.day for one in china.values() if one.is_makeup_workday and one.day.year == year]
    assert found == [date(year, month, day) for month, day in worked]
    assert all(china[day].is_workday and china[day].name_en is None for day in found)


def test_the_days_off_around_a_festival_are_holidays_with_their_weekends(china: dict[date, CalendarDay]):
    # National Day 2026: 1 to 7 October, of which 3 and 4 are a weekend; 10 is worked; 11 is an ordinary Sunday
    golden_week = [china[date(2026, 10, day)] for day in range(1, 8)]
    assert {(one.name_en, one.name_zh, one.is_workday) for one in golden_week} == {("National Day", "国庆节", False)}
    assert china[date(2026, 10, 8)] == (date(2026, 10, 8), None, None, False, True)
    assert china[date(2026, 10, 11)] == (date(2026, 10, 11), None, None, False, False)


def test_both_libraries_agree_on_what_is_worked_in_every_year_that_is_arranged(china: dict[date, CalendarDay]):
    arranged = [one for one in china.values() if one.day.year <= 2026]
    assert [one.day for one in arranged if one.is_workday != chinese_calendar.is_workday(one.day)] == []


def test_a_year_that_nobody_has_arranged_yet_has_the_holidays_of_the_law(china: dict[date, CalendarDay]):
    last = [one for one in china.values() if one.day.year == 2039]
    assert china[date(2039, 10, 1)].name_zh == "国庆节"
    assert not any(one.is_makeup_workday for one in last)


def test_a_subdivision_has_holidays_of_its_own():
    england, scotland = ({one.day: one for one in calendar_days(key)} for key in ("GB-ENG", "GB-SCT"))
    # Easter Monday 2026; Saint Andrew's Day falls on Monday 30 November
    assert (england[date(2026, 4, 6)].name_en, scotland[date(2026, 4, 6)].name_en) == ("Easter Monday", None)
    assert england[date(2026, 11, 30)].is_workday and not scotland[date(2026, 11, 30)].is_workday
    assert england[date(2026, 4, 6)].name_zh == "Easter Monday"


@pytest.mark.parametrize("calendar", ["XX", "GB-XXX"])
def test_a_calendar_that_nobody_knows_is_named(calendar: str):
    with pytest.raises(ValueError, match=f"the calendar '{calendar}' is not known .* such as CN or GB-ENG"):
        list(calendar_days(calendar))
