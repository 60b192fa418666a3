"""The manifest says exactly which files count, which dates changed and which partitions concern a date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.contract import TABLES
from ingest.lake import Change, Lake

SHANGHAI = "Asia/Shanghai"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@contextmanager
def change(lake: Lake, source: str = "src") -> Iterator[tuple[Change, duckdb.DuckDBPyConnection]]:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        yield Change(lake, source, SHANGHAI, con), con


def merge(lake: Lake, table: str, event_date: str, *rows: dict[str, Any], source: str = "src") -> int:
    """Merge rows as one committed change; return how many were taken."""
    schema = TABLES[table].schema
    filled = [{"source_system": source, "source_record_id": str(n), **row} for n, row in enumerate(rows)]
    with change(lake, source) as (one, con):
        con.register("given", pa.Table.from_pylist(filled, schema=pa.schema([f.with_nullable(True) for f in schema])))
        days = event_date.split()
        con.execute("create table days as select unnest(?) as day, unnest(range(?)) as n", [days, len(days)])
        con.execute(
            "create temp table incoming as select given.*, cast(day as date) as event_date, 0 as _file, 1 as _line"
            " from (select *, row_number() over () - 1 as n from given) given join days using (n)"
        )
        con.execute("alter table incoming drop column n")
        taken = one.merge(table, "incoming")
        one.commit([], "declared")
    return taken.get(0, 0)


def shift(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    return {"shift_id": "s1", "employee_key": "1", "activity": "work", "start_at": start, "end_at": end, **more}


def attendance(day: date, **more: Any) -> dict[str, Any]:
    return {"employee_key": "1", "work_date": day, "status": "present", **more}


def held(lake: Lake, table: str, columns: str) -> list[tuple[Any, ...]]:
    pattern = lake.root / TABLES[table].feed / table / "event_date=*" / "*.parquet"
    return duckdb.sql(
        f"select {columns} from read_parquet('{pattern}', hive_partitioning = true,"
        " hive_types = {'event_date': date}) order by all"
    ).fetchall()


def test_every_table_has_an_empty_file_with_its_schema(lake: Lake) -> None:
    for table in TABLES.values():
        found = pq.read_table(lake.empty(table), partitioning=None)
        assert found.schema.equals(table.schema)
        assert found.num_rows == 0


def test_a_newer_version_wins_and_an_older_or_equal_one_changes_nothing(lake: Lake) -> None:
    day = date(2026, 8, 31)
    old, new = datetime(2026, 8, 31, 1, tzinfo=UTC), datetime(2026, 8, 31, 2, tzinfo=UTC)
    assert merge(lake, "attendance", "2026-08-31", attendance(day, record_updated_at=old)) == 1
    assert merge(lake, "attendance", "2026-08-31", attendance(day, status="absent", record_updated_at=new)) == 1
    before = lake.sequence()
    assert merge(lake, "attendance", "2026-08-31", attendance(day, record_updated_at=old)) == 0
    assert merge(lake, "attendance", "2026-08-31", attendance(day, status="absent", record_updated_at=new)) == 0
    assert merge(lake, "attendance", "2026-08-31", attendance(day)) == 0
    assert lake.sequence() == before
    assert held(lake, "attendance", "status") == [("absent",)]


def test_without_versions_the_later_delivery_wins(lake: Lake) -> None:
    day = date(2026, 8, 31)
    merge(lake, "attendance", "2026-08-31", attendance(day))
    merge(lake, "attendance", "2026-08-31", attendance(day, status="absent"))
    assert held(lake, "attendance", "status") == [("absent",)]


def test_of_rows_with_one_key_in_one_delivery_one_is_taken(lake: Lake) -> None:
    day = date(2026, 8, 31)
    rows = (attendance(day, record_updated_at=datetime(2026, 8, 31, hour, tzinfo=UTC)) for hour in (1, 3, 2))
    assert merge(lake, "attendance", "2026-08-31 2026-08-31 2026-08-31", *rows) == 1
    assert held(lake, "attendance", "hour(record_updated_at at time zone 'UTC')") == [(3,)]


def test_a_row_that_moves_leaves_its_old_partition_and_touches_both_dates(lake: Lake) -> None:
    merge(lake, "attendance", "2026-08-01", attendance(date(2026, 8, 1)))
    merge(lake, "attendance", "2026-09-30", attendance(date(2026, 9, 30)))
    morning = datetime(2026, 9, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, 9, tzinfo=UTC)
    later = datetime(2026, 9, 20, 1, tzinfo=UTC), datetime(2026, 9, 20, 9, tzinfo=UTC)
    merge(lake, "roster_shift", "2026-09-01", shift(*morning))
    before = lake.sequence()
    merge(lake, "roster_shift", "2026-09-20", shift(*later))
    assert held(lake, "roster_shift", "event_date") == [(date(2026, 9, 20),)]
    assert lake.touched(before) == [date(2026, 9, 1), date(2026, 9, 20)]
    assert [path.parent.name for path in lake.files("roster_shift", "src").values()] == ["event_date=2026-09-20"]


def test_partitions_are_found_by_every_local_date_their_rows_touch(lake: Lake) -> None:
    # 15:30 to 17:00 UTC is 23:30 to 01:00 in Shanghai: a shift of two local dates in the partition of the first.
    merge(
        lake,
        "roster_shift",
        "2026-09-01",
        shift(datetime(2026, 9, 1, 15, 30, tzinfo=UTC), datetime(2026, 9, 1, 17, tzinfo=UTC)),
    )
    for day in (1, 2):
        assert lake.partitions("roster_shift", [date(2026, 9, day)]) == [date(2026, 9, 1)]
    for day in (date(2026, 8, 31), date(2026, 9, 3)):
        assert lake.partitions("roster_shift", [day]) == []


def test_a_span_touches_all_dates_between_its_ends_and_points_only_themselves(lake: Lake) -> None:
    period = {"alias_system": "pbx", "alias_value": "A", "employee_key": "1"}
    merge(
        lake,
        "agent_alias",
        "2026-01-01",
        {**period, "valid_from": date(2026, 1, 1), "valid_to": date(2026, 1, 31)},
    )
    assert lake.partitions("agent_alias", [date(2026, 1, 15)]) == [date(2026, 1, 1)]
    conversation = {"conversation_id": "1", "channel": "chat", "status": "open"}
    merge(
        lake,
        "chat_conversation",
        "2026-01-01",
        {
            **conversation,
            "created_at": datetime(2026, 1, 1, 4, tzinfo=UTC),
            "ended_at": datetime(2026, 1, 9, 4, tzinfo=UTC),
        },
    )
    assert lake.partitions("chat_conversation", [date(2026, 1, 9)]) == [date(2026, 1, 1)]
    assert lake.partitions("chat_conversation", [date(2026, 1, 5)]) == []


def test_open_spans_reach_to_the_newest_date_and_plans_do_not_make_one(lake: Lake) -> None:
    employed = {
        "employee_key": "1",
        "valid_from": date(2020, 1, 1),
        "site_key": "s",
        "role": "agent",
        "status": "active",
    }
    merge(lake, "hr_employee", "2020-01-01", employed)
    ahead = datetime(2026, 12, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)
    merge(lake, "roster_shift", "2026-12-01", shift(*ahead))
    assert lake.newest() is None
    assert lake.touched(0) == []
    merge(lake, "attendance", "2026-08-30", attendance(date(2026, 8, 30)))
    before = lake.sequence()
    merge(lake, "attendance", "2026-09-01", attendance(date(2026, 9, 1)))
    assert lake.newest() == date(2026, 9, 1)
    assert lake.newest(["tel_interaction"]) is None
    # From the first day on which something happened; the employment has held since 2020.
    assert lake.touched(0) == [date(2026, 8, 30), date(2026, 8, 31), date(2026, 9, 1)]
    # The day without attendance is new too: the employment concerns it now that something newer has happened.
    assert lake.touched(before) == [date(2026, 8, 31), date(2026, 9, 1)]
    assert lake.touched(lake.sequence()) == []


def test_a_table_is_unchanged_until_a_change_replaces_rows_or_a_day_arrives_that_its_rows_speak_of(lake: Lake) -> None:
    merge(lake, "attendance", "2026-08-30", attendance(date(2026, 8, 30)))
    ahead = datetime(2026, 9, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, 9, tzinfo=UTC)
    merge(lake, "roster_shift", "2026-09-01", shift(*ahead))
    built = lake.sequence()
    assert lake.unchanged(0) == set()
    # The shift of a day that has not come: whoever looks from now on must count it once the day is there.
    assert TABLES.keys() - lake.unchanged(built) == {"roster_shift"}
    merge(lake, "attendance", "2026-09-01", attendance(date(2026, 9, 1)))
    assert TABLES.keys() - lake.unchanged(built) == {"roster_shift", "attendance"}
    assert lake.unchanged(lake.sequence()) == TABLES.keys()


def test_sources_share_a_partition_without_touching_each_other(lake: Lake) -> None:
    day = date(2026, 8, 31)
    merge(lake, "attendance", "2026-08-31", attendance(day), source="north")
    north = lake.files("attendance", "north")
    merge(lake, "attendance", "2026-08-31", attendance(day, status="absent"), source="south")
    assert lake.files("attendance", "north") == north
    assert held(lake, "attendance", "source_system, status") == [("north", "present"), ("south", "absent")]


def test_sweeping_leaves_what_counts_and_nothing_else(lake: Lake) -> None:
    merge(lake, "attendance", "2026-08-31", attendance(date(2026, 8, 31)))
    [live] = lake.files("attendance", "src").values()
    for name in ("src-0123.parquet", ".src.draft"):
        (live.parent / name).write_bytes(b"half a file")
    lake.sweep()
    assert list(live.parent.iterdir()) == [live]
    assert lake.empty(TABLES["attendance"]).exists()


def test_equal_content_has_an_equal_name(tmp_path: Path) -> None:
    names = []
    for root in ("one", "two"):
        lake = Lake(tmp_path / root)
        merge(lake, "attendance", "2026-08-31", attendance(date(2026, 8, 31)))
        names.append([path.name for path in lake.files("attendance", "src").values()])
    assert names[0] == names[1]
