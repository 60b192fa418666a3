"""NICE IEX WFM (CXone WFM Integrated, TotalView): schedule exports, pipe-delimited, one line a scheduled activity.

Which fields an export has, in which order, and how it writes dates and times are settings of the export, so they are
declared here too. A later export of an agent's day replaces what an earlier one said of it, also what it leaves out.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported, where a type checker does not see them.)

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading, RefusedFile, batch_schema
from ingest.formats.conversion import convert
from ingest.formats.delimited import LONGEST, text_blocks
from ingest.formats.sheet import Layout, Sheet, column_names, rejected
from ingest.lake import widened
from ingest.mapping import TableMapping
from ingest.source import SourceBase, TimeZone

TABLE = "roster_shift"

DATES = {
    "mmddyy": "%m%d%y",
    "ddmmyy": "%d%m%y",
    "mmddyyyy": "%m%d%Y",
    "ddmmyyyy": "%d%m%Y",
    "yyyymmdd": "%Y%m%d",
    "yyyyddmm": "%Y%d%m",
    "yyddmm": "%y%d%m",
    "yymmdd": "%y%m%d",
}
"""The date formats an export can be set to."""

TIMES = {24: ("%H:%M", "%H:%M:%S", "%H%M"), 12: ("%I:%M %p", "%I:%M%p", "%I:%M:%S %p")}

Part = Literal["employee", "date", "start", "stop", "activity"]
"""What is read of a line."""

NAMES: dict[Part, tuple[str, ...]] = {
    "employee": ("tvID", "agentID", "employeeID"),
    "date": ("excdate", "date", "activityDate", "schedDate"),
    "start": ("start", "startTime", "excStart", "startDateTime"),
    "stop": ("stop", "stopTime", "excStop", "end", "endTime", "endDateTime"),
    "activity": ("exc", "excName", "excID", "activityCode", "activity", "code"),
}
"""Names of the field in the exports, of which the first that an export has counts."""


class NiceIexSource(SourceBase, frozen=True):
    """A NICE IEX system.

    ``activities``: activity code or name → activity of the contract, ``*`` for all others. ``date_format`` and
    ``clock`` are the export's settings. ``names`` says which field holds what, where the export names it otherwise
    than ``NAMES``. ``fields`` are the fields in their order, for exports without the line ``#fields``. ``zones``: what
    the field TZ says → IANA zone, where that is none itself; an export without TZ is in ``time_zone``. ``paid``: codes
    of paid activities; without it nothing is said of pay.
    """

    format: Literal["nice_iex"]
    activities: dict[str, Literal["work", "break", "meal", "training", "meeting", "leave", "off"]] = Field(min_length=1)
    date_format: Literal["mmddyy", "ddmmyy", "mmddyyyy", "ddmmyyyy", "yyyymmdd", "yyyyddmm", "yyddmm", "yymmdd"] = (
        "mmddyyyy"
    )
    clock: Literal[12, 24] = 24
    names: dict[Part, str] = Field(default_factory=dict)
    fields: list[str] = Field(default_factory=list)
    zones: dict[str, TimeZone] = Field(default_factory=dict)
    paid: list[str] = Field(default_factory=list)


def read(
    files: Sequence[DeliveredFile], source: NiceIexSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read schedules; raise ``RefusedFile`` for one that lacks a field, or has no line of fields and none declared."""
    for file in files:
        sheet = _sheet(file, source)
        names = _names(file, sheet.header, source)
        mapping = _mapping(names, sheet.header, source)
        zone_at = next((n for n, name in enumerate(sheet.header) if name.lower() == "tz"), None)
        for cells, rejects in sheet.cells(sheet.header):
            told = dict.fromkeys(["", *(cells[f"v{zone_at}"].to_pylist() if zone_at is not None else ())])
            for name in told:
                lines = cells if zone_at is None else cells.filter(pc.equal(cells[f"v{zone_at}"], name))
                if local := _zone(name.strip(), source, zone):
                    rows, unfit = convert(
                        con, lines, sheet.header, mapping, zone=local, site=source.site, source=source.name
                    )
                    yield Batch(mapping.table, rows, pa.concat_tables([unfit, rejects]))
                else:
                    unfit = rejected(
                        file,
                        lines["_line"].combine_chunks(),
                        lines["_raw"].combine_chunks(),
                        "unknown_zone",
                        f"the time zone {name} is no IANA zone",
                        "declare which zone it is under zones",
                    )
                    yield Batch(mapping.table, batch_schema(mapping.table).empty_table(), unfit)
                rejects = rejects.slice(0, 0)


def recognise(path: Path, head: bytes) -> str | None:
    """Return what an export with a line of fields is known by."""
    first = head.decode("utf-8", "ignore").splitlines()[:1]
    is_export = first and _FIELDS.match(first[0]) and "|" in first[0]
    return "the line #fields of a NICE IEX WFM export" if is_export else None


def derive(change: Any, source: NiceIexSource, con: duckdb.DuckDBPyConnection, again: bool) -> None:
    """Leave out what an earlier export said of an agent's scheduled day that a later one tells anew."""
    if not con.execute("select 1 from information_schema.tables where table_name = ?", [f"fresh_{TABLE}"]).fetchone():
        return
    fresh = con.execute(f"select distinct event_date from fresh_{TABLE}").fetchall()
    near = widened((day for (day,) in fresh), 1)
    if near:
        con.execute(
            "create or replace temp table iex_standing as"
            f" select * exclude (event_date) from {change.rows(TABLE, near)}"
            " qualify record_updated_at is null or record_updated_at = max(record_updated_at)"
            " over (partition by employee_key, split_part(shift_id, '|', 2))"
        )
        change.replace(TABLE, "iex_standing", near, "true")


_FIELDS = re.compile(r"#\s*fields\b[\s:=|]*", re.IGNORECASE)


def _sheet(file: DeliveredFile, source: NiceIexSource) -> Sheet:
    """Open an export; its fields are those of the line ``#fields``, or the declared ones."""
    with file.path.open("rb") as stream:
        first = stream.readline(LONGEST).decode("utf-8", "replace").strip()
        begin = stream.tell()
    marked = _FIELDS.match(first)
    if not marked and not source.fields:
        raise RefusedFile(
            file,
            1,
            "no_fields",
            "the export does not begin with the line #fields",
            "export with the header, or declare the fields in their order under fields",
        )
    header = column_names(file, 1, first[marked.end() :].split("|") if marked else source.fields)
    start, line = (begin, 2) if marked else (0, 1)
    return Sheet(file, "", header, lambda: text_blocks(file, Layout(), "|", len(header), start, line, comment="#"))


def _names(file: DeliveredFile, header: Sequence[str], source: NiceIexSource) -> dict[Part, str]:
    """Return which field of an export holds what is read."""
    present = {name.lower(): name for name in header}
    found: dict[Part, str | None] = {
        part: next((present[n.lower()] for n in (source.names.get(part), *known) if n and n.lower() in present), None)
        for part, known in NAMES.items()
    }
    if missing := [part for part, name in found.items() if name is None]:
        raise RefusedFile(
            file,
            1,
            "missing_fields",
            f"no field holds {', '.join(missing)}; found: {', '.join(header)}",
            "include the field in the export, or declare its name under names",
        )
    return {part: name for part, name in found.items() if name}


def _mapping(names: dict[Part, str], header: Sequence[str], source: NiceIexSource) -> TableMapping:
    scheduled = next((name for name in header if name.lower() == "scheddate"), names["date"])
    form = DATES[source.date_format]
    forms = {"format": [f"{form} {time}" for time in TIMES[source.clock]]}
    activity = {"column": names["activity"]}
    identity = {
        "column": [names["employee"], scheduled, names["date"], names["start"], names["activity"]],
        "joined": "|",
    }
    columns: dict[str, Any] = {
        "source_record_id": identity,
        "shift_id": identity,
        "record_updated_at": {"file_name": r"_(\d{6}_\d{4})", "format": "%m%d%y_%H%M"},
        "employee_key": names["employee"],
        "activity": {**activity, "values": dict(source.activities)},
        "start_at": {"column": [names["date"], names["start"]], **forms},
        "end_at": {"column": [names["date"], names["stop"]], **forms, "after": "start_at", "rolls_over": True},
    }
    if source.paid:
        columns["is_paid"] = {**activity, "values": {**dict.fromkeys(source.paid, True), "*": False}}
    return TableMapping.model_validate({"table": TABLE, "columns": columns})


def _zone(name: str, source: NiceIexSource, zone: str) -> str | None:
    if not name:
        return zone
    return source.zones.get(name) or (name if name in available_timezones() else None)


ABOUT = About(
    title="NICE IEX WFM",
    systems="NICE IEX WFM Integrated (CXone) and TotalView: Agent Schedule Detail, and other exports of scheduled"
    " activities with a start and a stop.",
    files="Pipe-delimited text, `agentScheduleDetail_mmddyy_hhmm.txt`, whose first line may be `#fields` with the names"
    " of the fields. Which fields there are, and in which order, is set for each export.",
    zone="The field TZ: the zone of the agent's management unit. What is no IANA zone is declared under `zones`;"
    " without the field times are of the source's `time_zone`.",
    units="Dates in one of eight formats (`date_format`, by default mmddyyyy), times in 12 or 24 hours (`clock`).",
    readings=(
        Reading(
            "tvID", "roster_shift.employee_key", "the agent's id in IEX; a field with the personnel number may be named"
        ),
        Reading("excdate + start", "roster_shift.start_at", "excdate is the date of the activity, not of the schedule"),
        Reading("excdate + stop", "roster_shift.end_at", "a stop before the start is of the next day"),
        Reading(
            "activity code", "roster_shift.activity", "translated by `activities`; an unknown one rejects the line"
        ),
        Reading("file name", "roster_shift.record_updated_at", "when it was exported: the later one holds"),
        Reading("schedDate", "roster_shift.shift_id", "the schedule an activity belongs to"),
    ),
    gotchas=(
        "A later export of an agent's scheduled day replaces the earlier one whole, by the time in the file's name; a"
        " file that was renamed has no such time, and then nothing is taken back.",
        "Days are cut at midnight unless the export sets disableMidnightCutOff: a night shift is then two activities.",
        "The fields of an export are chosen by hand: employee, date, start, stop and activity must be among them.",
        "Names, ssn and other personal fields are not kept.",
        "Agents deleted from IEX are exported as <Unknown>.",
    ),
    exports=(
        Export(
            "NICE CXone WFM Integrated",
            (
                "Have Professional Services set up the export Agent Schedule Detail with the header line.",
                "Include tvID, excdate, schedDate, TZ, activity code, start and stop; note the date and time formats.",
                "Put agentScheduleDetail_*.txt into the landing folder after each run.",
            ),
        ),
        Export(
            "NICE IEX API",
            (
                "POST exporters/v1/agent-schedule-detail with outputFormat PIPE, a dateFormat and timeFormat 24.",
                "Leave excludePipeHeader off, and keep the file's name as the export gave it.",
            ),
        ),
    ),
    references=(
        "help.nicecxone.com: IEX WFM Integrated, Agent Schedule Detail Export Module",
        "help.nicecxone.com: IEX WFM Integrated API, Agent Schedule Detail",
    ),
    example="""\
name: iex
format: nice_iex
site: london
files: "agentScheduleDetail_*.txt"
date_format: mmddyyyy
activities: {Open: work, Break: break, Lunch: meal, Training: training, Vacation: leave, "*": work}
zones: {GMT: Europe/London}
""",
)
