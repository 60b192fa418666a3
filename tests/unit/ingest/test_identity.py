"""Who is who: a change of aliases restates the days on which the name has rows and another owner, and no others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.formats.spreadsheet import SpreadsheetSource
from ingest.identity import Seen, unresolved
from tests.unit.ingest.deliveries import Desk

CALLS = (
    "source_record_id,interaction_id,visit_seq,channel,direction,agent_key,"
    "started_at,queued_at,ended_at,outcome,is_open\n"
)
ALIASES = "source_record_id,alias_system,alias_value,employee_key,valid_from,valid_to\n"
PEOPLE = "source_record_id,employee_key,valid_from,valid_to,name,site_key,role,status\n"


def source(name: str, **tables: str) -> SpreadsheetSource:
    mappings = [{"table": table, "files": files} for table, files in tables.items()]
    return SpreadsheetSource.model_validate({"name": name, "format": "spreadsheet", "site": "here", "tables": mappings})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """1001 calls on 1, 3, 5 and 9 September, 1002 on the 4th; in the other system 1001 calls on the 6th."""
    desk = Desk(
        tmp_path,
        source("pbx", tel_interaction="*"),
        source("other", tel_interaction="*"),
        source("hr", agent_alias="aliases*", hr_employee="people*"),
    )
    calls = [
        ("pbx", 1001, 1),
        ("pbx", 1001, 3),
        ("pbx", 1002, 4),
        ("pbx", 1001, 5),
        ("other", 1001, 6),
        ("pbx", 1001, 9),
    ]
    for system in ("pbx", "other"):
        lines = [
            f"{day},c{day},1,voice,inbound,{agent},2026-09-0{day}T10:00:00+08:00,2026-09-0{day}T10:00:00+08:00,"
            f"2026-09-0{day}T10:05:00+08:00,abandoned,false\n"
            for where, agent, day in calls
            if where == system
        ]
        desk.deliver("calls.csv", CALLS + "".join(lines), source=system)
    desk.take()
    return desk


def days_touched(desk: Desk, name: str, content: str) -> list[int]:
    before = desk.lake.sequence()
    desk.deliver(name, content, source="hr")
    accounts = desk.take()
    assert all(account.state == "taken" and not account.quarantined for account in accounts), accounts
    touched = desk.lake.touched(before)
    assert all(day.replace(day=1) == date(2026, 9, 1) for day in touched)
    return [day.day for day in touched]


def test_a_new_alias_restates_the_days_of_its_name_from_its_first_day_on(desk: Desk) -> None:
    assert days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2026-09-02,\n") == [3, 5, 9]


def test_an_alias_that_ends_restates_no_day_after_its_end(desk: Desk) -> None:
    assert days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,2026-09-03\n") == [1, 3]


def test_an_alias_that_is_delivered_again_restates_nothing(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,\n")
    assert days_touched(desk, "aliases2.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,\n2,pbx,9,E9,2020-01-01,\n") == []


def test_another_owner_from_a_day_on_restates_the_days_from_there(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,\n")
    assert days_touched(desk, "aliases2.csv", ALIASES + "2,pbx,1001,E2,2026-09-05,\n") == [5, 9]


def test_a_later_owner_whose_time_ends_leaves_the_name_to_nobody_not_to_the_earlier_one(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,\n")
    # E1 until the 2nd, E2 on the 3rd, nobody on the 5th and 9th.
    assert days_touched(desk, "aliases2.csv", ALIASES + "2,pbx,1001,E2,2026-09-03,2026-09-03\n") == [3, 5, 9]


def test_an_end_that_moves_restates_the_days_between_the_old_and_the_new_one(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,2026-09-03\n")
    assert days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,2026-09-05\n") == [5]


def test_a_corrected_owner_restates_every_day_of_the_name(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2020-01-01,\n2,pbx,1002,E2,2020-01-01,\n")
    assert days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E3,2020-01-01,\n2,pbx,1002,E2,2020-01-01,\n") == [
        1, 3, 5, 9,
    ]  # fmt: skip


def test_an_alias_takes_a_name_from_the_employee_whose_number_it_is(desk: Desk) -> None:
    days_touched(desk, "people.csv", PEOPLE + "1,1001,2026-09-09,,Li Na,here,agent,active\n")
    # Before its first day the alias is nobody's, but the number is no longer taken at its word either.
    assert days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2026-09-04,\n") == [1, 3, 5, 9]


def test_a_new_employee_whose_number_sources_use_restates_the_days_before_the_employment_too(desk: Desk) -> None:
    # The employment itself concerns the 9th; as a name its number has rows on the other days, in both systems.
    assert days_touched(desk, "people.csv", PEOPLE + "1,1001,2026-09-09,,Li Na,here,agent,active\n") == [1, 3, 5, 6, 9]


def test_names_that_are_nobodys_are_told_with_their_days_and_rows(desk: Desk) -> None:
    days_touched(desk, "aliases.csv", ALIASES + "1,pbx,1001,E1,2026-09-04,2026-09-05\n")
    days_touched(desk, "people.csv", PEOPLE + "1,1002,2026-09-09,,Li Na,here,agent,active\n")
    with duckdb.connect() as con:
        found = unresolved(con, desk.lake, ["pbx", "other"])
    # 1001 is E1's on the 5th only; 1002 is an employee number; 1001 of the other system is nobody's.
    assert found == [
        Seen("pbx", "1001", date(2026, 9, 1), date(2026, 9, 9), 3),
        Seen("other", "1001", date(2026, 9, 6), date(2026, 9, 6), 1),
    ]
