"""Rules on the indicator layer, on a small layer of two indicators."""

from __future__ import annotations

from datetime import date
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
]


@pytest.fixture
def judge(tmp_path: Path):
    """Judge the good layer with one row added or replaced by another of its key."""

    def judged(*changed: tuple, day: date = DAY) -> dict[str, Finding]:
        path = tmp_path / "warehouse.duckdb"
        with duckdb.connect(str(path)) as warehouse:
            warehouse.execute(
                """
                create schema if not exists marts; use marts;
                create or replace table dim_indicators as from (values
                    ('queue_visits', 'count', 'A', ['day', 'week']),
                    ('service_level_pct', 'percent', 'R', ['day'])
                ) as rows (indicator, unit, class, grains);
                create or replace table indicator_values (
                    indicator text, grain text, period_start date, level text, member text, numerator double,
                    denominator double, value double, sample_size bigint, status text
                )
                """
            )
            keys = {row[:5] for row in changed}
            rows = [row for row in GOOD if row[:5] not in keys] + list(changed)
            warehouse.executemany("insert into indicator_values values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        [verdict] = validate_indicators(path, [day])
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


def test_an_indicator_without_a_value_for_the_centre_warns(judge):
    failed = judge(day=date(2026, 9, 10))
    assert [(name, finding.severity) for name, finding in failed.items()] == [("values of the centre", "warning")]
    # The 10th has no day values; its week, which began on the 7th, has one.
    assert [(place["indicator"], place["grain"]) for place in failed["values of the centre"].where] == [
        ("queue_visits", "day"),
        ("service_level_pct", "day"),
    ]


def test_a_warehouse_without_the_layer_is_an_error(tmp_path: Path):
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(LookupError, match="build the models"):
        validate_indicators(tmp_path / "empty.duckdb", [DAY])
