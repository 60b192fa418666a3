"""Laws that indicator values obey whatever the data: parts make up the whole, and an increment equals a rebuild."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from expectations.suites.indicators import NOT_PARTS, UNVALUED
from orchestration.builds import turned_final
from tests.factories import PROJECT, Lake, environment
from tests.integration.conftest import Centre
from tests.integration.random_centre import LAST, random_centre

LAYER = "+indicator_values +indicator_bridges"

ADDITIVE = "indicator IN (SELECT indicator FROM dim_indicators WHERE class IN ('A', 'R'))"
"""Classes whose numerators and denominators add up; a stock does not over time, percentiles never do."""


@pytest.mark.parametrize("level", ["site", "team", "agent", "tenure_band", "queue", "client", "channel"])
def test_members_of_a_level_make_up_the_centre(level: str, centre: Centre) -> None:
    """Holds at every level here: every event has a channel, a queue of a client and an agent with a hire date."""
    broken = centre.warehouse.execute(
        f"""
        WITH sums AS (
            SELECT indicator, grain, starts_at, level,
                   round(sum(numerator), 6) AS numerator, round(sum(denominator), 6) AS denominator
            FROM indicator_values
            WHERE level IN ('centre', $level) AND {ADDITIVE}
                AND indicator IN (
                    SELECT indicator FROM dim_indicators
                    WHERE list_contains(if(grain = 'interval', interval_levels, levels), $level)
                )
                AND indicator <> 'attrition_rate_pct'  -- divides by a stock
            GROUP BY ALL
        )
        SELECT indicator, grain, starts_at FROM sums
        GROUP BY ALL HAVING count(*) <> 2 OR min(numerator) <> max(numerator) OR min(denominator) <> max(denominator)
        """,
        {"level": level},
    ).fetchall()
    assert broken == []


@pytest.mark.parametrize(
    ("indicator", "fact", "counted"),
    [
        ("contacts_offered", "fct_queue_visits", "is_contact_start"),
        ("contacts_handled", "fct_handle_legs", "is_contact_first_leg"),
        ("csat_top2_pct", "fct_survey_answers", "is_last and is_top_two"),
        ("fcr_repeat_pct", "fct_customer_contacts", "not is_repeat and not is_repeated"),
    ],
)
def test_reasons_make_up_the_contacts_that_have_one(indicator: str, fact: str, counted: str, centre: Centre) -> None:
    """Each contact counts under one reason or none, and under one reason whichever fact counts it."""
    [(by_reason, with_reason, in_all)] = centre.warehouse.execute(
        f"""
        SELECT (
            SELECT sum(numerator) FROM indicator_values
            WHERE indicator = $indicator AND level = 'reason' AND grain = 'day'
        ), count(*) FILTER (reason_key IS NOT NULL), count(*)
        FROM {fact} WHERE {counted}
        """,
        {"indicator": indicator},
    ).fetchall()
    assert 0 < by_reason == with_reason < in_all
    assert centre.warehouse.execute("SELECT DISTINCT reason_key FROM fct_queue_visits ORDER BY ALL").fetchall() == [
        *(("delivery",), ("refund",)),
        (None,),
    ]


@pytest.mark.parametrize(("grain", "first_day"), [("week", "week_start"), ("month", "month_start")])
def test_days_make_up_their_week_and_month(grain: str, first_day: str, centre: Centre) -> None:
    broken = centre.warehouse.execute(
        f"""
        WITH days AS (
            SELECT indicator, level, member, {first_day} AS first_day,
                   sum(numerator) AS numerator, sum(denominator) AS denominator, sum(sample_size) AS sample_size
            FROM indicator_values JOIN dim_dates ON period_start = date_day
            WHERE grain = 'day' AND {ADDITIVE}
            GROUP BY ALL
        ), periods AS (
            SELECT *, period_start AS first_day FROM indicator_values
            WHERE grain = $grain AND {ADDITIVE}
                AND indicator IN (SELECT indicator FROM dim_indicators WHERE list_contains(grains, 'day'))
        )
        SELECT * FROM days FULL JOIN periods USING (indicator, level, member, first_day)
        WHERE periods.sample_size IS DISTINCT FROM days.sample_size
            OR round(periods.numerator, 6) IS DISTINCT FROM round(days.numerator, 6)
            OR round(periods.denominator, 6) IS DISTINCT FROM round(days.denominator, 6)
        """,
        {"grain": grain},
    ).fetchall()
    assert broken == []


def test_quarters_of_an_hour_make_up_their_day(centre: Centre) -> None:
    apart = centre.warehouse.execute(
        f"""
        WITH quarters AS (
            SELECT indicator, level, member, period_start,
                   sum(numerator) AS numerator, sum(denominator) AS denominator, sum(sample_size) AS sample_size
            FROM indicator_values
            WHERE grain = 'interval' AND {ADDITIVE}
            GROUP BY ALL
        ), days AS (
            FROM indicator_values
            WHERE grain = 'day' AND {ADDITIVE} AND list_contains(
                (SELECT interval_levels FROM dim_indicators WHERE indicator = indicator_values.indicator), level
            )
        )
        SELECT * FROM quarters FULL JOIN days USING (indicator, level, member, period_start)
        WHERE quarters.sample_size IS DISTINCT FROM days.sample_size
            OR round(quarters.numerator, 6) IS DISTINCT FROM round(days.numerator, 6)
            OR round(quarters.denominator, 6) IS DISTINCT FROM round(days.denominator, 6)
        """
    ).fetchall()
    assert apart == []


def test_every_member_has_a_name_in_both_languages(centre: Centre) -> None:
    nameless = (
        "SELECT DISTINCT level, member FROM indicator_values LEFT JOIN dim_members USING (level, member)"
        " WHERE level <> 'agent' AND (name_en IS NULL OR name_zh IS NULL)"
    )
    assert centre.warehouse.execute(nameless).fetchall() == []


def test_a_share_lies_between_none_and_all(centre: Centre) -> None:
    shares = "SELECT indicator FROM dim_indicators WHERE unit = 'percent'"
    outside = f"indicator IN ({shares}) AND indicator NOT IN {NOT_PARTS} AND NOT value BETWEEN 0 AND 100"
    assert centre.warehouse.execute(f"SELECT * FROM indicator_values WHERE {outside}").fetchall() == []


def test_a_value_is_missing_exactly_where_the_status_says_so(centre: Centre) -> None:
    wrong = f"SELECT * FROM indicator_values WHERE (value IS NULL) <> (status IN {UNVALUED})"
    assert centre.warehouse.execute(wrong).fetchall() == []


def test_late_rows_give_what_a_rebuild_gives(tmp_path: Path) -> None:
    """Rows that come late to a week and month long past, with what they mean for days around them, and two new days."""
    lake = random_centre(tmp_path, seed=11)
    late = date(2026, 9, 16)
    dials = {"source_system": "operations", "site_key": "chengdu", "lake_table": "telephony.tel_dial"}
    every_day = {"expected_on": "every_day", "valid_from": late - timedelta(days=1)}
    lake.declare("expected_feed", [dials | every_day])
    hours = {"queue_key": "late", "site_key": "chengdu", "day_kind": "weekday", "valid_from": late - timedelta(days=1)}
    lake.declare("opening", [hours | {"weekday": day, "opening_sec": 0 if day == 7 else 3600} for day in range(1, 8)])
    lake.build({"as_of": (LAST - timedelta(days=2)).isoformat()}, select=LAYER).close()
    visit = {"queued_at": f"{late} 20:00:00", "ended_at": f"{late} 20:01:00", "wait_ms": 60_000, "queue_key": "late"}
    lake.add("tel_interaction", [{"interaction_id": "late"} | visit])
    # what a customer's contact repeats lies before it, what repeats it after it; a case is open until something ends it
    answered = {"queued_at": f"{late} 21:00:00", "answered_at": f"{late} 21:00:05", "agent_key": "chengdu-0"}
    calls = [{"interaction_id": f"late-{n}", "customer_ref": f"chengdu-customer-{n}"} | answered for n in range(40)]
    lake.add("tel_interaction", calls)
    case = {"source_system": "pbx", "case_id": "late", "agent_key": "chengdu-0"}
    lake.add("case_event", [case | {"event_id": "late", "event": "opened", "occurred_at": f"{late} 21:00:00"}])
    lake.add("tel_dial", [{"source_system": "operations", "dial_id": "late", "dialed_at": f"{late} 12:00:00"}])
    increment = lake.increment(late, LAST - timedelta(days=1), LAST)
    final = turned_final(LAST - timedelta(days=2), LAST)
    increment |= {"maturing_dates": sorted(day.isoformat() for day in final)}
    with lake.build(increment, select=LAYER) as warehouse:
        warehouse.execute("CREATE TABLE increment AS FROM indicator_values")
        warehouse.execute("CREATE TABLE bridges AS FROM indicator_bridges")
    with lake.build({"as_of": LAST.isoformat()}, full_refresh=True, select=LAYER) as warehouse:
        differences = warehouse.execute(
            """
            FROM increment FULL JOIN indicator_values AS rebuilt USING (indicator, grain, starts_at, level, member)
            WHERE increment.status IS DISTINCT FROM rebuilt.status
                OR increment.sample_size IS DISTINCT FROM rebuilt.sample_size
                OR increment.target IS DISTINCT FROM rebuilt.target
                OR increment.completeness IS DISTINCT FROM rebuilt.completeness
                OR increment.fresh_until IS DISTINCT FROM rebuilt.fresh_until
                OR (increment.value IS NULL) <> (rebuilt.value IS NULL)
                OR abs(increment.numerator - rebuilt.numerator) > 1e-6
                OR abs(increment.denominator - rebuilt.denominator) > 1e-6
                OR abs(increment.value - rebuilt.value) > 1e-6
            """
        )
        assert differences.fetchall() == []
        [mended] = warehouse.execute(
            "SELECT list(status ORDER BY period_start) FROM increment WHERE indicator = 'dial_connect_pct'"
            " AND level = 'centre' AND grain = 'day' AND period_start BETWEEN $1 - 1 AND $1 + 1",
            [late],
        ).fetchall()
        assert mended == (["feed_missing", "below_floor", "feed_missing"],)
        rows = "SELECT count(*), count(DISTINCT (indicator, grain, starts_at, level, member)) FROM increment"
        [(rows_in_all, rows_by_key)] = warehouse.execute(rows).fetchall()
        assert rows_in_all == rows_by_key > 0
        [(steps, apart)] = warehouse.execute(
            """
            SELECT count(*), count(*) FILTER (abs(bridges.points - rebuilt.points) > 1e-9 OR rebuilt.visits IS NULL)
            FROM bridges FULL JOIN indicator_bridges AS rebuilt
                USING (variant, grain, period_start, level, member, step, visit_class, visits)
            """
        ).fetchall()
        assert steps > 0 and apart == 0


def compiled(project: Path, home: Path) -> dbtRunnerResult:
    """Run `dbt compile` for the dictionary of a project."""
    arguments = ["compile", "--quiet", "--select", "dim_indicators", "--project-dir", str(project)]
    arguments += ["--profiles-dir", str(project), "--target-path", str(home / "target")]
    with environment(Lake(home).home):
        return dbtRunner().invoke([*arguments, "--log-path", str(home / "logs")])


@pytest.mark.parametrize(
    ("declared", "written", "complaint"),
    [
        ("        owner: operations\n", "", "indicator abandonment_rate_pct lacks config.meta.owner"),
        ("    type: ratio\n", "    type: cumulative\n", "cumulative"),
    ],
)
def test_a_dictionary_that_is_not_complete_does_not_compile(
    declared: str, written: str, complaint: str, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs")))
    for path in (project / "models" / "indicators").glob("*.yml"):
        path.write_text(path.read_text("utf-8").replace(declared, written), "utf-8")
    result = compiled(project, tmp_path)
    assert not result.success
    assert complaint in str(result.exception)
