"""Rules on the indicator layer, on a small layer of three indicators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.validate import validate_indicators
from expectations.verdict import Finding

DAY = date(2026, 9, 9)  # a Wednesday: its week starts on the 7th, its month on the 1st

VISITS = ("queue_visits", "day", DAY, "centre", "all", 30, None, 30, 30, "final")
GOOD = [
    VISITS,
    ("queue_visits", "day", DAY, "queue", "sales", 20, None, 20, 20, "final"),
    ("queue_visits", "day", DAY, "queue", "help", 10, None, 10, 10, "final"),
    ("queue_visits", "week", date(2026, 9, 7), "centre", "all", 30, None, 30, 30, "provisional"),
    ("service_level_pct", "day", DAY, "centre", "all", 24, 30, 80, 30, "final"),
    ("service_level_pct", "day", DAY, "queue", "help", 8, 10, None, 10, "below_floor"),
    ("record_view_peer_z", "day", DAY, "agent", "ann", -0.5, 0.25, -2, None, "final"),
]


@pytest.fixture
def judge(tmp_path: Path):
    """Judge the good layer with one row added or replaced by another of its key."""

    def judged(*changed: tuple, day: date = DAY, expected: Iterable[tuple[str, date]] = ()) -> dict[str, Finding]:
        path = tmp_path / "warehouse.duckdb"
        with duckdb.connect(str(path)) as warehouse:
            warehouse.execute(
                """
                create schema if not exists marts; use marts;
                create or replace table dim_indicators as from (values
                    ('queue_visits', 'count', 'A', ['centre', 'queue'], ['day', 'week'], ['telephony.tel_interaction']),
                    ('service_level_pct', 'percent', 'R', ['centre', 'queue'], ['day'],
                        ['telephony.tel_interaction', 'chat.csat']),
                    ('record_view_peer_z', 'z', 'X', ['agent'], ['day'], ['telephony.tel_interaction'])
                ) as rows (indicator, unit, class, levels, grains, daily_tables);
                create or replace table dim_feed_days (lake_table text, date_day date);
                create or replace table indicator_values (
                    indicator text, grain text, period_start date, level text, member text, numerator double,
                    denominator double, value double, sample_size bigint, status text,
                    starts_at timestamp as (period_start::timestamp)
                )
                """
            )
            for feed_day in expected:
                warehouse.execute("insert into dim_feed_days values (?, ?)", feed_day)
            keys = {row[:5] for row in changed}
            rows = [row for row in GOOD if row[:5] not in keys] + list(changed)
            warehouse.executemany("insert into indicator_values values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        [verdict] = validate_indicators(path, [day], DAY + timedelta(days=1))
        return {finding.name: finding for finding in verdict.expectations if not finding.success}

    return judged


def test_a_sound_layer_passes(judge):
    assert judge() == {}


@pytest.mark.parametrize(
    ("changed", "measure"),
    [
        (("unheard_of", "day", DAY, "centre", "all", 1, None, 1, 1, "final"), "not in the dictionary"),
        (("service_level_pct", "day", DAY, "centre", "all", 24, 30, 80, 30, "fine"), "status unknown"),
        (("service_level_pct", "day", DAY, "centre", "all", 24, 30, None, 30, "final"), "value missing"),
        (("service_level_pct", "day", DAY, "queue", "help", 0, 0, 0, 0, "no_traffic"), "value in spite of status"),
        (("service_level_pct", "day", DAY, "centre", "all", 9, 9, 100, 9, "feed_missing"), "value in spite of status"),
        (("service_level_pct", "day", DAY, "centre", "all", 0, None, 0, 0, "closed"), "value in spite of status"),
        (("queue_visits", "day", DAY, "queue", "help", -1, None, -1, 1, "final"), "negative"),
        (("service_level_pct", "day", DAY, "centre", "all", 1, 0, float("nan"), 0, "final"), "not a number"),
        (("service_level_pct", "day", DAY, "centre", "all", 24, 30, 8000, 30, "final"), "percent out of range"),
        (("service_level_pct", "day", DAY, "centre", "all", 31, 30, 100, 30, "final"), "part above whole"),
        (("queue_visits", "day", DAY, "queue", "help", 11, None, 11, 11, "final"), "members above centre"),
        (("queue_visits", "week", DAY, "centre", "all", 30, None, 30, 30, "final"), "period not aligned"),
    ],
)
def test_a_wrong_value_is_critical(judge, changed: tuple, measure: str):
    assert judge(changed)[measure].severity == "critical"


def test_a_repeated_key_is_critical_and_named(judge):
    failed = judge(VISITS, VISITS)
    assert failed["key repeated"].unexpected == 2
    assert failed["key repeated"].sample[0]["indicator"] == "queue_visits"


def test_an_indicator_without_a_row_for_the_centre_or_its_agents_warns_where_all_it_needs_is_expected(judge):
    tenth = date(2026, 9, 10)
    calls, ratings = ("telephony.tel_interaction", tenth), ("chat.csat", tenth)
    assert judge(day=tenth) == {}, "nothing is expected of the 10th"

    def lacking(*expected: tuple[str, date]) -> list[tuple[str, str]]:
        finding = judge(day=tenth, expected=expected)["values at the widest level"]
        assert finding.severity == "warning"
        return [(place["indicator"], place["grain"]) for place in finding.where]

    # The 10th has no day values; its week, which began on the 7th, has one. The service level needs ratings here too.
    without = [("queue_visits", "day"), ("record_view_peer_z", "day")]
    assert lacking(calls) == without
    assert lacking(calls, ratings) == [*without, ("service_level_pct", "day")]


def test_a_day_of_which_everything_is_expected_has_a_row_of_the_centre(judge):
    calls, ratings = "telephony.tel_interaction", "chat.csat"
    next_day = DAY + timedelta(days=1)
    assert judge(expected=[(calls, DAY), (ratings, DAY)]) == {}
    failed = judge(day=next_day, expected=[(calls, next_day)])["expected days without a row"]
    assert failed.severity == "critical"
    # ratings are not expected, so nobody can tell what a service level without a row means
    assert [(place["indicator"], place["grain"]) for place in failed.where] == [("queue_visits", "day")]
    # two days after the layer's newest nothing is expected yet
    later = DAY + timedelta(days=2)
    assert "expected days without a row" not in judge(day=later, expected=[(calls, later)])


def test_a_warehouse_without_the_layer_is_an_error(tmp_path: Path):
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(LookupError, match="build the models"):
        validate_indicators(tmp_path / "empty.duckdb", [DAY], DAY)
