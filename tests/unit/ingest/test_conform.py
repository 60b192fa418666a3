"""Rows are judged by the contract alone, and a bad one names its rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingest.conform import begin, checks, conform
from ingest.contract import TABLES
from ingest.formats.base import REJECTS, batch_schema
from ingest.privacy import Pseudonyms, register

NOON = datetime(2026, 8, 31, 4, tzinfo=UTC)
VISIT = {
    "source_record_id": "1",
    "interaction_id": "1",
    "visit_seq": 1,
    "channel": "voice",
    "direction": "inbound",
    "started_at": NOON,
    "queued_at": NOON,
    "outcome": "abandoned",
    "is_open": False,
}


def judged(table: str, *rows: dict[str, Any]) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """Return the good rows, and line, rule and raw text of the bad ones."""
    given = [{"_file": 0, "_line": line, "_raw": f"raw {line}", **row} for line, row in enumerate(rows, start=1)]
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(b"a key that only tests use"))
        begin(con)
        batch = pa.Table.from_pylist(given, schema=batch_schema(table))
        conform(con, TABLES[table], batch, REJECTS.empty_table(), "src", "Asia/Shanghai")
        good = con.execute(f"from incoming_{table} order by _line").to_arrow_table().to_pylist()
        return good, con.execute("select _line, rule, raw from rejected order by all").fetchall()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"interaction_id": None}, "interaction_id_missing"),
        ({"started_at": None}, "started_at_missing"),
        ({"channel": "telepathy"}, "channel_not_allowed"),
        ({"started_at": datetime(1804, 1, 1, tzinfo=UTC), "queued_at": None}, "started_at_implausible"),
        ({"queued_at": datetime(2026, 8, 31, 3, tzinfo=UTC)}, "queued_at_before_started_at"),
        ({"wait_ms": -1}, "negative_duration"),
        ({"ended_at": datetime(2026, 8, 31, 4, 1, tzinfo=UTC), "wait_ms": 1000}, "wait_disagrees"),
        ({"talk_ms": 5000}, "abandoned_with_agent"),
        ({"outcome": "answered"}, "answered_without_time"),
    ],
)
def test_a_bad_row_is_held_back_with_its_rule_and_its_raw_text(change: dict[str, Any], rule: str) -> None:
    good, bad = judged("tel_interaction", VISIT, {**VISIT, **change})
    assert len(good) == 1
    assert bad == [(2, rule, "raw 2")]


def test_every_check_says_how_to_mend() -> None:
    for table in TABLES.values():
        found = list(checks(table))
        assert len({check.rule for check in found}) == len(found), f"{table.name} has two checks of one name"
        assert all(check.message and check.mend for check in found)


def test_the_source_gets_its_name_and_the_row_its_local_date() -> None:
    # 16:00 UTC is midnight in Shanghai: the next date.
    late = {"started_at": datetime(2026, 8, 31, 16, tzinfo=UTC), "queued_at": None}
    good, _ = judged("tel_interaction", VISIT, {**VISIT, **late})
    assert [(row["source_system"], str(row["event_date"])) for row in good] == [
        ("src", "2026-08-31"),
        ("src", "2026-09-01"),
    ]


def test_personal_columns_are_treated_as_the_contract_says() -> None:
    [visit], _ = judged("tel_interaction", {**VISIT, "customer_ref": "13800138000"})
    assert visit["customer_ref"] == Pseudonyms(b"a key that only tests use").of("13800138000")
    message = {
        "source_record_id": "1",
        "message_id": "1",
        "conversation_id": "1",
        "sent_at": NOON,
        "sender_type": "customer",
        "is_private": False,
        "body": "call 13800138000",
    }
    [row], _ = judged("chat_message", message)
    assert row["body"] == "call [phone]"
    employee = {
        "source_record_id": "1",
        "employee_key": "1",
        "valid_from": NOON.date(),
        "name": "王小明",
        "site_key": "here",
        "role": "agent",
        "status": "active",
    }
    [row], _ = judged("hr_employee", employee)
    assert row["name"] == "王小明"


def test_columns_a_source_does_not_know_may_be_left_out() -> None:
    rows = pa.Table.from_pylist([{**VISIT, "_file": 0, "_line": 1, "_raw": ""}])
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        begin(con)
        conform(con, TABLES["tel_interaction"], rows, REJECTS.empty_table(), "src", "Asia/Shanghai")
        assert con.execute("select queue_key, hold_ms from incoming_tel_interaction").fetchall() == [(None, None)]
