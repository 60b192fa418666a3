"""Public calendars: which days are holidays, which are worked, by country and subdivision.

``holidays`` knows the laws of countries, and which weekend days China works in return for days off (调休). In years
that the State Council has arranged, ``chinesecalendar`` says which days around a festival are off; of later years the
law alone is known. Opening hours do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from typing import NamedTuple

FIRST, LAST = date(2010, 1, 1), date(2039, 12, 31)
"""The days that a calendar tells of."""


class CalendarDay(NamedTuple):
    """One day: the holiday's names in English and Chinese, none on other days, and whether it is worked.

    Countries whose holidays the library does not name in Chinese have the English name in both places.
    """

    day: date
    name_en: str | None
    name_zh: str | None
    is_makeup_workday: bool
    is_workday: bool


def edition() -> str:
    """Return what decides on the days beside the calendar's name: the editions of the libraries."""
    return " ".join(f"{library} {version(library)}" for library in ("holidays", "chinesecalendar"))


@cache
def languages(calendar: str) -> tuple[str, ...]:
    """Return the languages in which the holidays of a calendar such as ``CN`` or ``GB-ENG`` have names.

    Raises:
        ValueError: no such calendar is known.
    """
    import holidays

    country, _, subdivision = calendar.partition("-")
    try:
        return holidays.country_holidays(country, subdivision or None).supported_languages
    except NotImplementedError as error:
        raise ValueError(
            f"the calendar {calendar!r} is not known ({error}): give a country by its two letters, and a subdivision"
            " behind it where holidays differ, such as CN or GB-ENG"
        ) from None


def calendar_days(calendar: str) -> Iterator[CalendarDay]:
    """Yield every day of a calendar that is known.

    Raises:
        ValueError: no such calendar is known.
    """
    named_in = languages(calendar)
    import holidays

    country, _, subdivision = calendar.partition("-")
    years = range(FIRST.year, LAST.year + 1)
    in_english, in_chinese = (
        holidays.country_holidays(
            country, subdivision or None, years=years, language=language if language in named_in else None
        )
        for language in ("en_US", "zh_CN")
    )
    if "zh_CN" not in named_in:
        in_chinese = in_english
    arranged = _arranged() if country == "CN" else {}
    for offset in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=offset)
        by_law = in_english.get(day), in_chinese.get(day)
        names = arranged[day.year].get(day, (None, None)) if day.year in arranged else by_law
        is_workday = in_english.is_working_day(day)
        yield CalendarDay(day, *names, is_workday and day.weekday() in in_english.weekend, is_workday)


def _arranged() -> dict[int, dict[date, tuple[str, str]]]:
    """Return the days off of the years that the State Council has arranged, with their names."""
    from chinese_calendar.constants import Holiday, holidays

    # The library sets the attribute where types are not told of it.
    chinese = {holiday.value: vars(holiday)["chinese"] for holiday in Holiday}
    years: dict[int, dict[date, tuple[str, str]]] = {}
    for day, name in holidays.items():
        years.setdefault(day.year, {})[day] = (name, chinese[name])
    return years
