"""Frappe HRMS documents, exported by hand and by the API, as rows of the HR tables."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile, batch_schema
from ingest.formats.frappe_hr import FrappeHrSource, read, recognise
from ingest.privacy import Pseudonyms, register
from tests.unit.ingest.deliveries import KEY, Desk


def source(**declared: Any) -> FrappeHrSource:
    return FrappeHrSource.model_validate({"name": "frappe", "format": "frappe_hr", "site": "here", **declared})


def taken(
    tmp_path: Path, *contents: str | bytes, declared: FrappeHrSource | None = None
) -> dict[str, tuple[list[dict], list[dict]]]:
    """Rows and rejects by table of files read in one pass; the site is in Kolkata, five and a half hours ahead."""
    files = []
    for index, content in enumerate(contents):
        path = tmp_path / f"export{index}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        files.append(DeliveredFile(path, index, path.name, str(index)))
    tables: dict[str, tuple[list[dict], list[dict]]] = {}
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(KEY))
        for batch in read(files, declared or source(), "Asia/Kolkata", con):
            assert not isinstance(batch, RefusedFile)
            found: Any = batch.rows
            assert found.schema == batch_schema(batch.table)
            rows, rejects = tables.setdefault(batch.table, ([], []))
            rows += found.to_pylist()
            rejects += batch.rejects.to_pylist()
    return tables


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EMPLOYEE = {
    "name": "HR-EMP-00001",
    "employee_name": "Asha Rao",
    "gender": "Female",
    "date_of_birth": "1992-02-29",
    "date_of_joining": "2024-03-01",
    "relieving_date": None,
    "status": "Active",
    "department": "Support - X",
    "designation": "Customer Support Agent",
    "reports_to": "HR-EMP-00009",
    "user_id": "asha@example.com",
    "attendance_device_id": "1001",
    "grade": "B",
    "modified": "2026-01-05 10:00:00.123456",
    "docstatus": 0,
}


@pytest.mark.parametrize("form", ["page", "document", "lines"])
def test_employees_of_the_api_keep_no_year_of_birth(tmp_path: Path, form: str) -> None:
    content = {
        "page": json.dumps({"data": [EMPLOYEE]}),
        "document": json.dumps({"data": EMPLOYEE}),
        "lines": json.dumps(EMPLOYEE) + "\n",
    }[form]
    declared = source(roles={"Customer Support Agent": "agent", "*": "other"}, aliases={"pbx": "attendance_device_id"})
    tables = taken(tmp_path, content, declared=declared)
    ((row,), rejects) = tables["hr_employee"]
    assert not rejects
    assert (row["employee_key"], row["name"], row["role"], row["status"], row["site_key"], row["team_key"]) == (
        "HR-EMP-00001",
        "Asha Rao",
        "agent",
        "active",
        "here",
        "Support - X",
    )
    assert (row["valid_from"], row["valid_to"], row["hired_on"], row["supervisor_key"]) == (
        date(2024, 3, 1),
        None,
        date(2024, 3, 1),
        "HR-EMP-00009",
    )
    assert (row["birth_month"], row["birth_day"]) == (2, 29)
    assert row["record_updated_at"] == at("2026-01-05 04:30:00.123456")  # 10:00 in Kolkata
    assert json.loads(row["extra"]) == {"gender": "[personal]", "grade": "B", "user_id": "[email]",
                                        "attendance_device_id": "1001"}  # fmt: skip
    assert "1992" not in str({**row, "_raw": None})
    ((alias,), _) = tables["agent_alias"]
    assert (alias["alias_system"], alias["alias_value"], alias["employee_key"], alias["valid_from"]) == (
        "pbx",
        "1001",
        "HR-EMP-00001",
        date(2024, 3, 1),
    )


def test_attendance_exported_with_labels(tmp_path: Path) -> None:
    content = (
        "ID,Employee,Employee Name,Attendance Date,Status,Leave Type,In Time,Out Time,Working Hours,Late Entry\n"
        "HR-ATT-1,HR-EMP-00001,Asha Rao,2026-01-05,Present,,2026-01-05 09:02:00,2026-01-05 18:00:30,8.97,0\n"
        "HR-ATT-2,HR-EMP-00002,Bo Li,2026-01-05,On Leave,Casual Leave,,,0,0\n"
        "HR-ATT-3,HR-EMP-00003,Cy Vu,2026-01-05,Work From Home,,,,0,0\n"
        "HR-ATT-4,HR-EMP-00004,Di Wu,05-01-2026,Present,,,,0,0\n"
        "HR-ATT-5,HR-EMP-00005,Ed Xu,2026-01-05,Sleeping,,,,0,0\n"
    )
    rows, rejects = taken(tmp_path, content)["attendance"]
    assert [(r["employee_key"], r["work_date"], r["status"], r["leave_type"]) for r in rows] == [
        ("HR-EMP-00001", date(2026, 1, 5), "present", None),
        ("HR-EMP-00002", date(2026, 1, 5), "leave", "Casual Leave"),
        ("HR-EMP-00003", date(2026, 1, 5), "present", None),
    ]
    assert (rows[0]["clock_in_at"], rows[0]["clock_out_at"]) == (at("2026-01-05 03:32:00"), at("2026-01-05 12:30:30"))
    assert json.loads(rows[0]["extra"])["Working Hours"] == "8.97"
    assert [(r["_line"], r["rule"]) for r in rejects] == [(5, "unfit_cell"), (6, "unknown_value")]


def test_checkins_of_a_night_shift_belong_to_the_day_it_began(tmp_path: Path) -> None:
    content = (
        "name,employee,time,log_type,shift_start\n"
        "1,E1,2026-01-05 21:58:00,IN,2026-01-05 22:00:00\n"
        "2,E1,2026-01-06 02:00:00,OUT,2026-01-05 22:00:00\n"
        "3,E1,2026-01-06 02:30:00,IN,2026-01-05 22:00:00\n"
        "4,E1,2026-01-06 06:01:00,OUT,2026-01-05 22:00:00\n"
        "5,E2,2026-01-05 09:00:00,,\n"
    )
    rows, rejects = taken(tmp_path, content)["attendance"]
    assert not rejects
    # Kolkata is 5:30 ahead: 21:58 is 16:28 UTC, 06:01 of the next day is 00:31 UTC.
    assert [(r["employee_key"], r["work_date"], r["clock_in_at"], r["clock_out_at"], r["_line"]) for r in rows] == [
        ("E1", date(2026, 1, 5), at("2026-01-05 16:28:00"), at("2026-01-06 00:31:00"), 2),
        ("E2", date(2026, 1, 5), at("2026-01-05 03:30:00"), None, 6),
    ]


SHIFT_TYPES = "ID,Start Time,End Time\nDay,9:00:00,18:00:00\nNight,22:00:00,06:00:00\n"


def test_assignments_are_laid_out_by_working_days(tmp_path: Path) -> None:
    assignments = (
        "ID,Employee,Shift Type,Start Date,End Date,Status,Document Status\n"
        "A1,E1,Night,2026-01-09,2026-01-12,Active,1\n"
        "A2,E2,Day,2026-01-05,2026-01-05,Active,2\n"
        "A3,E3,Swing,2026-01-05,2026-01-05,Active,1\n"
        "A4,E4,Day,2026-01-05,,Active,1\n"
    )
    rows, rejects = taken(tmp_path, assignments, SHIFT_TYPES)["roster_shift"]
    # 9 January 2026 is a Friday, so 10 and 11 January are no working days. 22:00 in Kolkata is 16:30 UTC.
    assert [(r["shift_id"], r["activity"], r["start_at"], r["end_at"]) for r in rows] == [
        ("A1|2026-01-09", "work", at("2026-01-09 16:30:00"), at("2026-01-10 00:30:00")),
        ("A1|2026-01-12", "work", at("2026-01-12 16:30:00"), at("2026-01-13 00:30:00")),
        ("A2|2026-01-05", "off", at("2026-01-05 03:30:00"), at("2026-01-05 12:30:00")),
    ]
    assert [(r["_line"], r["rule"]) for r in rejects] == [(4, "unknown_shift_type"), (5, "open_assignment")]


def test_open_assignment_and_hours_may_be_declared(tmp_path: Path) -> None:
    declared = source(shift_types={"Day": {"start": "09:00", "end": "18:00"}}, open_until="2026-01-06")
    content = "ID,Employee,Shift Type,Start Date,End Date\nA4,E4,Day,2026-01-05,\n"
    rows, rejects = taken(tmp_path, content, declared=declared)["roster_shift"]
    assert not rejects
    assert [r["shift_id"] for r in rows] == ["A4|2026-01-05", "A4|2026-01-06"]


def test_approved_leave_is_attendance_on_its_working_days(tmp_path: Path) -> None:
    content = (
        "ID,Employee,Leave Type,From Date,To Date,Half Day,Half Day Date,Status\n"
        "L1,E1,Casual Leave,2026-01-09,2026-01-12,1,2026-01-12,Approved\n"
        "L2,E2,Casual Leave,2026-01-09,2026-01-09,0,,Rejected\n"
    )
    rows, rejects = taken(tmp_path, content)["attendance"]
    assert not rejects
    assert [(r["employee_key"], r["work_date"], r["status"], r["leave_type"]) for r in rows] == [
        ("E1", date(2026, 1, 9), "leave", "Casual Leave"),
        ("E1", date(2026, 1, 12), "half_day", "Casual Leave"),
    ]


def test_child_rows_repeat_the_event_they_belong_to(tmp_path: Path) -> None:
    content = (
        "ID,Event Name,Course,Event Status,Start Time,End Time,Employee (Employees),Status (Employees),"
        "Attendance (Employees),Is Mandatory (Employees)\n"
        "Escalations 1,Escalations 1,Escalations,Completed,2026-01-05 10:00:00,2026-01-05 11:30:00,"
        "E1,Completed,Present,1\n"
        ",,,,,,E2,Open,Absent,1\n"
        "Systems 1,Systems 1,,Cancelled,2026-01-06 10:00:00,2026-01-06 11:00:00,E1,Open,,0\n"
    )
    rows, rejects = taken(tmp_path, content)["training_record"]
    assert not rejects
    assert [(r["employee_key"], r["course_key"], r["status"], r["mandatory"], r["duration_ms"]) for r in rows] == [
        ("E1", "Escalations", "completed", True, 5_400_000),  # an hour and a half
        ("E2", "Escalations", "no_show", True, 5_400_000),
        ("E1", "Systems 1", "canceled", False, 3_600_000),
    ]
    assert rows[0]["session_at"] == at("2026-01-05 04:30:00")


def test_results_are_exams_only_where_grades_are_declared(tmp_path: Path) -> None:
    document = {
        "data": {
            "name": "HR-TRR-1",
            "training_event": "Escalations exam",
            "creation": "2026-01-07 12:00:00.000001",
            "modified": "2026-01-07 12:00:00.000001",
            "docstatus": 1,
            "employees": [
                {"employee": "E1", "grade": "Pass", "hours": 1.0},
                {"employee": "E2", "grade": "Fail", "hours": 1.0},
                {"employee": "E3", "grade": "Completed", "hours": 1.0},
            ],
        }
    }
    assert taken(tmp_path, json.dumps(document)) == {}
    declared = source(grades={"Pass": True, "Fail": False})
    rows, rejects = taken(tmp_path, json.dumps(document), declared=declared)["exam_result"]
    assert [(r["employee_key"], r["exam_key"], r["passed"]) for r in rows] == [
        ("E1", "Escalations exam", True),
        ("E2", "Escalations exam", False),
    ]
    assert [r["rule"] for r in rejects] == ["unknown_value"]


def test_workbooks_and_files_of_no_known_kind(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["ID", "Employee", "Attendance Date", "Status"])
    book.active.append(["HR-ATT-1", "E1", date(2026, 1, 5), "Half Day"])
    path = tmp_path / "book.xlsx"
    book.save(path)
    rows, _ = taken(tmp_path, path.read_bytes())["attendance"]
    assert [(r["work_date"], r["status"]) for r in rows] == [(date(2026, 1, 5), "half_day")]
    with pytest.raises(RefusedFile, match=r"unknown_doctype.*Attendance: attendance_date, employee, status"):
        taken(tmp_path, "ID,Colour\n1,red\n")


def test_documents_are_recognised_by_their_fields() -> None:
    assert recognise(Path(), b"ID,Employee,Attendance Date,Status\n") == "the fields of Frappe's Attendance"
    assert recognise(Path(), json.dumps({"data": [EMPLOYEE]}).encode()) == "the fields of Frappe's Employee"
    assert recognise(Path(), b"Employee,Attendance Date\n") is None
    assert recognise(Path(), b"") is None


def test_a_broken_record_costs_only_itself_and_a_later_version_holds(tmp_path: Path) -> None:
    desk = Desk(tmp_path, source(), time_zone="Asia/Kolkata")
    record = {"name": "HR-ATT-1", "employee": "E1", "attendance_date": "2026-01-05", "status": "Absent", "docstatus": 1}
    lines = [{**record, "modified": "2026-01-05 20:00:00.000000"}, {**record, "name": "HR-ATT-2", "employee": "E2",
             "modified": "2026-01-05 20:00:00.000000"}]  # fmt: skip
    desk.deliver(
        "a.json", "\n".join([json.dumps(lines[0]), '{"name": "HR-ATT-9", "empl', json.dumps(lines[1])]), "frappe"
    )
    desk.take()
    corrected = {**record, "status": "Present", "modified": "2026-01-06 09:00:00.000000"}
    desk.deliver("b.json", json.dumps(corrected), "frappe")
    desk.take()
    assert desk.rows("attendance", "employee_key, status") == [("E1", "present"), ("E2", "absent")]
    assert [(file, line, rule) for file, line, rule, _ in desk.quarantine()] == [("a.json", 2, "broken_json")]
