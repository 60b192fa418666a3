"""Small lakes for tests: contract rows from dicts, written as Parquet, and dbt run on them.

A row names only what the test is about; the rest gets a default. Instants are text in the local time of the row's
source (``"2026-09-01 10:00:00"``) or aware datetimes. How a lake is filled from files does not belong here.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from ingest.contract import DATE, INSTANT, TABLES, Table
from ingest.reference import ARRIVED, ARRIVED_SCHEMA, SCHEMAS, write_arrived
from ingest.source import DAILY
from orchestration import dbt
from orchestration.builds import READS_DAYS
from tests.known_project import known_project

PROJECT = Path(__file__).parents[1] / "dbt_project"

Row = Mapping[str, Any]

SOURCES: dict[str, tuple[str, str]] = {
    "pbx": ("chengdu", "Asia/Shanghai"),
    "chat": ("chengdu", "Asia/Shanghai"),
    "qa": ("chengdu", "Asia/Shanghai"),
    "hr": ("chengdu", "Asia/Shanghai"),
    "crm": ("chengdu", "Asia/Shanghai"),
    "bot": ("chengdu", "Asia/Shanghai"),
    "shop": ("chengdu", "Asia/Shanghai"),
    "survey": ("chengdu", "Asia/Shanghai"),
    "audit": ("chengdu", "Asia/Shanghai"),
    "finance": ("chengdu", "Asia/Shanghai"),
    "operations": ("chengdu", "Asia/Shanghai"),
    "pbx_manchester": ("manchester", "Europe/London"),
    "chat_manchester": ("manchester", "Europe/London"),
    "hr_manchester": ("manchester", "Europe/London"),
}
"""Source -> site and zone, of every lake."""

_SOURCE_OF_FEED = {
    **{"telephony": "pbx", "chat": "chat", "qa": "qa", "hr": "hr", "crm_case": "crm", "self_service": "bot"},
    **{"sales": "shop", "survey": "survey", "access_audit": "audit", "finance": "finance", "operations": "operations"},
}

_DEFAULTS: dict[str, dict[str, Any]] = {
    "tel_interaction": {"visit_seq": 1, "channel": "voice", "direction": "inbound", "queue_key": "sales"},
    "tel_offer": {"visit_seq": 1, "queue_key": "sales", "result": "answered"},
    "agent_state": {"raw_state": "raw"},
    "chat_conversation": {"channel": "chat", "queue_key": "web"},
    "chat_message": {"sender_type": "customer", "is_private": False},
    "csat": {"channel": "chat", "queue_key": "web", "scale_min": 1.0, "scale_max": 5.0},
    "qa_evaluation": {
        "form_key": "form",
        "form_version": "1",
        "points": 0.0,
        "max_points": 100.0,
        "is_fatal": False,
        "is_random": True,
        "status": "submitted",
    },
    "qa_answer": {"max_points": 10.0, "weight": 1.0, "is_na": False, "is_fatal_failed": False},
    "wording_review": {"verdict": "confirmed", "is_random": True},
    "coaching_session": {"kind": "one_to_one", "status": "held"},
    "hr_employee": {
        "valid_from": date(2026, 1, 1),
        "site_key": "chengdu",
        "team_key": "red",
        "role": "agent",
        "status": "active",
    },
    "agent_alias": {"alias_system": "pbx", "valid_from": date(2026, 1, 1)},
    "roster_shift": {"activity": "work", "is_paid": True},
    "attendance": {"status": "present"},
    "self_service_session": {"medium": "bot", "outcome": "contained"},
    "self_service_task": {"task_key": "pay_bill", "result": "succeeded"},
    "exam_result": {"exam_key": "basics", "attempt_no": 1},
    "training_record": {"course_key": "service_basics", "status": "completed"},
    "forecast": {"queue_key": "sales", "interval_ms": 1_800_000},
    "certificate": {"certificate_key": "licence", "valid_from": date(2026, 1, 1)},
    "crm_case": {"kind": "request"},
    "case_event": {},
    "complaint": {"cause_class": "service"},
    "survey_invitation": {"survey_key": "after_contact", "channel": "voice", "status": "sent"},
    "survey_answer": {"survey_key": "after_contact", "question_key": "solved_first_time"},
    "tel_dial": {"campaign_key": "renewal", "result": "no_answer"},
    "sales_order": {"amount": 100.0, "currency": "CNY"},
    "sales_target": {"currency": "CNY"},
    "order_cancellation": {"amount": 100.0, "currency": "CNY"},
    "record_access": {"action": "viewed", "system_key": "crm"},
    "access_right": {"system_key": "crm"},
    "cost": {"cost_key": "wages", "currency": "CNY"},
}

_REFERENCE = SCHEMAS | {ARRIVED: ARRIVED_SCHEMA}


class Lake:
    """A lake and a warehouse below ``home``. Every contract table exists from the start, empty."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._files = 0
        self._touched: dict[str, dict[date, set[date]]] = defaultdict(lambda: defaultdict(set))
        self._arrived: set[tuple[str, str, date]] = set()
        for table in TABLES.values():
            self._write(table, date(1970, 1, 1), [])
        self.declare("source", [{"source_system": n, "site_key": s, "time_zone": z} for n, (s, z) in SOURCES.items()])
        sites = dict(SOURCES.values())
        self.declare("site", [{"site_key": s, "name_en": s, "name_zh": s, "time_zone": z} for s, z in sites.items()])
        for name in _REFERENCE.keys() - {"source", "site"}:
            self.declare(name, [])

    def add(self, table_name: str, rows: Iterable[Row]) -> Lake:
        """Write ``rows`` as one delivery: one new Parquet file for each of their event dates."""
        table = TABLES[table_name]
        by_date: dict[date, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            full, event_date, touched = self._fill(table, row)
            by_date[event_date].append(full)
            self._touched[table_name][event_date] |= touched
            self._arrived.add((full["source_system"], table_name, event_date))
        for event_date, day in by_date.items():
            self._write(table, event_date, day)
        return self

    def declare(self, reference: str, rows: list[dict[str, Any]]) -> Lake:
        """Write a reference table of the centre: source, site, queue, team, parameter, target or another of its own."""
        path = self.home / "lake" / "centre" / f"{reference}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = _REFERENCE[reference]
        columns = {name: [row.get(name) for row in rows] for name in schema.names}
        pq.write_table(pa.table(columns, schema=schema), path)
        return self

    def declare_reasons(self, sources: Iterable[str], **reasons: Iterable[str]) -> Lake:
        """Declare reasons for contacts by key, each with what the sources call it, in the order of their precedence."""
        self.declare("reason", [{"reason_key": key, "name_en": key, "name_zh": key} for key in reasons])
        names = [
            {"kind": "reason", "source_system": source, "source_name": name, "declared_key": key, "place": place}
            for place, (key, names) in enumerate(reasons.items())
            for name in names
            for source in sources
        ]
        return self.declare("name", names)

    def increment(self, *dates: date) -> dict[str, Any]:
        """Return the variables of a run that rebuilds ``dates``, as the orchestration passes them."""
        near = {day + timedelta(days=step) for day in dates for step in (-1, 0, 1)}
        far = timedelta(days=READS_DAYS)
        return {
            "touched_dates": [day.isoformat() for day in dates],
            "read_partitions": {
                name: sorted(day.isoformat() for day, touched in self._touched[name].items() if touched & near)
                for name in TABLES
            },
            "opened_partitions": {
                name: sorted(
                    day.isoformat()
                    for day, touched in self._touched[name].items()
                    if touched & near or any(abs(day - built) <= far for built in dates)
                )
                for name in DAILY
            },
            "as_of": max(dates).isoformat(),
        }

    def build(self, variables: Mapping[str, Any] | None = None, **options: Any) -> duckdb.DuckDBPyConnection:
        """Run dbt on this lake; see ``build``."""
        write_arrived(self.home / "lake", sorted(self._arrived))
        return build(self.home, variables, **options)

    def _fill(self, table: Table, row: Row) -> tuple[dict[str, Any], date, set[date]]:
        """Return the whole row, its event date and the local dates it touches."""
        unknown = set(row) - set(table.schema.names)
        if unknown:
            raise KeyError(f"table {table.name} has no columns {sorted(unknown)}")
        self._files += 1
        full: dict[str, Any] = dict.fromkeys(table.schema.names)
        full |= {"source_system": _SOURCE_OF_FEED[table.feed], "source_record_id": str(self._files)}
        full |= _DEFAULTS[table.name] | dict(row)
        zone = ZoneInfo(SOURCES[full["source_system"]][1])
        for column in table.columns:
            value = full[column.name]
            if column.type == INSTANT and isinstance(value, str):
                full[column.name] = datetime.fromisoformat(value).replace(tzinfo=zone)
            elif column.type == DATE and isinstance(value, str):
                full[column.name] = date.fromisoformat(value)
        _derive(table.name, full)

        def local(value: date | datetime) -> date:
            return value.astimezone(zone).date() if isinstance(value, datetime) else value

        touched = {local(full[name]) for name in table.touches if full[name] is not None}
        if table.touches_span and touched:
            last = max(touched) if full[table.touches[-1]] is not None else min(touched) + timedelta(days=400)
            touched = {min(touched) + timedelta(days=n) for n in range((last - min(touched)).days + 1)}
        return full, local(full[table.event_time]), touched

    def _write(self, table: Table, event_date: date, rows: list[dict[str, Any]]) -> None:
        self._files += 1
        folder = self.home / "lake" / table.feed / table.name / f"event_date={event_date.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, table.schema), folder / f"{self._files}.parquet")


def _derive(table: str, row: dict[str, Any]) -> None:
    """Fill required columns that follow from others."""
    if table == "tel_interaction":
        row["started_at"] = row["started_at"] or row["queued_at"] or row["answered_at"]
        row["is_open"] = row["ended_at"] is None if row["is_open"] is None else row["is_open"]
        if row["outcome"] is None:
            row["outcome"] = "answered" if row["answered_at"] else "abandoned" if row["ended_at"] else "open"
    elif table == "chat_conversation":
        row["created_at"] = row["created_at"] or row["human_requested_at"]
        row["human_requested_at"] = row["human_requested_at"] or row["created_at"]
        row["status"] = row["status"] or ("resolved" if row["ended_at"] else "open")
    elif table == "csat":
        row["contact_at"] = row["contact_at"] or row["asked_at"]
    elif table == "wording_review":
        row["reviewed_at"] = row["reviewed_at"] or row["sent_at"]
    elif table == "coaching_session":
        row["planned_at"] = row["planned_at"] or row["held_at"]
    elif table == "crm_case":
        row["status"] = row["status"] or ("resolved" if row["resolved_at"] else "open")
    elif table == "complaint":
        row["status"] = row["status"] or ("closed" if row["closed_at"] else "open")
    elif table == "sales_order":
        row["status"] = row["status"] or ("paid" if row["paid_at"] else "placed")
    elif table == "hr_employee":
        row["name"] = row["name"] or row["employee_key"]
    elif table == "agent_alias":
        row["alias_value"] = row["alias_value"] or row["employee_key"]
    elif table == "roster_shift":
        row["shift_id"] = row["shift_id"] or row["source_record_id"]


@contextmanager
def environment(home: Path) -> Iterator[None]:
    """Set the environment that the dbt project reads, for the time of the block."""
    wanted = {"GAUGEBOOK_WAREHOUSE": str(home / "warehouse.duckdb"), "GAUGEBOOK_LAKE": str(home / "lake")}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@cache
def _parsed(project: Path, _content: str) -> bytes:
    """Return a project as dbt packs it once parsed; ten seconds, hence kept."""
    if project == PROJECT:
        return (known_project().dbt / "target" / "partial_parse.msgpack").read_bytes()
    with TemporaryDirectory() as folder, environment(Path(folder)):
        arguments = ["parse", "--quiet", "--project-dir", str(project), "--profiles-dir", str(project)]
        result = dbtRunner().invoke([*arguments, "--target-path", folder, "--log-path", folder])
        if not result.success:
            raise AssertionError(f"dbt: {result.exception}")
        return Path(folder, "partial_parse.msgpack").read_bytes()


def _manifest(project: Path) -> Manifest:
    """Return the parsed project: as the orchestration has it, variables do not make dbt parse again."""
    content = sha256()
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        content.update(f"{path}\n".encode() + path.read_bytes())
    return dbt.read(_parsed(project, content.hexdigest()))


def build(
    home: Path,
    variables: Mapping[str, Any] | None = None,
    *,
    full_refresh: bool = False,
    checks: bool = False,
    select: str | None = None,
    project: Path = PROJECT,
) -> duckdb.DuckDBPyConnection:
    """Run ``dbt build`` in this process and return a connection to the warehouse.

    ``checks`` runs the data and unit tests too. Without ``variables`` everything is built, as of the current date.
    ``project`` is the dbt project, a copy for tests that change it.
    Raises ``AssertionError`` with dbt's messages when a node fails.
    """
    arguments = ["build", "--quiet", "--project-dir", str(project), "--profiles-dir", str(project)]
    arguments += ["--target-path", str(home / "dbt" / "target"), "--log-path", str(home / "dbt" / "logs")]
    arguments += ["--vars", json.dumps(dict(variables or {}))]
    arguments += ["--full-refresh"] if full_refresh else []
    arguments += [] if checks else ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    arguments += ["--select", select] if select else []
    manifest = _manifest(project)
    with environment(home):
        result = dbtRunner(manifest).invoke(arguments)
    if not result.success:
        failed = [node for node in getattr(result.result, "results", []) if node.status in ("error", "fail")]
        messages = [f"{node.node.unique_id}: {node.message}" for node in failed]
        raise AssertionError("\n".join(messages) or f"dbt: {result.exception}")
    connection = duckdb.connect(str(home / "warehouse.duckdb"))
    connection.sql("set timezone = 'UTC'")
    return connection
