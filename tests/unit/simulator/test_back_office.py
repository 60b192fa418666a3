"""The smaller systems tell what had happened, of contacts and customers there are, and the contract takes all of it."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import TABLES
from ingest.formats.contract_files import ContractSource
from tests.unit.ingest.deliveries import Desk
from tests.unit.simulator.conftest import Run

MIDNIGHTS = {"2026-09-06": 16, "2026-09-13": 16, "2026-09-20": 16}
"""Sundays of the three weeks, and the hour in UTC at which they end in Chengdu."""


@pytest.fixture(scope="module")
def facts(three_weeks: Run) -> dict[str, list[dict[str, Any]]]:
    rows = defaultdict(list)
    for path in sorted(three_weeks.landing.glob("back_office/*.jsonl")):
        rows[path.stem.rpartition("_")[0]] += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return rows


def test_three_weeks_are_handed_over_on_their_sundays(three_weeks: Run) -> None:
    days = {path.stem.rpartition("_")[2] for path in three_weeks.landing.glob("back_office/*")}
    assert days == set(MIDNIGHTS)


def test_nothing_is_handed_over_before_it_happened(three_weeks: Run) -> None:
    for path in three_weeks.landing.glob("back_office/*.jsonl"):
        day = path.stem.rpartition("_")[2]
        until = datetime.fromisoformat(day).replace(hour=MIDNIGHTS[day], tzinfo=UTC).isoformat()
        known = [json.loads(line)["record_updated_at"] for line in path.read_text("utf-8").splitlines()]
        assert max(known).replace("Z", "+00:00") <= until


def test_contacts_and_customers_are_those_of_calls_and_chats(three_weeks: Run, facts: dict[str, list[dict]]) -> None:
    events = [event for site in ("chengdu", "manchester") for event in three_weeks.events(site)]
    calls = {event[1] for event in events}
    chats = {int(row["interaction_id"]) for row in facts["survey_invitation"] if row["channel"] == "chat"}
    assert {row["interaction_id"] for row in facts["survey_invitation"] if row["channel"] == "voice"} <= calls
    assert chats and min(chats) > 20_000
    assert {row["customer_ref"] for rows in facts.values() for row in rows if "customer_ref" in row} <= set(
        three_weeks.customers
    )


def test_a_case_has_as_many_versions_as_events(facts: dict[str, list[dict]]) -> None:
    assert len(facts["crm_case"]) == len(facts["case_event"]) > 100
    assert {row["status"] for row in facts["crm_case"]} == {"open", "resolved"}


def test_the_contract_takes_every_row(three_weeks: Run, facts: dict[str, list[dict]], tmp_path: Path) -> None:
    desk = Desk(tmp_path, ContractSource(name="back_office", format="contract", site="here"))
    (tmp_path / "landing").symlink_to(three_weeks.landing)
    accounts = desk.take()
    assert {account.table for account in accounts} == set(facts) <= set(TABLES)
    assert sum(account.quarantined for account in accounts) == 0
    assert sum(account.rows_in for account in accounts) == sum(map(len, facts.values()))
