"""NICE IEX schedules: settings of the export, zones, midnight, and later exports of the same day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from ingest.formats.base import DeliveredFile, RefusedFile, batch_schema
from ingest.formats.nice_iex import NiceIexSource, read, recognise
from ingest.privacy import Pseudonyms, register
from tests.unit.ingest.deliveries import KEY, Desk

ACTIVITIES = {"Open": "work", "Lunch": "meal", "Break": "break", "Vacation": "leave"}
FIELDS = "#fields:excdate|schedDate|TZ|custID|muID|tvID|ssn|excName|start|stop"
NAME = "agentScheduleDetail_010426_0200.txt"


def source(**declared: Any) -> NiceIexSource:
    declared = {"activities": ACTIVITIES, **declared}
    return NiceIexSource.model_validate({"name": "iex", "format": "nice_iex", "site": "here", **declared})


def taken(
    tmp_path: Path, content: str, declared: NiceIexSource | None = None, name: str = NAME
) -> tuple[list[dict], list[dict]]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    rows, rejects = [], []
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(KEY))
        for batch in read([DeliveredFile(path, 0, name, "x")], declared or source(), "America/Chicago", con):
            assert batch.table == "roster_shift"
            found: Any = batch.rows
            assert found.schema == batch_schema("roster_shift")
            rows += found.to_pylist()
            rejects += batch.rejects.to_pylist()
    return sorted(rows, key=lambda row: row["_line"]), rejects


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_activities_of_a_night_shift_in_the_zone_of_the_management_unit(tmp_path: Path) -> None:
    content = (
        f"{FIELDS}\n"
        "01052026|01052026|America/New_York|1|100|4711|900-00-0001|Open|22:00|00:00\n"
        "01062026|01052026|America/New_York|1|100|4711|900-00-0001|Lunch|00:00|00:30\n"
        "01052026|01052026||1|200|4712|900-00-0002|Vacation|09:00|17:00\n"
    )
    rows, rejects = taken(tmp_path, content)
    assert not rejects
    # New York is five hours behind UTC in January, Chicago, the source's zone, six.
    assert [(r["employee_key"], r["activity"], r["start_at"], r["end_at"]) for r in rows] == [
        ("4711", "work", at("2026-01-06 03:00"), at("2026-01-06 05:00")),
        ("4711", "meal", at("2026-01-06 05:00"), at("2026-01-06 05:30")),
        ("4712", "leave", at("2026-01-05 15:00"), at("2026-01-05 23:00")),
    ]
    assert rows[0]["shift_id"] == "4711|01052026|01052026|22:00|Open"
    assert rows[0]["record_updated_at"] == at("2026-01-04 07:00")  # 02:00 in New York, from the file's name
    assert "900-00" not in str(rows[0]["extra"])


@pytest.mark.parametrize(
    ("settings", "day", "start", "stop"),
    [
        ({"date_format": "yyyymmdd"}, "20260105", "13:00", "13:15"),
        ({"date_format": "ddmmyy"}, "050126", "1300", "1315"),
        ({"clock": 12}, "01052026", "01:00 PM", "01:15 PM"),
        ({"clock": 12}, "01052026", "1:00PM", "1:15PM"),
    ],
)
def test_formats_are_settings_of_the_export(
    tmp_path: Path, settings: dict[str, Any], day: str, start: str, stop: str
) -> None:
    content = f"#fields|tvID|excdate|excName|start|stop\n7|{day}|Break|{start}|{stop}\n"
    ((row,), rejects) = taken(tmp_path, content, source(**settings))
    assert not rejects
    assert (row["start_at"], row["end_at"]) == (at("2026-01-05 19:00"), at("2026-01-05 19:15"))  # Chicago


def test_lines_that_cannot_be_read_cost_only_themselves(tmp_path: Path) -> None:
    content = (
        f"{FIELDS}\n"
        "# exported for MU 100\n"
        "01052026|01052026|CST|1|100|1||Open|09:00|12:00\n"
        "01052026|01052026|Elsewhere|1|100|2||Open|09:00|12:00\n"
        "01052026|01052026||1|100|3||Knitting|09:00|12:00\n"
        "13452026|01052026||1|100|4||Open|09:00|12:00\n"
        "01052026|01052026||1|100|5||Open|09:00\n"
        "01052026|01052026||1|100|6||Open|09:00|12:00\n"
    )
    rows, rejects = taken(tmp_path, content, source(zones={"CST": "America/Chicago"}, paid=["Open"]))
    assert [(r["employee_key"], r["is_paid"]) for r in rows] == [("1", True), ("6", True)]
    assert sorted((r["_line"], r["rule"]) for r in rejects) == [
        (4, "unknown_zone"),
        (5, "unknown_value"),
        (6, "unfit_cell"),
        (7, "field_count"),
    ]


def test_fields_and_their_names_may_be_declared(tmp_path: Path) -> None:
    names = {"employee": "Badge", "date": "Day", "activity": "Code", "start": "From", "stop": "Until"}
    declared = source(fields=[names[part] for part in ("employee", "date", "activity", "start", "stop")], names=names)
    ((row,), _) = taken(tmp_path, "7|01052026|Open|09:00|12:00\n", declared, name="renamed.txt")
    assert (row["employee_key"], row["record_updated_at"], row["_line"]) == ("7", None, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("7|01052026|Open|09:00|12:00\n", r"no_fields.*declare the fields in their order"),
        ("#fields:excdate|tvID|excName|minutes\n", r"no field holds start, stop; found: excdate, tvID"),
    ],
)
def test_exports_without_what_is_needed_are_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(RefusedFile, match=message):
        taken(tmp_path, content)


def test_activities_must_be_declared() -> None:
    with pytest.raises(ValidationError, match="activities"):
        source(activities={})


def test_later_export_of_a_day_replaces_what_it_leaves_out_in_any_order(tmp_path: Path) -> None:
    early = f"{FIELDS}\n01052026|01052026||1|1|7||Open|09:00|12:00\n01052026|01052026||1|1|7||Break|12:00|12:15\n" \
            "01052026|01052026||1|1|8||Open|09:00|12:00\n"  # fmt: skip
    late = f"{FIELDS}\n01052026|01052026||1|1|7||Open|10:00|12:00\n"
    held = []
    for order in ((early, late), (late, early)):
        desk = Desk(tmp_path / str(len(held)), source(), time_zone="America/Chicago")
        for content in order:
            stamp = "010426_0200" if content is early else "010526_0200"
            desk.deliver(f"agentScheduleDetail_{stamp}.txt", content, "iex")
            desk.take()
        held.append(desk.rows("roster_shift", "employee_key, activity, start_at::varchar"))
    assert held[0] == held[1] == [
        ("7", "work", "2026-01-05 16:00:00+00"),
        ("8", "work", "2026-01-05 15:00:00+00"),
    ]  # fmt: skip


def test_changed_declaration_takes_what_is_there_anew_and_needs_no_file(tmp_path: Path) -> None:
    content = f"{FIELDS}\n01052026|01052026||1|1|7||Open|09:00|12:00\n"
    desk = Desk(tmp_path, source(), time_zone="America/Chicago")
    path = desk.deliver(NAME, content, "iex")
    desk.take()
    desk.sources = (source(activities={"Open": "training"}),)
    desk.take()
    assert desk.rows("roster_shift", "activity") == [("training",)]
    path.unlink()
    desk.sources = (source(activities={"Open": "meeting"}),)
    desk.take()
    assert desk.rows("roster_shift", "activity") == [("training",)]


def test_exports_are_recognised_by_their_line_of_fields() -> None:
    assert recognise(Path(), f"{FIELDS}\n".encode()) == "the line #fields of a NICE IEX WFM export"
    assert recognise(Path(), b"a|b\n1|2\n") is None
    assert recognise(Path(), b"") is None
