"""The generated indicator layer against MetricFlow, for every indicator, level and grain."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from tests.factories import Lake
from tests.integration.conftest import Centre
from tests.integration.golden import CASES
from tests.metricflow_judge import UNJUDGED, disagreements, judge_of


def test_metricflow_gives_the_same_numerators_denominators_and_values(centre: Centre) -> None:
    assert disagreements(centre.warehouse, centre.target) == []


def test_metricflow_judges_every_indicator_of_the_dictionary_but_those_it_cannot_express(centre: Centre) -> None:
    dictionary = centre.warehouse.execute("SELECT indicator FROM dim_indicators").fetchall()
    judged = set(judge_of(centre.target).indicators)
    assert {name for (name,) in dictionary} == judged | set(UNJUDGED)
    assert not judged & set(UNJUDGED)
    # an indicator without a number would agree with anything
    empty = "SELECT indicator FROM indicator_values GROUP BY ALL HAVING count(value) = 0"
    assert centre.warehouse.execute(empty).fetchall() == []


@pytest.mark.parametrize("indicator", UNJUDGED)
def test_what_metricflow_cannot_express_is_worked_out_by_hand(indicator: str, tmp_path: Path) -> None:
    [case] = [case for case in CASES if case.__name__ == UNJUDGED[indicator]]
    assert [golden for golden in case(Lake(tmp_path)) if golden.indicator == indicator and golden.value is not None]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE indicator_values SET value = value + 0.000001",
        "UPDATE indicator_values SET denominator = denominator + 1",
        "UPDATE indicator_values SET numerator = NULL",
        "DELETE FROM indicator_values",
        "INSERT INTO indicator_values SELECT * REPLACE ('nobody' AS member) FROM indicator_values",
    ],
)
def test_one_changed_value_is_found(tampering: str, centre: Centre) -> None:
    centre.warehouse.begin()
    try:
        centre.warehouse.execute(
            f"{tampering} WHERE indicator = 'aht_sec' AND grain = 'week' AND period_start = '2026-09-07'"
            " AND level = 'team' AND member = 'red'"
        )
        [found] = disagreements(centre.warehouse, centre.target)
    finally:
        centre.warehouse.rollback()
    of = ("aht_sec", "week", "2026-09-07 00:00:00", "team")
    assert (found.indicator, found.grain, found.starts_at, found.level) == of


def test_metricflow_agrees_on_the_demo(whole: Home) -> None:
    with duckdb.connect(whole.warehouse, read_only=True) as warehouse:
        assert disagreements(warehouse, whole.dbt / "target") == []
