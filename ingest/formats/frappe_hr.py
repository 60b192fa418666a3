"""Frappe HRMS (and ERPNext): its documents as Data Import exports them (CSV, Excel) or as its REST API returns them.

Each kind of document (doctype) is told by its fields, whether they come by their names or by their English labels. What
a document then means is a fixed mapping (``ingest.mapping``) of its fields; what only the centre knows (roles, sites,
hours of shifts, what a grade means) is declared. Documents that are changed come again and replace what they said.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
from pydantic import BaseModel, Field

from ingest.conform import literal
from ingest.formats.base import REJECTS, About, Batch, DeliveredFile, Export, Reading, RefusedFile
from ingest.formats.conversion import convert
from ingest.formats.records import parsed
from ingest.formats.sheet import RAW, Layout
from ingest.formats.spreadsheet import read_sheets
from ingest.mapping import TableMapping
from ingest.source import Key, SourceBase


class ShiftType(BaseModel, extra="forbid", frozen=True):
    """The hours of a shift type, local time; an end at or before the start is of the next day."""

    start: time
    end: time


class FrappeHrSource(SourceBase, frozen=True):
    """A Frappe HRMS site.

    ``time_zone`` is the site's system time zone: Frappe stores local times without a zone. ``date_format`` is that of
    exported dates (strptime). ``roles``: designation → role in the contract, ``*`` for all others. ``sites``: branch →
    site of centre.yml; without it everybody is of this source's site. ``aliases``: name of a source → field of Employee
    that holds the person's name there (``attendance_device_id``, ``user_id``). ``shift_types`` gives the hours of shift
    types that are not delivered beside the assignments. ``weekdays`` (1 is Monday) are those on which an assignment or
    a leave counts. ``open_until`` is the last day to which an assignment without an end is laid out. ``grades``: text
    of a training result → passed; without it training results fill no table.
    """

    format: Literal["frappe_hr"]
    date_format: str = "%Y-%m-%d"
    roles: dict[str, str] = Field(default_factory=lambda: {"*": "other"})
    sites: dict[str, Key] = Field(default_factory=dict)
    aliases: dict[Key, str] = Field(default_factory=dict)
    shift_types: dict[str, ShiftType] = Field(default_factory=dict)
    weekdays: list[int] = Field(default_factory=lambda: [1, 2, 3, 4, 5])
    open_until: date | None = None
    grades: dict[str, bool] = Field(default_factory=dict)


@dataclass(frozen=True)
class Doctype:
    """A kind of document: the label of each field that is read, those by which it is told, and its child table."""

    labels: Mapping[str, str]
    told_by: frozenset[str]
    children: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[str]:
        """Names of the fields that are read, those of the child table as ``employees.<name>``."""
        return [*_OWN, *self.labels, *(f"employees.{name}" for name in self.children)]


_OWN = {"name": "ID", "modified": "Last Updated On", "creation": "Created On", "docstatus": "Document Status"}

DOCTYPES = {
    "Employee": Doctype(
        {
            "employee": "Employee",
            "employee_name": "Full Name",
            "date_of_joining": "Date of Joining",
            "relieving_date": "Relieving Date",
            "reason_for_leaving": "Reason for Leaving",
            "date_of_birth": "Date of Birth",
            "status": "Status",
            "department": "Department",
            "designation": "Designation",
            "reports_to": "Reports to",
            "branch": "Branch",
            "user_id": "User ID",
            "attendance_device_id": "Attendance Device ID (Biometric/RF tag ID)",
        },
        frozenset({"date_of_joining"}),
    ),
    "Attendance": Doctype(
        {
            "employee": "Employee",
            "attendance_date": "Attendance Date",
            "status": "Status",
            "leave_type": "Leave Type",
            "in_time": "In Time",
            "out_time": "Out Time",
        },
        frozenset({"employee", "attendance_date", "status"}),
    ),
    "Employee Checkin": Doctype(
        {"employee": "Employee", "time": "Time", "log_type": "Log Type", "shift_start": "Shift Start"},
        frozenset({"employee", "time", "log_type"}),
    ),
    "Shift Assignment": Doctype(
        {
            "employee": "Employee",
            "shift_type": "Shift Type",
            "start_date": "Start Date",
            "end_date": "End Date",
            "status": "Status",
        },
        frozenset({"employee", "shift_type", "start_date"}),
    ),
    "Leave Application": Doctype(
        {
            "employee": "Employee",
            "leave_type": "Leave Type",
            "from_date": "From Date",
            "to_date": "To Date",
            "half_day": "Half Day",
            "half_day_date": "Half Day Date",
            "status": "Status",
        },
        frozenset({"employee", "leave_type", "from_date", "to_date"}),
    ),
    "Training Event": Doctype(
        {
            "event_name": "Event Name",
            "course": "Course",
            "type": "Type",
            "event_status": "Event Status",
            "start_time": "Start Time",
            "end_time": "End Time",
        },
        frozenset({"event_name", "start_time"}),
        {"employee": "Employee", "status": "Status", "attendance": "Attendance", "is_mandatory": "Is Mandatory"},
    ),
    "Training Result": Doctype(
        {"training_event": "Training Event"},
        frozenset({"training_event", "employees.employee", "employees.grade"}),
        {"employee": "Employee", "hours": "Hours", "grade": "Grade", "comments": "Comments"},
    ),
    "Shift Type": Doctype(
        {"start_time": "Start Time", "end_time": "End Time"}, frozenset({"name", "start_time", "end_time"})
    ),
}
"""Doctypes in the order in which they are looked for: a Training Event has a start and an end too."""


def read(
    files: Sequence[DeliveredFile], source: FrappeHrSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read documents of any kind; raise ``RefusedFile`` for a file of which no kind can be told."""
    found = [documents for file in files for documents in _documents(file, con)]
    hours = {name: (kind.start.isoformat(), kind.end.isoformat()) for name, kind in source.shift_types.items()}
    for documents in found:
        if documents.doctype == "Shift Type":
            rows = documents.rows(con, "select name, start_time, end_time from document").fetchall()
            hours |= {name: (start, end) for name, start, end in rows}
    for documents in found:
        for number, meaning in enumerate(_meanings(documents.doctype, source, hours)):
            rejects = [documents.rejects.slice(0, len(documents.rejects) if number == 0 else 0)]
            if meaning.unfit:
                rejects.append(documents.rows(con, meaning.unfit).to_arrow_table().cast(REJECTS))
            names, cells = documents.cells_of(con, meaning.query)
            mapping = TableMapping.model_validate(
                {"table": meaning.table, "drop": sorted(_NO_DATA), "columns": meaning.columns}
            )
            rows, unfit = convert(con, cells, names, mapping, zone=zone, site=source.site, source=source.name)
            yield Batch(mapping.table, rows, pa.concat_tables([unfit, *rejects]))


def recognise(path: Path, head: bytes) -> str | None:
    """Return the doctype that the first line, or the first record, tells."""
    text = head.decode("utf-8", "ignore")
    if text.lstrip()[:1] in ("{", "["):
        names = re.findall(r'"(\w+)"\s*:', text)
        is_document = {"docstatus", "modified"} <= set(names)
        doctype = _told(names) if is_document else None
    else:
        names = _named(next(csv.reader([text.splitlines()[0] if text else ""]), []))
        doctype = _told(names) if "name" in names else None
    return f"the fields of Frappe's {doctype}" if doctype else None


# Documents as columns of text


@dataclass(frozen=True)
class _Documents:
    """Documents of one kind from one file: names of their fields, and cells ``v<n>`` with the rows' places."""

    doctype: str
    names: Sequence[str]
    cells: pa.Table
    rejects: pa.Table

    def rows(self, con: duckdb.DuckDBPyConnection, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query over ``document``, whose fields are columns of text; one that is absent is null."""
        known = DOCTYPES[self.doctype].fields
        columns = [f"nullif(trim(v{n}), '') as \"{name}\"" for n, name in enumerate(self.names)]
        columns += [f'null::varchar as "{name}"' for name in known if name not in self.names]
        con.register("frappe_cells", self.cells)
        return con.sql(
            f"with document as (select {', '.join(columns)}, _name, _sheet, _file, _line, _raw from frappe_cells)"
            f" {query}"
        )

    def cells_of(self, con: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], pa.Table]:
        """Return the names and the cells of a query over ``document``, as ``convert`` takes them."""
        rows = self.rows(con, query)
        names = [name for name in rows.columns if not name.startswith("_")]
        columns = ", ".join(f'"{name}" as v{n}, false as c{n}' for n, name in enumerate(names))
        return names, rows.project(f"{columns}, _name, _sheet, _file, _line, _raw").to_arrow_table()


def _documents(file: DeliveredFile, con: duckdb.DuckDBPyConnection) -> Iterator[_Documents]:
    """Yield the documents of a file by their kind."""
    with file.path.open("rb") as content:
        is_json = content.read(64).lstrip()[:1] in (b"{", b"[")
    if is_json:
        yield from _from_json(file, con)
        return
    for sheet in read_sheets(file, Layout(), lambda header: _told(_named(header)) is not None):
        names = _named(sheet.header)
        doctype = _told(names)
        if doctype is None:
            raise _refusal(file, sheet.header)
        for cells, rejects in sheet.cells(sheet.header):
            yield _Documents(doctype, names, _with_parents(con, names, cells), rejects)


def _named(header: Sequence[str]) -> list[str]:
    """Return the names of fields that a header gives, by name or by label; others stay as they are."""
    labels = {label.lower(): name for name, label in _OWN.items()}
    children: dict[str, str] = {}
    for doctype in DOCTYPES.values():
        labels |= {label.lower(): name for name, label in doctype.labels.items()}
        children |= {f"{label} (employees)".lower(): f"employees.{name}" for name, label in doctype.children.items()}
    plain = {name for doctype in DOCTYPES.values() for name in doctype.fields}
    return [name if name in plain else (labels | children).get(name.lower(), name) for name in header]


def _told(names: Sequence[str]) -> str | None:
    return next((doctype for doctype, kind in DOCTYPES.items() if kind.told_by <= set(names)), None)


def _refusal(file: DeliveredFile, names: Sequence[str]) -> RefusedFile:
    needed = "; ".join(f"{name}: {', '.join(sorted(kind.told_by))}" for name, kind in DOCTYPES.items())
    return RefusedFile(
        file,
        1,
        "unknown_doctype",
        f"no kind of document has the fields {', '.join(names[:12])}",
        f"export at least the fields by which a kind is told ({needed}), with English labels",
    )


def _with_parents(con: duckdb.DuckDBPyConnection, names: Sequence[str], cells: pa.Table) -> pa.Table:
    """Repeat a document's own fields in the further rows of its child table, where an export leaves them blank."""
    own = [n for n, name in enumerate(names) if not name.startswith("employees.")]
    if len(own) == len(names):
        return cells
    con.register("frappe_cells", cells)
    filled = ", ".join(f"nullif(trim(v{n}), '')" for n in own)
    repeated = ", ".join(f"first_value(v{n}) over (partition by document order by _line) as v{n}" for n in own)
    table = con.sql(
        f"select * exclude (document) replace ({repeated})"
        f" from (select *, count(coalesce({filled})) over (order by _line rows unbounded preceding) as document"
        " from frappe_cells) order by _line"
    ).to_arrow_table()
    con.unregister("frappe_cells")
    return table


def _from_json(file: DeliveredFile, con: duckdb.DuckDBPyConnection) -> Iterator[_Documents]:
    for rejects in parsed([file], con, "frappe_found", {"name": "VARCHAR"}, "documents", pages=("data", "message")):
        con.execute(
            "create or replace temp table frappe_record as with unwrapped as (select _file, _line, case"
            " when len(fields) = 1 and fields[1] in ('data', 'message') then json_extract(_raw, '$.' || fields[1])"
            " else _raw::json end as r from frappe_found)"
            " select _file, _line, r, unnest(case when json_array_length(r, '$.employees') > 0"
            " then json_extract(r, '$.employees[*]') else [null::json] end) as child from unwrapped"
        )
        own, children = (
            [
                name
                for (name,) in con.execute(
                    f"select distinct unnest(json_keys({part})) as name from frappe_record order by name"
                ).fetchall()
                if name != "employees"
            ]
            for part in ("r", "child")
        )
        names = [*own, *(f"employees.{name}" for name in children)]
        doctype = _told(names)
        if doctype is None:
            raise _refusal(file, names)
        values = [f"r ->> {literal(name)}" for name in own] + [f"child ->> {literal(name)}" for name in children]
        cells = con.sql(
            f"select {', '.join(f'{value} as v{n}' for n, value in enumerate(values))}, {literal(file.name)} as _name,"
            f" '' as _sheet, _file, _line, left(r::varchar, {RAW}) as _raw from frappe_record order by _line"
        ).to_arrow_table()
        yield _Documents(doctype, names, cells, rejects)


# What documents mean

_NO_DATA = {
    *_OWN, "owner", "modified_by", "idx", "doctype", "naming_series", "company", "amended_from", "lft", "rgt",
    "old_parent", "image", "parent", "parentfield", "parenttype", "_user_tags", "_comments", "_assign", "_liked_by",
}  # fmt: skip
"""Fields of every document that say nothing of work."""

_NOT_CANCELLED = "coalesce(docstatus, '1') not in ('2', 'Cancelled')"


@dataclass(frozen=True)
class _Meaning:
    """Rows of one table that documents of a kind give: a query over them, and how its columns map.

    The query keeps the fields that nothing maps, so that they reach ``extra``. ``unfit`` is a query of rejects.
    """

    table: str
    columns: dict[str, Any]
    query: str = f"select * from document where {_NOT_CANCELLED}"
    unfit: str = ""


def _meanings(doctype: str, source: FrappeHrSource, hours: Mapping[str, tuple[str, str]]) -> list[_Meaning]:
    day = {"format": source.date_format}
    moment = {"format": ["%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", f"{source.date_format} %H:%M:%S"]}
    own = {"record_updated_at": {"column": "modified", **moment}}
    match doctype:
        case "Employee":
            return _of_employees(source, day, own)
        case "Attendance":
            return [_of_attendance(day, moment, own)]
        case "Employee Checkin":
            return [_of_checkins(moment)]
        case "Shift Assignment":
            return [_of_assignments(source, hours, own)]
        case "Leave Application":
            return [_of_leave(source, own)]
        case "Training Event":
            return [_of_events(moment, own)]
        case "Training Result":
            return [_of_results(source, moment, own)] if source.grades else []
        case _:
            return []


def _of_employees(source: FrappeHrSource, day: dict[str, Any], own: dict[str, Any]) -> list[_Meaning]:
    birthday = {"column": "date_of_birth", **day}
    period = {
        "valid_from": {"column": "date_of_joining", **day},
        "valid_to": {"column": "relieving_date", **day},
    }
    statuses = {"Active": "active", "Inactive": "long_leave", "Suspended": "long_leave", "Left": "left"}
    people = _Meaning(
        "hr_employee",
        {
            **own,
            **period,
            "employee_key": "employee",
            "name": "employee_name",
            "site_key": {"column": "branch", "values": dict(source.sites)} if source.sites else {"source": "site"},
            "team_key": "department",
            "supervisor_key": "reports_to",
            "role": {"column": "designation", "values": source.roles},
            "hired_on": period["valid_from"],
            "left_on": period["valid_to"],
            "leave_reason": "reason_for_leaving",
            "status": {"column": "status", "values": statuses},
            "birth_month": {**birthday, "part": "month"},
            "birth_day": {**birthday, "part": "day"},
        },
        "select * replace (coalesce(employee, name) as employee, coalesce(designation, '-') as designation)"
        " from document",
    )
    aliases = [
        _Meaning(
            "agent_alias",
            {**own, **period, "alias_system": {"value": system}, "alias_value": "alias", "employee_key": "employee"},
            f'select coalesce(employee, name) as employee, "{name}" as alias, date_of_joining, relieving_date,'
            f' modified, _name, _sheet, _file, _line, _raw from document where "{name}" is not null',
        )
        for system, name in source.aliases.items()
    ]
    return [people, *aliases]


def _of_attendance(day: dict[str, Any], moment: dict[str, Any], own: dict[str, Any]) -> _Meaning:
    statuses = {
        "Present": "present",
        "Work From Home": "present",
        "Absent": "absent",
        "On Leave": "leave",
        "Half Day": "half_day",
    }
    return _Meaning(
        "attendance",
        {
            **own,
            "source_record_id": "name",
            "employee_key": "employee",
            "work_date": {"column": "attendance_date", **day},
            "clock_in_at": {"column": "in_time", **moment},
            "clock_out_at": {"column": "out_time", **moment, "after": "clock_in_at"},
            "status": {"column": "status", "values": statuses},
            "leave_type": "leave_type",
        },
        f"select * replace (coalesce(name, employee || '|' || attendance_date) as name) from document"
        f" where {_NOT_CANCELLED}",
    )


def _of_checkins(moment: dict[str, Any]) -> _Meaning:
    """One row an employee and day of the shift: the first check-in and the last check-out."""
    return _Meaning(
        "attendance",
        {
            "record_updated_at": {"column": "last", **moment},
            "employee_key": "employee",
            "work_date": "day",
            "clock_in_at": {"column": "first_in", **moment},
            "clock_out_at": {"column": "last_out", **moment, "after": "clock_in_at"},
            "status": {"value": "present"},
        },
        """
        select employee, left(coalesce(shift_start, time), 10) as day, max(time) as last,
            min(time) filter (log_type is null or log_type = 'IN') as first_in,
            nullif(max(time) filter (log_type is null or log_type = 'OUT'), min(time) filter (log_type is null))
                as last_out,
            any_value(_name) as _name, any_value(_sheet) as _sheet, _file, min(_line) as _line,
            string_agg(_raw, chr(10) order by _line) as _raw
        from document group by employee, day, _file order by min(_line)
        """,
    )


def _days(source: FrappeHrSource, first: str, last: str) -> str:
    """SQL for the working days from one date to another, as a list."""
    days = ", ".join(map(str, source.weekdays))
    begin, end = (f"try_strptime({text}, {literal(source.date_format)})::date" for text in (first, last))
    every = f"generate_series({begin}::timestamp, {end}::timestamp, interval 1 day)"
    return f"list_filter(cast({every} as date[]), lambda day: isodow(day) in ({days}))"


def _of_assignments(source: FrappeHrSource, hours: Mapping[str, tuple[str, str]], own: dict[str, Any]) -> _Meaning:
    """One row a working day of the assignment; of one that was withdrawn, a row that says the day is off."""
    known = ", ".join(f"({', '.join(map(literal, (name, *times)))})" for name, times in hours.items())
    until = literal(source.open_until.strftime(source.date_format)) if source.open_until else "null"
    unfit = """
        select _file, _line, case when start_time is null then 'unknown_shift_type' else 'open_assignment' end as rule,
            case when start_time is null then 'the hours of shift type ' || shift_type || ' are not known'
                else 'the assignment has no end' end as message,
            case when start_time is null then 'deliver the Shift Type documents beside it, or declare shift_types'
                else 'declare open_until: the last day to which such assignments hold' end as mend, _raw as raw
        from laid_out where start_time is null or last is null order by _line
    """
    laid_out = f"""
        laid_out as (
            select document.*, coalesce(end_date, {until}) as last, h.start_time, h.end_time
            from document left join (values {known or "(null, null, null)"}) h(shift, start_time, end_time)
                on h.shift = shift_type
        )
    """
    clock = {"format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M"]}
    return _Meaning(
        "roster_shift",
        {
            **own,
            "shift_id": "id",
            "employee_key": "employee",
            "activity": {"column": "activity", "values": {"work": "work", "off": "off"}},
            "start_at": {"column": ["day", "start_time"], **clock},
            "end_at": {
                "column": ["day", "end_time"],
                **clock,
                "after": "start_at",
                "rolls_over": True,
            },
        },
        f"""
        , {laid_out}, by_day as (
            select *, unnest({_days(source, "start_date", "last")}) as each_day from laid_out
            where start_time is not null and last is not null
        )
        select * exclude (last, each_day), each_day::varchar as day,
            coalesce(name, employee || '|' || shift_type || '|' || start_date) || '|' || each_day::varchar as id,
            case when {_NOT_CANCELLED} and coalesce(status, 'Active') = 'Active' then 'work' else 'off' end as activity
        from by_day order by _line, each_day
        """,
        f", {laid_out} {unfit}",
    )


def _of_leave(source: FrappeHrSource, own: dict[str, Any]) -> _Meaning:
    """One row a working day of an approved leave."""
    return _Meaning(
        "attendance",
        {
            **own,
            "source_record_id": "id",
            "employee_key": "employee",
            "work_date": "day",
            "status": {"column": "kind", "values": {"leave": "leave", "half_day": "half_day"}},
            "leave_type": "leave_type",
        },
        f"""
        , by_day as (
            select *, unnest({_days(source, "from_date", "to_date")}) as each_day from document
            where status = 'Approved' and {_NOT_CANCELLED}
        )
        select * exclude (each_day), each_day::varchar as day,
            coalesce(name, employee || '|' || from_date) || '|' || each_day::varchar as id,
            case when half_day in ('1', 'true') and coalesce(half_day_date, from_date)
                = strftime(each_day, {literal(source.date_format)}) then 'half_day' else 'leave' end as kind
        from by_day order by _line, each_day
        """,
    )


def _of_events(moment: dict[str, Any], own: dict[str, Any]) -> _Meaning:
    """One row an employee of a training event; that an exam was sat is a training too, its result is not here."""
    statuses = {status: status for status in ("enrolled", "attended", "completed", "no_show", "canceled")}
    return _Meaning(
        "training_record",
        {
            **own,
            "employee_key": "employees.employee",
            "course_key": "course",
            "course_name": "event_name",
            "session_at": {"column": "start_time", **moment},
            "duration_ms": {"column": "length", "unit": "ms"},
            "mandatory": {"column": "employees.is_mandatory", "values": {"1": True, "0": False}},
            "status": {"column": "progress", "values": statuses},
        },
        f"""
        select * replace (coalesce(course, event_name) as course),
            date_diff('millisecond', try_cast(start_time as timestamp), try_cast(end_time as timestamp))::varchar
                as length,
            case when event_status = 'Cancelled' or not ({_NOT_CANCELLED}) then 'canceled'
                when "employees.attendance" = 'Absent' then 'no_show'
                when "employees.status" in ('Completed', 'Feedback Submitted') then 'completed'
                when "employees.attendance" = 'Present' then 'attended' else 'enrolled' end as progress
        from document where "employees.employee" is not null
        """,
    )


def _of_results(source: FrappeHrSource, moment: dict[str, Any], own: dict[str, Any]) -> _Meaning:
    return _Meaning(
        "exam_result",
        {
            **own,
            "employee_key": "employees.employee",
            "exam_key": "training_event",
            "attempt_no": {"value": 1},
            "taken_at": {"column": "taken", **moment},
            "passed": {"column": "employees.grade", "values": source.grades},
        },
        f"""
        select *, coalesce(creation, modified) as taken from document
        where "employees.employee" is not null and {_NOT_CANCELLED}
        """,
    )


ABOUT = About(
    title="Frappe HRMS",
    systems="Frappe HRMS 14 to 16 and the HR module of ERPNext 13: Employee, Attendance, Employee Checkin, Shift Type,"
    " Shift Assignment, Leave Application, Training Event, Training Result.",
    files="CSV or Excel as Data Import exports them, with labels or names of fields, or the REST API's JSON"
    ' (`{"data": […]}`, `{"data": {…}}` or one document a line). A file holds one kind of document, told by its'
    " fields; kinds may come in any order.",
    zone="Times have no zone: they are of the site's system time zone (System Settings). Declare it as `time_zone`.",
    units="Durations are differences of times. `working_hours` (hours) is kept in `extra`.",
    readings=(
        Reading("Employee.name", "hr_employee.employee_key", "the series number, `HR-EMP-00001`"),
        Reading("Employee.date_of_joining, relieving_date", "hr_employee.valid_from, valid_to", "one period a person"),
        Reading("Employee.status", "hr_employee.status", "Inactive and Suspended are `long_leave`"),
        Reading("Employee.designation", "hr_employee.role", "translated by `roles`"),
        Reading("Employee.date_of_birth", "hr_employee.birth_month, birth_day", "the year stays outside"),
        Reading("Attendance.status", "attendance.status", "Work From Home is `present`, On Leave is `leave`"),
        Reading(
            "Employee Checkin.time", "attendance.clock_in_at, clock_out_at", "first IN and last OUT of a shift's day"
        ),
        Reading(
            "Shift Assignment × Shift Type", "roster_shift", "a row a working day; an end before the start is next day"
        ),
        Reading("Leave Application", "attendance.status", "approved: `leave` or `half_day` on its working days"),
        Reading("Training Event.employees", "training_record.status", "attendance Absent is `no_show`"),
        Reading("Training Result.employees.grade", "exam_result.passed", "translated by `grades`; taken when recorded"),
        Reading("docstatus 2", "", "cancelled: left out, of shifts `off`, of trainings `canceled`"),
    ),
    gotchas=(
        "Rows of a child table leave the document's own fields blank; they are repeated from the row above.",
        "Labels are exported in the user's language: export in English, or with names of fields.",
        "An Employee says only how things are now. A person who changed teams has one period with the present team;"
        " deliver periods as a spreadsheet where history matters.",
        "Weekly offs and holidays are not exported with an assignment: `weekdays` declares the days that count.",
        "Export check-ins by whole days: of two exports of a day the one that reaches further replaces the other.",
        "A leave that is cancelled after it was delivered stays until the day's Attendance is delivered.",
        "Completed is not passed: without `grades` a Training Result fills nothing.",
    ),
    exports=(
        Export(
            "Frappe HRMS: Data Import",
            (
                "Open Data Export (or Data Import → Download Template) for the document type, in English.",
                "Choose all records, the fields named above and, for trainings, the table Employees.",
                "Export as CSV or Excel and put the file into the landing folder.",
            ),
        ),
        Export(
            "Frappe HRMS: REST API",
            (
                "Make an API key and secret for a user who may read the documents.",
                'GET /api/resource/Attendance?fields=["*"]&limit_page_length=0, of those modified since last time.',
                "Child tables come only with single documents: GET /api/resource/Training Event/{name}.",
                "Save the responses unchanged, one a file or one a line.",
            ),
        ),
    ),
    references=("frappe/hrms and frappe/erpnext: doctype definitions", "frappe/frappe: core/doctype/data_import"),
    example="""\
name: frappe
format: frappe_hr
site: mumbai
time_zone: Asia/Kolkata
roles: {Customer Support Agent: agent, Team Leader: leader, "*": other}
aliases: {pbx: attendance_device_id}
shift_types: {Day: {start: "09:00", end: "18:00"}, Night: {start: "22:00", end: "06:00"}}
weekdays: [1, 2, 3, 4, 5, 6]
open_until: 2026-12-31
grades: {Pass: true, Fail: false}
""",
)
