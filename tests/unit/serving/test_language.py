"""Numbers, dates and words as people read them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import serving
from serving.language import CLASSES, WORDS, difference, period_name, reading, word


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (71.25, "percent", "71.2%", "71.2%"),
        (1234.0, "count", "1,234", "1,234"),
        (334.4, "seconds", "334 s", "334 秒"),
        (9.96, "seconds", "10.0 s", "10.0 秒"),
        (86.2, "points", "86.2", "86.2 分"),
        (42.0, "people", "42", "42 人"),
        (None, "percent", "–", "–"),
    ],
)
def test_values_read_with_their_unit(value: float | None, unit: str, en: str, zh: str):
    assert (reading(value, unit, "en"), reading(value, unit, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("value", "base", "unit", "en"),
    [
        (71.3, 80.0, "percent", "−8.7 pt"),
        (110.0, 100.0, "count", "+10.0%"),
        (5.0, 0.0, "count", "–"),  # nothing is a share of nothing
        (80.0, 80.04, "percent", "0.0 pt"),  # no minus before a zero
        (330.0, 342.0, "seconds", "−12 s"),
        (None, 1.0, "points", "–"),
    ],
)
def test_changes_are_points_for_percent_and_shares_for_counts(
    value: float | None, base: float | None, unit: str, en: str
):
    assert difference(value, base, unit, "en") == en


def test_periods_are_named_by_their_grain():
    monday = date(2026, 10, 26)
    assert [period_name(grain, monday, "en") for grain in ("day", "week", "month")] == [
        "26 Oct",
        "week of 26 Oct",
        "Oct 2026",
    ]
    assert period_name("month", monday, "zh") == "2026年10月"


def test_unknown_key_is_shown_as_it_is():
    assert word("the night shift") == ("the night shift", "the night shift")


def test_every_word_is_said_in_both_languages():
    for words in (*WORDS.values(), *CLASSES.values()):
        assert re.search("[一-鿿]", words.zh) and not re.search("[一-鿿]", words.en)


def test_chinese_uses_full_width_punctuation():
    room = Path(serving.__file__).parent
    files = [path for path in room.rglob("*") if path.suffix in (".py", ".html") and "metabase" not in path.parts]
    for path in files:
        assert not re.findall("[一-鿿][,;:?!(][^\n]{0,9}", path.read_text(encoding="utf-8")), path
