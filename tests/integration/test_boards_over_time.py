"""What boards tell of a period depends on the periods before it and on the newest one: that is kept up day by day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.factories import Lake
from tests.small_project import LAYER, small_project

BOARD = f"{LAYER} units +dim_members board_indicator_values"


def test_boards_tell_after_increments_what_they_tell_after_a_rebuild(tmp_path: Path) -> None:
    """A streak of missed targets that is older than what boards tell anew, an old day that ends it, and new days."""
    first, days = date(2026, 3, 2), 140
    indicators = ("queue_visits", "service_level_pct", "service_level_of_answered_pct")
    lake, project = Lake(tmp_path), small_project(tmp_path, indicators)

    def visits(number: int, wait: int, count: int) -> None:
        day = first + timedelta(days=number)
        call = {"queued_at": f"{day} 10:00:00", "answered_at": f"{day} 10:0{wait}:00", "ended_at": f"{day} 10:30:00"}
        lake.add("tel_interaction", [call | {"interaction_id": f"{number}-{wait}-{n}"} for n in range(count)])

    for number in range(days):
        visits(number, wait=0 if number in (5, 120) else 5, count=30)
    newest = first + timedelta(days=days - 1)
    lake.build({"as_of": newest.isoformat()}, select=BOARD, project=project).close()
    told = "FROM board_indicator_values WHERE grain = 'day' AND level = 'centre' AND indicator = 'service_level_pct'"
    for late in (100, days):
        visits(late, wait=0, count=150)
        day = first + timedelta(days=late)
        increment = lake.increment(day) | {"as_of": max(day, newest).isoformat()}
        with lake.build(increment, select=BOARD, project=project) as warehouse:
            [(since, periods)] = warehouse.execute(
                f"SELECT failing_since, failing_periods {told} AND period_start = ?", [first + timedelta(days=99)]
            ).fetchall()
            assert (since, periods) == (first + timedelta(days=6), 94)
            warehouse.execute("CREATE OR REPLACE TABLE increments AS FROM board_indicator_values")
    as_of = {"as_of": (first + timedelta(days=days)).isoformat()}
    with lake.build(as_of, full_refresh=True, select=BOARD, project=project) as warehouse:
        assert warehouse.execute("FROM increments EXCEPT ALL FROM board_indicator_values").fetchall() == []
        assert warehouse.execute("FROM board_indicator_values EXCEPT ALL FROM increments").fetchall() == []
        counted = warehouse.execute(f"SELECT count(*), max(days_back), count(DISTINCT failing_since) {told}").fetchall()
        # 141 days, of which boards count 92 back; streaks began on the first day, the 7th, the 102nd and the 122nd
        assert counted == [(141, 92, 4)]
