"""Real files and a centre.yml of a few lines: after a run the indicators are what was counted in the files by hand."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from orchestration.home import Home
from orchestration.run import Outcome, run
from tests.leaks import Identifiers, contents

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "telephony"
QUEUE_LOG = SAMPLES / "queue_log_2010_freepbx.txt"
BOOKINGS = SAMPLES / "restaurant_booking_calls_2023-11.csv"

CENTRE = """
sites:
  - {key: clinic, name: {en: Clinic, zh: 诊所}, time_zone: Europe/London}
  - {key: bookings, name: {en: Bookings, zh: 订位}, time_zone: Europe/London}
sources:
  - {name: pbx, format: queue_log, site: clinic}
  - name: calls
    format: spreadsheet
    site: bookings
    tables:
      - table: tel_interaction
        columns:
          interaction_id: Call ID
          visit_seq: {value: 1}
          channel: {value: voice}
          direction: {value: inbound}
          queue_key: Restaurant ID
          customer_ref: Booking Contact Name
          started_at: {column: [Call Date, Call Time], format: "%Y-%m-%d %H:%M:%S"}
          queued_at: {same_as: started_at}
          answered_at:
            column: [Call Date, Time Answered]
            format: "%Y-%m-%d %H:%M:%S"
            after: started_at
            rolls_over: true
          outcome: {from: answered_at, filled: answered, empty: abandoned}
          agent_key: {column: Agent ID, when: {outcome: answered}}
          wait_ms: {since: queued_at, until: answered_at}
          is_open: {value: false}
pseudonyms: {key_env: KEY_OF_THE_SAMPLES}
history_from: 2023-11-01
"""

Value = tuple[float | None, float | None, Any, str]
"""Numerator, denominator, value and status."""

pytestmark = pytest.mark.skipif(
    not (QUEUE_LOG.exists() and BOOKINGS.exists()), reason="the real sample files are not in ../shared/samples"
)


class Ran(NamedTuple):
    """A home after its run, and its warehouse."""

    home: Home
    outcome: Outcome
    warehouse: duckdb.DuckDBPyConnection

    def value(self, indicator: str, grain: str, start: str, level: str = "centre", member: str = "all") -> Value:
        """Return one row of the indicator layer."""
        [row] = self.warehouse.execute(
            "select numerator, denominator, value, status from indicator_values"
            " where (indicator, grain, period_start, level, member) = (?, ?, ?::date, ?, ?)",
            [indicator, grain, start, level, member],
        ).fetchall()
        return row


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    home = Home(tmp_path_factory.mktemp("real")).prepare()
    home.centre_file.write_text(CENTRE)
    for source, file in (("pbx", QUEUE_LOG), ("calls", BOOKINGS)):
        (home.landing / source).mkdir()
        shutil.copy(file, home.landing / source)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KEY_OF_THE_SAMPLES", "a key that only tests use")
        outcome = run(home)
    with duckdb.connect(home.warehouse, read_only=True) as warehouse:
        yield Ran(home, outcome, warehouse)


def test_every_row_is_loaded(ran: Ran) -> None:
    accounts = {a.source: (a.rows_in, a.loaded, a.duplicate, a.quarantined) for a in ran.outcome.accounts}
    # 280 lines of the log, two of them blank; 25,100 lines of the export behind its header.
    assert accounts == {"pbx": (278, 278, 0, 0), "calls": (25_100, 25_100, 0, 0)}
    assert ran.outcome.built


@pytest.mark.parametrize(
    ("indicator", "known"),
    {
        "contacts_offered": (21, None, 21, "final"),
        "queue_visits": (21, None, 21, "final"),
        # CONNECT stands in the file 8 times.
        "contacts_handled": (8, None, 8, "final"),
        "handle_legs": (8, None, 8, "final"),
        # Holds of the 8 CONNECTs: 1 + 2 + 36 + 6 + 84 + 4 + 5 + 5 = 143 s; 143 / 8 = 17.875 s.
        "asa_sec": (143, 8, 17.875, "final"),
        # 12 ABANDONs after 13 17 45 17 32 21 15 17 23 10 2 3 s: two of at most 5 s are short, 10 are abandonments.
        "short_abandon_pct": (2, 21, pytest.approx(100 * 2 / 21), "final"),
        # One of the 21 visits never ends in the file: 8 answered + 10 abandoned count. Fewer than 20: not shown.
        "abandonment_rate_pct": (10, 18, None, "below_floor"),
        "answer_rate_pct": (8, 18, None, "below_floor"),
        # Of the holds all but 36 and 84 s are within 20 s.
        "service_level_pct": (6, 18, None, "below_floor"),
        # 221 RINGNOANSWER. Six stand in the second of their call's CONNECT or ABANDON (1266833933 three times,
        # 1266834967 once, 1266834968 twice): the agent had no more chance. 215 of 215 + 8 answered remain.
        "agent_no_answer_pct": (215, 223, pytest.approx(100 * 215 / 223), "final"),
        # Talk of the 7 COMPLETEs: 3 + 4 + 8 + 12 + 5 + 13 + 0 = 45 s; the eighth is not over in the file.
        "aht_sec": (45, 7, pytest.approx(45 / 7), "final"),
        # None of the 7 was transferred; 7 are too few for a share.
        "transfer_rate_pct": (0, 7, None, "below_floor"),
    }.items(),
)
def test_the_queue_log_gives_what_was_counted_in_it(ran: Ran, indicator: str, known: Value) -> None:
    for grain, start in (("day", "2010-02-22"), ("week", "2010-02-22"), ("month", "2010-02-01")):
        assert ran.value(indicator, grain, start) == known
        assert ran.value(indicator, grain, start, "site", "clinic") == known


def test_agents_nobody_has_named_are_told_apart(ran: Ran) -> None:
    agents = ran.warehouse.execute(
        "select member, value from indicator_values where indicator = 'handle_legs' and level = 'agent'"
        " and grain = 'day' and period_start = '2010-02-22' order by member"
    ).fetchall()
    assert agents == [
        ("unresolved:pbx:Local/2001@from-internal/n", 1),
        ("unresolved:pbx:Local/2004@from-internal/n", 7),
    ]


@pytest.mark.parametrize(
    ("indicator", "known"),
    {
        "contacts_offered": (25_100, None, 25_100),
        "contacts_handled": (24_731, None, 24_731),
        "service_level_pct": (10_998, 25_100, pytest.approx(100 * 10_998 / 25_100)),
        "abandonment_rate_pct": (369, 25_100, pytest.approx(100 * 369 / 25_100)),
        "asa_sec": (pytest.approx(22.980834 * 24_731, rel=1e-7), 24_731, pytest.approx(22.980834, abs=5e-7)),
    }.items(),
)
def test_the_export_gives_what_its_description_says(ran: Ran, indicator: str, known: tuple[Any, Any, Any]) -> None:
    # The month holds all 14 days and is not over on the newest of them.
    assert ran.value(indicator, "month", "2023-11-01") == (*known, "provisional")
    assert ran.value(indicator, "month", "2023-11-01", "channel", "voice") == (*known, "provisional")


def test_days_queues_and_agents_of_the_export(ran: Ran) -> None:
    assert ran.value("contacts_offered", "day", "2023-11-01")[2] == 1_780
    assert ran.value("contacts_offered", "day", "2023-11-05")[2] == 1_848
    members = ran.warehouse.execute(
        "select level, count(*), sum(value) from indicator_values where indicator = 'handle_legs'"
        " and grain = 'month' and period_start = '2023-11-01' and level in ('queue', 'agent') group by all order by 1"
    ).fetchall()
    assert members == [("agent", 20, 24_731), ("queue", 40, 24_731)]


def test_a_handle_time_that_the_export_does_not_tell_has_no_value(ran: Ran) -> None:
    told = ran.warehouse.execute(
        "select distinct numerator, value, status from indicator_values"
        " where indicator = 'aht_sec' and period_start >= '2023-11-01'"
    ).fetchall()
    assert told == [(None, None, "no_traffic")]


def test_no_guests_name_and_no_callers_number_is_anywhere(ran: Ran) -> None:
    with BOOKINGS.open(encoding="utf-8-sig") as export:
        guests = {row["Booking Contact Name"] for row in csv.DictReader(export)}
    entered = [line.split("|") for line in QUEUE_LOG.read_text().splitlines() if "|ENTERQUEUE|" in line]
    callers = {fields[6] for fields in entered} - {"anonymous"}
    identifiers = Identifiers(guests | callers)
    assert "Leisha Buick" in guests and len(callers) == 4
    home = ran.home
    for name, content in contents(home.lake, home.warehouse, home.site):
        assert not identifiers.within(content), name


def test_nothing_is_said_of_complaints_where_nobody_delivers_any(ran: Ran) -> None:
    said = "select count(*) from indicator_values where indicator = ?"
    assert ran.warehouse.execute(said, ["complaint_per_10k"]).fetchone() == (0,)
    assert ran.warehouse.execute(said, ["contacts_handled"]).fetchone() != (0,)
