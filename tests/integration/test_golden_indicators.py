"""Every indicator against the cases worked out by hand that lie in `golden`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import duckdb
import pytest

from tests.factories import Lake
from tests.integration.golden import CASES
from tests.integration.golden.case import Golden

AS_OF = date(2026, 10, 7)


class Worked(NamedTuple):
    """What the cases expect, and the warehouse that dbt built of them."""

    expected: dict[str, list[Golden]]
    warehouse: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    lake = Lake(tmp_path_factory.mktemp("golden"))
    lake.declare("parameter", [{"parameter": "small_denominator_floor", "value": 5.0, "valid_from": date(2026, 1, 1)}])
    expected = {case.__name__: case(lake) for case in CASES}
    with lake.build(
        {"as_of": AS_OF.isoformat()}, select="+indicator_values indicator_bridges visit_classes"
    ) as warehouse:
        yield Worked(expected, warehouse)


@pytest.fixture
def warehouse(worked: Worked) -> duckdb.DuckDBPyConnection:
    return worked.warehouse


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_the_warehouse_gives_what_was_worked_out_by_hand(case: str, worked: Worked) -> None:
    for golden in worked.expected[case]:
        found = worked.warehouse.execute(
            "SELECT numerator, denominator, value, sample_size, status FROM indicator_values"
            " WHERE (indicator, grain, starts_at, level, member) = (?, ?, ?::timestamp, ?, ?)",
            golden[:5],
        ).fetchall()
        numbers = tuple(None if number is None else pytest.approx(number, abs=1e-9) for number in golden[5:9])
        assert found == [(*numbers, golden.status)], golden


def test_every_indicator_has_a_golden_case(worked: Worked) -> None:
    judged = {golden.indicator for rows in worked.expected.values() for golden in rows if golden.value is not None}
    dictionary = {name for (name,) in worked.warehouse.execute("SELECT indicator FROM dim_indicators").fetchall()}
    assert dictionary - judged == set()


def test_an_indicator_has_rows_at_its_own_levels_and_grains_only(warehouse: duckdb.DuckDBPyConnection) -> None:
    stray = warehouse.execute(
        "SELECT DISTINCT indicator, level, grain FROM indicator_values JOIN dim_indicators USING (indicator)"
        " WHERE NOT list_contains(if(grain = 'interval', interval_levels, levels), level)"
        " OR NOT list_contains(grains, grain)"
    ).fetchall()
    assert stray == []


def test_a_target_is_shown_where_and_while_it_is_valid(warehouse: duckdb.DuckDBPyConnection) -> None:
    targets = warehouse.execute(
        "SELECT DISTINCT level, target FROM indicator_values WHERE indicator = 'service_level_pct' ORDER BY level"
    ).fetchall()
    assert targets == [("centre", 80.0), ("channel", None), ("client", None), ("queue", None), ("site", None)]


def test_a_provisional_value_says_when_it_will_be_final(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "SELECT indicator, grain, final_on FROM indicator_values WHERE level = 'queue' AND member = 'new'"
        " AND indicator IN ('service_level_pct', 'csat_top2_pct') AND grain IN ('day', 'week') ORDER BY ALL"
    ).fetchall()
    # ratings of Tuesday 6 October are awaited for four days, those of its week four days from Sunday 11 October
    assert found == [
        ("csat_top2_pct", "day", date(2026, 10, 10)),
        ("csat_top2_pct", "week", date(2026, 10, 15)),
        ("service_level_pct", "day", None),
        ("service_level_pct", "week", date(2026, 10, 11)),
    ]
    strange = "SELECT * FROM indicator_values WHERE (status = 'provisional') <> (final_on IS NOT NULL)"
    assert warehouse.execute(strange).fetchall() == []


def test_completeness_and_freshness_travel_with_the_value(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "SELECT level, member, grain, period_start, completeness, fresh_until FROM indicator_values"
        " WHERE indicator = 'service_level_pct' AND period_start BETWEEN '2026-02-09' AND '2026-02-12'"
        " AND grain <> 'interval'"
        " AND (level IN ('centre', 'site') OR member IN ('there', 'came')) ORDER BY grain, period_start, level, member"
    ).fetchall()
    # Calls of three days are expected, those of Wednesday the 11th lack, chats of Friday and Saturday, the latter lack:
    # 3 of 5 in the week, which is whole up to Tuesday. Nothing is expected of Manchester; queues are told the centre's.
    tuesday, wednesday, thursday, monday = (date(2026, 2, day) for day in (10, 11, 12, 9))
    assert found == [
        ("centre", "all", "day", tuesday, 1.0, tuesday),
        ("queue", "came", "day", tuesday, 1.0, tuesday),
        ("site", "chengdu", "day", tuesday, 1.0, tuesday),
        ("centre", "all", "day", wednesday, 0.0, None),
        ("queue", "there", "day", wednesday, 0.0, None),
        ("site", "chengdu", "day", wednesday, 0.0, None),
        ("site", "manchester", "day", wednesday, None, None),
        ("centre", "all", "day", thursday, 1.0, thursday),
        ("queue", "came", "day", thursday, 1.0, thursday),
        ("site", "chengdu", "day", thursday, 1.0, thursday),
        ("centre", "all", "week", monday, 0.6, tuesday),
        ("queue", "came", "week", monday, 0.6, tuesday),
        ("queue", "there", "week", monday, 0.6, tuesday),
        ("site", "chengdu", "week", monday, 0.6, tuesday),
        ("site", "manchester", "week", monday, None, None),
    ]


def test_an_entry_names_the_tables_it_is_counted_from(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "SELECT facts, lake_tables, daily_tables FROM dim_indicators WHERE indicator = 'agent_no_answer_pct'"
    ).fetchall()
    read = ["hr.agent_alias", "hr.hr_employee", "telephony.tel_offer"]
    assert found == [(["fct_offers"], read, ["telephony.tel_offer"])]


def bridge(warehouse: duckdb.DuckDBPyConnection, variant: str) -> list[tuple[str, str, str, int, float]]:
    """Steps that lead from the service level to a variant, in the hour of the nine service levels."""
    steps = warehouse.execute(
        "SELECT visit_class, counted_before, counted_after, visits, points FROM indicator_bridges"
        " WHERE variant = $variant AND grain = 'day' AND level = 'queue' AND member = 'hour' ORDER BY step",
        {"variant": variant},
    )
    return [(*step[:4], pytest.approx(step[4], abs=1e-12)) for step in steps.fetchall()]


def test_a_bridge_names_the_classes_that_two_ways_of_counting_treat_differently(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # 70/90; without 4 abandons within 20 s 70/86; without 5 later ones 70/81; without the time-out 70/80 = 87.5 %
    assert bridge(warehouse, "service_level_of_answered_pct") == [
        ("abandoned_in_time", "miss", "out", 4, 100 * (70 / 86 - 70 / 90)),
        ("abandoned_late", "miss", "out", 5, 100 * (70 / 81 - 70 / 86)),
        ("flowed_out_late", "miss", "out", 1, 100 * (70 / 80 - 70 / 81)),
    ]
    # 8 short abandons come in as hits: 78/98; 4 abandons within 20 s turn from misses into hits: 82/98; the time-out
    # goes out: 82/97
    assert bridge(warehouse, "service_level_abandons_met_pct") == [
        ("short_abandon", "out", "hit", 8, 100 * (78 / 98 - 70 / 90)),
        ("abandoned_in_time", "miss", "hit", 4, 100 * (82 / 98 - 78 / 98)),
        ("flowed_out_late", "miss", "out", 1, 100 * (82 / 97 - 82 / 98)),
    ]


def test_the_bridge_between_any_two_ways_of_counting_adds_up_to_their_difference(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    [(pairs, apart)] = warehouse.execute(
        """
        WITH shares AS (
            SELECT indicator, numerator / denominator AS share, grain, period_start, starts_at, level, member
            FROM indicator_values
            WHERE indicator LIKE 'service_level%' AND denominator > 0 AND grain <> 'interval'
        ), ends AS (
            SELECT variant AS indicator, grain, period_start, level, member, sum(points) AS points
            FROM indicator_bridges GROUP BY ALL
        ), ways AS (
            SELECT shares.*, coalesce(points, 0) AS points
            FROM shares LEFT JOIN ends USING (indicator, grain, period_start, level, member)
        )
        SELECT count(*), max(abs((b.points - a.points) - 100 * (b.share - a.share)))
        FROM ways AS a JOIN ways AS b USING (grain, starts_at, level, member)
        WHERE a.indicator <> b.indicator
        """
    ).fetchall()
    assert pairs > 1000
    assert apart < 1e-9
