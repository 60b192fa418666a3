"""Spreadsheets as delivered: encodings, delimiters, quoting, workbooks, and what a bad line or file costs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from ingest.formats import delimited
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
        found: Any = batch.rows
        assert found.schema == batch_schema(batch.table)
        rows, rejects = tables.setdefault(batch.table, ([], []))
        rows += found.to_pylist()
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


def workbook(tmp_path: Path, *rows: list[Any], name: str = "aliases.xlsx") -> tuple[Path, openpyxl.Workbook]:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    return tmp_path / name, book


def of_book(path: Path, book: openpyxl.Workbook, **layout: Any) -> tuple[list[dict], list[dict]]:
    book.save(path)
    return aliases([DeliveredFile(path, 0, path.name, "x")], **layout)


def test_formulas_without_a_result_or_with_an_error_reject_their_row(tmp_path: Path) -> None:
    path, book = workbook(
        tmp_path,
        HEADER.split(","),
        ["pbx", "7", "E1", "2026-01-01"],
        ["pbx", "=A2&1", "E2", "2026-01-01"],  # the library that writes the workbook calculates nothing
        ["pbx", "#REF!", "E3", "2026-01-01"],
        ["pbx", "10", "E4", "2026-01-01", "=B2"],
        ["pbx", "", "E5", "2026-01-01"],
    )
    assert book.active is not None
    book.active["B4"].data_type = "e"
    rows, rejects = of_book(path, book)
    assert [row["employee_key"] for row in rows] == ["E1", "E5"]
    assert [(r["_line"], r["rule"]) for r in rejects] == [
        (3, "failed_formula"),
        (4, "failed_formula"),
        (5, "failed_formula"),
    ]
    assert "#REF!" in rejects[1]["raw"]


def test_merged_cells_share_their_value_without_a_declaration(tmp_path: Path) -> None:
    path, book = workbook(
        tmp_path, HEADER.split(","), ["pbx", "7", "E1", "2026-01-01"], [None, "8", None, "2026-02-01"]
    )
    assert book.active is not None
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("C2:C3")
    rows, rejects = of_book(path, book)
    assert not rejects
    assert [(row["alias_system"], row["alias_value"], row["employee_key"]) for row in rows] == [
        ("pbx", "7", "E1"),
        ("pbx", "8", "E1"),
    ]


def test_hidden_sheets_are_read_only_by_name_and_patterns_take_several(tmp_path: Path) -> None:
    path, book = workbook(tmp_path, HEADER.split(","), ["hidden", "1", "E1", "2026-01-01"])
    assert book.active is not None
    book.active.title, book.active.sheet_state = "Old", "hidden"
    for number in (2, 3):
        sheet = book.create_sheet(f"Site {number}")
        sheet.append(HEADER.split(","))
        sheet.append(["pbx", str(number), f"E{number}", date(2026, 1, number)])
    book.active = 1
    assert [row["alias_value"] for row in of_book(path, book)[0]] == ["2"]
    assert [row["alias_value"] for row in of_book(path, book, sheet="Old")[0]] == ["1"]
    assert [row["alias_value"] for row in of_book(path, book, sheet="*")[0]] == ["2", "3"]
    with pytest.raises(RefusedFile, match=r"no visible sheet Team\*; it has Old, Site 2, Site 3"):
        of_book(path, book, sheet="Team*")


@pytest.mark.parametrize("total", ["Total,,,,", "合计：,,,,", '"Grand total",9', ",Total,,,"])
def test_table_ends_where_a_declared_text_begins_a_row(tmp_path: Path, total: str) -> None:
    content = f"Aliases of the site\n{HEADER}\n{ROW}\n\n{total}\nprinted on 2026-01-05\n"
    rows, rejects = aliases(delivered(tmp_path, content), header=2, stop=["Total", "Grand total", "合计"])
    assert [row["_line"] for row in rows] == [3]
    assert not rejects


def test_total_ends_the_table_of_a_workbook_too(tmp_path: Path) -> None:
    path, book = workbook(
        tmp_path, ["Aliases"], HEADER.split(","), ["pbx", "7", "E1", date(2026, 1, 1)], ["Total", 1], ["by Ann"]
    )
    rows, rejects = of_book(path, book, header=2, stop=["Total"])
    assert [(row["_line"], row["valid_from"]) for row in rows] == [(3, date(2026, 1, 1))]
    assert not rejects


def test_columns_of_one_name_are_numbered(tmp_path: Path) -> None:
    mapping = {**ALIASES, "columns": {**ALIASES["columns"], "alias_value": "Login (2)"}}
    content = "System,Login,Login,Employee No,From,To,\npbx,a,b,E1,2026-01-01,,\n"
    ((row,), rejects) = taken(delivered(tmp_path, content), source(mapping))["agent_alias"]
    assert not rejects
    assert row["alias_value"] == "b"
    assert json.loads(row["extra"]) == {"Login (1)": "a"}


def test_delimiter_is_told_by_the_declared_columns_not_by_counting(tmp_path: Path) -> None:
    content = "System;Login;Employee No;From;To;a,b,c,d,e,f\npbx;1,5;E1;2026-01-01;;x\n"
    rows, _ = aliases(delivered(tmp_path, content))
    assert rows[0]["alias_value"] == "1,5"


def test_delimiter_that_the_header_cannot_tell_must_be_declared(tmp_path: Path) -> None:
    mapping = {"table": "agent_alias", "files": "*", "columns": {
        "alias_system": {"value": "pbx"}, "alias_value": "Login", "employee_key": "Login",
        "valid_from": {"value": "2026-01-01"}}}  # fmt: skip
    content = "Login,x;Login\na,b;c\n"
    with pytest.raises(RefusedFile, match="ambiguous_delimiter"):
        taken(delivered(tmp_path, "x;y,Login,z;Login;w\n1;2,3,4;5;6\n"), source(mapping))
    rows, _ = taken(delivered(tmp_path, content), source(mapping, delimiter=","))["agent_alias"]
    assert [row["alias_value"] for row in rows] == ["a"]


def test_unclosed_quote_costs_its_line_even_before_records_of_several_lines(tmp_path: Path) -> None:
    content = f'{HEADER}\npbx,"open,E1,2026-01-01,\n{ROW}\npbx,"two\nlines",E2,2026-01-01,\n{ROW}\n'
    rows, rejects = aliases(delivered(tmp_path, content))
    assert [(row["_line"], row["alias_value"]) for row in rows] == [(3, "7"), (4, "two\nlines"), (6, "7")]
    assert [(r["_line"], r["rule"]) for r in rejects] == [(2, "quote_unclosed")]


@pytest.mark.parametrize("size", [64, 100, 257])
def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    lines = [f'pbx,"{n}\n""{n}""",E{n},2026-01-01,' if n % 3 else f"pbx,{n},E{n},2026-01-01," for n in range(40)]
    lines[20] = 'pbx,"never,E20,2026-01-01,'
    files = delivered(tmp_path, "\n".join([HEADER, *lines]) + "\n")
    whole = aliases(files)
    monkeypatch.setattr(delimited, "BYTES", size)
    monkeypatch.setattr(delimited, "ROWS", 7)
    assert aliases(files) == whole
    assert len(whole[0]) == 39
    assert [r["rule"] for r in whole[1]] == ["quote_unclosed"]


def test_raw_text_of_a_long_line_is_cut(tmp_path: Path) -> None:
    rows, _ = aliases(delivered(tmp_path, f"{HEADER}\npbx,{'x' * 20_000},E1,2026-01-01,\n"))
    assert len(rows[0]["alias_value"]) == 20_000
    assert len(rows[0]["_raw"]) == 10_000


def ods(path: Path, rows: list[list[Any]]) -> None:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Calls")
    for row in rows:
        line = TableRow()
        for value in row:
            if isinstance(value, datetime):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            elif isinstance(value, timedelta):
                hours, rest = divmod(int(value.total_seconds()), 3600)
                cell = TableCell(valuetype="time", timevalue=f"PT{hours:02}H{rest // 60:02}M{rest % 60:02}S")
            elif isinstance(value, float):
                cell = TableCell(valuetype="float", value=str(value))
            else:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)  # pyright: ignore[reportAttributeAccessIssue]
    document.save(str(path))


def test_open_document_with_true_dates_durations_and_errors(tmp_path: Path) -> None:
    mapping = {
        "table": "tel_interaction",
        "columns": {
            "interaction_id": "Call",
            "visit_seq": {"value": 1},
            "channel": {"value": "voice"},
            "direction": {"value": "inbound"},
            "started_at": {"column": "Start", "format": "%d/%m/%Y"},
            "wait_ms": {"column": "Wait", "unit": "s"},
            "talk_ms": {"column": "Talk", "unit": "s"},
            "outcome": {"value": "open"},
            "is_open": {"value": True},
        },
    }
    path = tmp_path / "calls.ods"
    ods(
        path,
        [
            ["Call", "Start", "Wait", "Talk"],
            ["a", datetime(2026, 7, 1, 10, 0, 5), 20.0, timedelta(hours=30, minutes=5)],
            ["b", "01/07/2026", "#DIV/0!", ""],
        ],
    )
    rows, rejects = taken([DeliveredFile(path, 0, path.name, "x")], source(mapping))["tel_interaction"]
    assert [(r["started_at"], r["wait_ms"], r["talk_ms"]) for r in rows] == [
        (datetime(2026, 7, 1, 9, 0, 5, tzinfo=UTC), 20_000, 108_300_000)  # 30 h 5 min; London is at UTC+1
    ]
    assert [(r["_line"], r["rule"]) for r in rejects] == [(3, "failed_formula")]


ATTENDANCE = {
    "table": "attendance",
    "files": "*_time*",
    "na": ["", "NA"],
    "matrix": {"days": "%d/%m/%Y", "cells": {"in_time*": "In", "out_time*": "Out"}},
    "columns": {
        "employee_key": "column 1",
        "work_date": "Day",
        "clock_in_at": {"column": "In", "format": "%Y-%m-%d %H:%M:%S"},
        "clock_out_at": {"column": "Out", "format": "%Y-%m-%d %H:%M:%S", "after": "clock_in_at"},
        "status": {"column": "State", "values": {"filled": "present", "empty": "absent", "closed": "holiday"}},
    },
}


def matrices(tmp_path: Path, **contents: str) -> list[DeliveredFile]:
    files = []
    for index, (name, content) in enumerate(contents.items()):
        path = tmp_path / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        files.append(DeliveredFile(path, index, path.name, name))
    return files


def test_column_a_day_becomes_a_row_a_day_joined_over_two_files(tmp_path: Path) -> None:
    files = matrices(
        tmp_path,
        in_time=",01/01/2015,02/01/2015,05/01/2015\n1,NA,2015-01-02 09:43:45,NA\n2,NA,2015-01-02 10:15:44,x\n",
        out_time=",01/01/2015,02/01/2015,05/01/2015\n1,NA,2015-01-02 16:56:15,NA\n2,NA,NA,2015-01-05 17:20:11\n",
    )
    rows, rejects = taken(files, source(ATTENDANCE))["attendance"]
    own = [(r["employee_key"], r["work_date"].day, r["clock_in_at"], r["clock_out_at"], r["status"]) for r in rows]
    expected = [
        ("1", 1, None, None, "holiday"),
        ("1", 2, datetime(2015, 1, 2, 9, 43, 45, tzinfo=UTC), datetime(2015, 1, 2, 16, 56, 15, tzinfo=UTC), "present"),
        ("1", 5, None, None, "absent"),
        ("2", 1, None, None, "holiday"),
        ("2", 2, datetime(2015, 1, 2, 10, 15, 44, tzinfo=UTC), None, "present"),
    ]
    # Each file gives its own row of a day: the second is a duplicate. What is wrong with one of them rejects both.
    assert own == [*expected, *expected]
    assert [(r["_file"], r["_line"], r["rule"]) for r in rejects] == [(0, 3, "unfit_cell"), (1, 3, "unfit_cell")]
    assert rejects[0]["raw"] == "2 2015-01-05 x"


def test_half_a_matrix_is_refused(tmp_path: Path) -> None:
    files = matrices(tmp_path, in_time=",01/01/2015,02/01/2015\n1,NA,NA\n", out_time=",01/01/2015\n1,NA\n")
    with pytest.raises(RefusedFile, match=r"In of 2015-01-02 to 2015-01-02 comes without Out.*in one .zip"):
        taken(files, source(ATTENDANCE))


SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "hr"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the real input files are not beside the project")


@needs_samples
def test_real_attendance_matrices(tmp_path: Path) -> None:
    files = [DeliveredFile(SAMPLES / name, n, name, name) for n, name in enumerate(("in_time.csv", "out_time.csv"))]
    times = {"format": ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S"]}
    columns = {**ATTENDANCE["columns"], "clock_in_at": {"column": "In", **times},
               "clock_out_at": {"column": "Out", **times, "after": "clock_in_at"}}  # fmt: skip
    rows, rejects = taken(files, source({**ATTENDANCE, "columns": columns}))["attendance"]
    assert not rejects
    days = [row for row in rows if row["_file"] == 0]
    assert len(days) == 50 * 261
    # The files' own account: 11,824 present days; 12 days on which nobody came; 1,226 − 12 × 50 = 626 absences.
    counted = {state: sum(row["status"] == state for row in days) for state in ("present", "holiday", "absent")}
    assert counted == {"present": 11_824, "holiday": 600, "absent": 626}
    hours = [(r["clock_out_at"] - r["clock_in_at"]).total_seconds() / 3600 for r in days if r["status"] == "present"]
    assert round(sum(hours) / len(hours), 3) == 7.842
    assert (round(min(hours), 3), round(max(hours), 3)) == (5.233, 11.967)


@needs_samples
def test_real_survey_becomes_an_answer_a_row(tmp_path: Path) -> None:
    asked = "2016-01-04T09:00:00Z"
    mapping = {
        "table": "pulse_response",
        "na": ["", "NA"],
        "matrix": {
            "columns": ["EnvironmentSatisfaction", "JobSatisfaction", "WorkLifeBalance"],
            "name": "Question",
            "cells": "Answer",
        },
        "only": {"State": ["filled"]},
        "columns": {
            "response_id": "EmployeeID",
            "wave": {"value": "2016"},
            "answered_at": {"value": asked},
            "employee_key": "EmployeeID",
            "question_key": "Question",
            "score": "Answer",
            "scale_min": {"value": 1},
            "scale_max": {"value": 4},
        },
    }
    path = SAMPLES / "employee_survey_data.csv"
    rows, rejects = taken([DeliveredFile(path, 0, path.name, "x")], source(mapping))["pulse_response"]
    assert not rejects
    text = path.read_text(encoding="utf-8")
    assert len(rows) == 3 * 4_410 - text.count("NA")
    assert [(r["question_key"], r["score"]) for r in rows if r["employee_key"] == "12"] == [
        ("JobSatisfaction", 4.0),
        ("WorkLifeBalance", 3.0),
    ]


@needs_samples
def test_real_employees_keep_no_personal_columns(tmp_path: Path) -> None:
    mapping = {
        "table": "hr_employee",
        "columns": {
            "employee_key": "EmployeeID",
            "valid_from": {"value": "2015-01-01"},
            "site_key": {"source": "site"},
            "team_key": "Department",
            "role": {"column": "JobRole", "values": {"Sales Executive": "agent", "Manager": "leader", "*": "other"}},
            "status": {"column": "Attrition", "values": {"No": "active", "Yes": "left"}},
        },
        "na": ["", "NA"],
        "drop": ["EmployeeCount", "Over18"],
    }
    path = SAMPLES / "general_data.csv"
    rows, rejects = taken([DeliveredFile(path, 0, path.name, "x")], source(mapping))["hr_employee"]
    assert not rejects
    assert len(rows) == 4_410
    assert (rows[0]["employee_key"], rows[0]["team_key"], rows[0]["status"]) == ("1", "Sales", "active")
    extra = json.loads(rows[0]["extra"])
    assert {extra[name] for name in ("Age", "Gender", "MaritalStatus", "MonthlyIncome")} == {"[personal]"}
    assert extra["TrainingTimesLastYear"] == "6"
    assert not {"Over18", "EmployeeCount"} & extra.keys()


@pytest.mark.parametrize(
    ("form", "text"), [("%Y-%m-%d", "1992-02-29"), ("%d.%m.", "29.02."), ("%m-%d", "02-29"), ("%d/%m/%y", "29/02/92")]
)
def test_birthday_keeps_month_and_day_only(tmp_path: Path, form: str, text: str) -> None:
    birthday = {"column": "Birthday", "format": form}
    mapping = {
        "table": "hr_employee",
        "files": "aliases*",
        "columns": {
            "employee_key": "No",
            "valid_from": {"value": "2026-01-01"},
            "site_key": {"source": "site"},
            "role": {"value": "agent"},
            "status": {"value": "active"},
            "birth_month": {**birthday, "part": "month"},
            "birth_day": {**birthday, "part": "day"},
        },
    }
    files = delivered(tmp_path, f"No,Birthday\n1,{text}\n2,\n3,31.31.\n")
    rows, rejects = taken(files, source(mapping))["hr_employee"]
    assert [(row["birth_month"], row["birth_day"], row["extra"]) for row in rows] == [(2, 29, None), (None, None, None)]
    assert [r["_line"] for r in rejects] == [4]
