"""What the centre declares lies in the lake as small tables, also when nothing is declared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from ingest.delivery import declaration
from ingest.formats.queue_log import QueueLogSource
from ingest.hours import Hours
from ingest.privacy import Redaction
from ingest.reference import (
    ARRIVED,
    SCHEMAS,
    Alias,
    Parameter,
    Queue,
    Reason,
    Target,
    Team,
    write_arrived,
    write_reference,
)
from ingest.source import Arrival, Name, Site

SITE = Site(key="chengdu", name=Name(en="Chengdu", zh="成都"), time_zone="Asia/Shanghai")


def test_declarations_become_rows(tmp_path: Path) -> None:
    write_reference(
        tmp_path,
        sources=[QueueLogSource(name="pbx", format="queue_log", site="chengdu", time_zone="UTC")],
        sites=[SITE],
        queues=[Queue(key="sales_cd", name=Name(en="Sales", zh="销售"), group="sales", channel="voice")],
        teams=[Team(key="t1", name=Name(en="One", zh="一组"))],
        parameters=[Parameter(parameter="answer_threshold_sec", channel="voice", value=15)],
        targets=[Target(indicator="service_level_pct", value=80, valid_from=date(2026, 1, 1))],
    )
    held = {name: pq.read_table(tmp_path / "centre" / f"{name}.parquet").to_pylist() for name in SCHEMAS}
    # The zone of local dates is the site's, although the source writes UTC.
    assert held["source"] == [{"source_system": "pbx", "site_key": "chengdu", "time_zone": "Asia/Shanghai"}]
    assert held["site"][0]["name_zh"] == "成都"
    assert held["queue"][0]["queue_group"] == "sales"
    assert held["team"] == [{"team_key": "t1", "name_en": "One", "name_zh": "一组"}]
    assert held["parameter"][0]["value"] == 15.0
    assert held["parameter"][0]["queue_key"] is None
    assert (held["target"][0]["level"], held["target"][0]["member"]) == ("centre", "all")


def test_a_key_is_a_name_in_every_source_and_an_alias_where_it_is_said(tmp_path: Path) -> None:
    aliases = [Alias(name="w-1", source="pbx"), Alias(name="refund"), Alias(name="退款")]
    refund, late = Name(en="Refund", zh="退款"), Name(en="Late", zh="延误")
    write_reference(
        tmp_path,
        sources=[QueueLogSource(name=name, format="queue_log", site="chengdu") for name in ("pbx", "old")],
        sites=[SITE],
        reasons=[Reason(key="refund", name=refund, aliases=aliases), Reason(key="late", name=late)],
    )
    rows = pq.read_table(tmp_path / "centre" / "name.parquet").to_pylist()
    found = {(row["source_system"], row["source_name"], row["declared_key"], row["place"]) for row in rows}
    # once each, though the key is among the aliases as well: a contact is joined to one row
    assert len(rows) == len(found)
    assert found == {
        *(("pbx", "refund", "refund", 0), ("pbx", "w-1", "refund", 0), ("pbx", "退款", "refund", 0)),
        *(("old", "refund", "refund", 0), ("old", "退款", "refund", 0)),
        *(("pbx", "late", "late", 1), ("old", "late", "late", 1)),
    }


def test_tables_are_written_even_when_empty_and_the_same_again(tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        write_reference(tmp_path, sources=[], sites=[])
        contents.append({path.name: path.read_bytes() for path in (tmp_path / "centre").iterdir()})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {f"{name}.parquet" for name in SCHEMAS}
    assert pq.read_schema(tmp_path / "centre" / "target.parquet").equals(SCHEMAS["target"])


def test_what_is_expected_and_what_is_open_become_rows(tmp_path: Path) -> None:
    since = date(2026, 9, 1)
    write_reference(
        tmp_path,
        sources=[
            QueueLogSource(
                name="pbx",
                format="queue_log",
                site="chengdu",
                arrives=[Arrival(tables=["tel_interaction", "agent_state"], days="open_days", valid_from=since)],
            )
        ],
        sites=[SITE.model_copy(update={"calendar": "CN"})],
        queues=[
            Queue(
                key="sales",
                name=Name(en="Sales", zh="销售"),
                hours=[Hours(site="chengdu", valid_from=since, open={"mon-fri": "09:00-18:00", "holidays": "closed"})],
            )
        ],
    )
    write_arrived(tmp_path, [("pbx", "tel_interaction", since)])
    held = {name: pq.read_table(tmp_path / "centre" / f"{name}.parquet").to_pylist() for name in [*SCHEMAS, ARRIVED]}
    assert [(row["lake_table"], row["expected_on"]) for row in held["expected_feed"]] == [
        ("telephony.tel_interaction", "open_days"),
        ("telephony.agent_state", "open_days"),
    ]
    opening = [(row["day_kind"], row["weekday"], row["opening_sec"]) for row in held["opening"]]
    assert opening[4:] == [("weekday", 5, 32_400), ("weekday", 6, 0), ("weekday", 7, 0), ("holidays", None, 0)]
    national_day = next(row for row in held["calendar_day"] if row["date_day"] == date(2026, 10, 1))
    assert (national_day["site_key"], national_day["holiday_zh"]) == ("chengdu", "国庆节")
    assert held[ARRIVED] == [{"source_system": "pbx", "lake_table": "telephony.tel_interaction", "date_day": since}]


def test_calendars_are_made_anew_only_when_declared_anew(tmp_path: Path) -> None:
    path = tmp_path / "centre" / "calendar_day.parquet"

    def days_of(calendar: str | None) -> int:
        write_reference(tmp_path, sources=[], sites=[SITE.model_copy(update={"calendar": calendar})])
        return len(pq.read_table(path))

    assert days_of("CN") == 10_957  # the days of the thirty years from 2010, eight of them leap years
    written = path.stat().st_mtime_ns
    assert days_of("CN") == 10_957 and path.stat().st_mtime_ns == written
    assert days_of(None) == 0


def test_when_a_source_arrives_does_not_change_how_its_files_are_read() -> None:
    source = QueueLogSource(name="pbx", format="queue_log", site="chengdu")
    told = source.model_copy(
        update={"arrives": [Arrival(tables=["agent_state"], days="every_day", valid_from=date(2026, 9, 1))]}
    )
    assert declaration(source, "UTC", Redaction()) == declaration(told, "UTC", Redaction())


def test_mistakes_are_named() -> None:
    with pytest.raises(ValidationError, match="is not an IANA time zone"):
        Site(key="x", name=Name(en="X", zh="X"), time_zone="Beijing")
    with pytest.raises(ValidationError, match="lies before valid_from"):
        Parameter(parameter="p", value=1, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1))
    with pytest.raises(ValidationError):
        Queue(key="q", name=Name(en="Q", zh="Q"), channel="telepathy")
