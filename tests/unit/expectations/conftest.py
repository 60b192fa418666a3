"""A small lake of one well-behaved day, and the means to spoil one value in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.validate import validate_deliveries
from expectations.verdict import Finding
from ingest.contract import TABLES, Table
from tests.unit.expectations import believable
from tests.unit.expectations.believable import DAY, NOON

GOOD: dict[str, dict[str, Any]] = {
    "tel_interaction": {
        "interaction_id": "c1",
        "visit_seq": 1,
        "channel": "voice",
        "direction": "inbound",
        "queue_key": "sales",
        "agent_key": "SIP/7",
        "started_at": NOON,
        "queued_at": NOON,
        "answered_at": NOON + timedelta(seconds=10),
        "ended_at": NOON + timedelta(seconds=70),
        "wait_ms": 10_000,
        "talk_ms": 60_000,
        "outcome": "answered",
        "is_open": False,
    },
    "tel_offer": {
        "interaction_id": "c1",
        "visit_seq": 1,
        "agent_key": "SIP/7",
        "offered_at": NOON,
        "ring_ms": 4_000,
        "result": "answered",
    },
    "agent_state": {
        "agent_key": "SIP/7",
        "state": "available",
        "raw_state": "READY",
        "started_at": NOON,
        "ended_at": NOON + timedelta(hours=1),
    },
    "chat_conversation": {
        "conversation_id": "v1",
        "channel": "chat",
        "agent_key": "a1",
        "created_at": NOON,
        "human_requested_at": NOON,
        "first_agent_message_at": NOON + timedelta(seconds=25),
        "ended_at": NOON + timedelta(minutes=9),
        "status": "resolved",
    },
    "chat_message": {
        "message_id": "m1",
        "conversation_id": "v1",
        "sent_at": NOON,
        "sender_type": "agent",
        "agent_key": "a1",
        "is_private": False,
    },
    "csat": {
        "response_id": "s1",
        "interaction_id": "v1",
        "channel": "chat",
        "contact_at": NOON,
        "asked_at": NOON,
        "scale_min": 1.0,
        "scale_max": 5.0,
    },
    "qa_evaluation": {
        "evaluation_id": "e1",
        "form_key": "f",
        "form_version": "1",
        "interaction_id": "c1",
        "agent_key": "SIP/7",
        "evaluated_at": NOON,
        "contact_at": NOON - timedelta(hours=1),
        "points": 45.0,
        "max_points": 50.0,
        "score_pct": 90.0,
        "is_fatal": False,
        "status": "submitted",
    },
    "qa_answer": {
        "evaluation_id": "e1",
        "question_key": "greeting",
        "evaluated_at": NOON,
        "points": 9.0,
        "max_points": 10.0,
        "weight": 1.0,
        "is_na": False,
        "is_fatal_failed": False,
    },
    "hr_employee": {
        "employee_key": "E7",
        "valid_from": DAY,
        "site_key": "chengdu",
        "role": "agent",
        "contract_hours_week": 40.0,
        "status": "active",
    },
    "agent_alias": {
        "alias_system": "source_a",
        "alias_value": "SIP/7",
        "employee_key": "E7",
        "valid_from": DAY,
    },
    "roster_shift": {
        "shift_id": "r1",
        "employee_key": "E7",
        "activity": "work",
        "start_at": NOON,
        "end_at": NOON + timedelta(hours=8),
    },
    "attendance": {
        "employee_key": "E7",
        "work_date": DAY,
        "clock_in_at": NOON,
        "clock_out_at": NOON + timedelta(hours=8),
        "status": "present",
    },
    **believable.GOOD,
}
"""One believable row of every table that is judged."""


def row(table: str, **changed: Any) -> dict[str, Any]:
    """Return the believable row of ``table`` with some values changed."""
    return {"source_system": "source_a", "source_record_id": "1", **GOOD[table], **changed}


def deliver(root: Path, table: Table, rows: list[dict[str, Any]], day: date = DAY) -> None:
    """Write ``rows`` as one partition, nullable throughout so that a missing value can be told from a lost column."""
    folder = root / table.feed / table.name / f"event_date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([field.with_nullable(True) for field in table.schema])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{len(list(folder.iterdir()))}.parquet")


Judge = Callable[..., dict[str, Finding]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Deliver rows of one table and return the failed findings by name."""

    def judged(table: str, *rows: dict[str, Any], day: date = DAY) -> dict[str, Finding]:
        deliver(tmp_path, TABLES[table], list(rows), day)
        verdicts = validate_deliveries(tmp_path, {table: [day]})
        assert verdicts
        return {
            finding.name: finding for verdict in verdicts for finding in verdict.expectations if not finding.success
        }

    return judged
