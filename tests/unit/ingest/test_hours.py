"""Business hours: how long a queue is open on which kind of day, and what cannot be meant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.hours import Hours, clashes


def hours(valid_from: date = date(2026, 9, 1), valid_to: date | None = None, **spans: Any) -> Hours:
    named = {days.replace("_to_", "-"): span for days, span in spans.items()}
    return Hours(site="chengdu", valid_from=valid_from, valid_to=valid_to, open=named)


def test_hours_are_added_up_by_kind_of_day():
    declared = hours(mon_to_thu="09:00-18:00", fri=["13:00-17:30", "09:00-12:00"], sat="00:00-24:00", holidays="closed")
    # Friday 4.5 h and 3 h; Sunday is not named, so it is closed; of make-up workdays nothing is said
    assert list(declared.opening_seconds()) == [
        *(("weekday", weekday, 9 * 3600) for weekday in (1, 2, 3, 4)),
        ("weekday", 5, 27_000),
        ("weekday", 6, 86_400),
        ("weekday", 7, 0),
        ("holidays", None, 0),
    ]


def test_spans_may_touch():
    declared = hours(mon=["08:00-12:00", "12:00-16:00"])
    assert next(declared.opening_seconds()) == ("weekday", 1, 8 * 3600)


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ({"mon": ["09:00-12:00", "11:59-18:00"]}, "overlap"),
        ({"mon_to_fri": "09:00-18:00", "wed": "closed"}, "'wed' names wed, and so does 'mon-fri'"),
        ({"mon": "22:00-06:00"}, "what passes midnight is declared on both days"),
        ({"mon": "09:00-24:01"}, "does not end later on the same day"),
        ({"mon": "9 to 6"}, "neither a span such as 09:00-18:00 nor 'closed'"),
        ({"mon": "09:60-10:00"}, "neither a span"),
        ({"monday": "09:00-18:00"}, "neither of mon, tue"),
        ({"sat_to_mon": "09:00-18:00"}, "goes backwards"),
    ],
)
def test_what_cannot_be_meant_is_refused(spans: dict[str, Any], message: str):
    with pytest.raises(ValidationError, match=message):
        hours(**spans)


def test_hours_of_one_queue_hold_one_after_the_other():
    summer = hours(date(2026, 6, 1), date(2026, 8, 31), mon="09:00-18:00")
    autumn = hours(date(2026, 9, 1), mon="08:00-18:00")
    assert list(clashes([summer, autumn])) == []
    late = hours(date(2026, 8, 31), date(2026, 9, 1), mon="09:00-18:00")
    assert [place for place, _ in clashes([summer, autumn, late])] == [2, 2]
