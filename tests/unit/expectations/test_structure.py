"""Every structural rule of the contract bites, and only on the rows that break it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.validate import validate_deliveries
from ingest.contract import TABLES
from tests.unit.expectations import believable
from tests.unit.expectations.conftest import DAY, GOOD, NOON, Judge, deliver, row


@pytest.mark.parametrize("table", GOOD)
def test_a_believable_row_of_every_table_passes(judge: Judge, table: str):
    assert judge(table, row(table)) == {}


@pytest.mark.parametrize("table", GOOD)
def test_an_empty_required_value_is_critical(judge: Judge, table: str):
    required = [column.name for column in TABLES[table].columns if column.required]
    spoiled = [row(table, **{"source_record_id": str(number), name: None}) for number, name in enumerate(required, 2)]
    failed = judge(table, row(table), *spoiled)
    found = {name: failed[f"{name} is null"] for name in required}
    assert {name for name, finding in found.items() if finding.severity == "critical"} == set(required)
    assert {name: finding.unexpected for name, finding in found.items()} == dict.fromkeys(required, 1)


@pytest.mark.parametrize("table", [name for name in GOOD if any(column.allowed for column in TABLES[name].columns)])
def test_a_value_outside_the_allowed_set_is_critical(judge: Judge, table: str):
    restricted = [column.name for column in TABLES[table].columns if column.allowed]
    failed = judge(table, row(table, **dict.fromkeys(restricted, "surprise")))
    assert {failed[f"{name} not allowed"].severity for name in restricted} == {"critical"}


BROKEN = {
    ("tel_interaction", "queued_at_before_started_at"): {"queued_at": NOON - timedelta(seconds=1), "wait_ms": 11_000},
    ("tel_interaction", "answered_at_before_queued_at"): {"answered_at": NOON - timedelta(seconds=1), "wait_ms": None},
    ("tel_interaction", "ended_at_before_answered_at"): {"ended_at": NOON + timedelta(seconds=9)},
    ("tel_interaction", "ended_at_before_queued_at"): {
        "answered_at": None,
        "outcome": "timeout",
        "wait_ms": None,
        "ended_at": NOON - timedelta(seconds=1),
    },
    ("tel_interaction", "negative_duration"): {"talk_ms": -1},
    ("tel_interaction", "wait_disagrees"): {"wait_ms": 10},
    ("tel_interaction", "abandoned_with_agent"): {"outcome": "abandoned"},
    ("tel_interaction", "answered_without_time"): {"answered_at": None, "wait_ms": None},
    ("tel_offer", "negative_duration"): {"ring_ms": -4},
    ("agent_state", "ended_at_before_started_at"): {"ended_at": NOON - timedelta(seconds=1)},
    ("chat_conversation", "first_agent_message_at_before_created_at"): {
        "first_agent_message_at": NOON - timedelta(seconds=1),
        "human_requested_at": None,
    },
    ("chat_conversation", "ended_at_before_created_at"): {"ended_at": NOON - timedelta(seconds=1)},
    ("csat", "answered_at_before_asked_at"): {"answered_at": NOON - timedelta(seconds=1), "score": 5.0},
    ("csat", "scale_min_above_score"): {"answered_at": NOON, "score": 0.5},
    ("csat", "score_above_scale_max"): {"answered_at": NOON, "score": 6.0},
    ("csat", "answer_without_score"): {"answered_at": NOON},
    ("qa_evaluation", "points_above_max_points"): {"points": 51.0},
    ("qa_evaluation", "score_out_of_range"): {"score_pct": 101.0},
    ("qa_answer", "points_above_max_points"): {"points": 11.0},
    ("hr_employee", "valid_to_before_valid_from"): {"valid_to": DAY - timedelta(days=1)},
    ("hr_employee", "left_on_before_hired_on"): {"hired_on": DAY, "left_on": DAY - timedelta(days=1)},
    ("agent_alias", "valid_to_before_valid_from"): {"valid_to": DAY - timedelta(days=1)},
    ("roster_shift", "end_at_before_start_at"): {"end_at": NOON - timedelta(seconds=1)},
    ("attendance", "clock_out_at_before_clock_in_at"): {"clock_out_at": NOON - timedelta(seconds=1)},
    **believable.BROKEN,
}
"""For each row rule of the contract, a change to a good row that breaks it."""


def test_every_row_rule_of_the_contract_has_a_case_here():
    declared = {(table.name, rule.name) for table in TABLES.values() if not table.raw for rule in table.rules}
    assert set(BROKEN) == declared


@pytest.mark.parametrize(("table", "rule"), BROKEN)
def test_a_broken_row_rule_is_critical_and_names_the_row(judge: Judge, table: str, rule: str):
    key = {name: f"{GOOD[table][name]}-2" for name in TABLES[table].key if isinstance(GOOD[table].get(name), str)}
    bad = row(table, **(key | {"source_record_id": "2"} | BROKEN[table, rule]))
    failed = judge(table, row(table), bad)
    assert failed[rule].severity == "critical"
    assert failed[rule].unexpected == 1
    assert failed[rule].sample == [
        {"source_system": "source_a", "event_date": str(DAY), "source_record_id": "2"},
    ]
    assert failed[rule].where == [{"source_system": "source_a", "event_date": str(DAY), rule: 1}]


def test_a_repeated_key_is_found_across_partitions(tmp_path: Path):
    table = TABLES["chat_message"]
    deliver(tmp_path, table, [row("chat_message")])
    deliver(tmp_path, table, [row("chat_message", sent_at=NOON + timedelta(days=1))], DAY + timedelta(days=1))
    verdicts = validate_deliveries(tmp_path, {"chat_message": [DAY, DAY + timedelta(days=1)]})
    failed = [f for verdict in verdicts for f in verdict.expectations if not f.success]
    assert [(f.name, f.severity, f.unexpected) for f in failed] == [("key repeated", "critical", 2)]


def test_two_keys_that_share_a_digest_are_no_repetition(judge: Judge):
    one, other = "1788262391.40093153", "1788262891.40094153"
    digest = "select hash('pbx_manchester', ?, 1::bigint)"
    assert duckdb.execute(digest, [one]).fetchone() == duckdb.execute(digest, [other]).fetchone(), "no longer alike"
    calls = [
        row("tel_interaction", source_system="pbx_manchester", source_record_id=call, interaction_id=call)
        for call in (one, other)
    ]
    assert judge("tel_interaction", *calls) == {}
    assert judge("tel_interaction", *calls, calls[0]).keys() == {"key repeated"}


def test_the_same_key_from_two_sources_is_no_repetition(judge: Judge):
    assert judge("chat_message", row("chat_message"), row("chat_message", source_system="source_b")) == {}


def test_a_partition_of_another_day_is_critical(judge: Judge):
    failed = judge("tel_offer", row("tel_offer"), day=DAY + timedelta(days=2))
    assert failed["misplaced"].severity == "critical"


def test_a_local_date_next_to_the_utc_date_is_in_its_place(judge: Judge):
    # 17:00 UTC on the 7th is 01:00 on the 8th in Shanghai.
    late = row("tel_offer", offered_at=NOON + timedelta(hours=5))
    assert judge("tel_offer", late, day=DAY + timedelta(days=1)) == {}


def test_an_event_at_the_epoch_is_misplaced(judge: Judge):
    failed = judge("attendance", row("attendance", work_date=date(1970, 1, 2)), day=date(1970, 1, 2))
    assert failed["misplaced"].severity == "critical"


@pytest.mark.parametrize(
    ("spoil", "amiss"),
    [
        (lambda rows: rows.drop_columns(["ring_ms"]), "ring_ms: missing instead of int64"),
        (
            lambda rows: rows.set_column(rows.schema.get_field_index("ring_ms"), "ring_ms", pa.array(["4"])),
            "ring_ms: string instead of int64",
        ),
    ],
)
def test_a_lost_or_retyped_column_is_critical_and_ends_the_judgement(tmp_path: Path, spoil, amiss: str):
    table = TABLES["tel_offer"]
    deliver(tmp_path, table, [row("tel_offer")])
    file = next(tmp_path.rglob("*.parquet"))
    pq.write_table(spoil(pq.ParquetFile(file).read()), file)
    [verdict] = validate_deliveries(tmp_path, {"tel_offer": [DAY]})
    assert (verdict.suite, verdict.critical_failed) == ("columns", True)
    assert verdict.expectations[0].where == [{"file": file.name, "amiss": amiss, "columns amiss": 1}]


def test_raw_tables_and_empty_partitions_have_no_verdict(tmp_path: Path):
    assert validate_deliveries(tmp_path, {"queue_event": [DAY], "csat": [DAY]}) == []
