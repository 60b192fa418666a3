"""Deliveries are taken once, whole or not at all, and every row is accounted for."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from ingest import IngestError, quarantine
from ingest.formats.contract_files import ContractSource
from ingest.formats.queue_log import QueueLogSource
from ingest.formats.spreadsheet import SpreadsheetSource
from ingest.lake import Change, Lake
from tests.unit.ingest.deliveries import Desk
from tests.unit.ingest.test_queue_log import log

TABLES = ("queue_event", "tel_interaction", "tel_offer", "agent_state")

MORNING = log(
    "0|NONE|sales|A|ADDMEMBER|",
    "0|c1|sales|NONE|ENTERQUEUE||1",
    "5|c1|sales|A|CONNECT|5|x|1",
    "65|c1|sales|A|COMPLETECALLER|5|60|1",
    "70|c2|sales|NONE|ENTERQUEUE||2",
)
NOON = log("90|c2|sales|NONE|ABANDON|1|1|20", "100|NONE|sales|A|REMOVEMEMBER|")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def files(desk: Desk) -> set[Path]:
    """Every live Parquet file and everything else lying beside them."""
    return {path for path in (desk.root / "lake" / "telephony").rglob("*") if path.is_file()}


def test_nothing_delivered_is_nothing_taken(desk: Desk) -> None:
    assert desk.take() == []
    assert desk.lake.newest() is None
    assert desk.lake.touched(0) == []
    assert desk.rows("tel_interaction", "*") == []


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    desk.deliver("queue_log.1", MORNING)
    desk.take()
    before = (desk.content(TABLES), files(desk), desk.lake.sequence())
    assert desk.take() == []
    os.utime(desk.root / "landing" / "pbx" / "queue_log.1", (1, 1))
    assert desk.take() == []
    desk.deliver("renamed", MORNING)
    [account] = desk.take()
    assert (account.file, account.table, account.rows_in, account.loaded, account.duplicate) == (
        "renamed",
        "queue_event",
        5,
        0,
        5,
    )
    assert (desk.content(TABLES), files(desk), desk.lake.sequence()) == before
    assert desk.take() == []


def test_two_copies_delivered_at_once_are_read_once(desk: Desk) -> None:
    desk.deliver("a", MORNING)
    desk.deliver("b", MORNING)
    assert [(a.file, a.loaded, a.duplicate) for a in desk.take()] == [("a", 5, 0), ("b", 0, 5)]


def test_a_growing_file_adds_its_new_lines(desk: Desk) -> None:
    desk.deliver("queue_log", MORNING)
    desk.take()
    desk.deliver("queue_log", MORNING + NOON)
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (7, 2, 5)
    assert desk.rows("tel_interaction", "interaction_id, outcome") == [("c1", "answered"), ("c2", "abandoned")]


def test_files_that_do_not_match_the_pattern_are_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, QueueLogSource(name="pbx", format="queue_log", site="here", files="queue_log*"))
    desk.deliver("full.log", "not a queue log\n")
    desk.deliver(".queue_log.part", MORNING)
    desk.deliver("2026/queue_log-20260831", MORNING)
    assert [account.file for account in desk.take()] == ["2026/queue_log-20260831"]


def test_an_empty_file_is_a_delivery_without_rows(desk: Desk) -> None:
    desk.deliver("queue_log", "")
    [account] = desk.take()
    assert (account.table, account.rows_in, account.state) == (None, 0, "taken")
    assert desk.take() == []


def test_a_file_of_which_most_rows_fail_is_refused_whole_and_taken_once_the_source_allows_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.deliver("queue_log", "a\nb\nc\n" + NOON)
    [account] = desk.take()
    assert (account.state, account.rows_in, account.loaded, account.quarantined) == ("refused", 5, 0, 5)
    assert "3 of 5 rows fail" in (account.reason or "")
    assert [row[:3] for row in desk.quarantine()] == [("queue_log", line, "wrong_time") for line in (1, 2, 3)]
    assert desk.take() == []
    patient = Desk(tmp_path, desk.sources[0].model_copy(update={"max_failed_share": 0.7}))
    [account] = patient.take()
    assert (account.state, account.rows_in, account.loaded, account.quarantined) == ("taken", 5, 2, 3)


def test_a_corrected_declaration_reads_every_file_again(tmp_path: Path) -> None:
    declared: dict[str, object] = {"name": "hr", "format": "spreadsheet", "site": "here"}
    clock_in = {"column": "In", "format": "%Y-%m-%d %H:%M"}
    columns = {"employee_key": "No", "work_date": "Day", "status": "Status", "clock_in_at": clock_in}
    declared["tables"] = [{"table": "attendance", "files": "*", "columns": columns}]
    hours = []
    for zone in ("Europe/London", "Asia/Shanghai"):
        desk = Desk(tmp_path, SpreadsheetSource.model_validate({**declared, "time_zone": zone}))
        desk.deliver("attendance.csv", "No,Day,Status,In\n1,2026-08-31,present,2026-08-31 09:00\n", "hr")
        assert [account.loaded for account in desk.take()] == [1]
        assert desk.take() == []
        hours += desk.rows("attendance", "hour(clock_in_at at time zone 'UTC')")
    # 09:00 in London's summer is 08:00 UTC, 09:00 in Shanghai is 01:00 UTC; the row was replaced, not doubled.
    assert hours == [(8,), (1,)]


def test_a_bad_file_does_not_hold_up_the_others(desk: Desk) -> None:
    desk.deliver("a.gz", b"\x1f\x8b cut off")
    desk.deliver("b", MORNING)
    desk.deliver("c.gz", b"\x1f\x8b too")
    accounts = desk.take()
    assert [(a.file, a.state, a.loaded) for a in accounts] == [
        ("a.gz", "refused", 0),
        ("b", "taken", 5),
        ("c.gz", "refused", 0),
    ]
    assert [(file, rule) for file, _, rule, _ in desk.quarantine()] == [("a.gz", "unreadable"), ("c.gz", "unreadable")]


def test_two_sources_of_one_format_do_not_mix(tmp_path: Path) -> None:
    sources = [QueueLogSource(name=name, format="queue_log", site="here") for name in ("north", "south")]
    desk = Desk(tmp_path, *sources)
    for source in ("north", "south"):
        desk.deliver("queue_log", MORNING, source)
    assert [(a.source, a.loaded) for a in desk.take()] == [("north", 5), ("south", 5)]
    assert len(desk.rows("tel_interaction", "*")) == 4


def quarantined(desk: Desk) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        found = quarantine.rows(desk.root / "quarantine", con).select("delivery, file, digest, line, rule, table_name")
        return found.order("all").fetchall()


def test_the_quarantine_shows_the_present_state_of_each_file(desk: Desk) -> None:
    assert quarantined(desk) == []
    desk.deliver("queue_log", MORNING + "oops\n")
    desk.deliver("queue_log.1", NOON + "ouch\n")
    desk.take()
    digests = [sha256(text.encode()).hexdigest() for text in (MORNING + "oops\n", NOON + "ouch\n")]
    assert quarantined(desk) == [
        ("queue_log", "queue_log", digests[0], 6, "wrong_time", "queue_event"),
        ("queue_log.1", "queue_log.1", digests[1], 3, "wrong_time", "queue_event"),
    ]
    # A copy leaves behind what its original did, as its account says.
    desk.deliver("again", NOON + "ouch\n")
    [account] = desk.take()
    assert (account.duplicate, account.quarantined) == (2, 1)
    assert [row[:2] for row in quarantined(desk)] == [(name, name) for name in ("again", "queue_log", "queue_log.1")]
    # A later version of a file that is whole leaves nothing.
    desk.deliver("queue_log", MORNING + NOON)
    desk.take()
    assert [row[0] for row in quarantined(desk)] == ["again", "queue_log.1"]


def test_a_file_can_be_taken_once_more(desk: Desk) -> None:
    desk.deliver("queue_log", MORNING + "oops\n")
    desk.take()
    before = desk.content(TABLES)
    assert not desk.lake.retake("pbx", "unheard of")
    assert desk.lake.retake("pbx", "queue_log")
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate, account.quarantined) == (6, 0, 5, 1)
    assert desk.take() == []
    assert desk.content(TABLES) == before
    assert len(quarantined(desk)) == 1


class Killed(BaseException):
    """Stands for the process being killed: nothing may catch it."""


def test_killed_between_writing_and_committing_the_next_take_starts_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deliver("queue_log.1", MORNING)
    desk.take()
    desk.deliver("queue_log.2", NOON)
    before = desk.lake.sequence()

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Change, "commit", killed)
        with pytest.raises(Killed):
            desk.take()
    assert desk.lake.sequence() == before
    [account] = desk.take()
    assert (account.file, account.loaded) == ("queue_log.2", 2)
    assert_as_if_nothing_happened(desk)


def test_killed_after_committing_the_next_take_only_cleans_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deliver("queue_log.1", MORNING)
    desk.take()
    desk.deliver("queue_log.2", NOON)

    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(desk.root / "lake"):
            raise Killed
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(Killed):
            desk.take()
    assert desk.take() == []
    assert_as_if_nothing_happened(desk)


def assert_as_if_nothing_happened(desk: Desk) -> None:
    calm = Desk(desk.root / "calm")
    for name, content in (("queue_log.1", MORNING), ("queue_log.2", NOON)):
        calm.deliver(name, content)
        calm.take()
    assert desk.content(TABLES) == calm.content(TABLES)
    names = [{path.relative_to(each.root / "lake").as_posix() for path in files(each)} for each in (desk, calm)]
    assert names[0] == names[1]


def test_a_lake_keeps_to_one_pseudonym_key(desk: Desk) -> None:
    desk.deliver("queue_log", MORNING)
    desk.take()
    other = Desk(desk.root, key=b"another key, also long enough")
    with pytest.raises(IngestError, match="Set the earlier key again"):
        other.take()


def test_passes_are_bounded_by_bytes_and_the_result_is_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deliver("queue_log.1", MORNING)
    desk.deliver("queue_log.2", NOON)
    monkeypatch.setattr("ingest.delivery.PASS_BYTES", 1)
    summaries: list[str] = []
    desk.take(summaries.append)
    assert [line.split(",")[0] for line in summaries] == ["pbx: 1 files", "pbx: 1 files"]
    assert desk.rows("tel_interaction", "interaction_id, outcome") == [("c1", "answered"), ("c2", "abandoned")]


@pytest.mark.parametrize("table", ["queue_event", "tel_interaction"])
def test_years_in_no_order_delivered_at_once_need_no_more_memory_than_there_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    # DuckDB gathers the rows of each date that it writes: together those of years do not fit.
    monkeypatch.setattr(sys.modules["ingest.take"], "MEMORY", "200MB")
    days = [day * 701 % 1200 for day in range(1200)]
    if table == "queue_event":
        desk.deliver("queue_log", log(*(f"{day * 86400}|c{day}|sales|NONE|ENTERQUEUE||1" for day in days)))
    else:
        desk.sources = (ContractSource(name="pbx", format="contract", site="here"),)
        header = "source_record_id,interaction_id,visit_seq,channel,direction,started_at,outcome,is_open\n"
        moments = (datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in days)
        rows = (f"{at:%s},{at:%s},1,voice,inbound,{at:%Y-%m-%dT%H:%M:%SZ},abandoned,false\n" for at in moments)
        desk.deliver("tel_interaction.csv", header + "".join(rows))
    [account] = desk.take()
    assert (account.table, account.rows_in, account.loaded) == (table, 1200, 1200)
    assert desk.rows(table, "count(*), count(distinct event_date)") == [(1200, 1200)]


def test_small_increments_read_only_partitions_near_the_new_dates(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(0, 60, 3):
        desk.deliver(f"queue_log.{day}", log(f"{day * 86400}|c{day}|sales|A|COMPLETEAGENT|1|1|1"))
    desk.take()
    read: set[object] = set()
    rows = Change.rows

    def spied(change: Change, table: str, dates: object = None) -> str:
        assert isinstance(dates, list | set), "reads the whole table"
        read.update(dates)
        return rows(change, table, dates)

    monkeypatch.setattr(Change, "rows", spied)
    desk.deliver("new", log(f"{58 * 86400}|c|sales|NONE|ENTERQUEUE||1"))
    desk.take()
    days = [(day - Lake(desk.root / "lake").touched(0)[-1]).days for day in read]  # type: ignore[operator]
    # Twice the state_days of 7 before the new date.
    assert min(days) >= -14


def test_a_lake_of_another_contract_is_not_added_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deliver("queue_log.1", MORNING)
    desk.take()
    monkeypatch.setattr("ingest.lake._CONTRACT", "another")
    desk.deliver("queue_log.2", NOON)
    with pytest.raises(IngestError, match=r"another contract.*run again"):
        desk.take()
