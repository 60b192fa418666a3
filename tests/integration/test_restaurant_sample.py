"""A real flat call export through the declared mapping: the known answers must come out, and no guest's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingest.formats.base import DeliveredFile
from ingest.formats.spreadsheet import SpreadsheetSource, read
from ingest.lake import Lake
from ingest.privacy import Pseudonyms, register
from ingest.source import Name, Site
from ingest.take import take

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "telephony" / "restaurant_booking_calls_2023-11.csv"
SOURCE = yaml.safe_load("""
    name: bookings
    format: spreadsheet
    site: london
    tables:
      - table: tel_interaction
        files: "*.csv"
        keep: [Covers Booked, Call Outcome]
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
""")
KNOWN = {
    "offered": 25_100,
    "answered": 24_731,
    "within_20_s": 10_998,
    "mean_wait_s": pytest.approx(22.980834, abs=5e-7),
    "shortest_s": 1,
    "longest_s": 45,
    "on_1_november": 1_780,
    "on_5_november": 1_848,
}

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason=f"the sample {SAMPLE.name} is not on this machine")


def answers(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, Any]:
    """What the sample's description says, counted in a relation of visits. London keeps UTC in November."""
    row = con.sql(f"""
        select count(*) as offered, count(answered_at) as answered,
            count(*) filter (wait_ms <= 20000) as within_20_s, avg(wait_ms) / 1000 as mean_wait_s,
            min(wait_ms) / 1000 as shortest_s, max(wait_ms) / 1000 as longest_s,
            count(*) filter (cast(timezone('UTC', started_at) as date) = '2023-11-01') as on_1_november,
            count(*) filter (cast(timezone('UTC', started_at) as date) = '2023-11-05') as on_5_november
        from {relation}
    """)
    return dict(zip(row.columns, row.fetchall()[0], strict=True))


def test_reader_reaches_the_known_answers() -> None:
    source = SpreadsheetSource.model_validate(SOURCE)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(b"a key for tests!"))
        (batch,) = read([DeliveredFile(SAMPLE, 0, SAMPLE.name, "x")], source, "Europe/London", con)
        assert len(batch.rejects) == 0
        con.register("visits", batch.rows)
        assert answers(con, "visits") == KNOWN
        assert con.sql("select min(_line), max(_line), count(distinct _line) from visits").fetchall() == [
            (2, 25_101, 25_100)
        ]
        assert con.sql("select count(*) from visits where (agent_key is null) = (answered_at is null)").fetchall() == [
            (25_100,)
        ]


def test_lake_reaches_them_too_and_holds_no_guests_name(tmp_path: Path) -> None:
    landing = tmp_path / "landing" / "bookings"
    landing.mkdir(parents=True)
    (landing / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
    site = Site(key="london", name=Name(en="London", zh="伦敦"), time_zone="Europe/London")
    source = SpreadsheetSource.model_validate(SOURCE)
    accounts = take(
        tmp_path / "landing",
        Lake(tmp_path / "lake"),
        tmp_path / "quarantine",
        [source],
        {"london": site},
        Pseudonyms(b"a key for tests!"),
    )
    assert [(a.table, a.rows_in, a.loaded, a.duplicate, a.quarantined) for a in accounts] == [
        ("tel_interaction", 25_100, 25_100, 0, 0)
    ]
    relation = f"read_parquet('{(tmp_path / 'lake' / 'telephony' / 'tel_interaction').as_posix()}/*/*.parquet')"
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        assert answers(con, relation) == KNOWN
        guests = f"select distinct \"Booking Contact Name\" as guest from read_csv('{SAMPLE.as_posix()}')"
        names = con.sql(guests).fetchall()
        assert ("Leisha Buick",) in names
        stored = con.sql(f"select customer_ref, extra from {relation}").fetchall()
    assert all(ref.startswith("p_") for ref, _ in stored)
    told = "\n".join({extra for _, extra in stored})
    assert not [name for (name,) in names if name in told]
