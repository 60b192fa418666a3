"""Spreadsheets as delivered: encodings, delimiters, quoting, workbooks, and what a bad line or file costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile, batch_schema
from ingest.formats.spreadsheet import SpreadsheetSource, read
from ingest.privacy import Pseudonyms, register
from tests.unit.ingest.deliveries import KEY

ALIASES = {
    "table": "agent_alias",
    "files": "aliases*",
    "columns": {
        "alias_system": "System",
        "alias_value": "Login",
        "employee_key": "Employee No",
        "valid_from": "From",
        "valid_to": "To",
    },
}
HEADER = "System,Login,Employee No,From,To"
ROW = "pbx,7,E1,2026-01-01,"


def source(*tables: dict[str, Any], **layout: Any) -> SpreadsheetSource:
    declared = {
        "name": "hr",
        "format": "spreadsheet",
        "site": "london",
        "layout": layout,
        "tables": tables or [ALIASES],
    }
    return SpreadsheetSource.model_validate(declared)


def delivered(tmp_path: Path, *contents: bytes | str, name: str = "aliases{}.csv") -> list[DeliveredFile]:
    files = []
    for index, content in enumerate(contents):
        path = tmp_path / name.format(index)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        files.append(DeliveredFile(path, index, path.name, str(index)))
    return files


def taken(files: list[DeliveredFile], declared: SpreadsheetSource) -> dict[str, tuple[list[dict], list[dict]]]:
    """Rows and rejects by table."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(KEY))
        batches = list(read(files, declared, "Europe/London", con))
    tables: dict[str, tuple[list[dict], list[dict]]] = {}
    for batch in batches:
        assert batch.rows.schema == batch_schema(batch.table)
        rows, rejects = tables.setdefault(batch.table, ([], []))
        rows += batch.rows.to_pylist()
        rejects += batch.rejects.to_pylist()
    return tables


def aliases(files: list[DeliveredFile], **layout: Any) -> tuple[list[dict], list[dict]]:
    return taken(files, source(**layout))["agent_alias"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_and_line_endings(tmp_path: Path, delimiter: str, ending: str) -> None:
    content = ending.join([HEADER, ROW, ROW.replace("7", "8"), ""]).replace(",", delimiter)
    rows, rejects = aliases(delivered(tmp_path, content))
    assert [(row["_line"], row["alias_value"]) for row in rows] == [(2, "7"), (3, "8")]
    assert rows[0]["_raw"] == ROW.replace(",", delimiter)
    assert not rejects


def test_declared_delimiter_goes_before_the_more_frequent_one(tmp_path: Path) -> None:
    content = 'System|Login|Employee No|From|To|"a,b,c,d,e,f,g"\npbx|1,5|E1|2026-01-01||x\n'
    rows, _ = aliases(delivered(tmp_path, content), delimiter="|")
    assert rows[0]["alias_value"] == "1,5"


def test_quoted_fields_may_hold_delimiters_quotes_and_lines(tmp_path: Path) -> None:
    content = (
        f"{HEADER}\n"
        'pbx,"a,""b"" c",E1,2026-01-01,\n'
        'pbx,"two\nlines",E2,2026-01-01,\n'
        "\n"
        'pbx,5" screen,E3,2026-01-01,\n'
        f"{ROW}\n"
    )
    rows, rejects = aliases(delivered(tmp_path, content))
    assert [(row["_line"], row["alias_value"]) for row in rows] == [
        (2, 'a,"b" c'),
        (3, "two\nlines"),
        (6, '5" screen'),
        (7, "7"),
    ]
    assert rows[1]["_raw"] == 'pbx,"two\nlines",E2,2026-01-01,'
    assert not rejects


def test_lines_that_do_not_fit_the_header_are_rejected_with_their_text(tmp_path: Path) -> None:
    content = f'{HEADER}\npbx,7\n{ROW}\npbx,1,2,3,4,5,6\npbx,"never closed,E1,2026-01-01,\n{ROW}\n'
    rows, rejects = aliases(delivered(tmp_path, content))
    assert [row["_line"] for row in rows] == [3, 6]
    assert sorted((r["_line"], r["rule"], r["raw"]) for r in rejects) == [
        (2, "field_count", "pbx,7"),
        (4, "field_count", "pbx,1,2,3,4,5,6"),
        (5, "quote_unclosed", 'pbx,"never closed,E1,2026-01-01,'),
    ]


def test_blank_lines_and_lines_of_delimiters_are_no_records(tmp_path: Path) -> None:
    rows, rejects = aliases(delivered(tmp_path, f'{HEADER}\n\n,,,,\n{ROW}\n"",,,,\n   \n'))
    assert [row["_line"] for row in rows] == [4]
    assert not rejects


def test_header_may_stand_below_a_title(tmp_path: Path) -> None:
    rows, _ = aliases(delivered(tmp_path, f"Aliases of the site\n\n{HEADER}\n{ROW}\n"), header=3)
    assert [row["_line"] for row in rows] == [4]


def test_file_without_rows_has_no_rows(tmp_path: Path) -> None:
    assert taken(delivered(tmp_path, f"{HEADER}\n"), source()) == {"agent_alias": ([], [])}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line of column names is empty"),
        ("System,Login,From,To\n", r"columns Employee No of agent_alias.*found: System, Login, From, To"),
        (f"{HEADER},Login\n", r"columns Login of agent_alias.*found: System, Login \(1\), .*Login \(2\)"),
        (b"PK\x03\x04broken", "workbook cannot be read"),
    ],
)
def test_files_that_cannot_be_taken_are_refused_with_the_reason(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(RefusedFile, match=message):
        aliases(delivered(tmp_path, content))


def test_file_that_no_mapping_wants_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match=r"none of the patterns aliases\* fits"):
        aliases(delivered(tmp_path, HEADER, name="other{}.csv"))


def test_all_files_of_a_pass_are_read_together_whatever_the_order_of_their_columns(tmp_path: Path) -> None:
    files = delivered(tmp_path, f"{HEADER}\n{ROW}\n", "To,From,Employee No,Login,System,New\n,2026-02-01,E2,8,pbx,?\n")
    rows, rejects = aliases(files)
    assert [(row["_file"], row["alias_value"], row["valid_from"]) for row in rows] == [
        (0, "7", date(2026, 1, 1)),
        (1, "8", date(2026, 2, 1)),
    ]
    assert not rejects


def test_one_file_may_fill_two_tables(tmp_path: Path) -> None:
    start = {"column": "Start", "format": "%Y-%m-%d %H:%M:%S"}
    calls = {
        "table": "tel_interaction",
        "columns": {
            "interaction_id": "Call",
            "visit_seq": {"value": 1},
            "channel": {"value": "voice"},
            "direction": {"value": "inbound"},
            "started_at": start,
            "outcome": {"value": "open"},
            "is_open": {"value": True},
        },
    }
    survey = {
        "table": "csat",
        "only": {"Asked": ["Y"]},
        "columns": {
            "response_id": "Call",
            "interaction_id": "Call",
            "channel": {"value": "voice"},
            "contact_at": start,
            "asked_at": start,
            "answered_at": {"same_as": "asked_at"},
            "score": "Score",
            "scale_min": {"value": 1},
            "scale_max": {"value": 5},
        },
    }
    content = "Call,Start,Asked,Score\n1,2026-01-05 09:00:00,Y,4\n2,2026-01-05 09:10:00,N,\n"
    tables = taken(delivered(tmp_path, content), source(calls, survey))
    assert [row["interaction_id"] for row in tables["tel_interaction"][0]] == ["1", "2"]
    assert [(row["response_id"], row["score"]) for row in tables["csat"][0]] == [("1", 4.0)]


def test_workbooks_with_true_dates_times_and_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["not this sheet"])
    sheet = book.create_sheet("Calls")
    sheet.append(["Call", "Day", "Time", "Wait", "Talk", "Agent"])
    sheet.append([17, date(2026, 7, 1), time(10, 0, 5), 20, timedelta(minutes=1, seconds=5), 9.0])
    sheet.append([])
    sheet.append([18, "01/07/2026", "11:00", 1.5, "0:00:10", None])
    path = tmp_path / "calls.xlsx"
    book.save(path)
    mapping = {
        "table": "tel_interaction",
        "columns": {
            "interaction_id": "Call",
            "visit_seq": {"value": 1},
            "channel": {"value": "voice"},
            "direction": {"value": "inbound"},
            "started_at": {"column": ["Day", "Time"], "format": "%d/%m/%Y %H:%M"},
            "agent_key": "Agent",
            "wait_ms": {"column": "Wait", "unit": "s"},
            "talk_ms": {"column": "Talk", "unit": "hms"},
            "outcome": {"value": "open"},
            "is_open": {"value": True},
        },
    }
    rows, rejects = taken([DeliveredFile(path, 0, path.name, "x")], source(mapping, sheet="Calls"))["tel_interaction"]
    assert not rejects
    # London is an hour ahead of UTC in July.
    assert [
        (r["_line"], r["interaction_id"], r["agent_key"], r["started_at"], r["wait_ms"], r["talk_ms"]) for r in rows
    ] == [
        (2, "17", "9", datetime(2026, 7, 1, 9, 0, 5, tzinfo=UTC), 20_000, 65_000),
        (4, "18", None, datetime(2026, 7, 1, 10, 0, tzinfo=UTC), 1_500, 10_000),
    ]
    assert rows[0]["_raw"] == "17\t2026-07-01\t10:00:05\t20\t0:01:05\t9"
    with pytest.raises(RefusedFile, match="declared name of the sheet"):
        taken([DeliveredFile(path, 0, path.name, "x")], source(mapping, sheet="Rufe"))


def test_merged_cells_are_filled_down_where_declared(tmp_path: Path) -> None:
    content = f"{HEADER}\npbx,7,E1,2026-01-01,2026-01-31\n ,8,,2026-02-01,\n"
    rows, _ = taken(delivered(tmp_path, content), source({**ALIASES, "fill_down": ["System", "Employee No"]}))[
        "agent_alias"
    ]
    assert [(row["alias_system"], row["employee_key"], row["valid_to"]) for row in rows] == [
        ("pbx", "E1", date(2026, 1, 31)),
        ("pbx", "E1", None),
    ]


def test_hr_pack_of_four_tables(tmp_path: Path) -> None:
    local = "%Y-%m-%d %H:%M:%S"
    employee = {
        "table": "hr_employee",
        "files": "employees*",
        "columns": {
            "employee_key": "Employee No",
            "valid_from": "Valid from",
            "valid_to": "Valid to",
            "name": "Name",
            "site_key": {"source": "site"},
            "role": {"column": "Role", "values": {"agent": "agent", "*": "other"}},
            "contract_hours_week": "Hours per week",
            "status": {"column": "Status", "values": {"Active": "active", "Left": "left"}},
        },
    }
    roster = {
        "table": "roster_shift",
        "files": "roster*",
        "columns": {
            "shift_id": {"column": ["Employee No", "Start"], "joined": "@"},
            "employee_key": "Employee No",
            "activity": {"column": "Activity", "values": {"Work": "work", "Off": "off"}},
            "start_at": {"column": "Start", "format": local},
            "end_at": {"column": "End", "format": local, "after": "start_at"},
            "is_paid": {"column": "Paid", "values": {"Y": True, "N": False}},
        },
    }
    attendance = {
        "table": "attendance",
        "files": "attendance*",
        "na": ["", "NA"],
        "columns": {
            "employee_key": "Employee No",
            "work_date": "Date",
            "clock_in_at": {"column": "In", "format": local},
            "clock_out_at": {"column": "Out", "format": local, "after": "clock_in_at"},
            "status": {"column": "Status", "values": {"Present": "present", "Absent": "absent"}},
        },
    }
    contents = {
        "employees_2026-10-25.csv": "Employee No,Name,Valid from,Valid to,Role,Hours per week,Status\n"
        "0017,Ann Lee,2026-01-01,,agent,37.5,Active\n0018,Bo Li,2026-01-01,2026-06-30,janitor,40,Left\n",
        "aliases_2026-10-25.csv": f"{HEADER}\npbx,SIP/7,0017,2026-01-01,\n",
        # The night in which British Summer Time ended: 22:00 BST to 06:00 GMT is 9 hours long.
        "roster_2026-W43.csv": "Employee No,Activity,Start,End,Paid\n"
        "0017,Work,2026-10-24 22:00:00,2026-10-25 06:00:00,Y\n0017,Sleep,2026-10-25 22:00:00,2026-10-26 06:00:00,Y\n",
        "attendance_2026-10-25.csv": "Employee No,Date,In,Out,Status\n"
        "0017,2026-10-24,2026-10-24 21:58:00,2026-10-25 06:01:00,Present\n0018,2026-10-24,NA,NA,Absent\n",
    }
    files = []
    for index, (name, content) in enumerate(sorted(contents.items())):
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        files.append(DeliveredFile(tmp_path / name, index, name, name))
    tables = taken(files, source(employee, ALIASES, roster, attendance))

    employees, rejects = tables["hr_employee"]
    assert not rejects
    assert [(e["employee_key"], e["name"], e["role"], e["contract_hours_week"], e["site_key"]) for e in employees] == [
        ("0017", "Ann Lee", "agent", 37.5, "london"),
        ("0018", "Bo Li", "other", 40.0, "london"),
    ]
    assert [row["alias_value"] for row in tables["agent_alias"][0]] == ["SIP/7"]
    shifts, rejects = tables["roster_shift"]
    assert [(s["shift_id"], s["end_at"] - s["start_at"], s["is_paid"]) for s in shifts] == [
        ("0017@2026-10-24 22:00:00", timedelta(hours=9), True)
    ]
    assert [(r["_line"], r["rule"]) for r in rejects] == [(3, "unknown_value")]
    days, rejects = tables["attendance"]
    assert [(d["status"], d["clock_in_at"]) for d in days] == [
        ("present", datetime(2026, 10, 24, 20, 58, tzinfo=UTC)),
        ("absent", None),
    ]
    assert not rejects
