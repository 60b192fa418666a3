"""What the brief finds: golden numbers worked out by hand from a few rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from serving.brief.findings import Findings, Period, find
from tests.serving_warehouse import lay_out

DAY = date(2026, 10, 29)
Row = tuple[str, date, str, str, float | None, float | None, float | None]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "warehouse.duckdb")


def found(warehouse: Path, rows: Iterable[Row], period: Period = Period("day", DAY)) -> Findings:  # noqa: B008
    """Return the findings over rows of (indicator, start, level, member, numerator, denominator, target)."""
    with duckdb.connect(warehouse) as con:
        con.executemany(
            """
            INSERT INTO indicator_values
            SELECT $1, $2, $3, $4, $5, $6, $7,
                CASE WHEN unit = 'percent' THEN 100 ELSE 1 END * $6 / nullif(coalesce($7, 1), 0),
                coalesce($7, $6), CASE WHEN $7 = 0 THEN 'no_traffic' ELSE 'final' END, $8, NULL
            FROM dim_indicators WHERE indicator = $1
            """,
            [(indicator, period.grain, *rest) for indicator, *rest in rows],
        )
        findings = find(con, period)
    assert findings is not None
    return findings


def service_level(start: date, answered: float, counted: float, level: str = "centre", member: str = "all") -> Row:
    return ("service_level_pct", start, level, member, answered, counted, 80.0)


def test_shortfall_is_told_in_cases_by_level(warehouse: Path):
    rows = [
        service_level(DAY, 135, 200),  # 67.5 % against 80 %
        service_level(DAY, 45, 100, "site", "chengdu"),  # 0.8 × 100 − 45 = 35 short
        service_level(DAY, 90, 100, "site", "manchester"),  # 0.8 × 100 − 90 = −10: beyond the target
        service_level(DAY, 30, 80, "queue", "sales_cd"),  # 0.8 × 80 − 30 = 34 short
        service_level(DAY, 15, 20, "queue", "service_cd"),  # 0.8 × 20 − 15 = 1 short
        service_level(DAY, 90, 100, "queue", "sales_man"),
        service_level(DAY, 135, 200, "team", "cd_1"),  # alone on its level: says nothing new
    ]
    (finding,) = found(warehouse, rows).missed
    assert [(place.level, place.member, place.lack, place.share) for place in finding.places] == [
        ("site", "chengdu", pytest.approx(35), pytest.approx(1)),
        ("queue", "sales_cd", pytest.approx(34), pytest.approx(34 / 35)),
        ("queue", "service_cd", pytest.approx(1), pytest.approx(1 / 35)),
    ]
    assert finding.gap == pytest.approx(12.5)


def test_excess_counts_where_lower_is_better(warehouse: Path):
    rows = [
        ("abandonment_rate_pct", DAY, "centre", "all", 20, 200, 5.0),
        ("abandonment_rate_pct", DAY, "site", "chengdu", 18, 100, 5.0),  # 18 − 0.05 × 100 = 13 too many
        ("abandonment_rate_pct", DAY, "site", "manchester", 2, 100, 5.0),  # 2 − 5 = −3
    ]
    (finding,) = found(warehouse, rows).missed
    assert [(place.member, place.lack) for place in finding.places] == [("chengdu", pytest.approx(13))]


def test_percentiles_are_not_split_over_places(warehouse: Path):
    rows: list[Row] = [("wait_p90_sec", DAY, "centre", "all", 60, None, 30.0)]
    rows += [("wait_p90_sec", DAY, "queue", queue, 60, None, 30.0) for queue in ("sales_cd", "service_cd")]
    (finding,) = found(warehouse, rows).missed
    assert finding.places == ()


def test_usual_value_of_a_ratio_divides_sums_and_never_averages_percentages(warehouse: Path):
    weeks = [(80, 100), (90, 100), (10, 20), (60, 80)]
    rows = [service_level(date(2026, 10, 22 - 7 * week), *parts) for week, parts in enumerate(weeks[:4])]
    rows += [service_level(DAY, 85, 100), service_level(date(2026, 10, 28), 70, 100)]
    (finding,) = found(warehouse, rows).shown
    # (80 + 90 + 10 + 60) ÷ (100 + 100 + 20 + 80) = 240 ÷ 300 = 80 %; the mean of the percentages would be 73.75 %.
    assert finding.usual == pytest.approx(80)
    assert finding.previous == pytest.approx(70)


def test_usual_count_is_the_mean_of_the_weeks_there_are(warehouse: Path):
    rows: list[Row] = [("contacts_offered", DAY, "centre", "all", 120, None, None)]
    rows += [
        ("contacts_offered", date(2026, 10, day), "centre", "all", count, None, None)
        for day, count in ((22, 90), (8, 110))
    ]
    findings = found(warehouse, rows)
    (finding,) = findings.shown
    assert finding.usual == pytest.approx(100)
    assert finding.previous is None
    assert findings.usual_periods == 2


def test_streak_runs_from_the_last_period_that_met_its_target(warehouse: Path):
    rows = [
        service_level(date(2026, 10, 23), 10, 100),  # missed, but met after that
        service_level(date(2026, 10, 24), 90, 100),
        service_level(date(2026, 10, 25), 50, 100),
        service_level(date(2026, 10, 27), 0, 0),  # no traffic: neither; the 26th is not there at all
        service_level(date(2026, 10, 28), 50, 100),
        service_level(DAY, 79.9, 100),
    ]
    (finding,) = found(warehouse, rows).missed
    assert (finding.since, finding.missed_in_row) == (date(2026, 10, 25), 3)


def test_target_that_is_met_exactly_is_met(warehouse: Path):
    findings = found(warehouse, [service_level(DAY, 80, 100)])
    assert findings.missed == []
    assert findings.judged == 1


def test_bands_and_missing_targets_are_not_judged(warehouse: Path):
    rows: list[Row] = [
        ("aht_sec", DAY, "centre", "all", 99_000, 100, 300.0),
        ("contacts_offered", DAY, "centre", "all", 5, None, None),
    ]
    findings = found(warehouse, rows)
    assert (findings.missed, findings.judged) == ([], 0)


def test_largest_relative_gap_comes_first(warehouse: Path):
    rows = [
        service_level(DAY, 60, 100),  # 20 of 80: a quarter
        ("abandonment_rate_pct", DAY, "centre", "all", 10, 100, 5.0),  # 5 of 5: as much again
        ("qa_score_avg", DAY, "centre", "all", 840, 10, 85.0),  # 1 of 85
    ]
    assert [finding.entry.indicator for finding in found(warehouse, rows).missed] == [
        "abandonment_rate_pct",
        "service_level_pct",
        "qa_score_avg",
    ]


def test_what_did_not_arrive_is_named(warehouse: Path):
    thursdays = [date(2026, 10, 1), date(2026, 10, 8), date(2026, 10, 15), date(2026, 10, 22)]
    rows = [service_level(day, 9, 10) for day in (*thursdays, DAY)]
    rows += [service_level(day, 9, 10, "channel", "chat") for day in thursdays]
    rows += [service_level(day, 9, 10, "queue", "chat_man") for day in thursdays[1:]]  # not in all four: not expected
    rows += [("qa_score_avg", date(2026, 10, 22), "centre", "all", 90, 1, 85.0)]
    rows += [("csat_top2_pct", date(2026, 9, 1), "centre", "all", 9, 10, 85.0)]  # gone for long: not news
    findings = found(warehouse, rows)
    assert [(level, name.en) for level, name in findings.silent] == [("channel", "Chat")]
    assert [(entry.indicator, last) for entry, last in findings.absent] == [("qa_score_avg", date(2026, 10, 22))]


def test_week_is_compared_with_whole_weeks_and_known_to_be_open(warehouse: Path):
    week = Period.of("week", DAY)
    assert (week.start, week.last_day) == (date(2026, 10, 26), date(2026, 11, 1))
    rows = [service_level(date(2026, 10, 26), 70, 100), service_level(date(2026, 10, 19), 90, 100)]
    with duckdb.connect(warehouse) as con:
        con.execute(
            """
            INSERT INTO indicator_values (indicator, grain, period_start, level, member, value, status)
            VALUES ('service_level_pct', 'day', '2026-10-29', 'centre', 'all', 70, 'final')
            """
        )
    findings = found(warehouse, rows, week)
    assert findings.is_open
    assert findings.by_indicator["service_level_pct"].previous == pytest.approx(90)


def test_no_values_means_no_findings(warehouse: Path):
    with duckdb.connect(warehouse) as con:
        assert find(con, Period("day", DAY)) is None
